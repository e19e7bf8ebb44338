from typing import Any

import pytest

from marketeer.tools import catalog
from marketeer.tools.core.contract import Tool

TOOLS = catalog()


@pytest.fixture(params=TOOLS, ids=lambda tool: tool.name)
def tool(request: pytest.FixtureRequest) -> Tool:
    chosen: Tool = request.param
    return chosen


def test_its_name_is_a_verb_and_a_noun(tool: Tool) -> None:
    assert len(tool.name.split("_")) >= 2


def test_its_docstring_tells_the_model_what_and_when(tool: Tool) -> None:
    assert len(tool.description.split()) >= 8
    assert "use " in tool.description.lower()


def test_its_arguments_are_closed_frozen_and_described(tool: Tool) -> None:
    assert tool.args.model_config.get("frozen")
    assert tool.args.model_config.get("extra") == "forbid"
    schema: dict[str, Any] = tool.args.model_json_schema()
    undescribed = [name for name, field in tool.args.model_fields.items() if not field.description]
    assert not undescribed
    assert schema["additionalProperties"] is False


def test_its_examples_are_in_both_languages_and_valid(tool: Tool) -> None:
    assert {example.language for example in tool.examples} == {"en", "zh"}
    for example in tool.examples:
        tool.parse(example.args | {k: v for k, v in _required(tool).items() if k not in example.args})


def _required(tool: Tool) -> dict[str, Any]:
    needed = [name for name, field in tool.args.model_fields.items() if field.is_required()]
    fallback: dict[str, Any] = {}
    for example in tool.examples:
        fallback |= {name: example.args[name] for name in needed if name in example.args}
    return fallback
