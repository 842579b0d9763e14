"""Data sets on disk: which files belong, and the table of them."""
