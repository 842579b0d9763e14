"""Versions of data and code, by DVC and git."""
