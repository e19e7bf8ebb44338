"""Reads the rule files in `tools/campaigns/rules/`: wording is data that a lawyer can read and change."""

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "rules"


@lru_cache(maxsize=8)
def rules(name: str) -> dict[str, Any]:
    """Read one rule file by its stem."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=32)
def wording(name: str) -> re.Pattern[str]:
    """Give one list of `wording.toml` as a single pattern."""
    return any_of(rules("wording")[name])


def any_of(patterns: Sequence[str]) -> re.Pattern[str]:
    """Join patterns into one that matches any of them, without case and line by line."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE | re.MULTILINE)
