"""What stands around a table in its file: titles above the header line, totals and remarks under its rows.

Programs that print reports write them; they are no rows, and would be read as such. They are left out, with
the note `frame_left_out`.
"""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import duckdb

from marketeer.tools.warehouse.reading import Numbers, RawTable, kind_of, read_tables, sha256_of
from marketeer.tools.warehouse.sql import quoted
from marketeer.tools.warehouse.texts import DELIMITERS

FRAME_LEFT_OUT = "frame_left_out"
_TOTAL = (
    r"\s*(((grand|sub|over ?all)[ -]?)?totals?|sum|合计|总计|小计|汇总|总和|"
    r"summe|gesamt(summe)?|somme|totale|suma)"
    r"\s*[:：]?\s*"
)
_REMARK = re.compile(r'^["\s\d,;]*record\(s\) downloaded|^["\s]*seller id\b', re.IGNORECASE)
_LOOKED_AT = 1 << 16
_ENDING = 1 << 12
_LAST_ROWS = 3
_LARGEST_RATIO, _SMALL = 200, 64 << 20
_FEWEST_COLUMNS = 3


def read_framed(
    connection: duckdb.DuckDBPyConnection, path: Path, scratch: Path, numbers: Numbers
) -> tuple[RawTable, ...]:
    """Read an input file without what stands above and below its tables.

    Args:
        connection: Where the raw tables go.
        path: The file.
        scratch: A folder for intermediate copies.
        numbers: Tells which columns are read as numbers at once; see `read_tables`.

    Raises:
        DataError: As `read_tables`.
    """
    bare = _without_frame(path, scratch)
    read = read_tables(connection, bare, scratch, numbers)
    tables = tuple(_without_totals(connection, table) for table in read)
    if bare == path:
        return tables
    sha256 = sha256_of(path)
    return tuple(
        replace(_noted(table), file=replace(table.file, name=path.name, sha256=sha256)) for table in tables
    )


def _noted(table: RawTable) -> RawTable:
    return replace(table, notes=tuple(dict.fromkeys((*table.notes, FRAME_LEFT_OUT))))


def _without_frame(path: Path, scratch: Path) -> Path:
    """Give a copy of a text file from its header line to its last row; the file itself where that is all.

    What is wrong with a file is left to be said by whoever reads it.
    """
    if path.is_symlink() or not path.is_file() or not path.stat().st_size or kind_of(path) != "text":
        return path
    try:
        with _opened(path) as stream:
            start = stream.read(_LOOKED_AT)
        wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        encoding = "utf-16" if wide else "latin-1"
        above = _lines_above(start.decode(encoding, errors="ignore").removeprefix("\ufeff"))
        below = 0 if wide or _is_gzip(path) else _bytes_below(path)
        if not above and not below:
            return path
        copy = scratch / path.name.removesuffix(".gz" if _is_gzip(path) else "")
        return copy if _copied(path, copy, encoding, above, below) else path
    except (OSError, EOFError, zlib.error, UnicodeError):
        return path


def _copied(path: Path, copy: Path, encoding: str, above: int, below: int) -> bool:
    """Copy a file without lines above and bytes below; tells whether it came to an end in good time."""
    most = max(_LARGEST_RATIO * path.stat().st_size, _SMALL)
    after = "utf-8" if encoding == "utf-16" else encoding
    with _opened(path) as stream, copy.open("wb") as out:
        text = io.TextIOWrapper(stream, encoding=encoding, newline="")
        for _ in range(above):
            text.readline()
        while (block := text.read(1 << 20)) and out.tell() < most:
            out.write(block.encode(after))
        out.truncate(out.tell() - below)
    return not block


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


def _opened(path: Path) -> BinaryIO | gzip.GzipFile:
    return gzip.open(path, "rb") if _is_gzip(path) else path.open("rb")


def _lines_above(head: str) -> int:
    """Count the lines above the header line: blank ones, and those with next to nothing in their cells."""
    tables = [table for delimiter in DELIMITERS if (table := _split(head, delimiter))]
    if not tables:
        return 0
    width, rows, ends = max(tables, key=lambda table: table[0])
    most = max(1, width // 3)
    top = next((place for place, row in enumerate(rows) if _filled(row) > most), 0)
    named = top and len(rows[top]) == width and not any(map(_number, rows[top]))
    return ends[top] if named else 0


def _split(head: str, delimiter: str) -> tuple[int, list[list[str]], list[int]] | None:
    """Split text into rows if that gives a table: its width, the rows, the line each begins on."""
    rows, ends = [], [0]
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    for row in reader:
        rows.append(row)
        ends.append(reader.line_num)
    widths = Counter(len(row) for row in rows if row)
    width = max(widths, key=lambda size: (widths[size], size), default=0)
    is_table = width >= _FEWEST_COLUMNS and widths[width] >= max(2, sum(widths.values()) // 2)
    return (width, rows, ends) if is_table else None


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _number(cell: str) -> bool:
    return bool(re.fullmatch(r"\s*[-+]?[\d.,]*\d[\d.,]*\s*", cell))


def _bytes_below(path: Path) -> int:
    """Count the bytes after the last row: blank lines and a download's remarks on itself."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(size - _ENDING, 0))
        lines = stream.read().decode("latin-1").splitlines(keepends=True)
    below = remarks = 0
    for line in reversed(lines[1:]):
        remark = bool(_REMARK.match(line))
        if line.strip(' \t\r\n,;"') and not remark:
            break
        below += len(line)
        remarks += remark
    return below if remarks else 0


def _without_totals(connection: duckdb.DuckDBPyConnection, table: RawTable) -> RawTable:
    """Leave out the rows of totals a table ends with: named so, and half blank."""
    relation, rows = quoted(table.relation), table.file.rows
    if "VARCHAR" not in table.columns.values() or rows <= 1:
        return table
    last = connection.execute(
        f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM {relation} "
        f"WHERE rowid >= {max(rows - _LAST_ROWS, 1)} ORDER BY rowid"
    ).fetchall()
    kept = rows
    for place, row in enumerate(reversed(last), start=1):
        cells = ["" if cell is None else str(cell) for cell in row]
        if _is_total(cells):
            kept = rows - place
        elif _filled(cells):
            break
    if kept == rows:
        return table
    connection.execute(f"CREATE TABLE untotalled AS SELECT * FROM {relation} WHERE rowid < {kept}")
    connection.execute(f"DROP TABLE {relation}")
    connection.execute(f"ALTER TABLE untotalled RENAME TO {relation}")
    return _noted(replace(table, file=replace(table.file, rows=kept)))


def _is_total(cells: Sequence[str]) -> bool:
    return 2 * _filled(cells) <= len(cells) + 1 and any(re.fullmatch(_TOTAL, c.casefold()) for c in cells)
