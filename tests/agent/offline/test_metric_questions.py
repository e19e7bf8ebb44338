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


@pytest.mark.parametrize(
    ("question", "args"),
    [
        ("who are our five biggest customers by revenue?", {"by": "customer", "measures": ["net_revenue"]}),
        ("how many new customers did we win each week?", {"order_number": 1, "by": "week"}),
        ("which weekday brings the most orders?", {"by": "weekday"}),
        ("how much revenue do the top 5% of customers bring?", {"measures": ["concentration"], "top": 5}),
        ("what's the usual time between orders?", {"column": "median days_between_orders"}),
        ("which products are falling?", {"by": "product", "order": "falling"}),
        ("which countries are rising?", {"by": "country", "order": "rising"}),
        ("revenue from repeat customers versus new ones", {"by": "new_or_returning"}),
        ("消费最高的5个客户是谁", {"by": "customer", "top": 5}),
        ("每个月有多少新客户？", {"order_number": 1, "by": "month"}),
        ("周几卖得最好？", {"by": "weekday"}),
        ("前10%的客户占多少收入？", {"measures": ["concentration"], "top": 10}),
        ("客户平均隔几天再买？", {"column": "days_between_orders"}),
        ("哪些商品销量在下降？", {"by": "product", "order": "falling"}),
    ],
)
def test_customers_days_and_trends_are_asked_for_in_many_words(
    ask: Ask, question: str, args: dict[str, Any]
) -> None:
    (step,) = ask(question).steps
    assert step.tool == "query_metric"
    said = {name: step.args.get(name) for name in args}
    if "measures" in args:
        said["measures"] = [one for one in step.args["measures"] if one in args["measures"]]
    assert said == args
    assert "segment" not in step.args


@pytest.mark.parametrize(
    ("question", "tool", "args"),
    [
        ("who bought in March 2011 and never since?", "build_audience", {"last_order": "2011-03"}),
        ("predict sales for next month", "predict_customers", {"target": "spend", "horizon_days": 30}),
        ("预测下个月能卖多少钱", "predict_customers", {"target": "spend", "horizon_days": 30}),
    ],
)
def test_a_time_ahead_is_forecast_and_a_last_order_is_a_condition(
    ask: Ask, question: str, tool: str, args: dict[str, Any]
) -> None:
    (step,) = ask(question).steps
    assert step.tool == tool
    assert {name: step.args.get(name) for name in args} == args


@pytest.mark.parametrize(
    "question",
    [
        "revenue vs last year",
        "this year's sales compared with last year",
        "销售额比去年怎么样",
        "revenue this year compared with a year earlier",
        "今年的销售额和一年前相比",
    ],
)
def test_the_period_compared_with_is_not_the_period_asked_about(ask: Ask, question: str) -> None:
    (step,) = ask(question).steps
    assert step.tool == "query_metric"
    assert step.args["compare"] == "previous_year"
    assert step.args.get("period") in {None, "this_year"}
    assert "min_recency_days" not in step.args
