"""Workbooks (xlsx, xlsm, xlsb, xls, ods), rewritten as plain CSV in a process of their own."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from marketeer.tools.core.errors import DataError
from marketeer.tools.warehouse.archives import check_size
from marketeer.tools.warehouse.workers import Limits, run_worker

_WORKER = "marketeer.tools.warehouse.sheet_worker"
_BYTES = 4 << 30
_SECONDS, _BYTES_PER_SECOND = 60, 1 << 20
_PATIENCE = 5
"""How much longer than its processor time a book may take, on a machine busy with other work."""
_ENDINGS = {"xl/workbook.xml": "xlsx", "xl/workbook.bin": "xlsb", "content.xml": "ods"}
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def workbook_to_csv(path: Path, scratch: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Write each visible sheet of a workbook that holds a table as a CSV file.

    Args:
        path: The workbook.
        scratch: Where the CSV files go.

    Returns:
        One path per sheet with a table, in the workbook's order, and the note `hidden_sheets` where the
        workbook hides sheets: they are not read.

    Raises:
        DataError: The file is no workbook, holds nothing, is protected by a password, would need more than
            4 GiB, has a column of formulas without values, or merges cells over rows of data.
    """
    ending, size = _looked_at(path)
    seconds = _SECONDS + size // _BYTES_PER_SECOND
    told = run_worker(
        _WORKER,
        {"path": str(_under(ending, path, scratch)), "scratch": str(scratch)},
        Limits(memory=_BYTES, processor=seconds, wall=_PATIENCE * seconds),
    )
    if told.get("error"):
        raise _error(path.name, told)
    written = tuple(map(Path, told["written"]))
    if not written:
        hidden = ", ".join(told["hidden"])
        seen = f" Hidden sheets are not read: {hidden}." if hidden else ""
        raise DataError(
            f"{path.name} has no sheet with a table in it.{seen}", code="empty_file", file=path.name
        )
    return written, ("hidden_sheets",) if told["hidden"] else ()


def _looked_at(path: Path) -> tuple[str, int]:
    """Tell the ending a workbook should have and how large it is inside, before anything is unpacked."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        ole = stream.read(4) == b"\xd0\xcf\x11\xe0"
        if ole and _ENCRYPTED in stream.read():
            raise _error(path.name, {"error": "encrypted"})
    if ole:
        return "xls", size
    try:
        with ZipFile(path) as archive:
            members = archive.infolist()
            check_size(path, members, most=10_000)
            names = {member.filename for member in members}
            ending = next((ending for name, ending in _ENDINGS.items() if name in names), "xlsx")
            return ending, sum(member.file_size for member in members)
    except BadZipFile as error:
        raise _error(path.name, {"error": "damaged", "reason": str(error)}) from error


def _under(ending: str, path: Path, scratch: Path) -> Path:
    """Give the workbook under its right ending, by which its reader is chosen."""
    if path.suffix.casefold() == f".{ending}":
        return path.resolve()
    copy = scratch / f"{path.stem}.{ending}"
    shutil.copyfile(path, copy)
    return copy


def _error(name: str, told: Mapping[str, Any]) -> DataError:
    kind = str(told["error"])
    if kind == "encrypted":
        return DataError(
            f"{name} is protected by a password. Save it without one and load it again.",
            code="encrypted",
            file=name,
        )
    if kind in ("memory", "time"):
        return DataError(
            f"{name} needs more than {_BYTES >> 30} GB to be read, often because a cell far away is filled. "
            "Delete what is outside the table, or save the sheet as CSV.",
            code="workbook_too_large",
            file=name,
        )
    if kind == "merged":
        return DataError(
            f"{name}, sheet '{told['sheet']}': the cells {told['place']} are merged, so it is not said "
            "whether their value counts once or for every row. Unmerge them and fill in every row.",
            code="merged_cells",
            file=name,
            sheet=told["sheet"],
            place=told["place"],
        )
    if kind == "formulas":
        return DataError(
            f"{name}: the column {', '.join(told['columns'])} holds formulas whose values were never saved. "
            "Open the file in a spreadsheet program, save it, and load it again.",
            code="formula_cells",
            file=name,
            columns=told["columns"],
        )
    return DataError(
        f"{name} cannot be read as a workbook ({told.get('reason', '')}). Save it again as .xlsx or as CSV.",
        code="damaged_workbook",
        file=name,
    )
