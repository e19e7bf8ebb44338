"""What a person sees: text made safe, answers that stream, tables, drafts, reports.

Knows rich; knows nothing of models or of how an answer comes to be.
"""
