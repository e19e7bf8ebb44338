"""Reads a campaign out by what was intended: everybody assigned to an arm counts in it, opened or not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

import pandas as pd
from scipy.stats import norm

from marketeer.tools.core import columns as col
from marketeer.tools.core.findings import Fact, FactKind, Interval, Subject, Unit
from marketeer.tools.targeting.checks import SMALLEST_ARM
from marketeer.tools.targeting.effects import (
    Effect,
    Moments,
    Proportion,
    RateMethod,
    mean_difference,
    rate_difference,
)
from marketeer.tools.targeting.ranking_facts import points, rate
from marketeer.tools.targeting.significance import false_discovery_q
from marketeer.tools.targeting.trials import GROUP, PEOPLE, outcome, revenue_moments


class Outcome(StrEnum):
    """What a campaign can be read out by."""

    VISITS = auto()
    ORDERS = auto()
    REVENUE = auto()


COLUMN = {Outcome.VISITS: col.VISITED, Outcome.ORDERS: col.ORDERED, Outcome.REVENUE: col.REVENUE}


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a campaign.

    Attributes:
        arm: The arm read.
        versus: The arm it is compared with.
        level: Level of the intervals.
        method: The interval of rates.
    """

    arm: str
    versus: str
    level: float = 0.95
    method: RateMethod = "newcombe"


@dataclass(frozen=True, slots=True)
class Lift:
    """What one outcome did in one group.

    Attributes:
        outcome: The outcome.
        treated: Its rate or mean in the arm read.
        control: The same in the other arm.
        effect: The difference.
    """

    outcome: Outcome
    treated: Proportion | Moments
    control: Proportion | Moments
    effect: Effect


def read_lift(counts: pd.DataFrame, one: Outcome, reading: Reading) -> Lift:
    """Compare two arms over rows of a tally."""
    treated, control = (counts[counts["arm"] == arm] for arm in (reading.arm, reading.versus))
    if one is Outcome.REVENUE:
        money = revenue_moments(treated), revenue_moments(control)
        return Lift(one, *money, mean_difference(*money, reading.level))
    rates = outcome(treated, COLUMN[one]), outcome(control, COLUMN[one])
    return Lift(one, *rates, rate_difference(*rates, reading.level, reading.method))


def readable_groups(counts: pd.DataFrame, groups: Sequence[str], reading: Reading) -> tuple[str, ...]:
    """Give the groups with enough people in both arms."""
    pair = counts[counts["arm"].isin((reading.arm, reading.versus))]
    people = pair.pivot_table(index=GROUP, columns="arm", values=PEOPLE, aggfunc="sum", fill_value=0)
    if people.shape[1] < 2:
        return ()
    enough = people.min(axis=1) >= SMALLEST_ARM
    return tuple(group for group in groups if group in enough.index and bool(enough[group]))


def lift_facts(lift: Lift, subject: Subject) -> Iterator[Fact]:
    """Give both arms' rates or means and the difference with its interval."""
    name, interval = lift.outcome.value, lift.effect
    if isinstance(lift.treated, Proportion) and isinstance(lift.control, Proportion):
        yield rate(f"{name}_treated", lift.treated, subject, interval.level)
        yield rate(f"{name}_control", lift.control, subject, interval.level)
        yield points(f"{name}_lift", lift.effect, subject)
    elif isinstance(lift.treated, Moments) and isinstance(lift.control, Moments):
        yield Fact(f"{name}_treated", lift.treated.mean, Unit.MONEY, subject, decimals=3)
        yield Fact(f"{name}_control", lift.control.mean, Unit.MONEY, subject, decimals=3)
        yield Fact(
            f"{name}_lift",
            lift.effect.value,
            Unit.MONEY,
            subject,
            Interval(interval.low, interval.high, interval.level),
            decimals=3,
        )


def false_discovery_facts(lifts: Sequence[Lift], subjects: Sequence[Subject]) -> Iterator[Fact]:
    """Give each group's false discovery rate: the share of false alarms among all groups as clear as it."""
    p = [2 * min(lift.effect.p_below(), 1 - lift.effect.p_below()) for lift in lifts]
    for subject, q in zip(subjects, false_discovery_q(p), strict=True):
        yield Fact("false_discovery_rate", 100 * float(q), Unit.PERCENT, subject, kind=FactKind.ESTIMATED)


def difference_to_others(counts: pd.DataFrame, group: str, one: Outcome, reading: Reading) -> Effect:
    """Compare a group's lift with that of all other customers."""
    inside = read_lift(counts[counts[GROUP] == group], one, reading).effect
    outside = read_lift(counts[counts[GROUP] != group], one, reading).effect
    value = inside.value - outside.value
    se = float((inside.se**2 + outside.se**2) ** 0.5)
    half = float(norm.ppf((1 + reading.level) / 2)) * se
    return Effect(value, se, value - half, value + half, reading.level)


def responds_most(lifts: Mapping[str, Lift]) -> str:
    """Give the group with the highest rate or mean in the arm read."""

    def treated(group: str) -> float:
        arm = lifts[group].treated
        return arm.rate if isinstance(arm, Proportion) else arm.mean

    return max(lifts, key=treated)
