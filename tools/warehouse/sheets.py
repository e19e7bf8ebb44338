"""Excel workbooks, rewritten as plain CSV: one table, values as text, dates in ISO form."""

import csv
from collections.abc import Iterable
from datetime import date, datetime, time
from pathlib import Path
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from marketeer.tools.core.errors import DataError


def workbook_to_csv(path: Path, scratch: Path) -> tuple[Path, ...]:
    """Write each sheet that holds a table as a CSV file into a folder.

    Args:
        path: An `.xlsx` file.
        scratch: Where the CSV files go.

    Returns:
        One path per non-empty sheet, in the workbook's order.

    Raises:
        DataError: The file is not a workbook, or no sheet holds anything.
    """
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise DataError(
            f"{path.name} cannot be read as an Excel workbook ({error}). Save it again as .xlsx or as CSV.",
            code="damaged_workbook",
            file=path.name,
        ) from error
    written = []
    try:
        for number, sheet in enumerate(book.worksheets):
            at = scratch / f"{path.stem}-{number}.csv"
            if _write(sheet.iter_rows(values_only=True), at):
                written.append(at)
    finally:
        book.close()
    if not written:
        raise DataError(f"{path.name} has no sheet with a table in it.", code="empty_file", file=path.name)
    return tuple(written)


def _write(rows: Iterable[tuple[object, ...]], at: Path) -> int:
    count = 0
    with at.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        for row in rows:
            if any(value is not None for value in row):
                writer.writerow([_text(value) for value in row])
                count += 1
    return count


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)
