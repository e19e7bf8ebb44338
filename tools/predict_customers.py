"""What customers will do: spend, order, come back or lapse, tested on a period the model never saw."""

from datetime import timedelta
from typing import Literal

import pandas as pd
from pydantic import Field

from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Args, Example, Outcome, Tool
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.findings import (
    Fact,
    FactKind,
    Finding,
    Interval,
    Note,
    SubjectKind,
    Unit,
    Verdict,
    View,
)
from marketeer.tools.core.payloads import Forecast, Segmentation
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.prediction import report
from marketeer.tools.prediction.forecasting import Outlook, forecast
from marketeer.tools.prediction.intervals import LEVEL
from marketeer.tools.prediction.next_order import next_order_days
from marketeer.tools.prediction.panel import panel_at
from marketeer.tools.prediction.targets import KIND, Kind, Target
from marketeer.tools.warehouse.names import customer_key, row_of

LIKELY = 0.5
"""Customers above this chance of lapsing are counted as about to lapse."""


class PredictArgs(Args):
    """Arguments of `predict_customers`."""

    target: Literal["spend", "orders", "buys_again", "lapse", "next_order"] = Field(
        default="lapse",
        description="What to predict: spend or orders within the horizon, the chance of an order within "
        "it (buys_again) or of none (lapse), or when each customer orders next.",
    )
    horizon_days: int = Field(default=90, ge=7, le=730, description="How many days ahead.")
    customer: str | None = Field(
        default=None, description="Only this customer: id, e-mail, full name or row."
    )
    segmentation: str | None = Field(
        default=None,
        description="A segmentation's finding id for sums per segment; None is the current one.",
    )
    limit: int = Field(default=10, ge=1, le=50, description="How many single customers to list.")
    seed: int = Field(default=0, ge=0, description="Seed of folds and stochastic models.")
    budget_seconds: float = Field(
        default=60.0,
        gt=0,
        le=3600,
        description="Leave out families of models estimated to take longer than this.",
    )


def predict_customers(args: PredictArgs, workspace: Workspace) -> Outcome:
    """Predict per customer and segment: lapse, buying again, spend, orders, or the date of the next order.

    Use for "who is about to lapse", "who will buy again", "expected revenue next quarter", "when will X order
    next". Compares baselines, linear models, support vector machines, boosting, a network and
    buy-till-you-die models, and back-tests the chosen one on the last period. A high chance
    of buying does not tell who is moved by an offer; use rank_offer_targets for that.
    """
    workspace.dataset.need(Table.ORDERS, "customer_row")
    if args.target == "next_order":
        return _next_order(args, workspace)
    target = Target(args.target)
    outlook = forecast(
        workspace.dataset,
        target,
        args.horizon_days,
        seed=args.seed,
        budget=args.budget_seconds,
        progress=workspace.ports.progress,
    )
    segmentation = workspace.require(Segmentation, args.segmentation)
    listed = _listed(args, outlook, workspace)
    facts = [
        *report.setting_facts(outlook, args.horizon_days),
        *report.total_facts(outlook, segmentation),
        *_lapse_facts(outlook, listed),
        *report.customer_facts(outlook, listed.head(args.limit)),
        *report.model_facts(outlook),
    ]
    finding = Finding(
        f"forecast_{target.value}",
        tuple(facts),
        "forecast",
        {"model": outlook.used},
        views=(*_views(outlook, facts), *report.model_views(outlook, facts)),
        quality=report.quality_of(outlook),
        verdict=Verdict.OK if outlook.beats_baseline else Verdict.WEAK,
        notes=report.notes_of(outlook),
        currency=workspace.dataset.currency,
    )
    about = {"target": target.value, "days": args.horizon_days, "from": outlook.plan.now.isoformat()}
    return Outcome(finding, Forecast(outlook.table, about))


def _listed(args: PredictArgs, outlook: Outlook, workspace: Workspace) -> pd.DataFrame:
    """Give the customers to name, most worth naming first: by forecast, for lapse by revenue at stake."""
    now = panel_at(workspace.dataset, outlook.plan.now, args.horizon_days, known=False).table
    table = outlook.table.merge(
        now[["customer_row", "recency_days", "orders", "net_revenue"]], on="customer_row"
    )
    if args.customer is not None:
        return table[table["customer_row"] == row_of(args.customer)]
    if outlook.target is Target.LAPSE:
        table = table[table["predicted"] >= LIKELY]
        return table.sort_values(["net_revenue", "customer_row"], ascending=[False, True])
    return table.sort_values(["predicted", "customer_row"], ascending=[False, True])


def _lapse_facts(outlook: Outlook, listed: pd.DataFrame) -> list[Fact]:
    if outlook.target is not Target.LAPSE:
        return []
    return [
        Fact("lapse_threshold", 100 * LIKELY, Unit.PERCENT, kind=FactKind.ASSUMED, decimals=0),
        Fact("customers_likely_to_lapse", len(listed), Unit.CUSTOMERS, kind=FactKind.ESTIMATED),
        Fact("past_revenue_at_stake", float(listed["net_revenue"].sum()), Unit.MONEY, decimals=0),
    ]


