from collections.abc import Callable
from typing import Any

import pytest

from marketeer.agent.offline.coverage import passed_over
from marketeer.agent.offline.fields import fields_of
from marketeer.agent.offline.mentions import find_mentions
from marketeer.agent.offline.planner import Plan
from marketeer.tools import load_tool

Ask = Callable[..., Plan]


@pytest.mark.parametrize(
    ("question", "tool", "args", "lost"),
    [
        ("who will churn in France", "predict_customers", {"target": "lapse"}, ["France"]),
        ("revenue in France", "query_metric", {"country": "France"}, []),
        ("revenue in France", "query_metric", {}, ["France"]),
        ("customers with at least 3 orders", "build_audience", {}, ["3"]),
        ("customers with at least 3 orders", "build_audience", {"min_orders": 3}, []),
        ("one draft per segment", "draft_campaign", {}, []),
        ("we mailed in March, who gets the offer", "rank_offer_targets", {}, []),
        ("revenue in March 2011", "query_metric", {}, ["March 2011"]),
    ],
)
def test_what_narrows_a_question_down_must_be_in_an_argument(
    question: str, tool: str, args: dict[str, Any], lost: list[str]
) -> None:
    fields = fields_of(load_tool(tool).args)
    assert passed_over(question, find_mentions(question, "en"), [], args, fields, "en") == lost


def test_a_name_no_argument_holds_is_passed_over() -> None:
    fields, text = fields_of(load_tool("recommend_products").args), "what goes with the teapot"
    assert passed_over(text, [], [(19, 25)], {"level": "bundle"}, fields, "en") == ["teapot"]
    assert passed_over(text, [], [(19, 25)], {"product": "the teapot"}, fields, "en") == []


def test_what_would_be_passed_over_is_asked_about(ask: Ask) -> None:
    plan = ask("which customers in Germany will churn")
    assert plan.page == "not_understood"
    assert plan.values["lost"] == ["Germany"]


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("revenue on 2011-11-28", "2011-11-28", "2011-11-28"),
        ("revenue since 2011-11-28", "2011-11-28", None),
        ("revenue up to 2011-11-28", None, "2011-11-28"),
        ("revenue between 2011-03-01 and 2011-03-15", "2011-03-01", "2011-03-15"),
        ("从2011-06-01起的销售额", "2011-06-01", None),
    ],
)
def test_a_day_is_a_whole_day_unless_it_begins_or_ends_something(
    ask: Ask, question: str, since: str | None, until: str | None
) -> None:
    (step,) = ask(question).steps
    assert (step.args.get("since"), step.args.get("until")) == (since, until)


@pytest.mark.parametrize(
    "question", ["老客和新客哪个贡献多", "新客跟老客哪个花得多", "回头客还是新客户带来的收入高"]
)
def test_returning_and_new_customers_are_compared_in_any_order(ask: Ask, question: str) -> None:
    (step,) = ask(question).steps
    assert step.args["by"] == "new_or_returning"
    assert "segment" not in step.args


def test_new_and_returning_customers_are_segments_to_write_to(ask: Ask) -> None:
    (step,) = ask("给新客和老客各写一封邮件").steps
    assert step.args["segments"] == ["新客", "老客"]
