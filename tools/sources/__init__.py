"""One file per kind of input a shop exports, and how each becomes the canonical tables."""
