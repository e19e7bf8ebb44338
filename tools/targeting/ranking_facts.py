"""Turns rankings into facts, views and notes: one row per group, the same names at every data level."""

from collections.abc import Iterator, Mapping, Sequence

from marketeer.tools.core.columns import ATTRIBUTE_PREFIX
from marketeer.tools.core.findings import (
    Fact,
    FactKind,
    Interval,
    Note,
    Subject,
    SubjectKind,
    Unit,
    View,
)
from marketeer.tools.targeting.economics import Economics
from marketeer.tools.targeting.effects import Effect, Proportion
from marketeer.tools.targeting.ranking import SMALLEST_GROUP, Decision, GroupArms, Ranking, Reason, Standing
from marketeer.tools.targeting.sizing import Design, detectable_lift, rate_test_size

Sizes = Mapping[str, tuple[int, int]]
"""Group → its customers today, and those of them who may be written to."""

PER_THOUSAND = 1000


def group_subject(name: str, attribute: str = "") -> Subject:
    """Name a segment, or the group of customers with one value of an attribute."""
    if not attribute:
        return Subject(SubjectKind.SEGMENT, name)
    return Subject(SubjectKind.GROUP, f"{attribute.removeprefix(ATTRIBUTE_PREFIX)}={name}")


def percent(name: str, share: float, subject: Subject, kind: FactKind = FactKind.MEASURED) -> Fact:
    """Give a share of 0-1 as a percentage."""
    return Fact(name, 100 * share, Unit.PERCENT, subject, kind=kind)


def rate(name: str, proportion: Proportion, subject: Subject, level: float = 0.95) -> Fact:
    """Give a measured rate with its Wilson interval."""
    low, high = proportion.wilson(level)
    interval = Interval(100 * low, 100 * high, level)
    return Fact(name, 100 * proportion.rate, Unit.PERCENT, subject, interval)


def points(name: str, effect: Effect, subject: Subject) -> Fact:
    """Give a difference of rates as percentage points with its interval."""
    interval = Interval(100 * effect.low, 100 * effect.high, effect.level)
    return Fact(name, 100 * effect.value, Unit.POINTS, subject, interval)


def money(name: str, effect: Effect, times: float, subject: Subject, *, decimals: int | None = None) -> Fact:
    """Give a money estimate times some number of contacts, with its interval."""
    interval = Interval(times * effect.low, times * effect.high, effect.level)
    return Fact(name, times * effect.value, Unit.MONEY, subject, interval, FactKind.ESTIMATED, decimals)


def break_even(lift: float | None, base: float, subject: Subject) -> Iterator[Fact]:
    """Give the lift that breaks even, in points and relative to the base rate; nothing where none does."""
    if lift is not None:
        yield Fact("break_even_lift", 100 * lift, Unit.POINTS, subject, kind=FactKind.ESTIMATED)
        if base > 0:
            yield Fact(
                "break_even_increase", 100 * lift / base, Unit.PERCENT, subject, kind=FactKind.ESTIMATED
            )


def size_facts(sizes: tuple[int, int], subject: Subject) -> Iterator[Fact]:
    """Give a group's size today and how many of it may be written to."""
    yield Fact("customers", sizes[0], Unit.CUSTOMERS, subject)
    yield Fact("reachable", sizes[1], Unit.CUSTOMERS, subject)


def standing_facts(standing: Standing, reachable: int, subject: Subject) -> Iterator[Fact]:
    """Give all that a randomised campaign says about one group."""
    arms, economics = standing.arms, standing.arms.money
    yield Fact("tested", arms.tested, Unit.CUSTOMERS, subject)
    yield percent("response_treated", arms.treated.rate, subject)
    yield percent("response_control", arms.control.rate, subject)
    yield points("uplift", standing.lift, subject)
    yield from break_even(standing.break_even, arms.control.rate, subject)
    yield money("profit_per_contact", standing.profit, 1, subject, decimals=3)
    yield money("profit_per_1000", standing.profit, PER_THOUSAND, subject)
    yield money("profit_if_sent", standing.profit, reachable, subject)
    yield from subsidy(economics, arms.control.rate, subject)
    yield percent("probability_best", standing.best, subject, FactKind.ESTIMATED)
    yield percent("probability_pays", standing.pays, subject, FactKind.ESTIMATED)
    yield from decision_facts(standing.decision, standing.reason, subject)


