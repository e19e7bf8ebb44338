"""What customers will do: spend, order, come back or lapse, tested on a period the model never saw."""

from typing import Literal

import pandas as pd
from pydantic import Field

from marketeer.tools.core.columns import ATTRIBUTE_PREFIX, Table
from marketeer.tools.core.contract import Args, Example, Outcome, Tool
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import Fact, FactKind, Finding, SubjectKind, Unit, Verdict, View
from marketeer.tools.core.payloads import Forecast, Segmentation
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.prediction import report
from marketeer.tools.prediction.attributes import kept as columns_kept
from marketeer.tools.prediction.attributes.answering import answer
from marketeer.tools.prediction.attributes.question import ask_attribute, ask_response
from marketeer.tools.prediction.attributes.report import answer_finding
from marketeer.tools.prediction.forecasting import Outlook, forecast
from marketeer.tools.prediction.kept import kept, restored, version
from marketeer.tools.prediction.made_before import kept_forecast, last_forecast, scored_forecast
from marketeer.tools.prediction.next_order_report import next_orders
from marketeer.tools.prediction.panel import panel_at
from marketeer.tools.prediction.targets import KIND, Kind, Target
from marketeer.tools.warehouse.names import customer_key, row_of

LIKELY = 0.5
"""Customers above this chance of lapsing are counted as about to lapse."""
LAST = "last"
_MODEL_ARGS = {"target", "horizon_days", "seed", "budget_seconds"}
_COLUMN_ARGS = {"target", "attribute", "seed", "budget_seconds"}
"""What a model depends on; the rest only chooses what is said."""


class PredictArgs(Args):
    """Arguments of `predict_customers`."""

    target: Literal["spend", "orders", "buys_again", "lapse", "next_order", "response", "attribute"] = Field(
        default="lapse",
        description="Within the horizon: spend (customer value), orders, chance of an order (buys_again) "
        "or of none (lapse). Or when each orders next, who says yes to the newest campaign "
        "(response), a yes-no or numeric column (attribute).",
    )
    attribute: str | None = Field(default=None, description="The column, for target attribute.")
    horizon_days: int = Field(default=90, ge=7, le=730, description="How many days ahead.")
    customer: str | None = Field(default=None, description="Only this one: id, e-mail, full name or row.")
    segmentation: str | None = Field(
        default=None,
        description="Finding id, for sums per segment. Default: current.",
    )
    score: str | None = Field(
        default=None,
        description="Instead of predicting: this earlier forecast (finding id, or 'last' of the target) "
        "beside what happened since.",
    )
    limit: int = Field(default=10, ge=1, le=50, description="Single customers to list.")
    seed: int = Field(default=0, ge=0, description="Seed of folds and stochastic models.")
    budget_seconds: float = Field(
        default=60.0,
        gt=0,
        le=3600,
        description="Seconds for trying models; what does not fit is sampled or left out.",
    )


def predict_customers(args: PredictArgs, workspace: Workspace) -> Finding | Outcome:
    """Predict per customer: lapse, buying again, spend or value, orders, next order, response, any column.

    Use for "who is about to lapse", "who will buy again", "expected revenue next quarter", "when will X order
    next", "who will say yes to the campaign", and with `score` for "how accurate was the last forecast".
    Compares baselines, linear models, support vector machines, boosting, a network and buy-till-you-die
    models, back-tested on the last period or rows. For who is moved by an offer use rank_offer_targets.
    """
    if args.score is not None:
        return scored_forecast(workspace, TOOL.name, args.score)
    if _about_columns(args):
        return _of_columns(args, workspace)
    workspace.dataset.need(Table.ORDERS, "customer_row")
    row = None if args.customer is None else row_of(args.customer)
    if args.target == "next_order":
        return next_orders(workspace.dataset, args.horizon_days, row, args.limit)
    outlook, made = _outlook(args, workspace)
    segmentation = workspace.require(Segmentation, args.segmentation)
    listed = _listed(args, outlook, workspace)
    facts = [
        *report.setting_facts(outlook),
        *(() if row is None else report.asked_facts()),
        *report.total_facts(outlook, segmentation),
        *_lapse_facts(args, outlook, listed),
        *report.customer_facts(outlook, listed.head(args.limit)),
        *report.model_facts(outlook),
        *report.setting_search_facts(outlook),
    ]
    finding = Finding(
        f"forecast_{args.target}",
        tuple(facts),
        "forecast_short_history" if outlook.plan.short else "forecast",
        {"model": outlook.used},
        views=(*_views(outlook, facts), *report.model_views(outlook, facts)),
        quality=report.quality_of(outlook),
        verdict=Verdict.OK if outlook.beats_baseline else Verdict.WEAK,
        notes=report.notes_of(outlook),
        currency=workspace.dataset.currency,
    )
    return Outcome(finding, kept(outlook)) if made else finding


def _about_columns(args: PredictArgs) -> bool:
    return args.attribute is not None or args.target in {"response", "attribute"}


def _of_columns(args: PredictArgs, workspace: Workspace) -> Finding | Outcome:
    if args.target == "attribute" and args.attribute is None:
        raise Retry(
            "Which column? Give `attribute`; the columns are: "
            + ", ".join(name.removeprefix(ATTRIBUTE_PREFIX) for name in workspace.dataset.attributes),
            code="no_attribute_named",
        )
    row = None if args.customer is None else row_of(args.customer)
    wanted = args.model_dump(mode="json", include=_COLUMN_ARGS)
    earlier = kept_forecast(workspace, TOOL.name, wanted, columns_kept.version())
    if earlier is not None:
        made = columns_kept.restored(workspace.require(Forecast, earlier))
        return answer_finding(made, limit=args.limit, row=row)
    if args.attribute is not None:
        asked = ask_attribute(workspace.dataset, args.attribute, workspace.ports.vocabulary)
    else:
        asked = ask_response(workspace.dataset)
    made = columns_kept.record(
        answer(asked, seed=args.seed, budget=args.budget_seconds, progress=workspace.ports.progress)
    )
    return Outcome(
        answer_finding(made, limit=args.limit, row=row), columns_kept.kept(made, workspace.dataset.snapshot)
    )


