"""Immutable snapshots of the canonical tables, and what is computed from them for everybody.

Knows DuckDB and Parquet; knows nothing of any shop's export format, nor of chat.
"""
