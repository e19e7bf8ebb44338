import gzip
import os
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marketeer.tools.core.errors import DataError, WorkspaceError
from marketeer.tools.sources.loading import LoadOptions, load
from tests.tools.sources.test_file_kinds import old_workbook

GOOD = b"order_id,customer_id,date,sku,qty,price\n1,7,2025-01-02,X,1,10\n2,8,2025-01-03,Y,2,4.5\n"
HEAD = b"order_id,customer_id,date,sku,qty,price\n"


def text(content: bytes, name: str = "file.csv") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    return write


def missing(folder: Path) -> Path:
    return folder / "nowhere.csv"


def workbook(*rows: list[object], sheets: int = 1) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        book = openpyxl.Workbook()
        for _ in range(sheets - 1):
            book.create_sheet()
        for row in rows:
            book.worksheets[-1].append(row)
        book.save(folder / "file.xlsx")
        return folder / "file.xlsx"

    return write


def archive(members: dict[str, bytes], cut: int = 0) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "file.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            for name, content in members.items():
                out.writestr(name, content)
        if cut:
            path.write_bytes(path.read_bytes()[:-cut])
        return path

    return write


def workbook_of(change: Callable[[openpyxl.Workbook], object]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = workbook(HEADER, ROW, ROW)(folder)
        book = openpyxl.load_workbook(path)
        change(book)
        book.save(path)
        return path

    return write


def hide_all(book: openpyxl.Workbook) -> None:
    book.active.sheet_state = "veryHidden"
    book.create_sheet("Cover")


def workbook_bomb(folder: Path) -> Path:
    path = workbook(HEADER, ROW)(folder)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as out:
        out.writestr("xl/media/a.xml", BOMB)
    return path


def long_line(folder: Path, name: str = "file.csv") -> Path:
    """A header and one line of 200 MB."""
    with (gzip.open if name.endswith("gz") else open)(folder / name, "wb") as out:
        out.write(HEAD)
        for _ in range(200):
            out.write(b"x" * 1_000_000)
    return folder / name


def encrypted(folder: Path) -> Path:
    path = archive({"a.csv": GOOD})(folder)
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    path.write_bytes(content)
    return path


def old_encrypted(folder: Path) -> Path:
    """An old workbook whose interface record is made the one that says it is encrypted."""
    path = old_workbook(folder)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"\xe1\x00\x02\x00\xb0\x04", b"\x2f\x00\x02\x00\xb0\x04", 1))
    return path


def truncated_workbook(folder: Path) -> Path:
    path = workbook(HEADER, *[ROW] * 500)(folder)
    path.write_bytes(path.read_bytes()[:-900])
    return path


