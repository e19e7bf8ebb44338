from pathlib import Path

import pytest

from marketeer.tools.campaigns.files import file_stem, write_files
from marketeer.tools.core.errors import Retry


def test_files_are_written_for_their_owner_only_and_nothing_else_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_files(folder, {"a.csv": b"1", "b.csv": b"2"}, overwrite=False)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a.csv": b"1", "b.csv": b"2"}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_another_content_is_never_written_over_unasked_and_then_nothing_is_written(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.csv": b"1"}, overwrite=False)
    write_files(tmp_path, {"a.csv": b"1"}, overwrite=False)
    with pytest.raises(Retry, match="already there"):
        write_files(tmp_path, {"b.csv": b"2", "a.csv": b"3"}, overwrite=False)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    write_files(tmp_path, {"a.csv": b"3"}, overwrite=True)
    assert (tmp_path / "a.csv").read_bytes() == b"3"


def test_a_folder_that_cannot_be_used_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "no" / "parent"):
        with pytest.raises(Retry, match="cannot be used"):
            write_files(folder, {"a.csv": b"1"}, overwrite=False)
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(Retry):
        write_files(tmp_path, {"a.csv": b"1"}, overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "file"]


def test_a_campaign_name_cannot_leave_the_folder() -> None:
    assert file_stem("../../etc/passwd") == "etc-passwd"
    assert file_stem("春季优惠 2025") == "春季优惠-2025"
    assert file_stem("...") == "audience"
