"""Draws Markdown so that no number is cut: a table too wide for the screen becomes a paragraph a row."""

import re
from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, TableElement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from marketeer.agent.terminal.safe_text import safe

_GAP = 2
_FIGURE = re.compile(r"[-+−(]?[€$£¥₹]?\s?[\d.,]+.*")


class WholeTable(TableElement):
    """A table whose cells are never shortened."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw columns where they fit, else each row as a paragraph."""
        heads = [cell.content for cell in self.header.row.cells] if self.header and self.header.row else []
        rows = [[cell.content for cell in row.cells] for row in self.body.rows] if self.body else []
        if _least_width(heads, rows) <= options.max_width:
            yield _columns(heads, rows)
        else:
            for row in rows:
                yield from _paragraph(heads, row)


class SafeMarkdown(Markdown):
    """Markdown from anywhere: safe to print, links shown as text, tables whole."""

    elements = {**Markdown.elements, "table_open": WholeTable}  # noqa: RUF012 - as its base declares it

    def __init__(self, text: str) -> None:
        super().__init__(safe(text), hyperlinks=False)


def _least_width(heads: Sequence[Text], rows: Sequence[Sequence[Text]]) -> int:
    """Give the width of the columns when headings may wrap between words and cells may not."""
    widths = [max((cell_len(word) for word in head.plain.split()), default=0) for head in heads]
    for row in rows:
        for column, cell in enumerate(row[: len(widths)]):
            widths[column] = max(widths[column], cell_len(cell.plain))
    return sum(widths) + _GAP * max(0, len(widths) - 1)


def _columns(heads: Sequence[Text], rows: Sequence[Sequence[Text]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="markdown.table.header")
    for column, head in enumerate(heads):
        cells = [row[column].plain for row in rows if column < len(row) and row[column].plain]
        counted = bool(cells) and all(_FIGURE.fullmatch(cell) for cell in cells)
        least = max((cell_len(cell) for cell in cells), default=0)
        table.add_column(head, justify="right" if counted else "left", overflow="fold", min_width=least)
    for row in rows:
        table.add_row(*row)
    return table


def _paragraph(heads: Sequence[Text], row: Sequence[Text]) -> RenderResult:
    label, *cells = row
    yield Text(label.plain, style="bold")
    named = [
        f"{head.plain} {cell.plain}".strip()
        for head, cell in zip(heads[1:], cells, strict=False)
        if cell.plain
    ]
    yield Padding(Text(" · ".join(named), overflow="fold"), (0, 0, 0, _GAP))
