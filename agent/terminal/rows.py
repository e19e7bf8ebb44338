"""Draws tables, and rows of plain values in them; nothing in those can steer the terminal."""

from collections.abc import Collection, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from marketeer.agent.terminal.safe_text import one_line


def headed(*columns: str | Text, numbers: Collection[int] = ()) -> Table:
    """Give an empty table with headings; the columns at the positions `numbers` stand to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for position, column in enumerate(columns):
        table.add_column(column, justify="right" if position in numbers else "left", overflow="fold")
    return table


def row_table(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], numeric: Sequence[bool] = ()
) -> RenderableType:
    """Draw rows as a table.

    Args:
        columns: The headings.
        rows: The values.
        numeric: Which columns hold numbers; none by default.
    """
    numbers = [position for position, right in enumerate(numeric) if right]
    table = headed(*(Text(one_line(column)) for column in columns), numbers=numbers)
    for row in rows:
        table.add_row(*(Text(_shown(value)) for value in row))
    return table


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".") if abs(value) < 1e15 else f"{value:g}"
    return one_line(str(value))
