"""Turns a brief into a draft, with or without a model."""
