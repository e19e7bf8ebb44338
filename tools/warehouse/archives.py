"""Zip archives of exports, unpacked beside; nothing in them can choose where it is written."""

import shutil
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

from marketeer.tools.core.errors import DataError

LARGEST_RATIO = 200
SMALL_BYTES = 64 << 20
_MOST_MEMBERS = 100
_WORKBOOKS = {"xl/workbook.xml", "xl/workbook.bin", "META-INF/manifest.xml"}


def unpack(path: Path, scratch: Path) -> tuple[Path, ...]:
    """Unpack the files of a zip into a folder of their own, under their bare names.

    Args:
        path: The archive; a workbook under a wrong ending is given back as one.
        scratch: Where the files go.

    Raises:
        DataError: The archive is damaged, encrypted, empty, or would unpack to far more than its size.
    """
    folder = scratch / f"{path.name}-unpacked"
    folder.mkdir(exist_ok=True)
    try:
        with ZipFile(path) as archive:
            members = [member for member in archive.infolist() if _wanted(member)]
            if any(member.filename in _WORKBOOKS for member in members):
                return (_as_workbook(path, folder),)
            check_size(path, members)
            return tuple(_extract(archive, member, folder, path.name) for member in members)
    except (BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise DataError(
            f"{path.name} is a damaged zip archive ({error}). Download or export it again.",
            code="damaged_zip",
            file=path.name,
        ) from error


def _wanted(member: ZipInfo) -> bool:
    name = Path(member.filename).name
    return not member.is_dir() and not name.startswith(".") and "__MACOSX" not in member.filename


def _as_workbook(path: Path, folder: Path) -> Path:
    copy = folder / f"{path.stem}.xlsx"
    shutil.copyfile(path, copy)
    return copy


def check_size(path: Path, members: list[ZipInfo], most: int = _MOST_MEMBERS) -> None:
    """Refuse an archive that is empty, encrypted, of very many files, or far larger inside than outside."""
    if not members:
        raise DataError(f"{path.name} is an empty archive.", code="empty_file", file=path.name)
    if any(member.flag_bits & 0x1 for member in members):
        raise DataError(
            f"{path.name} is protected by a password. Unpack it and load the files.",
            code="encrypted",
            file=path.name,
        )
    size = sum(member.file_size for member in members)
    if len(members) > most or size > max(LARGEST_RATIO * path.stat().st_size, SMALL_BYTES):
        raise DataError(
            f"{path.name} would unpack to {len(members)} files of {size >> 20} MB, so it was not read. "
            "Unpack it yourself if you trust it.",
            code="zip_bomb",
            file=path.name,
        )


def _extract(archive: ZipFile, member: ZipInfo, folder: Path, name: str) -> Path:
    """Write one member, but no more of it than it says it holds."""
    target = folder / Path(member.filename).name
    if target.exists():
        raise DataError(
            f"{name} holds two files called {target.name}. Unpack it.", code="damaged_zip", file=name
        )
    if target.suffix.casefold() == ".zip":
        raise DataError(
            f"{name} holds another archive, {target.name}. Unpack it.", code="nested_zip", file=name
        )
    with archive.open(member) as stream, target.open("wb") as out:
        shutil.copyfileobj(stream, out, 1 << 20)
    return target
