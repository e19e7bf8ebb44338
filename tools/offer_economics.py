"""Tool: what an offer costs, what it must bring, and what it hands to people who would buy anyway."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Example, Tool
from marketeer.tools.core.dataset import NO_DATA
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.findings import (
    SHOP,
    Chart,
    ChartKind,
    Fact,
    FactKind,
    Finding,
    Note,
    Quality,
    Subject,
    SubjectKind,
    Unit,
    View,
)
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation.earlier import segments_on
from marketeer.tools.segmentation.names import segment_called
from marketeer.tools.targeting import ranking_facts as say
from marketeer.tools.targeting.economics import Economics, OfferKind, order_economics
from marketeer.tools.targeting.effects import Proportion
from marketeer.tools.targeting.focus import Focus, focus_on
from marketeer.tools.targeting.groups import Channel
from marketeer.tools.targeting.offers import (
    OfferArgs,
    Stated,
    offer_facts,
    offer_subject,
    read_offer,
    read_terms,
)

ASSUMED_ORDER_VALUE = 100.0
_LADDER = (1, 2, 5, 10, 20, 30)


class EconomicsArgs(OfferArgs):
    """An offer, or two to compare, and the figures it is judged by."""

    against: OfferKind | None = Field(default=None, description="A second kind of offer to compare.")
    segment: str | None = Field(
        default=None,
        description="Whose order values and base rate count. Default: all customers.",
    )
    segmentation: str | None = Field(default=None, description="Finding id. Default: current.")
    order_value: float | None = Field(
        default=None, gt=0, description="Mean before discount (客单价). Default: from the data."
    )
    base_rate_percent: float | None = Field(
        default=None,
        ge=0,
        le=100,
        description="Percent who order without it (基础转化率). Default: from the data.",
    )
    treated_rate_percent: float | None = Field(
        default=None, ge=0, le=100, description="Percent expected to order with it, for the profit."
    )
    horizon_days: int = Field(default=30, ge=1, le=365, description="Days within which orders count.")
    channel: Channel | None = Field(
        default=None, description="Its past contact cost is used. Default: all channels."
    )


@dataclass(frozen=True, slots=True)
class _Ground:
    """The figures an offer is judged by, for one group or for nobody in particular."""

    values: NDArray[np.float64]
    values_kind: FactKind
    base: Stated | None
    measured: Proportion | None = None
    subject: Subject = SHOP


def offer_economics(args: EconomicsArgs, workspace: Workspace) -> Finding:
    """Work out the cost of an offer, the lift at which it breaks even, and what it hands to sure buyers.

    Use for "how much lift do we need not to lose money", "free shipping or 10% off", "what does a discount
    cost us", 要提升多少才不亏. Works without data. It says what would have to be true, not what will happen:
    for who should get an offer use rank_offer_targets.
    """
    ground = _ground(args, workspace)
    data = NO_DATA if _is_calculation(args) else workspace.dataset
    terms = read_terms(args, data, channel=args.channel)
    kinds = [terms.offer.kind, *([args.against] if args.against and args.against != terms.offer.kind else [])]
    facts: list[Fact] = [*_shared_facts(args, ground, terms.margin, terms.contact_cost, terms.redemption)]
    notes: list[Note] = [Note(f"assumed_{name}") for name in terms.assumed]
    costs: dict[OfferKind, Economics] = {}
    for kind in kinds:
        offer, size = read_offer(args, data, kind=kind)
        costs[kind] = order_economics(
            offer, ground.values, terms.margin.value, terms.contact_cost.value, terms.redemption.value / 100
        )
        facts += [*offer_facts(offer, size, offer_subject(offer))]
        facts += _offer_money(costs[kind], ground, args, offer_subject(offer))
        notes += _offer_notes(costs[kind], ground, kind)
    if ground.values_kind is FactKind.ASSUMED:
        notes.append(Note("assumed_order_value"))
    if len(kinds) == 2:
        facts += _comparison(kinds, costs)
    ladder = costs[kinds[0]]
    facts += _ladder_facts(ladder)
    offers = tuple(Subject(SubjectKind.OFFER, kind.value) for kind in kinds)
    return Finding(
        title="offer_comparison" if len(kinds) == 2 else "offer_economics",
        facts=tuple(facts),
        method="break_even",
        views=(View("offers", offers, _OFFER_COLUMNS), _ladder_view()),
        charts=(Chart(ChartKind.LINE, "ladder", "break_even_lift"),),
        quality=Quality(n=round(ground.measured.people) if ground.measured else None),
        notes=tuple(notes),
        currency=workspace.dataset.currency,
    )


_OFFER_COLUMNS = (
    "cost_per_order", "kept_per_order", "break_even_lift", "rate_needed", "subsidy_per_contact",
)  # fmt: skip


def _is_calculation(args: EconomicsArgs) -> bool:
    """Tell whether all figures were given, so that the shop's own have no place in it."""
    return not args.segment and args.base_rate_percent is not None and args.order_value is not None


