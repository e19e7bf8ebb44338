"""Tool: select customers by plain conditions, step by step: who joined, who left, who may be written to."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from marketeer.tools.core.columns import CUSTOMER_ROW, Table
from marketeer.tools.core.contract import Example, Outcome, Tool
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import (
    Fact,
    FactKind,
    Finding,
    Note,
    Quality,
    Subject,
    SubjectKind,
    Unit,
    Verdict,
    View,
)
from marketeer.tools.core.payloads import Audience, Forecast
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation.names import resolve_segment, segmentation_with
from marketeer.tools.warehouse.audiences import Change, Rows, Step, combine, net_revenue, reach
from marketeer.tools.warehouse.conditions import (
    CustomerConditions,
    condition_notes,
    given_facts,
    selection_of,
)
from marketeer.tools.warehouse.selection import Selection, chosen_sql

_REACH = ("contactable", "refused", "unknown", "suppressed", "without_address")
_UNCONDITIONAL = frozenset({"step", "audience", "segmentation", "forecast", "order", "name"})


class AudienceArgs(CustomerConditions):
    """Whom to select, and what to do with the audience before."""

    step: Step = Field(
        default="new",
        description="new: start over. On the audience before: narrow (keep who matches), exclude (take "
        "them out), add (put them in).",
    )
    audience: str | None = Field(default=None, description="Finding id. Default: current.")
    segment: str | None = Field(default=None, description="Customers of this segment.")
    segmentation: str | None = Field(default=None, description="Finding id. Default: current.")
    top: int | None = Field(
        default=None, ge=1, description="Only so many of them: by forecast, else by spend."
    )
    forecast: str | None = Field(default=None, description="Finding id of a prediction to rank by.")
    order: Literal["highest", "lowest"] = Field(default="highest", description="Which end of the ranking.")
    name: str = Field(default="audience", min_length=1, max_length=60, description="What to call it.")


def build_audience(args: AudienceArgs, workspace: Workspace) -> Outcome:
    """Select customers by conditions; give size, worth and who may be written to per channel.

    Use for "customers in Germany who bought twice", "who can we legally email", "make a list of lapsed big
    spenders", and for follow-ups: "exclude those who ordered in the last 14 days" (step=exclude). Names
    nobody; the audience can be exported or drafted for.
    """
    dataset = workspace.dataset
    dataset.need(Table.CUSTOMERS)
    if args.step != "new" and not set(args.model_dump(exclude_defaults=True)) - _UNCONDITIONAL:
        raise Retry(
            f"Say whom to {args.step}: a segment, a product, a period without orders, a consent …",
            code="no_conditions",
        )
    before = workspace.require(Audience, args.audience).rows if args.step != "new" else None
    selection, among = _selection(args, workspace)
    matching, sql = _matching(selection, among, workspace)
    if args.top:
        if before is not None and args.step != "add":
            matching = np.intersect1d(matching, before)
        matching = _ranked(args, matching, workspace)
    change = combine(args.step, before, matching)
    asked = change.after
    if args.consent and args.step == "new":
        asked, _ = _matching(replace(selection, consent=""), among, workspace)
    finding = _finding(args, workspace, change, selection, sql, asked)
    rule = args.model_dump(mode="json", exclude_defaults=True)
    frame = pd.DataFrame({CUSTOMER_ROW: change.after.astype(np.int32)})
    return Outcome(finding, Audience(frame, {"rule": rule, "name": args.name}))


def _selection(args: AudienceArgs, workspace: Workspace) -> tuple[Selection, Rows | None]:
    vocabulary = workspace.ports.vocabulary
    among: Rows | None = None
    if args.segment and vocabulary.code("segment", args.segment) != "all_customers":
        segmentation = segmentation_with(workspace, [args.segment], args.segmentation)
        among = segmentation.rows_of(resolve_segment(segmentation, args.segment, vocabulary))
    return selection_of(args, workspace.dataset, vocabulary, among=among is not None), among


def _matching(selection: Selection, among: Rows | None, workspace: Workspace) -> tuple[Rows, str]:
    sql = f"{chosen_sql(workspace.dataset, selection)} ORDER BY customer_row"
    with workspace.dataset.connect() as connection:
        if among is not None:
            connection.register("among", pd.DataFrame({CUSTOMER_ROW: among}))
        rows = connection.execute(sql).fetchnumpy()[CUSTOMER_ROW]
    return np.asarray(rows, dtype=np.int32), sql


def _ranked(args: AudienceArgs, matching: Rows, workspace: Workspace) -> Rows:
    """Keep the first so many by prediction or spend; ties go to the earlier row."""
    if args.forecast:
        frame = workspace.require(Forecast, args.forecast).frame
        scores = frame.set_index(CUSTOMER_ROW)["predicted"]
    else:
        workspace.dataset.need(Table.ORDERS)
        scores = workspace.dataset.frame(
            "SELECT customer_row, sum(net_amount)::DOUBLE AS spend FROM orders "
            "WHERE customer_row IS NOT NULL GROUP BY customer_row"
        ).set_index(CUSTOMER_ROW)["spend"]
    known = scores[scores.index.isin(matching)].sort_index()
    ranked = known.sort_values(ascending=args.order == "lowest", kind="stable")
    return np.sort(ranked.index.to_numpy(dtype=np.int32)[: args.top])


def _finding(
    args: AudienceArgs, workspace: Workspace, change: Change, selection: Selection, sql: str, asked: Rows
) -> Finding:
    """Describe the audience; who may be written to is told of all `asked`, before consent chose."""
    dataset, rows = workspace.dataset, change.after
    subject = Subject(SubjectKind.AUDIENCE, args.name)
    channels = reach(dataset, asked)
    facts = [*given_facts(args, selection, subject), *_size(args, workspace, change, subject)]
    if asked is not rows:
        facts.append(Fact("matching_otherwise", int(asked.size), Unit.CUSTOMERS, subject))
    for channel, counted in channels.items():
        about = Subject(SubjectKind.CHANNEL, channel)
        facts += [Fact(name, getattr(counted, name), Unit.CUSTOMERS, about) for name in _REACH]
    shown = tuple(Subject(SubjectKind.CHANNEL, channel) for channel in channels)
    return Finding(
        title=f"audience_{args.step}",
        facts=tuple(facts),
        method="conditions",
        method_params={"name": args.name},
        views=(View("reach", shown, _REACH),) if shown and rows.size else (),
        quality=Quality(n=int(rows.size)),
        verdict=Verdict.OK if rows.size else Verdict.INSUFFICIENT,
        notes=tuple(_notes(args, change, selection, reachable=bool(channels))),
        currency=dataset.currency,
        query=sql,
    )


def _size(args: AudienceArgs, workspace: Workspace, change: Change, subject: Subject) -> Iterator[Fact]:
    dataset, rows = workspace.dataset, change.after
    yield Fact("customers", int(rows.size), Unit.CUSTOMERS, subject)
    share = 100 * rows.size / dataset.rows[Table.CUSTOMERS]
    yield Fact("share_of_customers", share, Unit.PERCENT, subject)
    if change.before is not None:
        yield Fact("customers_before", int(change.before.size), Unit.CUSTOMERS, subject)
        yield Fact("joined", change.joined, Unit.CUSTOMERS, subject)
        yield Fact("left", change.left, Unit.CUSTOMERS, subject)
    if args.top:
        yield Fact("asked_for", args.top, Unit.CUSTOMERS, subject, kind=FactKind.GIVEN)
    if dataset.has(Table.ORDERS):
        own, everybody = net_revenue(dataset, rows)
        yield Fact("net_revenue", own, Unit.MONEY, subject)
        if everybody:
            yield Fact("share_of_revenue", 100 * own / everybody, Unit.PERCENT, subject)


def _notes(args: AudienceArgs, change: Change, selection: Selection, *, reachable: bool) -> Iterator[Note]:
    if not change.after.size:
        yield Note("nobody_left")
    yield from condition_notes(args, selection)
    if args.segment:
        yield Note("only_segment", {"name": args.segment})
    if args.top:
        by = "forecast" if args.forecast else "spend"
        yield Note(f"only_top_by_{by}", {"order": args.order})
    if args.consent and args.step == "new":
        yield Note("reach_of_all")
    yield Note("consent_is_not_advice" if reachable else "no_consent")


TOOL = Tool(
    build_audience,
    AudienceArgs,
    examples=(
        Example("Which customers can we legally email?", args={"consent": "email"}),
        Example("build an audience of customers in Germany", args={"country": "Germany"}),
        Example(
            "make a list of customers who have not ordered for 180 days", args={"min_recency_days": 180}
        ),
        Example("select customers with at least 3 orders", args={"min_orders": 3}),
        Example(
            "audience of customers who bought tea but never mugs",
            args={"bought": "tea", "not_bought": "mugs"},
        ),
        Example("the 500 biggest spenders as an audience", args={"top": 500}),
        Example(
            "exclude those who ordered in the last 14 days", args={"step": "exclude", "max_recency_days": 14}
        ),
        Example("remove everyone who ordered within a week", args={"step": "exclude", "max_recency_days": 7}),
        Example("narrow it to those who agreed to SMS", args={"step": "narrow", "consent": "sms"}),
        Example("only keep the ones in France", args={"step": "narrow", "country": "France"}),
        Example("also add the Champions", args={"step": "add", "segment": "Champions"}),
        Example("哪些客户可以合规发短信？", "zh", {"consent": "sms"}),
        Example("圈选德国的客户", "zh", {"country": "德国"}),
        Example("圈出半年没下单的客户", "zh", {"min_recency_days": 180}),
        Example("圈选至少买过3次的客户", "zh", {"min_orders": 3}),
        Example("消费最高的500个客户做成一个人群包", "zh", {"top": 500}),
        Example("把里面最近一周下过单的去掉。", "zh", {"step": "exclude", "max_recency_days": 7}),
        Example("再排除最近14天下过单的", "zh", {"step": "exclude", "max_recency_days": 14}),
        Example("只留下同意收邮件的", "zh", {"step": "narrow", "consent": "email"}),
    ),
    produces=Audience,
    version=3,
)  # fmt: skip
