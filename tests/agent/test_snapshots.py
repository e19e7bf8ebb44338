"""What a model is told, as reviewed text. After a wanted change, run with `MARKETEER_UPDATE_SNAPSHOTS=1`."""

import json
import os
from datetime import date
from pathlib import Path

import pytest

from marketeer.agent.assembly import system_prompt
from marketeer.agent.toolkit import description, schema
from marketeer.tools import catalog
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset

SNAPSHOTS = Path(__file__).parent.parent / "snapshots"
SHOP = Dataset(
    snapshot="s",
    folder=Path(),
    name="a name from a file",
    rows={Table.CUSTOMERS: 6000, Table.ORDERS: 37_734, Table.ORDER_LINES: 102_330},
    columns={},
    currency="EUR",
    as_of=date(2025, 12, 31),
)


def compare(name: str, text: str) -> None:
    path = SNAPSHOTS / name
    if os.environ.get("MARKETEER_UPDATE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name} changed; see the head of this file"


def test_the_system_prompt_is_the_reviewed_one() -> None:
    compare("system_prompt.md", system_prompt(SHOP) + "\n")


def test_the_tools_a_model_sees_are_the_reviewed_ones() -> None:
    seen = {
        tool.name: {"description": description(tool), "parameters": schema(tool)["properties"]}
        for tool in catalog()
    }
    compare("tools.json", json.dumps(seen, ensure_ascii=False, indent=1) + "\n")


@pytest.mark.parametrize("word", [SHOP.name, "Linden"])
def test_no_word_from_the_files_is_in_the_system_prompt(word: str) -> None:
    assert word not in system_prompt(SHOP)
