"""Remembers customers as text; knows Chroma, nothing of chat."""
