"""The page on data names what the code has: every format, every cleaning rule, every flag of a load."""

import re
from pathlib import Path

import pytest

from marketeer.agent.load_command import LOAD_FLAGS
from marketeer.tools.sources import sources

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
CODE = [*(ROOT / "tools" / "sources").glob("*.py"), ROOT / "tools" / "warehouse" / "rules.py"]
RULES = {code for path in CODE for code in re.findall(r'\bRule\(\s*"([a-z_]+)"', path.read_text("utf-8"))}


@pytest.mark.parametrize("name", [source.name for source in sources()])
def test_every_format_is_on_the_page(name: str) -> None:
    assert f"| `{name}` |" in PAGE


@pytest.mark.parametrize("code", sorted(RULES))
def test_every_cleaning_rule_is_on_the_page(code: str) -> None:
    assert f"`{code}`" in PAGE


@pytest.mark.parametrize("option", [flag.written for flag in LOAD_FLAGS])
def test_every_flag_of_a_load_is_on_the_page(option: str) -> None:
    assert f"`{option}" in PAGE
