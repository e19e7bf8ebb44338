import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from marketeer.tools.core.errors import DataError, WorkspaceError
from marketeer.tools.sources.loading import LoadOptions, load

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


BAD = {
    "missing file": (missing, "no_file"),
    "empty file": (text(b""), "empty_file"),
    "only blank lines": (text(b"\n\n\n"), "no_header"),
    "header only": (text(HEAD), "header_only"),
    "header without line end": (text(HEAD.strip()), "header_only"),
    "binary": (text(bytes(range(256)) * 50), "not_text"),
    "NUL inside": (text(GOOD + b"3,9,2025-01-04,Z\0,1,2\n"), "not_text"),
    "NUL late": (text(GOOD * 60_000 + b"\0"), "not_text"),
    "prose": (text(b"Dear all,\nplease find attached the sales.\n"), "unreadable_table"),
    "one column": (text(b"name\nAna\nBo\n"), "unknown_table"),
    "no known columns": (text(b"a,b,c\n1,2,3\n"), "unknown_table"),
    "unmapped required columns": (text(b"order_id,sku,colour\n1,X,red\n"), "unknown_table"),
    "unreadable dates": (text(GOOD.replace(b"2025-01-0", b"long ago ")), "unreadable_dates"),
    "ids in scientific form": (text(GOOD.replace(b"1,7,", b"1.23E+17,7,")), "id_lost_digits"),
    "too few columns in a row": (text(GOOD + b"3,9\n"), "unreadable_table"),
    "too many columns in a row": (text(GOOD + b"3,9,2025-01-04,Z,1,2,7,8\n"), "unreadable_table"),
    "unclosed quote": (text(GOOD + b'3,9,2025-01-04,"Z,1,2\n' * 3), "unreadable_table"),
    "truncated gzip": (text(gzip.compress(GOOD * 5000)[:-400], "f.csv.gz"), "damaged_gzip"),
    "not a gzip": (text(GOOD, "f.csv.gz"), "damaged_gzip"),
    "damaged gzip": (
        text(gzip.compress(GOOD * 5000)[:60] + b"x" * 200, "f.csv.gz"),
        "damaged_gzip",
    ),
    "zip bomb": (text(gzip.compress(b"a,b\n" + b"0,0\n" * 30_000_000), "f.csv.gz"), "zip_bomb"),
    "latin-1 late in a UTF-8 file": (
        text(GOOD * 10_000 + "3,9,2025-01-04,Tée,1,2\n".encode("latin-1")),
        "unreadable_table",
    ),
    "endless line": (text(HEAD + b"x" * 6_000_000), "endless_line"),
    "not a workbook": (text(GOOD, "f.xlsx"), "damaged_workbook"),
    "not a parquet": (text(GOOD, "f.parquet"), "unreadable_table"),
    "a picture": (text(b"\x89PNG\r\n\x1a\n" + bytes(100), "f.png"), "unknown_ending"),
    "every row unusable": (text(HEAD + b",,,,,\n" * 3), "nothing_left"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_gives_one_clear_error_and_leaves_the_workspace_as_it_was(
    kind: str, tmp_path: Path
) -> None:
    make, code = BAD[kind]
    workspace = tmp_path / "ws"
    good = text(GOOD, "good.csv")(tmp_path)
    load([good], workspace)
    before = {path: path.stat().st_mtime_ns for path in workspace.rglob("*") if path.is_file()}
    path = make(tmp_path)
    with pytest.raises(DataError) as caught:
        load([path], workspace)
    assert caught.value.code == code
    assert path.name in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert {p: p.stat().st_mtime_ns for p in workspace.rglob("*") if p.is_file()} == before


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
