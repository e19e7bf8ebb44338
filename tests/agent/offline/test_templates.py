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
