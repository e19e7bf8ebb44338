from collections.abc import Callable
from typing import Any

import pytest

from marketeer.agent.offline.planner import Plan

Ask = Callable[..., Plan]


@pytest.mark.parametrize(
    ("question", "tool", "args"),
    [
        (
            "turnover per weekday in 2011",
            "query_metric",
            {"measures": ["net_revenue"], "by": "weekday", "period": "2011"},
        ),
        (
            "aov per channel, last quarter",
            "query_metric",
            {"measures": ["mean_order_amount"], "by": "channel", "period": "last_quarter"},
        ),
        ("which skus are tanking", "query_metric", {"by": "product", "order": "falling"}),
        ("repeat rate by month", "query_metric", {"measures": ["repeat_rate"], "by": "month"}),
        (
            "orders by country this year, lowest first",
            "query_metric",
            {"measures": ["orders"], "by": "country", "order": "lowest", "period": "this_year"},
        ),
        (
            "do 15% of buyers make most of our income",
            "query_metric",
            {"measures": ["concentration"], "top": 15},
        ),
        ("units per basket by category", "query_metric", {"measures": ["items_per_order"], "by": "category"}),
        ("gmv per week", "query_metric", {"measures": ["gross_revenue"], "by": "week"}),
        ("which country sends the most back", "query_metric", {"by": "country"}),
        (
            "how many first-time shoppers this week",
            "query_metric",
            {"order_number": 1, "period": "this_week"},
        ),
        ("how many days until somebody reorders", "query_metric", {"column": "median days_between_orders"}),
        (
            "likelihood of people coming back within three weeks",
            "predict_customers",
            {"target": "buys_again", "horizon_days": 21},
        ),
        (
            "what sales can i bank on in the next 45 days",
            "predict_customers",
            {"target": "spend", "horizon_days": 45},
        ),
        ("when is 14911 due again", "predict_customers", {"target": "next_order"}),
        ("sort customers into five spending tiers", "segment_customers", {"method": "value_bands", "k": 5}),
        ("anything i could sell alongside the teapot", "recommend_products", {"product": "teapot"}),
        ("how are our google ads clicks doing vs competitors", "", {}),
        ("上周几号渠道卖得最好", "query_metric", {"by": "channel", "period": "last_week"}),
        ("每周客单价走势", "query_metric", {"measures": ["mean_order_amount"], "by": "week"}),
        (
            "今年各国退货率",
            "query_metric",
            {"measures": ["return_share"], "by": "country", "period": "this_year"},
        ),
        ("各城市连带率", "query_metric", {"measures": ["items_per_order"], "by": "city"}),
        ("两次购买之间隔几天", "query_metric", {"column": "median days_between_orders"}),
        ("下个月可能跑掉的会员", "predict_customers", {"target": "lapse", "horizon_days": 30}),
        ("按消费分五档", "segment_customers", {"method": "value_bands", "k": 5}),
        ("满250减40还有得赚吗", "offer_economics", {"threshold": 250, "amount": 40}),
        ("120张券给哪些人", "rank_offer_targets", {"max_contacts": 120}),
        ("店铺UV和加购率多少", "", {}),
    ],
)
def test_what_people_type_in_a_hurry_is_understood_or_asked_back(
    ask: Ask, question: str, tool: str, args: dict[str, Any]
) -> None:
    plan = ask(question)
    (planned, meant) = (plan.steps[0].tool, plan.steps[0].args) if plan.steps else ("", {})
    assert planned == tool
    assert {name: meant.get(name) for name in args} == args