def _views(outlook: Outlook, facts: list[Fact]) -> tuple[View, ...]:
    chance = KIND[outlook.target] is Kind.CHANCE
    sums = ("mean_chance", "expected_customers") if chance else ("expected_total", "expected_each")
    single = ("chance",) if chance else ("expected",)
    segments = report.ranked(facts, SubjectKind.SEGMENT)
    customers = report.ranked(facts, SubjectKind.CUSTOMER)
    views = [View("segments", segments, ("customers", *sums))] if segments else []
    if customers:
        views.append(View("customers", customers, (*single, "recency_days", "orders", "net_revenue")))
    return tuple(views)


def _next_order(args: PredictArgs, workspace: Workspace) -> Outcome:
    dataset = workspace.dataset
    now = dataset.need_as_of()
    panel = panel_at(dataset, now, args.horizon_days, known=False)
    table = next_order_days(panel)
    if args.customer is not None:
        row = row_of(args.customer)
        table = table[table["customer_row"] == row]
        if table.empty:
            raise Insufficient(
                "This customer ordered on fewer than two days, so nothing personal is known of a next order. "
                "Ask for the segment's chance of buying again instead.",
                code="one_order_only",
            )
    listed = table.dropna().sort_values(["median", "customer_row"]).head(args.limit)
    facts: list[Fact] = [
        Fact("forecast_from", now, Unit.DATE),
        Fact("customers_with_rhythm", len(table), Unit.CUSTOMERS),
        Fact("customers_with_one_order", len(panel) - len(next_order_days(panel)), Unit.CUSTOMERS)
        if args.customer is None
        else Fact("customers_asked", 1, Unit.CUSTOMERS, kind=FactKind.GIVEN),
    ]
    for row, median, low, high in listed[["customer_row", "median", "low", "high"]].to_numpy(float):
        subject = report.customer(int(row))
        band = Interval(low, high, LEVEL)
        facts.append(Fact("days_to_next_order", median, Unit.DAYS, subject, band, FactKind.ESTIMATED))
        facts.append(
            Fact("earliest", now + timedelta(days=int(low)), Unit.DATE, subject, kind=FactKind.ESTIMATED)
        )
        facts.append(
            Fact("latest", now + timedelta(days=int(high)), Unit.DATE, subject, kind=FactKind.ESTIMATED)
        )
    customers = report.ranked(facts, SubjectKind.CUSTOMER)
    columns = ("days_to_next_order", "earliest", "latest")
    finding = Finding(
        "forecast_next_order",
        tuple(facts),
        "mbg_nbd_range",
        views=(View("next_orders", customers, columns),) if customers else (),
        notes=(Note("one_order_no_estimate"),),
        verdict=Verdict.OK if customers else Verdict.WEAK,
    )
    frame = table.rename(columns={"median": "predicted"})
    return Outcome(finding, Forecast(frame, {"target": "next_order", "from": now.isoformat()}))


def _keyed(args: PredictArgs, workspace: Workspace) -> PredictArgs:
    if args.customer is None:
        return args
    return args.model_copy(update={"customer": customer_key(workspace.dataset, args.customer)})


TOOL = Tool(
    predict_customers,
    PredictArgs,
    (
        Example("who is about to lapse?", args={"target": "lapse"}),
        Example("predict churn for the next 90 days", args={"target": "lapse", "horizon_days": 90}),
        Example("which customers are likely to churn and why", args={"target": "lapse"}),
        Example("who will buy again?", args={"target": "buys_again"}),
        Example("which customers would buy anyway?", args={"target": "buys_again"}),
        Example("how much revenue do we expect next quarter?", args={"target": "spend", "horizon_days": 91}),
        Example("forecast spend per segment", args={"target": "spend"}),
        Example(
            "how many orders will come in the next 60 days", args={"target": "orders", "horizon_days": 60}
        ),
        Example("when will Ana Torres order next?", args={"target": "next_order", "customer": "Ana Torres"}),
        Example("when will these customers order again?", args={"target": "next_order"}),
        Example("未来三个月谁可能流失？给我名单和理由。", "zh", {"target": "lapse", "horizon_days": 90}),
        Example("预测一下流失", "zh", {"target": "lapse"}),
        Example("哪些人不发券也会买？", "zh", {"target": "buys_again"}),
        Example("谁会复购？", "zh", {"target": "buys_again"}),
        Example("下个季度预计有多少收入？", "zh", {"target": "spend", "horizon_days": 91}),
        Example("这批客户大概什么时候会复购？", "zh", {"target": "next_order"}),
    ),
    produces=Forecast,
    keyed=_keyed,
)
