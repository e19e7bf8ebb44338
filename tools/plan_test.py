"""Tool: how many people a test needs, what an audience can show, and how to split it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pydantic import Field

from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Args, Example, Tool
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import (
    SHOP,
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
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation.earlier import segments_on
from marketeer.tools.segmentation.names import segment_called
from marketeer.tools.targeting import ranking_facts as say
from marketeer.tools.targeting.focus import Focus, focus_on
from marketeer.tools.targeting.groups import Channel
from marketeer.tools.targeting.revenue_test import Spread, reach_facts, revenue_spread, size_facts
from marketeer.tools.targeting.sizing import Design, Size, detectable_lift, rate_test_size

ASSUMED_LIFT = 0.2
HOPELESS = 0.5
"""Relative lift from which an audience counts as too small: hardly any campaign does that."""


class TestArgs(Args):
    """What is to be shown, and with whom."""

    base_rate_percent: float | None = Field(
        default=None, description="Percent who order without the campaign. Default: from the data."
    )
    target_rate_percent: float | None = Field(
        default=None, description="Percent who order with it; or give lift_points."
    )
    lift_points: float | None = Field(default=None, gt=0, le=100, description="Smallest lift that matters.")
    revenue_difference: float | None = Field(
        default=None,
        gt=0,
        description="Smallest rise in revenue per head that matters; tests revenue, not rate.",
    )
    revenue_sd: float | None = Field(
        default=None, gt=0, description="Of revenue per head. Default: from the data."
    )
    people: int | None = Field(default=None, ge=1, description="Default: who may be written to.")
    segment: str | None = Field(default=None, description="Default: all customers.")
    segmentation: str | None = Field(default=None, description="Finding id. Default: current.")
    holdout_percent: float = Field(
        default=50.0, gt=0, lt=100, description="Percent kept as control; 50 needs fewest people."
    )
    arms: int = Field(default=1, ge=1, le=10, description="Treated arms, besides control.")
    power: float = Field(default=0.8, gt=0.5, lt=1, description="Chance of seeing the lift if it is there.")
    alpha: float = Field(default=0.05, gt=0, lt=0.5, description="Chance of seeing one that is not there.")
    household_size: float = Field(
        default=1.0, ge=1, le=100, description="Mean people per household, if split as one."
    )
    household_correlation: float = Field(default=0.05, ge=0, le=1, description="How alike they act, 0-1.")
    horizon_days: int = Field(default=30, ge=1, le=365, description="Days within which orders count.")
    channel: Channel = Field(default="email", description="Whose consent counts.")


@dataclass(frozen=True, slots=True)
class _Ground:
    base: float
    base_kind: FactKind
    people: int | None
    people_kind: FactKind
    subject: Subject = SHOP


def plan_test(args: TestArgs, workspace: Workspace) -> Finding:
    """Say how many people a test needs to show a lift, or which lift the people at hand can show.

    Use for "how big must my control group be", "what lift can I detect with 6,000 people", "plan an A/B
    test", "split 90/10 with a holdout", 需要多大的对照组. Works without data when the rates are given.
    """
    design = Design(
        alpha=args.alpha,
        power=args.power,
        control_share=args.holdout_percent / 100,
        comparisons=args.arms,
        cluster_size=args.household_size,
        cluster_correlation=args.household_correlation,
    )
    if args.revenue_difference is not None:
        return _revenue_plan(args, workspace, design, args.revenue_difference)
    ground = _ground(args, workspace)
    target, target_kind = _target(args, ground)
    size = rate_test_size(ground.base, target, design)
    facts = [
        *_design_facts(args, ground, target, target_kind),
        *_size_facts(ground.base, target, design, size),
    ]
    notes = [Note("even_split_smaller")] if args.holdout_percent != 50 else []
    verdict = Verdict.OK
    if ground.people is not None:
        facts += _people_facts(ground, design)
        enough, told = _reach(ground, design, size)
        notes += told
        verdict = verdict if enough else Verdict.WEAK
    return Finding(
        title="test_plan",
        facts=tuple(facts),
        method="two_proportions",
        views=(View("splits", _SPLITS if ground.people else (), ("detectable_lift", "detectable_increase")),),
        quality=Quality(n=ground.people),
        verdict=verdict,
        notes=(*notes, Note("fix_before_sending")),
        currency=workspace.dataset.currency,
    )


def _revenue_plan(args: TestArgs, workspace: Workspace, design: Design, difference: float) -> Finding:
    spread, people, subject = _spread(args, workspace)
    facts = [
        Fact("revenue_difference", difference, Unit.MONEY, subject, kind=FactKind.GIVEN),
        *_terms_facts(args),
        *size_facts(spread, difference, design, subject),
    ]
    needed = int(str(next(fact.value for fact in facts if fact.name == "people_needed")))
    notes = [Note("even_split_smaller")] if args.holdout_percent != 50 else []
    if people is not None:
        facts += [
            Fact("people", people, Unit.CUSTOMERS, subject),
            *reach_facts(spread, people, design, subject),
        ]
        notes.append(Note("enough_people" if people >= needed else "only_larger_differences"))
    return Finding(
        title="test_plan_revenue",
        facts=tuple(facts),
        method="two_means",
        quality=Quality(n=people),
        verdict=Verdict.OK if people is None or people >= needed else Verdict.WEAK,
        notes=(*notes, Note("fix_before_sending")),
        currency=workspace.dataset.currency,
    )


def _spread(args: TestArgs, workspace: Workspace) -> tuple[Spread, int | None, Subject]:
    dataset = workspace.dataset
    if args.revenue_sd is not None and not args.segment:
        return Spread(args.revenue_sd), args.people, SHOP
    if not dataset.has(Table.ORDERS) or dataset.as_of is None:
        raise Insufficient(
            "A test of revenue is planned from its spread per head. Load orders, or give revenue_sd.",
            code="no_revenue_spread",
        )
    focus = _focus(args, workspace)
    measured = revenue_spread(dataset, focus.rows_then, focus.cut_off, focus.days)
    spread = measured if args.revenue_sd is None else Spread(args.revenue_sd)
    return spread, args.people or focus.reachable(args.channel), focus.subject


def _ground(args: TestArgs, workspace: Workspace) -> _Ground:
    dataset = workspace.dataset
    known = dataset.has(Table.ORDERS) and dataset.as_of is not None
    given = None if args.base_rate_percent is None else args.base_rate_percent / 100
    if given is not None and (args.people or not known or not args.segment):
        return _Ground(given, FactKind.GIVEN, args.people, FactKind.GIVEN)
    if not known:
        raise Insufficient(
            "A test is planned from the rate without the campaign. Load orders, or give base_rate_percent.",
            code="no_base_rate",
        )
    focus = _focus(args, workspace)
    rate = focus.base_rate()
    if given is None and rate is None:
        raise Insufficient(
            f"Nobody was in '{focus.group}' {args.horizon_days} days ago, so its base rate is not known. "
            "Give base_rate_percent.",
            code="no_base_rate",
        )
    base = given if given is not None or rate is None else rate.rate
    return _Ground(
        base=base or 0.0,
        base_kind=FactKind.MEASURED if given is None else FactKind.GIVEN,
        people=args.people or focus.reachable(args.channel),
        people_kind=FactKind.GIVEN if args.people else FactKind.MEASURED,
        subject=focus.subject,
    )


def _focus(args: TestArgs, workspace: Workspace) -> Focus:
    asked = segment_called(workspace, args.segment, args.segmentation) if args.segment else None
    return focus_on(workspace.dataset, args.horizon_days, asked, segments_on)


def _target(args: TestArgs, ground: _Ground) -> tuple[float, FactKind]:
    if args.target_rate_percent is not None:
        return args.target_rate_percent / 100, FactKind.GIVEN
    if args.lift_points is not None:
        return ground.base + args.lift_points / 100, FactKind.GIVEN
    if not 0 < ground.base < 1:
        raise Retry(
            f"A base rate of {100 * ground.base:g} percent cannot be tested; give one above 0 and below 100.",
            code="bad_rate",
        )
    return min(ground.base * (1 + ASSUMED_LIFT), (1 + ground.base) / 2), FactKind.ASSUMED


def _design_facts(args: TestArgs, ground: _Ground, target: float, kind: FactKind) -> Iterator[Fact]:
    yield say.percent("base_rate", ground.base, ground.subject, ground.base_kind)
    yield say.percent("target_rate", target, ground.subject, kind)
    yield Fact("lift", 100 * (target - ground.base), Unit.POINTS, ground.subject, kind=kind)
    yield from _terms_facts(args)


def _terms_facts(args: TestArgs) -> Iterator[Fact]:
    yield Fact("power", 100 * args.power, Unit.PERCENT, kind=FactKind.ASSUMED)
    yield Fact("alpha", 100 * args.alpha, Unit.PERCENT, kind=FactKind.ASSUMED)
    yield Fact("holdout_percent", args.holdout_percent, Unit.PERCENT, kind=FactKind.GIVEN)
    yield Fact("horizon_days", args.horizon_days, Unit.DAYS, kind=FactKind.GIVEN)


def _size_facts(base: float, target: float, design: Design, size: Size) -> Iterator[Fact]:
    yield Fact("control_needed", size.control, Unit.CUSTOMERS, kind=FactKind.ESTIMATED)
    yield Fact("treated_needed", size.treated, Unit.CUSTOMERS, kind=FactKind.ESTIMATED)
    yield Fact("people_needed", size.total, Unit.CUSTOMERS, kind=FactKind.ESTIMATED)
    if design.control_share != 0.5 and design.comparisons == 1:
        even = rate_test_size(base, target, replace(design, control_share=0.5))
        yield Fact("per_arm_if_even", even.control, Unit.CUSTOMERS, kind=FactKind.ESTIMATED)


_SHARES = {"50/50": 0.5, "80/20": 0.2, "90/10": 0.1}
_SPLITS = tuple(Subject(SubjectKind.SCENARIO, name) for name in _SHARES)


def _people_facts(ground: _Ground, design: Design) -> Iterator[Fact]:
    people = ground.people or 0
    yield Fact("people", people, Unit.CUSTOMERS, ground.subject, kind=ground.people_kind)
    for subject in _SPLITS:
        split = replace(design, control_share=_SHARES[subject.name])
        lift = _detectable(people, ground.base, split)
        if lift is not None:
            yield Fact("detectable_lift", 100 * lift, Unit.POINTS, subject, kind=FactKind.ESTIMATED)
            increase = 100 * lift / ground.base
            yield Fact("detectable_increase", increase, Unit.PERCENT, subject, kind=FactKind.ESTIMATED)
    chosen = _detectable(people, ground.base, design)
    if chosen is not None:
        yield Fact("detectable_lift", 100 * chosen, Unit.POINTS, ground.subject, kind=FactKind.ESTIMATED)
    control = round(people * design.control_share)
    yield Fact("control_customers", control, Unit.CUSTOMERS, ground.subject, kind=FactKind.ESTIMATED)


def _detectable(people: int, base: float, design: Design) -> float | None:
    try:
        return detectable_lift(people, base, design)
    except Insufficient:
        return None


def _reach(ground: _Ground, design: Design, size: Size) -> tuple[bool, list[Note]]:
    people = ground.people or 0
    if people >= size.total:
        return True, [Note("enough_people")]
    lift = _detectable(people, ground.base, design)
    if lift is None or lift > HOPELESS * ground.base:
        return False, [Note("too_few_to_test")]
    return False, [Note("only_larger_lifts")]


TOOL = Tool(
    plan_test,
    TestArgs,
    examples=(
        Example(
            "How big does my control group need to be to see a lift from 2% to 2.5%?",
            args={"base_rate_percent": 2, "target_rate_percent": 2.5},
        ),
        Example(
            "I have 6,000 people in the segment and convert 3%. What lift can I actually detect?",
            args={"people": 6000, "base_rate_percent": 3},
        ),
        Example("plan an A/B test for the offer"),
        Example("plan a test for the Loyal segment", args={"segment": "Loyal"}),
        Example(
            "Split the audience 90/10 with a holdout and save it so we can measure later.",
            args={"holdout_percent": 10},
        ),
        Example(
            "how many people per arm to see a 0.5 point lift on 5%?",
            args={"base_rate_percent": 5, "lift_points": 0.5},
        ),
        Example("can I test this with 600 customers?", args={"people": 600}),
        Example("how many people to see a rise of 2 in revenue per head?", args={"revenue_difference": 2}),
        Example("how long should the test run and how large must the holdout be?"),
        Example(
            "对照组要多大才能看出转化率从2%到2.5%的提升？",
            "zh",
            {"base_rate_percent": 2, "target_rate_percent": 2.5},
        ),
        Example("我有6000人，转化率3%，能检测到多大的提升？", "zh", {"people": 6000, "base_rate_percent": 3}),
        Example("帮我设计一个AB测试", "zh"),
        Example("忠诚客户的测试需要多少人？", "zh", {"segment": "忠诚客户"}),
        Example("留10%做对照组，够不够？", "zh", {"holdout_percent": 10}),
        Example("600个客户能做测试吗？", "zh", {"people": 600}),
        Example("要看出人均收入增加2元，需要多少人？", "zh", {"revenue_difference": 2}),
    ),
    needs_data=False,
    reads_data=True,
)
