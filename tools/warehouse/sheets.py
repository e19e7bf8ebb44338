"""Excel workbooks, rewritten as plain CSV: one file per sheet, values as text, dates in ISO form."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import xlrd
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from marketeer.tools.core.errors import DataError
from marketeer.tools.warehouse.archives import check_size

_DAMAGED = (BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError, EOFError)


def workbook_to_csv(path: Path, scratch: Path) -> tuple[Path, ...]:
    """Write each sheet of an `.xlsx` file that holds a table as a CSV file.

    Args:
        path: The workbook.
        scratch: Where the CSV files go.

    Returns:
        One path per non-empty sheet, in the workbook's order.

    Raises:
        DataError: The file is not a workbook, holds nothing, or a column has formulas without values.
    """
    try:
        with ZipFile(path) as archive:
            check_size(path, archive.infolist())
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            sheets = [(sheet.title, sheet.iter_rows(values_only=True)) for sheet in book.worksheets]
            written = _write_all(path, scratch, sheets)
        finally:
            book.close()
    except _DAMAGED as error:
        raise _damaged(path, error) from error
    _check_formulas(path, written)
    return written


def old_workbook_to_csv(path: Path, scratch: Path) -> tuple[Path, ...]:
    """Write each sheet of an `.xls` file that holds a table as a CSV file; arguments and errors as above."""
    try:
        book = xlrd.open_workbook(path)
        sheets = [(sheet.name, _old_rows(book, sheet)) for sheet in book.sheets()]
        return _write_all(path, scratch, sheets)
    except (xlrd.XLRDError, *_DAMAGED) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(
        f"{path.name} cannot be read as an Excel workbook ({error}). Save it again as .xlsx or as CSV.",
        code="damaged_workbook",
        file=path.name,
    )


def _old_rows(book: Any, sheet: Any) -> Iterator[tuple[object, ...]]:
    for row in sheet.get_rows():
        yield tuple(
            xlrd.xldate_as_datetime(cell.value, book.datemode)
            if cell.ctype == xlrd.XL_CELL_DATE
            else None
            if cell.ctype in {xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR}
            else cell.value
            for cell in row
        )


def _write_all(
    path: Path, scratch: Path, sheets: Iterable[tuple[str, Iterable[tuple[object, ...]]]]
) -> tuple[Path, ...]:
    written = []
    for number, (_, rows) in enumerate(sheets):
        at = scratch / f"{path.stem}-{number}.csv"
        if _write(rows, at) > 1:
            written.append(at)
    if not written:
        raise DataError(f"{path.name} has no sheet with a table in it.", code="empty_file", file=path.name)
    return tuple(written)


def _write(rows: Iterable[tuple[object, ...]], at: Path) -> int:
    """Write rows that are not blank; every line has as many cells as the first, which is the header."""
    count, width = 0, 0
    with at.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        for row in rows:
            cells = [_text(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                width = width or len(cells)
                writer.writerow(cells + [""] * (width - len(cells)))
                count += 1
    return count


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)


def _check_formulas(path: Path, written: tuple[Path, ...]) -> None:
    """Refuse a column of formulas that no spreadsheet program computed: the file holds no values of it."""
    for at in written:
        with at.open(encoding="utf-8", newline="") as lines:
            rows = csv.reader(lines)
            headers = next(rows)
            filled = [False] * len(headers)
            for row in rows:
                filled = [was or bool(cell) for was, cell in zip(filled, row, strict=False)]
                if all(filled):
                    break
        empty = [header for header, there in zip(headers, filled, strict=True) if header and not there]
        formulas = _formula_columns(path) if empty else set()
        if unread := [header for header in empty if header in formulas]:
            raise DataError(
                f"{path.name}: the column {', '.join(unread)} holds formulas whose values were never saved. "
                "Open the file in a spreadsheet program, save it, and load it again.",
                code="formula_cells",
                file=path.name,
                columns=unread,
            )


def _formula_columns(path: Path) -> set[str]:
    """Give the headers of columns with a formula in their first hundred rows."""
    found: set[str] = set()
    book = load_workbook(path, read_only=True)
    try:
        for sheet in book.worksheets:
            rows = list(sheet.iter_rows(max_row=100, values_only=True))
            for column in zip(*rows, strict=False):
                if any(isinstance(value, str) and value.startswith("=") for value in column[1:]):
                    found.add(str(column[0]))
    finally:
        book.close()
    return found
