"""Layers that several models are made of; a model file stands on these, never on another model."""
