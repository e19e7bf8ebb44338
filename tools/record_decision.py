"""Tool: a decision about an offer, kept with what was expected of it and when it will be read out."""

from collections.abc import Iterator
from datetime import date, timedelta

from pydantic import Field

from marketeer.tools.core.contract import Args, Example, Tool
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import Fact, FactKind, Finding, Note, Quality, Unit, View
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.targeting.records import RECORD, newest_ranking

_KEPT = (
    "offer", "discount_percent", "offer_amount", "offer_threshold", "margin_percent", "contact_cost",
    "redemption_percent", "recommended", "holdout_percent", "holdout_customers", "readout_days",
    "chosen_customers", "profit_if_chosen",
)  # fmt: skip
_PER_GROUP = (
    "reachable",
    "uplift",
    "break_even_lift",
    "profit_per_contact",
    "decision",
    "reason",
    "allocated",
)


class RecordArgs(Args):
    """Which ranking was decided on, and what the campaign is called."""

    ranking: str | None = Field(default=None, description="Finding id. Default: the newest.")
    campaign: str = Field(default="", description="Its name or id in its results, to match them later.")
    send_on: date | None = Field(default=None, description="Day it is sent. Default: open.")


def record_decision(args: RecordArgs, workspace: Workspace) -> Finding:
    """Keep a decision about an offer: who gets it, who does not and why, what is expected, and when to look.

    Use for "record this decision", "save the decision for finance", 把这个决定记录下来, after
    rank_offer_targets. When the campaign's results are loaded, measure_campaign sets them beside this record.
    """
    ranking = workspace.ledger.get(args.ranking) if args.ranking else newest_ranking(workspace)
    if ranking is None or not ranking.title.startswith("offer_targets"):
        raise Retry(
            "There is no ranking to record yet. Ask which segment should get the offer first.",
            code="no_ranking",
        )
    kept = [fact for fact in ranking.facts if _is_kept(fact)]
    rows = tuple(
        dict.fromkeys(fact.subject for fact in kept if fact.name == "decision" and fact.subject.name)
    )
    return Finding(
        title=RECORD,
        facts=(*_own_facts(args, ranking), *kept),
        method="record",
        method_params={"ranking": ranking.id},
        views=(View("decided", rows, ("reachable", "profit_per_contact", "decision", "reason")),),
        quality=Quality(n=ranking.quality.n, level=ranking.quality.level),
        verdict=ranking.verdict,
        notes=(*(Note("not_dated") for _ in [0] if args.send_on is None),),
        currency=ranking.currency,
    )


def _is_kept(fact: Fact) -> bool:
    if fact.subject.name:
        return fact.name in _PER_GROUP
    return fact.name in _KEPT


def _own_facts(args: RecordArgs, ranking: Finding) -> Iterator[Fact]:
    yield Fact("ranking", ranking.id, Unit.TEXT, kind=FactKind.GIVEN)
    if args.campaign:
        yield Fact("campaign", args.campaign, Unit.TEXT, kind=FactKind.GIVEN)
    if args.send_on is not None:
        yield Fact("send_on", args.send_on, Unit.DATE, kind=FactKind.GIVEN)
        days = ranking.fact("readout_days") or ranking.fact("horizon_days")
        if days is not None and isinstance(days.value, int):
            yield Fact("read_out_on", args.send_on + timedelta(days=days.value), Unit.DATE)


TOOL = Tool(
    record_decision,
    RecordArgs,
    examples=(
        Example("record this decision"),
        Example("save the decision on the offer for finance"),
        Example("keep a decision record for campaign may-offer", args={"campaign": "may-offer"}),
        Example("write down what we decided and when we read it out"),
        Example("decision record please"),
        Example("log the decision"),
        Example("把这个决定记录下来", "zh"),
        Example("给财务留一份决策记录", "zh"),
        Example("保存这次优惠的决定", "zh"),
        Example("把决定和评估日期写下来", "zh"),
        Example("记一下我们的决定", "zh"),
        Example("生成决策记录", "zh"),
    ),
)
