"""Writes export files: all of them or none, readable by their owner only, never over another file unasked."""

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from marketeer.tools.core.errors import Retry

_UNSAFE = re.compile(r"[^\w.\-]+")


def file_stem(name: str) -> str:
    """Make a file name from a campaign's name: letters of any script, digits, dot, dash and underscore."""
    return _UNSAFE.sub("-", name.strip()).strip("-.") or "audience"


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Write a table as UTF-8 CSV with a header and Unix line ends."""
    return table.to_csv(index=False, lineterminator="\n").encode()


def write_files(folder: Path, files: Mapping[str, bytes], *, overwrite: bool) -> None:
    """Write files into a folder, which is made when its parent is there.

    Every file is written beside and renamed, after all of them could be written. One that is there with the
    same content is left as it is.

    Raises:
        Retry: The folder cannot be used, or a file is there with other content and `overwrite` is not set.
    """
    if not overwrite:
        _refuse_to_replace(folder, files)
    staged: dict[Path, Path] = {}
    try:
        folder.mkdir(exist_ok=True, mode=0o700)
        for name, content in files.items():
            staged[folder / name] = _beside(folder, content)
        for target, beside in staged.items():
            beside.replace(target)
    except OSError as error:
        raise Retry(
            f"The folder {folder} cannot be used: {error.strerror or error}. Name another one.",
            code="bad_folder",
            folder=str(folder),
        ) from error
    finally:
        for beside in staged.values():
            beside.unlink(missing_ok=True)


def _refuse_to_replace(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        target = folder / name
        if target.exists() and (not target.is_file() or target.read_bytes() != content):
            raise Retry(
                f"{target} is already there with other content. Choose another name, or set overwrite.",
                code="file_exists",
                file=name,
            )


def _beside(folder: Path, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(prefix=".export-", dir=folder)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return Path(name)
