"""The demo shop: a tea and coffee shop that knows its own truth.

Generated from a seed; what was planted (who belongs to which group, who is moved by an offer and by how much,
which products go together) is written to a file that tests read and tools never do.
"""
