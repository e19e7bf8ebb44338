from collections.abc import Mapping
from typing import Any

import pytest

from marketeer.prompts import page
from marketeer.prompts.words import has_page, languages
from marketeer.tools import tool_names

WORDED = ("title", "method", "fact", "view", "note", "segment", "term", "error")
TOOLS = [name for name in tool_names() if has_page("en", name)]


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tools_page_is_in_every_language(tool: str) -> None:
    assert all(has_page(language, tool) for language in languages())


@pytest.mark.parametrize("tool", [name for name in TOOLS if has_page("zh", name)])
def test_a_tools_page_words_the_same_codes_in_every_language(tool: str) -> None:
    first, *others = [_codes(page(f"offline/{language}/{tool}").meta) for language in languages()]
    for other in others:
        assert first ^ other == set()


def _codes(meta: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(table, code) for table in WORDED for code in meta.get(table, {})}
