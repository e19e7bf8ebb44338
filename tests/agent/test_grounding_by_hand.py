import tomllib
from pathlib import Path
from typing import Any

import pytest

from marketeer.agent.assembly import display_names
from marketeer.agent.grounding import Grounded, ground
from tests.agent.grounding_findings import FINDINGS, QUESTION

CASES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "grounding_cases.toml").read_text(encoding="utf-8")
)["case"]
LIES = [(case["text"], old, new) for case in CASES for old, new in case["lies"]]


def check(text: str) -> Grounded:
    return ground(text, FINDINGS, QUESTION, display_names)


@pytest.mark.parametrize("text", [case["text"] for case in CASES if case.get("honest", True)])
def test_an_honest_answer_passes(text: str) -> None:
    assert [(bad.text, bad.why.name, bad.near) for bad in check(text).unverified] == []


@pytest.mark.parametrize(("text", "old", "new"), LIES)
def test_a_lie_is_caught(text: str, old: str, new: str) -> None:
    assert old in text
    assert not check(text.replace(old, new, 1)).ok


def test_the_set_is_large_enough_to_tell() -> None:
    assert len(LIES) >= 140