def count_facts(standing: Standing, subject: Subject) -> Iterator[Fact]:
    """Give what a randomised campaign says about one group where only the outcome counts, not money."""
    arms = standing.arms
    yield Fact("tested", arms.tested, Unit.CUSTOMERS, subject)
    yield percent("response_treated", arms.treated.rate, subject)
    yield percent("response_control", arms.control.rate, subject)
    yield points("uplift", standing.lift, subject)
    yield points("expected_uplift", standing.profit, subject)
    yield percent("probability_best", standing.best, subject, FactKind.ESTIMATED)
    yield from decision_facts(standing.decision, standing.reason, subject)


def unjudged_facts(arms: GroupArms, subject: Subject) -> Iterator[Fact]:
    """Give what is left to say about a group with too few people in an arm."""
    yield Fact("tested", arms.tested, Unit.CUSTOMERS, subject)
    yield from decision_facts(Decision.TEST, Reason.TOO_FEW, subject)


def decision_facts(decision: Decision, reason: Reason, subject: Subject) -> Iterator[Fact]:
    """Give what to do with a group and why, as codes."""
    yield Fact("decision", decision.value, Unit.TEXT, subject, kind=FactKind.ESTIMATED)
    yield Fact("reason", reason.value, Unit.TEXT, subject, kind=FactKind.ESTIMATED)


def subsidy(economics: Economics, base: float, subject: Subject) -> Iterator[Fact]:
    """Give what contacts hand to people who would have bought anyway, for one and for a thousand."""
    given = economics.subsidy(base)
    kind = FactKind.ESTIMATED
    yield Fact("subsidy_per_contact", given, Unit.MONEY, subject, kind=kind, decimals=3)
    yield Fact("subsidy_per_1000", PER_THOUSAND * given, Unit.MONEY, subject, kind=kind)


def scenario_facts(
    economics: Economics, base: float, increases: Sequence[int], subject: Subject
) -> Iterator[Fact]:
    """Give the profit per contact if the base rate rose by so many percent: never a forecast."""
    for increase in increases:
        earned = economics.profit_per_contact(base, min(base * (1 + increase / 100), 1.0))
        name = f"profit_per_contact_if_plus_{increase}"
        yield Fact(name, earned, Unit.MONEY, subject, kind=FactKind.SCENARIO, decimals=3)


def test_facts(base: float, lift: float | None, reachable: int, subject: Subject) -> Iterator[Fact]:
    """Give the test that would tell whether a group's lift reaches its break-even lift."""
    if not 0 < base < 1:
        return
    if lift is not None and 0 < lift < 1 - base:
        per_arm = rate_test_size(base, base + lift).control
        yield Fact("test_per_arm", per_arm, Unit.CUSTOMERS, subject, kind=FactKind.ESTIMATED)
    if reachable >= 2 * SMALLEST_GROUP:
        shown = detectable_lift(reachable, base, Design())
        yield Fact("detectable_lift", 100 * shown, Unit.POINTS, subject, kind=FactKind.ESTIMATED)


def ranking_notes(ranking: Ranking, names: Mapping[str, str]) -> Iterator[Note]:
    """Give what must be said with a ranking: the winner or that there is none, and how response misleads.

    Args:
        ranking: The ranking.
        names: Group → the name of its subject.
    """
    winner = ranking.winner
    if winner is None:
        yield Note("no_winner")
    else:
        code = "winner_is_best" if ranking.winner_is_best else "winner_not_shown_best"
        yield Note(code, {"group": names[winner.arms.group]})
    if ranking.standings:
        loudest = max(ranking.standings, key=lambda one: one.arms.treated.rate)
        if len(ranking.standings) > 1 and loudest.decision is not Decision.SEND:
            yield Note("response_misleads", {"group": names[loudest.arms.group]})
    if ranking.unjudged:
        yield Note("groups_too_small")


def group_view(code: str, subjects: Sequence[Subject], columns: Sequence[str]) -> View:
    """Give a table with one row per group."""
    return View(code, tuple(subjects), tuple(columns))
