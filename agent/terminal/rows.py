"""Draws rows of plain values, numbers to the right; nothing in them can steer the terminal."""

from collections.abc import Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from marketeer.agent.terminal.safe_text import one_line


def row_table(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], numeric: Sequence[bool] = ()
) -> RenderableType:
    """Draw rows as a table.

    Args:
        columns: The headings.
        rows: The values.
        numeric: Which columns hold numbers; none by default.
    """
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for position, column in enumerate(columns):
        right = position < len(numeric) and numeric[position]
        table.add_column(Text(one_line(column)), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_shown(value)) for value in row))
    return table


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".") if abs(value) < 1e15 else f"{value:g}"
    return one_line(str(value))
