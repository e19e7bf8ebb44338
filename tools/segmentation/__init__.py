"""Groups customers: RFM schemes, clustering, choice of k, stability, names and what sets a group apart.

Knows features and labels; knows nothing of tools, chat, or how a segment is called in a language.
"""
