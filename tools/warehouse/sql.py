"""Small pieces of SQL text: quoting, and the conditions cleaning rules are written with."""

from collections.abc import Iterable


def quoted(name: str) -> str:
    """Quote an identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text value."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: Iterable[str]) -> str:
    """Quote text values as the inside of an IN list."""
    return ", ".join(literal(text) for text in texts)
