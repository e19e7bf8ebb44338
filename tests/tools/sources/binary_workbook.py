"""A workbook in Excel's binary form (`.xlsb`, BIFF12), put together record by record from [MS-XLSB].

A record is its number and its size, seven bits to a byte, and its content. Strings are a length and UTF-16.
"""

import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

BEGIN_BOOK, END_BOOK, BEGIN_SHEETS, END_SHEETS, SHEET = 131, 132, 143, 144, 156
BEGIN_SHEET, END_SHEET, DIMENSION, BEGIN_DATA, END_DATA = 129, 130, 148, 145, 146
ROW, REAL_CELL, TEXT_CELL = 0, 5, 7
BEGIN_TEXTS, END_TEXTS, TEXT = 159, 160, 19
BEGIN_STYLES, END_STYLES, BEGIN_FORMATS, END_FORMATS, FORMAT = 278, 279, 617, 618, 47
PLAIN, DATE_AND_TIME = 0, 22
"""Number formats that are built in; cells name their place in the list of styles."""
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

Cell = str | float | tuple[float, int]


def _sevens(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _record(number: int, content: bytes = b"") -> bytes:
    return _sevens(number) + _sevens(len(content)) + content


def _text(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode("utf-16-le")


def _cell(column: int, value: Cell, texts: list[str]) -> bytes:
    number, style = value if isinstance(value, tuple) else (value, 0)
    at = struct.pack("<II", column, style)
    if isinstance(number, str):
        texts.append(number)
        return _record(TEXT_CELL, at + struct.pack("<I", len(texts) - 1))
    return _record(REAL_CELL, at + struct.pack("<d", number))


def _sheet(rows: Sequence[Sequence[Cell]], texts: list[str]) -> bytes:
    out = _record(BEGIN_SHEET)
    out += _record(DIMENSION, struct.pack("<4I", 0, len(rows) - 1, 0, max(map(len, rows)) - 1))
    out += _record(BEGIN_DATA)
    for number, row in enumerate(rows):
        out += _record(ROW, struct.pack("<IIHHBI", number, 0, 300, 0, 0, 0))
        out += b"".join(_cell(column, value, texts) for column, value in enumerate(row) if value != "")
    return out + _record(END_DATA) + _record(END_SHEET)


def _relations(*targets: tuple[str, str, str]) -> str:
    inside = "".join(
        f'<Relationship Id="{name}" Type="{_DOCUMENT}/{kind}" Target="{at}"/>' for name, kind, at in targets
    )
    return f'<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}">{inside}</Relationships>'


def write_binary_workbook(path: Path, sheets: dict[str, Sequence[Sequence[Cell]]], hidden: str = "") -> Path:
    """Write sheets of texts and numbers; one with style 1 is a date and time, in days since 1899-12-30."""
    names = list(sheets)
    book = _record(BEGIN_BOOK) + _record(BEGIN_SHEETS)
    for number, name in enumerate(names, start=1):
        state = struct.pack("<II", int(name == hidden), number)
        book += _record(SHEET, state + _text(f"rId{number}") + _text(name))
    book += _record(END_SHEETS) + _record(END_BOOK)
    formats = b"".join(
        _record(FORMAT, struct.pack("<HHHHHBBHH", 0, format_, 0, 0, 0, 0, 0, 0, 0))
        for format_ in (PLAIN, DATE_AND_TIME)
    )
    count = struct.pack("<I", 2)
    styles = _record(BEGIN_STYLES) + _record(BEGIN_FORMATS, count) + formats
    styles += _record(END_FORMATS) + _record(END_STYLES)
    parts = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.bin") for n in range(1, len(names) + 1)]
    parts += [("rId98", "sharedStrings", "sharedStrings.bin"), ("rId99", "styles", "styles.bin")]
    texts: list[str] = []
    written = [_sheet(sheets[name], texts) for name in names]
    items = b"".join(_record(TEXT, b"\0" + _text(text)) for text in texts)
    shared = _record(BEGIN_TEXTS, struct.pack("<II", len(texts), len(texts))) + items + _record(END_TEXTS)
    kind = "application/vnd.ms-excel"
    overrides = "".join(
        f'<Override PartName="/xl/{at}" ContentType="{kind}.{what}"/>' for _, what, at in parts
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(
            "[Content_Types].xml",
            f'<?xml version="1.0"?><Types xmlns="{_TYPES}"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="bin" ContentType="{kind}.sheet.binary.macroEnabled.main"/>{overrides}'
            "</Types>",
        )
        out.writestr("_rels/.rels", _relations(("rId1", "officeDocument", "xl/workbook.bin")))
        out.writestr("xl/workbook.bin", book)
        out.writestr("xl/_rels/workbook.bin.rels", _relations(*parts))
        out.writestr("xl/styles.bin", styles)
        out.writestr("xl/sharedStrings.bin", shared)
        for number, sheet in enumerate(written, start=1):
            out.writestr(f"xl/worksheets/sheet{number}.bin", sheet)
    return path
