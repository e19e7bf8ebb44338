"""Cuts streaming Markdown into blocks that can be drawn, and lays Markdown tables out for plain output."""

import re

from rich.cells import cell_len

_RULE_CELL = re.compile(r":?-+:?")
_NUMBER = re.compile(r"[-+−(]?[€$£¥₹]?\s?[\d.,]+.*")


class Blocks:
    """Collects pieces of Markdown until a block (paragraph, list, table) is complete."""

    def __init__(self) -> None:
        self.tail = ""

    def feed(self, piece: str) -> str:
        """Take a piece; give what is complete now, empty when nothing is."""
        self.tail += piece
        at = self._end_of_blocks()
        complete, self.tail = self.tail[:at], self.tail[at:]
        return complete

    def close(self) -> str:
        """Give what is left."""
        rest, self.tail = self.tail, ""
        return rest

    def _end_of_blocks(self) -> int:
        ends = [match.end() for match in re.finditer(r"\n[ \t]*\n+", self.tail)]
        whole = [end for end in ends if self.tail[:end].count("```") % 2 == 0]
        return whole[-1] if whole else 0


def aligned(markdown: str) -> str:
    """Pad the cells of every Markdown table so that its columns stand in line, wide characters counted."""
    lines: list[str] = []
    table: list[str] = []
    for line in [*markdown.split("\n"), ""]:
        if line.lstrip().startswith("|"):
            table.append(line)
            continue
        lines += _padded(table)
        table = []
        lines.append(line)
    return "\n".join(lines[:-1])


def _padded(table: list[str]) -> list[str]:
    rows = [_cells(line) for line in table]
    columns = max((len(row) for row in rows), default=0)
    rows = [row + [""] * (columns - len(row)) for row in rows]
    widths = [
        max((cell_len(row[i]) for row in rows if not _RULE_CELL.fullmatch(row[i])), default=3)
        for i in range(columns)
    ]
    return [_line(row, widths) for row in rows]


def _line(row: list[str], widths: list[int]) -> str:
    if all(_RULE_CELL.fullmatch(cell) for cell in row):
        return "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "| " + " | ".join(_pad(cell, width) for cell, width in zip(row, widths, strict=True)) + " |"


def _pad(cell: str, width: int) -> str:
    gap = " " * max(0, width - cell_len(cell))
    return f"{gap}{cell}" if _NUMBER.fullmatch(cell) else f"{cell}{gap}"


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", inner)]
