"""The process a workbook is read in: a book made to fill the memory ends this process, and nothing else.

It writes one CSV file per sheet. `tools/warehouse/sheets.py` starts it.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from itertools import chain, islice
from pathlib import Path
from typing import Any
from zipfile import ZipFile, is_zipfile

from python_calamine import (
    CalamineError,
    CalamineSheet,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    load_workbook,
)

from marketeer.tools.warehouse.workers import serve

_LOOKED_AT = 50
_WHOLE = 1 << 53
"""Beyond it, a float no longer holds every whole number: an id has lost its last digits."""


class _Refusal(Exception):
    """A sheet that cannot be read as a table, and why."""

    def __init__(self, error: str, **details: object) -> None:
        super().__init__(error)
        self.answer = {"error": error, **details}


def answer(path: Path, scratch: Path) -> dict[str, Any]:
    """Write each visible sheet that holds a table as CSV: values as text, dates in ISO form.

    Args:
        path: A workbook under the ending of what it is.
        scratch: Where the CSV files go.

    Returns:
        `written`, their paths in the workbook's order, and `hidden`, the names of hidden sheets, left out;
        or `error` (`damaged`, `encrypted`, `merged`, `formulas` or `memory`) and details.
    """
    try:
        with load_workbook(path) as book:
            sheets = [sheet for sheet in book.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet]
            seen = [sheet.name for sheet in sheets if sheet.visible is SheetVisibleEnum.Visible]
            written = []
            for number, name in enumerate(seen):
                at = scratch / f"{path.stem}-{number}.csv"
                if _write(book.get_sheet_by_name(name), at, path) > 1:
                    written.append(str(at))
            return {"written": written, "hidden": [s.name for s in sheets if s.name not in seen]}
    except _Refusal as refusal:
        return refusal.answer
    except PasswordError:
        return {"error": "encrypted"}
    except MemoryError:
        return {"error": "memory"}
    except (CalamineError, OSError, ValueError) as error:
        return {"error": "damaged", "reason": str(error).splitlines()[0][:200] if str(error) else ""}


def _write(sheet: CalamineSheet, at: Path, path: Path) -> int:
    """Write the table of a sheet; titles above its header line go, and so do blank rows."""
    rows = ([_text(value) for value in row] for row in sheet.iter_rows())
    head = list(islice((_trimmed(row) for row in rows), _LOOKED_AT))
    top = _header(head)
    table = [row for row in head[top:] if row]
    width = max(map(len, table), default=0)
    if len(table) < 2 and (rest := next((cells for row in rows if (cells := _trimmed(row))), None)):
        table.append(rest)
    if len(table) < 2:
        return len(table)
    _check_merged(sheet, top)
    empty = [place for place, header in enumerate(table[0]) if header]
    count = 0
    with at.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        for cells in _filled(chain(table, rows), width):
            writer.writerow(cells)
            if empty and count:
                empty = [place for place in empty if not cells[place]]
            count += 1
    unsaved = _unsaved_columns(path) if empty else set()
    left = sheet.start[1] if sheet.start else 0
    if unread := [table[0][place] for place in empty if place + left in unsaved]:
        raise _Refusal("formulas", columns=unread)
    return count


def _filled(rows: Iterable[list[str]], width: int) -> Iterator[list[str]]:
    for row in rows:
        cells = _trimmed(row)
        if cells:
            yield cells + [""] * (width - len(cells))


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row.pop()
    return row


def _header(head: list[list[str]]) -> int:
    """Give the line of the headers: the first with at least half as many cells as the fullest line."""
    counts = [sum(map(bool, row)) for row in head]
    most = max(counts, default=0)
    return next((place for place, count in enumerate(counts) if 2 * count >= most > 0), 0)


def _check_merged(sheet: CalamineSheet, top: int) -> None:
    """Refuse cells merged over rows of data: whether their value counts once or per row is not said."""
    first = top + 1
    for (row, column), (last, _) in sheet.merged_cell_ranges or ():
        if last > row >= first:
            place = f"{_letters(column)}{row + 1}:{_letters(column)}{last + 1}"
            raise _Refusal("merged", sheet=sheet.name, place=place)


def _letters(column: int) -> str:
    text = ""
    while column >= 0:
        column, letter = divmod(column, 26)
        text, column = chr(ord("A") + letter) + text, column - 1
    return text


def _text(value: object) -> str:
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) <= _WHOLE
        return str(int(value)) if whole else repr(value).upper()
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)


_UNSAVED = re.compile(rb'<c r="([A-Z]{1,3})\d+"[^>]*><f(?:/>|[^>]*/>|[^>]*>[^<]*</f>)(?:<v ?/>|<v></v>)?</c>')
_BLOCK = 1 << 22


def _unsaved_columns(path: Path) -> set[int]:
    """Give the columns in which formulas stand without a value, in the first megabytes of any sheet."""
    if not is_zipfile(path):
        return set()
    found: set[bytes] = set()
    with ZipFile(path) as archive:
        for member in archive.namelist():
            if member.startswith("xl/worksheets/") and member.endswith(".xml"):
                with archive.open(member) as sheet:
                    found.update(_UNSAVED.findall(sheet.read(_BLOCK)))
    return {_place(letters.decode()) for letters in found}


def _place(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def main() -> None:
    """Answer one job, a workbook's `path` and a `scratch` folder, in this process."""
    serve(lambda job: answer(Path(job["path"]), Path(job["scratch"])))


if __name__ == "__main__":
    main()
