"""Small pieces of SQL text: quoting, and the conditions cleaning rules are written with."""

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb


def quoted(name: str) -> str:
    """Quote an identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text value."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: Iterable[str]) -> str:
    """Quote text values as the inside of an IN list."""
    return ", ".join(literal(text) for text in texts)


def empty(columns: Mapping[str, str]) -> str:
    """Give a subquery of no rows with these columns (name → type)."""
    chosen = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in columns.items())
    return f"(SELECT {chosen} LIMIT 0)"


def one(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    """Run a query and give its first value."""
    row = connection.execute(query).fetchone()
    return row[0] if row else None