def _outlook(args: PredictArgs, workspace: Workspace) -> tuple[Outlook, bool]:
    """Give the forecast, and whether it was made now: one of the same model on the same data is kept."""
    wanted = args.model_dump(mode="json", include=_MODEL_ARGS)
    earlier = kept_forecast(workspace, TOOL.name, wanted, version())
    if earlier is not None:
        return restored(workspace.require(Forecast, earlier)), False
    made = forecast(
        workspace.dataset,
        Target(args.target),
        args.horizon_days,
        seed=args.seed,
        budget=args.budget_seconds,
        progress=workspace.ports.progress,
    )
    return made, True


def _listed(args: PredictArgs, outlook: Outlook, workspace: Workspace) -> pd.DataFrame:
    """Give the customers to name, most worth naming first: by forecast, for lapse by revenue at stake."""
    now = panel_at(workspace.dataset, outlook.plan.now, args.horizon_days, known=False).table
    table = outlook.table.merge(
        now[["customer_row", "recency_days", "orders", "net_revenue"]], on="customer_row"
    )
    if args.customer is not None:
        table = table[table["customer_row"] == row_of(args.customer)]
        if table.empty:
            raise Insufficient(
                "This customer has not ordered yet, so nothing can be forecast from orders.",
                code="no_orders_yet",
            )
        return table
    if outlook.target is Target.LAPSE:
        table = table[table["predicted"] >= LIKELY]
        return table.sort_values(["net_revenue", "customer_row"], ascending=[False, True])
    return table.sort_values(["predicted", "customer_row"], ascending=[False, True])


def _lapse_facts(args: PredictArgs, outlook: Outlook, listed: pd.DataFrame) -> list[Fact]:
    if outlook.target is not Target.LAPSE or args.customer is not None:
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


def _last(args: PredictArgs, workspace: Workspace) -> str:
    """Give the newest forecast of the target made before the data's last day; of a column, any."""
    today = "" if _about_columns(args) else workspace.dataset.need_as_of().isoformat()
    return last_forecast(workspace, TOOL.name, args.target, args.attribute, today)


def _keyed(args: PredictArgs, workspace: Workspace) -> PredictArgs:
    if args.score == LAST:
        return args.model_copy(update={"score": _last(args, workspace)})
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
        Example("when will C10005 order next?", args={"target": "next_order", "customer": "C10005"}),
        Example("when will customer 17850 order again?", args={"target": "next_order", "customer": "17850"}),
        Example("will customer 12347 buy again?", args={"target": "buys_again", "customer": "12347"}),
        Example("how accurate was the churn score you gave me?", args={"target": "lapse", "score": "last"}),
        Example("when will these customers order again?", args={"target": "next_order"}),
        Example(
            "what is each customer worth over the next half year?",
            args={"target": "spend", "horizon_days": 182},
        ),
        Example(
            "how accurate was the lapse score from last month?", args={"target": "lapse", "score": "last"}
        ),
        Example("how good was your last spend forecast?", args={"target": "spend", "score": "last"}),
        Example("who will say yes to the term deposit?", args={"target": "response"}),
        Example("who will respond to the next campaign?", args={"target": "response"}),
        Example("which customers are likely to say yes when we call them?", args={"target": "response"}),
        Example("how likely is each customer to accept the offer?", args={"target": "response"}),
        Example(
            "how good was the response forecast we made before?", args={"target": "response", "score": "last"}
        ),
        Example("predict the attribute housing", args={"target": "attribute", "attribute": "housing"}),
        Example("predict the column balance", args={"target": "attribute", "attribute": "balance"}),
        Example("谁会同意办理定期存款？", "zh", {"target": "response"}),
        Example("谁会响应下一次营销活动？", "zh", {"target": "response"}),
        Example("打电话时哪些客户会说好？", "zh", {"target": "response"}),
        Example("预测客户属性 housing", "zh", {"target": "attribute", "attribute": "housing"}),
        Example("未来三个月谁可能流失？给我名单和理由。", "zh", {"target": "lapse", "horizon_days": 90}),
        Example("预测一下流失", "zh", {"target": "lapse"}),
        Example("哪些人不发券也会买？", "zh", {"target": "buys_again"}),
        Example("谁会复购？", "zh", {"target": "buys_again"}),
        Example("下个季度预计有多少收入？", "zh", {"target": "spend", "horizon_days": 91}),
        Example("客户在未来半年的价值是多少？", "zh", {"target": "spend", "horizon_days": 182}),
        Example("上个月的流失预测准不准？", "zh", {"target": "lapse", "score": "last"}),
        Example("上次的消费预测准确吗？", "zh", {"target": "spend", "score": "last"}),
        Example("之前的响应预测准不准？", "zh", {"target": "response", "score": "last"}),
        Example("客户17850下次什么时候下单？", "zh", {"target": "next_order", "customer": "17850"}),
        Example("张丽什么时候会再下单？", "zh", {"target": "next_order", "customer": "张丽"}),
        Example("这批客户大概什么时候会复购？", "zh", {"target": "next_order"}),
    ),
    produces=Forecast,
    keyed=_keyed,
    version=4,
)
