import json
from pathlib import Path

import pytest

from marketeer.agent.lines import JsonLines

VALUES = [{"said": "a\u2028b\u0085c\nd\re"}, {"said": "数据"}, {"said": ""}]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "lines.jsonl"


def filled(path: Path) -> JsonLines:
    lines = JsonLines(path)
    for value in VALUES:
        lines.add(value)
    return lines


def test_values_come_back_in_order_from_a_file_of_ones_own(path: Path) -> None:
    assert list(filled(path).values()) == VALUES
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_no_file_holds_nothing(path: Path) -> None:
    assert list(JsonLines(path).values()) == []
    assert JsonLines(path).drop(lambda line: True) == 0


@pytest.mark.parametrize("torn", ["{", '{"said": "half', " "])
def test_a_torn_line_is_no_value_and_gives_way_to_the_next(path: Path, torn: str) -> None:
    lines = filled(path)
    path.write_bytes(path.read_bytes() + torn.encode())
    assert list(lines.values()) == VALUES
    lines.add({"said": "next"})
    assert [json.loads(line) for line in path.read_bytes().decode().split("\n")[:-1]] == [
        *VALUES, {"said": "next"},
    ]  # fmt: skip


def test_a_file_that_is_nothing_but_torn_begins_anew(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"said')
    lines = JsonLines(path)
    lines.add({"said": "first"})
    assert list(lines.values()) == [{"said": "first"}]


def test_dropping_takes_torn_lines_along_and_an_empty_file_away(path: Path) -> None:
    lines = filled(path)
    path.write_bytes(path.read_bytes() + '{"said": "数据'.encode())
    assert lines.drop(lambda line: "数据" in line) == 1
    assert list(lines.values()) == [VALUES[0], VALUES[2]]
    assert "数据" not in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o600
    assert lines.drop(lambda line: True) == 2
    assert not path.exists()