def _ground(args: EconomicsArgs, workspace: Workspace) -> _Ground:
    known = workspace.dataset.has(Table.ORDERS) and workspace.dataset.as_of is not None
    if args.segment and not known:
        raise Insufficient(
            f"To speak of '{args.segment}' this needs orders, and none are loaded. "
            "Load them, or give order_value and base_rate_percent.",
            code="missing_table",
            table=Table.ORDERS.value,
        )
    given = (
        Stated(args.base_rate_percent / 100, FactKind.GIVEN) if args.base_rate_percent is not None else None
    )
    if not known or _is_calculation(args):
        kind = FactKind.GIVEN if args.order_value else FactKind.ASSUMED
        return _Ground(np.array([args.order_value or ASSUMED_ORDER_VALUE]), kind, given)
    focus = _focus(args, workspace)
    measured = focus.base_rate()
    base = given or (Stated(measured.rate, FactKind.MEASURED) if measured else None)
    if args.order_value:
        return _Ground(np.array([args.order_value]), FactKind.GIVEN, base, measured, focus.subject)
    return _Ground(focus.order_values(), FactKind.MEASURED, base, measured, focus.subject)


def _focus(args: EconomicsArgs, workspace: Workspace) -> Focus:
    asked = segment_called(workspace, args.segment, args.segmentation) if args.segment else None
    return focus_on(workspace.dataset, args.horizon_days, asked, segments_on)


def _shared_facts(
    args: EconomicsArgs, ground: _Ground, margin: Stated, contact: Stated, redemption: Stated
) -> Iterator[Fact]:
    value = float(ground.values.mean()) if ground.values.size else 0.0
    yield Fact("order_value", value, Unit.MONEY, ground.subject, kind=ground.values_kind)
    yield Fact("margin_percent", margin.value, Unit.PERCENT, kind=margin.kind)
    in_money = value * margin.value / 100
    yield Fact("margin_per_order", in_money, Unit.MONEY, ground.subject, kind=FactKind.ESTIMATED)
    yield Fact("contact_cost", contact.value, Unit.MONEY, kind=contact.kind)
    yield Fact("redemption_percent", redemption.value, Unit.PERCENT, kind=redemption.kind)
    if ground.base and ground.base.kind is FactKind.MEASURED and ground.measured:
        yield say.rate("base_rate", ground.measured, ground.subject)
        yield Fact("horizon_days", args.horizon_days, Unit.DAYS)
    elif ground.base:
        yield say.percent("base_rate", ground.base.value, ground.subject, ground.base.kind)
    if args.treated_rate_percent is not None:
        yield Fact("treated_rate", args.treated_rate_percent, Unit.PERCENT, kind=FactKind.GIVEN)


def _offer_money(
    economics: Economics, ground: _Ground, args: EconomicsArgs, subject: Subject
) -> Iterator[Fact]:
    yield Fact("cost_per_order", economics.given_away, Unit.MONEY, subject, kind=FactKind.ESTIMATED)
    yield Fact("kept_per_order", economics.kept, Unit.MONEY, subject, kind=FactKind.ESTIMATED)
    if ground.base is None:
        return
    base = ground.base.value
    lift = economics.break_even_lift(base)
    yield from say.break_even(lift, base, subject)
    if lift is not None:
        yield say.percent("rate_needed", base + lift, subject, FactKind.ESTIMATED)
    yield from say.subsidy(economics, base, subject)
    if args.treated_rate_percent is not None:
        profit = economics.profit_per_contact(base, args.treated_rate_percent / 100)
        yield Fact("profit_per_contact", profit, Unit.MONEY, subject, kind=FactKind.SCENARIO, decimals=3)


