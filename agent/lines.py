"""A file of JSON values, one a line, that only its owner can read. A line torn in writing is not there."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO


class JsonLines:
    """Values on disk in the order they were added.

    Args:
        path: The file; made with the first value.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, value: Any) -> None:
        """Write one value down, in the place of a torn line where one is left."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path.touch(mode=0o600)
        with self._path.open("r+b") as file:
            file.truncate(_end_of_whole_lines(file))
            file.seek(0, os.SEEK_END)
            file.write(f"{json.dumps(value, ensure_ascii=False)}\n".encode())

    def lines(self) -> Iterator[str]:
        """Give the whole lines, oldest first; nothing where there is no file."""
        if self._path.exists():
            with self._path.open(encoding="utf-8", newline="\n") as file:
                yield from (line.removesuffix("\n") for line in file if line.endswith("\n"))

    def values(self) -> Iterator[Any]:
        """Give the values, oldest first; raises `ValueError` at a damaged one."""
        yield from map(json.loads, self.lines())

    def drop(self, unwanted: Callable[[str], bool]) -> int:
        """Take lines out, and torn ones; a file without lines goes. Gives how many whole ones are gone."""
        lines = list(self.lines())
        kept = [line for line in lines if not unwanted(line)]
        content = "".join(f"{line}\n" for line in kept).encode()
        if not kept:
            self._path.unlink(missing_ok=True)
        elif content != self._path.read_bytes():
            beside = self._path.with_suffix(".new")
            beside.touch(mode=0o600)
            beside.write_bytes(content)
            beside.replace(self._path)
        return len(lines) - len(kept)


def _end_of_whole_lines(file: BinaryIO) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 1))
    if file.read() in (b"", b"\n"):
        return size
    file.seek(0)
    return file.read().rfind(b"\n") + 1
