"""Text files as they come: compressed or not, in any encoding, with any delimiter.

Everything after this module sees one plain UTF-8 file without a byte order mark, its delimiter, its headers.
"""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from charset_normalizer import from_bytes

from marketeer.tools.core.errors import DataError

DELIMITERS = (",", ";", "\t", "|")
_BLOCK = 1 << 20
_SAMPLE = 1 << 18
_LONGEST_LINE = 1 << 22
_LARGEST_RATIO = 200
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EAST_ASIAN = {
    *("gb2312", "gbk", "gb18030", "cp936", "hz", "big5", "big5hkscs", "cp950", "johab", "cp949", "euc_kr"),
}


@dataclass(frozen=True, slots=True)
class PlainText:
    """A plain UTF-8 text table.

    Attributes:
        path: The file to read: the input itself, or a decoded copy.
        encoding: What the input was written in.
        delimiter: What separates its columns.
        headers: Its column names, cleaned, unique and never blank.
    """

    path: Path
    encoding: str
    delimiter: str
    headers: tuple[str, ...]


def plain_text(path: Path, scratch: Path) -> PlainText:
    """Bring a delimited text file (or its gzip) into plain UTF-8.

    Args:
        path: The input.
        scratch: A folder for a decoded copy, where one is needed.

    Raises:
        DataError: The file is empty, damaged, not text, in no known encoding, or has no table in it.
    """
    start = _sample(path)
    encoding = _encoding(start, path.name)
    if encoding == "utf-8" and not _zipped(path):
        _check_blocks(path)
        plain = path
    else:
        plain = scratch / f"{path.name}.utf8"
        _decode(path, plain, encoding)
    first = _first_lines(plain)
    if not first or not first[0].strip():
        raise DataError(f"{path.name} has no header line.", code="no_header", file=path.name)
    if _spaced(first):
        plain, first = _respaced(plain, scratch)
    delimiter = _delimiter(first)
    return PlainText(plain, encoding, delimiter, clean_headers(next(csv.reader(first, delimiter=delimiter))))


def clean_headers(raw: list[str]) -> tuple[str, ...]:
    """Trim header names, name the blank ones by position and make repeated ones unique."""
    seen: dict[str, int] = {}
    headers = []
    for position, name in enumerate(raw, start=1):
        base = " ".join(name.replace("\ufeff", "").split()) or f"column {position}"
        folded = base.casefold()
        seen[folded] = seen.get(folded, 0) + 1
        headers.append(base if seen[folded] == 1 else f"{base} {seen[folded]}")
    return tuple(headers)