def _offer_notes(economics: Economics, ground: _Ground, kind: OfferKind) -> Iterator[Note]:
    if economics.kept <= 0:
        yield Note("never_pays", {"offer": kind.value})
    elif ground.base is None:
        yield Note("base_rate_unknown")
    elif economics.break_even_lift(ground.base.value) is None:
        yield Note("out_of_reach", {"offer": kind.value})


def _comparison(kinds: list[OfferKind], costs: dict[OfferKind, Economics]) -> Iterator[Fact]:
    first, second = (costs[kind] for kind in kinds)
    cheaper = kinds[0] if first.given_away <= second.given_away else kinds[1]
    yield Fact("cheaper_offer", cheaper.value, Unit.TEXT, kind=FactKind.ESTIMATED)
    gap = abs(first.given_away - second.given_away)
    yield Fact("cheaper_by_per_order", gap, Unit.MONEY, kind=FactKind.ESTIMATED)


def _ladder_facts(economics: Economics) -> Iterator[Fact]:
    for base in _LADDER:
        subject = Subject(SubjectKind.SCENARIO, f"base_rate_{base}")
        yield Fact("base_rate", float(base), Unit.PERCENT, subject, kind=FactKind.SCENARIO)
        lift = economics.break_even_lift(base / 100)
        if lift is not None:
            yield Fact("break_even_lift", 100 * lift, Unit.POINTS, subject, kind=FactKind.SCENARIO)
        given = economics.subsidy(base / 100)
        yield Fact("subsidy_per_contact", given, Unit.MONEY, subject, kind=FactKind.SCENARIO, decimals=3)


def _ladder_view() -> View:
    rows = tuple(Subject(SubjectKind.SCENARIO, f"base_rate_{base}") for base in _LADDER)
    return View("ladder", rows, ("break_even_lift", "subsidy_per_contact"))


TOOL = Tool(
    offer_economics,
    EconomicsArgs,
    examples=(
        Example(
            "margin 40%, 20% off, base conversion 6%: what lift do we need to break even?",
            args={"margin_percent": 40, "discount_percent": 20, "base_rate_percent": 6},
        ),
        Example(
            "how much lift do I need so a 15% discount does not lose money", args={"discount_percent": 15}
        ),
        Example(
            "Free shipping or 10% off, which is cheaper for us for the Loyal segment?",
            args={"offer": "free_shipping", "against": "percent", "discount_percent": 10, "segment": "Loyal"},
        ),
        Example(
            "free shipping or 10 % off for Loyal?",
            args={"offer": "free_shipping", "against": "percent", "discount_percent": 10, "segment": "Loyal"},
        ),
        Example("what does a 20% discount cost us?", args={"discount_percent": 20}),
        Example("break-even lift of a 10 euro voucher", args={"offer": "absolute", "amount": 10}),
        Example(
            "spend 50 get 10 off: does that pay?", args={"offer": "threshold", "threshold": 50, "amount": 10}
        ),
        Example("how much do we give away to people who would buy anyway?"),
        Example(
            "毛利40%，打8折，老客基础转化率6%，要提升多少才不亏？客单价200。",
            "zh",
            {"margin_percent": 40, "discount_percent": 20, "base_rate_percent": 6, "order_value": 200},
        ),
        Example("打9折要多卖多少才不亏？", "zh", {"discount_percent": 10}),
        Example("满300减50划算吗？", "zh", {"offer": "threshold", "threshold": 300, "amount": 50}),
        Example(
            "包邮和打折哪个更省钱",
            "zh",
            {"offer": "free_shipping", "against": "percent"},
        ),
        Example(
            "忠诚客户包邮还是打9折更便宜？",
            "zh",
            {"offer": "free_shipping", "against": "percent", "discount_percent": 10, "segment": "忠诚客户"},
        ),
        Example("送10元券的盈亏平衡点是多少？", "zh", {"offer": "absolute", "amount": 10}),
        Example("打折会白白补贴多少本来就会买的人？", "zh"),
    ),
    needs_data=False,
    reads_data=True,
)
