from collections.abc import Callable
from typing import Any

import pytest

from marketeer.agent.offline.planner import Plan
from marketeer.agent.offline.templates import fitting, templates
from marketeer.tools import load_tool

Ask = Callable[..., Plan]


@pytest.mark.parametrize(
    ("question", "tool", "args"),
    [
        (
            "who would want jumbo bag pink polkadot?",
            "recommend_products",
            {"product": "jumbo bag pink polkadot"},
        ),
        ("Who would want the Zinc Herb Gardener?", "recommend_products", {"product": "Zinc Herb Gardener"}),
        ("how many people bought jumbo bag suki", "query_metric", {"bought": "jumbo bag suki"}),
        ("谁会想买粉色波点购物袋", "recommend_products", {"product": "粉色波点购物袋"}),
    ],
)
def test_a_name_nobody_has_heard_stands_where_the_examples_had_theirs(
    ask: Ask, question: str, tool: str, args: dict[str, Any]
) -> None:
    (step,) = ask(question).steps
    assert step.tool == tool
    assert {name: step.args.get(name) for name in args} == args


def test_other_words_around_a_name_fit_no_template() -> None:
    made = templates([load_tool("recommend_products")], "en")
    assert fitting(made, "who would never want the teapot") is None
    assert fitting(made, "who would want") is None
    assert made


@pytest.mark.parametrize(
    "question",
    ["which gadget makes the most money", "who is about to explode", "forecast returns per segment"],
)
def test_a_choice_is_no_name_so_nothing_else_can_stand_there(ask: Ask, question: str) -> None:
    for step in ask(question).steps:
        assert load_tool(step.tool).parse(dict(step.args))
        assert not {"gadget", "explode", "returns"} & {str(value) for value in step.args.values()}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_only_free_text_is_taken_for_a_name(language: Any) -> None:
    fixed = {
        "by",
        "order",
        "target",
        "method",
        "level",
        "channel",
        "purpose",
        "scheme",
        "score",
        "period",
        "column",
    }
    tools = [load_tool(name) for name in ("query_metric", "predict_customers", "segment_customers")]
    assert not fixed & {name for template in templates(tools, language) for name in template.fields}