def _zipped(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file or its gzip for reading bytes; a truncated or damaged gzip becomes a `DataError`."""
    try:
        with gzip.open(path, "rb") if _zipped(path) else path.open("rb") as stream:
            yield stream  # type: ignore[misc]  # GzipFile is a binary stream to everybody but typeshed
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"{path.name} is a damaged or truncated gzip file ({error}). Download or export it again.",
            code="damaged_gzip",
            file=path.name,
        ) from error


def _sample(path: Path) -> bytes:
    with _opened(path) as stream:
        return stream.read(_SAMPLE)


def _encoding(start: bytes, name: str) -> str:
    for mark, encoding in _BOMS:
        if start.startswith(mark):
            return encoding
    if b"\0" in start:
        raise _not_text(name)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        best = from_bytes(start[: 1 << 16]).best()
        if best is None:
            raise DataError(
                f"The encoding of {name} could not be told. Save it as UTF-8 and load it again.",
                code="unknown_encoding",
                file=name,
            ) from None
        return "gb18030" if _reads_as_chinese(start, best.encoding) else best.encoding
    return "utf-8"


def _reads_as_chinese(start: bytes, guess: str) -> bool:
    """Tell whether bytes taken for an East Asian encoding are the GB18030 that Chinese shops export."""
    if guess not in _EAST_ASIAN:
        return False
    try:
        codecs.getincrementaldecoder("gb18030")().decode(start)
    except UnicodeDecodeError:
        return False
    return True


def _not_text(name: str) -> DataError:
    return DataError(
        f"{name} is not a text table: it contains NUL bytes. "
        "Export it as CSV (UTF-8), or give it the ending of what it is (.xlsx, .parquet).",
        code="not_text",
        file=name,
    )


def _check_blocks(path: Path) -> None:
    with path.open("rb") as stream:
        run = 0
        while block := stream.read(_BLOCK):
            run = _check_block(block, run, path.name)


def _check_block(block: bytes, run: int, name: str) -> int:
    """Refuse NULs and endless lines; gives how long the line open at the block's end is."""
    if b"\0" in block:
        raise _not_text(name)
    last = max(block.rfind(b"\n"), block.rfind(b"\r"))
    if last < 0:
        run += len(block)
        if run > _LONGEST_LINE:
            raise DataError(
                f"{name} has a line of more than {_LONGEST_LINE >> 20} MB, so it is not a table of lines. "
                "Export it with one row per line.",
                code="endless_line",
                file=name,
            )
        return run
    return len(block) - last - 1


def _decode(path: Path, plain: Path, encoding: str) -> None:
    """Write a UTF-8 copy, checking what is read on the way."""
    decoder = codecs.getincrementaldecoder("utf-8" if encoding == "utf-8-sig" else encoding)()
    checked = encoding in {"utf-8", "utf-8-sig"}
    size, written, run = path.stat().st_size, 0, 0
    try:
        with _opened(path) as stream, plain.open("wb") as out:
            while block := stream.read(_BLOCK):
                if not written and encoding == "utf-8-sig":
                    block = block.removeprefix(codecs.BOM_UTF8)
                text = block if checked else decoder.decode(block).removeprefix("\ufeff").encode()
                run = _check_block(text, run, path.name)
                written += out.write(text)
                if written > max(_LARGEST_RATIO * size, 64 * _BLOCK):
                    raise DataError(
                        f"{path.name} unpacks to more than {_LARGEST_RATIO} times its size, so it was not "
                        "read. Unpack it yourself if you trust it.",
                        code="zip_bomb",
                        file=path.name,
                    )
            if not checked:
                out.write(decoder.decode(b"", final=True).encode())
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path.name} looked like {encoding} but is not all of it ({error.reason}). "
            "Save it as UTF-8 and load it again.",
            code="mixed_encoding",
            file=path.name,
            encoding=encoding,
        ) from error


def _first_lines(plain: Path) -> list[str]:
    with plain.open("rb") as stream:
        text = stream.read(_SAMPLE).decode("utf-8", errors="ignore")
    lines = list(io.StringIO(text, newline=None))
    return lines[:-1] if len(lines) > 1 and len(text) >= _SAMPLE // 4 else lines


def _spaced(lines: list[str]) -> bool:
    """Tell whether columns are only set apart by blanks, as in the text files of research data."""
    if any(delimiter in line for line in lines[:50] for delimiter in DELIMITERS):
        return False
    counts = {len(line.split()) for line in lines[1:50] if line.strip()}
    return len(counts) == 1 and min(counts) > 2


def _respaced(plain: Path, scratch: Path) -> tuple[Path, list[str]]:
    """Rewrite a file whose columns are set apart by blanks; without a header line, columns are numbered."""
    copy = scratch / f"{plain.name}.csv"
    with plain.open(encoding="utf-8") as lines, copy.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        for number, line in enumerate(lines):
            cells = line.split()
            if not number and all(_numeric(cell) for cell in cells):
                writer.writerow([f"column {position}" for position in range(1, len(cells) + 1)])
            if cells:
                writer.writerow(cells)
    return copy, _first_lines(copy)


def _numeric(cell: str) -> bool:
    return cell.replace(".", "", 1).replace("-", "", 1).isdecimal()


def _delimiter(lines: list[str]) -> str:
    """Choose the delimiter that splits the first lines into the most columns, equally many in each."""

    def columns(delimiter: str) -> tuple[float, int]:
        counts = [len(row) for row in csv.reader(lines[:50], delimiter=delimiter) if row]
        same = sum(count == counts[0] for count in counts) / len(counts)
        return (same if counts[0] > 1 else 0.0, counts[0])

    return max(DELIMITERS, key=columns)