def database(*statements: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "file.sqlite"
        with closing(sqlite3.connect(path)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        return path

    return write


def damaged_database(folder: Path) -> Path:
    path = database("CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('x')")(folder)
    path.write_bytes(path.read_bytes()[:40] + b"\xff" * 3000)
    return path


def link(folder: Path, content: bytes = GOOD) -> Path:
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "secret.csv").write_bytes(content)
    (folder / "file.csv").symlink_to(folder / "elsewhere" / "secret.csv")
    return folder / "file.csv"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.csv")
    return folder / "pipe.csv"


def truncated_parquet(folder: Path) -> Path:
    path = folder / "file.parquet"
    pq.write_table(pa.table({"order_id": list(range(1000))}), path)
    path.write_bytes(path.read_bytes()[:-20])
    return path


WIDE = ",".join(f"c{n}" for n in range(10_000)).encode()
BOMB = b"a,b\n" + b"0,0\n" * 30_000_000
HEADER = HEAD.decode().strip().split(",")
TITLE = b"Sales of the year\n\n"
ROW = [1, 7, "2025-01-02", "X", 1, 10]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BAD = {
    "missing file": (missing, "no_file"),
    "a folder": (lambda folder: folder, "is_folder"),
    "a pipe": (pipe, "no_file"),
    "a link out of its folder": (link, "foreign_link"),
    "a link out of its folder to a report with a title": (
        lambda folder: link(folder, TITLE + GOOD),
        "foreign_link",
    ),
    "empty file": (text(b""), "empty_file"),
    "only blank lines": (text(b"\n\n\n"), "no_header"),
    "header only": (text(HEAD), "header_only"),
    "header without line end": (text(HEAD.strip()), "header_only"),
    "no header line": (text(GOOD.removeprefix(HEAD)), "no_header"),
    "binary": (text(bytes(range(256)) * 50), "not_text"),
    "NUL inside": (text(GOOD + b"3,9,2025-01-04,Z\0,1,2\n"), "not_text"),
    "NUL late": (text(GOOD * 60_000 + b"\0"), "not_text"),
    "prose": (text(b"Dear all,\nplease find attached the sales.\n"), "unreadable_table"),
    "one column": (text(b"name\nAna\nBo\n"), "unknown_table"),
    "ten thousand columns": (text(WIDE + b"\n" + WIDE + b"\n"), "unknown_table"),
    "no known columns": (text(b"a,b,c\n1,2,3\n"), "unknown_table"),
    "unmapped required columns": (text(b"order_id,sku,colour\n1,X,red\n"), "unknown_table"),
    "unreadable dates": (text(GOOD.replace(b"2025-01-0", b"long ago ")), "unreadable_dates"),
    "ids in scientific form": (text(GOOD.replace(b"1,7,", b"1.23E+17,7,")), "id_lost_digits"),
    "too few columns in a row": (text(GOOD + b"3,9\n"), "unreadable_table"),
    "too many columns in a row": (text(GOOD + b"3,9,2025-01-04,Z,1,2,7,8\n"), "unreadable_table"),
    "unclosed quote": (text(GOOD + b'3,9,2025-01-04,"Z,1,2\n' * 3), "unreadable_table"),
    "text where numbers belong": (text(HEAD + b"1,7,2025-01-02,X,many,ten\n"), "nothing_left"),
    "every row unusable": (text(HEAD + b",,,,,\n" * 3), "nothing_left"),
    "truncated gzip": (text(gzip.compress(GOOD * 5000)[:-400], "f.csv.gz"), "damaged_gzip"),
    "rubbish called gzip": (text(b"\x1f\x8b" + b"rubbish" * 9, "f.csv.gz"), "damaged_gzip"),
    "damaged gzip": (text(gzip.compress(GOOD * 5000)[:60] + b"x" * 200, "f.csv.gz"), "damaged_gzip"),
    "truncated gzip with a title": (
        text(gzip.compress(TITLE + GOOD * 5000)[:-400], "f.csv.gz"),
        "damaged_gzip",
    ),
    "gzip bomb with a title": (text(gzip.compress(TITLE + GOOD + BOMB, 1), "f.csv.gz"), "zip_bomb"),
    "a title and nothing else": (text(TITLE), "unknown_table"),
    "a title above a header only": (text(TITLE + HEAD), "unreadable_table"),
    "totals only": (text(HEAD + b"Total,,,,3,14.50\n"), "nothing_left"),
    "gzip bomb": (text(gzip.compress(BOMB, 1), "f.csv.gz"), "zip_bomb"),
    "latin-1 late in a UTF-8 file": (
        text(GOOD * 10_000 + "3,9,2025-01-04,Tée,1,2\n".encode("latin-1")),
        "unreadable_table",
    ),
    "UTF-16 cut in half": (text(GOOD.decode().encode("utf-16")[:-1]), "mixed_encoding"),
    "endless line": (text(HEAD + b"x" * 6_000_000), "endless_line"),
    "a line of 200 MB": (long_line, "endless_line"),
    "a zipped line of 200 MB": (lambda folder: long_line(folder, "f.csv.gz"), "endless_line"),
    "not a workbook": (text(GOOD, "f.xlsx"), "damaged_workbook"),
    "not an old workbook": (text(b"\xd0\xcf\x11\xe0" + GOOD, "f.xls"), "damaged_workbook"),
    "empty workbook": (workbook(), "empty_file"),
    "workbook with a header only": (workbook(["order_id", "sku"], sheets=2), "empty_file"),
    "workbook with a password": (
        text(OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "f.xlsx"),
        "encrypted",
    ),
    "old workbook with a password": (old_encrypted, "encrypted"),
    "workbook called old and made of tags": (
        text(b"<html><table></table></html>", "f.xls"),
        "damaged_workbook",
    ),
    "truncated workbook": (truncated_workbook, "damaged_workbook"),
    "workbook with only hidden tables": (workbook_of(hide_all), "empty_file"),
    "workbook with merged rows": (workbook_of(lambda book: book.active.merge_cells("A2:A3")), "merged_cells"),
    "workbook with a cell at the far end": (
        workbook_of(lambda book: book.active.cell(1_048_576, 16_384, "x")),
        "workbook_too_large",
    ),
    "bomb in a workbook": (workbook_bomb, "zip_bomb"),
    "ids in a workbook that lost digits": (
        workbook(HEADER, [1_230_000_000_000_000_001, *ROW[1:]]),
        "id_lost_digits",
    ),
    "formulas never computed": (
        workbook(
            ["order_id", "customer_id", "date", "sku", "qty", "price"], [1, 7, "2025-01-02", "X", 1, "=E2*10"]
        ),
        "formula_cells",
    ),
    "not a parquet": (text(GOOD, "f.parquet"), "unreadable_table"),
    "truncated parquet": (truncated_parquet, "unreadable_table"),
    "JSON of another kind": (text(b'{"a": {"b": [1, 2', "f.json"), "unreadable_table"),
    "half a JSON line": (text(b'{"order_id": 1}\n{"order_id": ', "f.jsonl"), "unreadable_table"),
    "empty archive": (archive({}), "empty_file"),
    "archive of a picture": (archive({"a.png": b"\x89PNG" + bytes(99)}), "unknown_ending"),
    "archive in an archive": (archive({"a.zip": b"PK\x03\x04"}), "nested_zip"),
    "truncated archive": (archive({"a.csv": GOOD}, cut=30), "damaged_zip"),
    "archive with a password": (encrypted, "encrypted"),
    "zip bomb": (archive({"a.csv": BOMB}), "zip_bomb"),
    "empty database": (database("CREATE TABLE t (a TEXT)"), "empty_file"),
    "damaged database": (damaged_database, "damaged_database"),
    "a picture": (text(b"\x89PNG\r\n\x1a\n" + bytes(100), "f.png"), "unknown_ending"),
}
assert len(BAD) >= 40
_INSIDE = {"archive of a picture": "a.png"}


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file and folder in one: when it was written, and its bytes."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_gives_one_clear_error_and_leaves_the_workspace_as_it_was(
    kind: str, tmp_path: Path
) -> None:
    make, code = BAD[kind]
    workspace = tmp_path / "ws"
    good = text(GOOD, "good.csv")(tmp_path)
    load([good], workspace)
    before = tree(workspace)
    path = make(tmp_path)
    with pytest.raises(DataError) as caught:
        load([path], workspace)
    assert caught.value.code == code
    assert _INSIDE.get(kind, path.name) in str(caught.value)
    assert len(str(caught.value)) < 1_200
    assert "Traceback" not in str(caught.value)
    assert tree(workspace) == before


def test_no_file_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="marketeer load"):
        load([], tmp_path)


def test_a_second_load_at_the_same_time_is_refused(tmp_path: Path) -> None:
    from filelock import FileLock

    file = text(GOOD)(tmp_path)
    (tmp_path / "ws").mkdir()
    with FileLock(tmp_path / "ws" / ".load.lock"), pytest.raises(WorkspaceError, match="Another load"):
        load([file], tmp_path / "ws")


def test_what_a_killed_load_left_behind_is_swept_by_the_next(tmp_path: Path) -> None:
    file = text(GOOD)(tmp_path)
    (tmp_path / "ws" / "snapshots" / ".staging-dead").mkdir(parents=True)
    (tmp_path / "ws" / ".scratch-dead").mkdir()
    load([file], tmp_path / "ws", LoadOptions(name="shop"))
    assert not list((tmp_path / "ws").rglob("*-dead"))
