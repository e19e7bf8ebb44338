from collections.abc import Callable
from typing import Any

import pytest

from marketeer.agent.offline.planner import Plan

Ask = Callable[..., Plan]


@pytest.mark.parametrize(
    ("question", "args"),
    [
        ("revenue in the last 30 days", {"measures": ["net_revenue"], "period": "last_30_days"}),
        ("revenue of the last 14 days", {"measures": ["net_revenue"], "period": "last_14_days"}),
        ("how many customers ordered in the last 30 days", {"period": "last_30_days"}),
        ("how many customers have not ordered for 60 days", {"min_recency_days": 60}),
        ("revenue of second orders", {"measures": ["net_revenue"], "order_number": 2}),
        ("average value of the third order", {"measures": ["mean_order_amount"], "order_number": 3}),
        ("monthly growth of revenue", {"by": "month", "compare": "previous_period"}),
        ("year over year growth of revenue in 2025", {"period": "2025", "compare": "previous_year"}),
        ("how many customers bought mugs but not tea", {"bought": "mugs", "not_bought": "tea"}),
        ("median unit price by country", {"column": "median unit_price", "by": "country"}),
        ("what is the median order value?", {"column": "median gross_amount"}),
        ("各国的单价中位数", {"column": "median unit_price", "by": "country"}),
        ("客单价的中位数是多少", {"column": "median gross_amount"}),
        ("近90天有多少订单", {"measures": ["orders"], "period": "last_90_days"}),
        ("首单的平均客单价", {"measures": ["mean_order_amount"], "order_number": 1}),
        ("第二单的收入", {"measures": ["net_revenue"], "order_number": 2}),
        ("今年的销售额同比增长多少", {"period": "this_year", "compare": "previous_year"}),
        ("每月收入环比增长", {"by": "month", "compare": "previous_period"}),
    ],
)
def test_a_period_an_order_and_a_comparison_are_what_was_said(
    ask: Ask, question: str, args: dict[str, Any]
) -> None:
    (step,) = ask(question).steps
    assert step.tool == "query_metric"
    assert {name: step.args.get(name) for name in args} == args
    narrowing = {"period", "order_number", "compare", "min_recency_days", "max_recency_days", "max_orders"}
    assert not (step.args.keys() & narrowing) - args.keys()


def test_both_kinds_of_orders_are_not_first_orders_only(ask: Ask) -> None:
    (step,) = ask("first orders and repeat orders by month").steps
    assert "order_number" not in step.args


def test_recency_stays_a_condition_on_customers_of_an_audience(ask: Ask) -> None:
    (step,) = ask("exclude those who ordered in the last 14 days").steps
    assert step.args == {"step": "exclude", "max_recency_days": 14}
