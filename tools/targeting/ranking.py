"""Groups of customers ranked by what an offer would earn because it was sent, from a randomised campaign.

The lift of each group is pulled towards the whole (`shrinkage`); its profit follows from the lift and the
group's own base rate, whose errors are correlated. A group is called paying only by evidence of its own: the
one-sided test of its unshrunken profit, corrected (Sidak) for the number of groups, at 5 percent. So where no
group pays, at most one ranking in twenty names one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

import numpy as np

from marketeer.tools.targeting.economics import Economics
from marketeer.tools.targeting.effects import (
    Effect,
    Proportion,
    heterogeneity_p,
    rate_difference,
    sidak_p,
    weighted_rate_difference,
)
from marketeer.tools.targeting.shrinkage import Shrunken, shrink

LEVEL = 0.90
"""Level of intervals that decide something."""
ERROR_RATE = 0.05
"""Chance of naming a paying group where none pays."""
SURE_BEST = 0.90
"""Probability of being the best from which a group is called so."""
SMALLEST_GROUP = 30
"""People a group needs in each arm to be judged."""


class Decision(StrEnum):
    """What to do with a group."""

    SEND = auto()
    TEST = auto()
    LEAVE_OUT = auto()


class Reason(StrEnum):
    """Why."""

    PAYS = auto()
    PROBABLY_PAYS = auto()
    PROBABLY_LOSES = auto()
    LOSES = auto()
    TOO_FEW = auto()


@dataclass(frozen=True, slots=True)
class GroupArms:
    """One group's arms in a campaign or several, the money in its orders, and how many were in it."""

    group: str
    treated: Proportion
    control: Proportion
    money: Economics
    tested: int

    @property
    def judged(self) -> bool:
        """Whether both arms have enough people."""
        return min(self.treated.people, self.control.people) >= SMALLEST_GROUP


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one group.

    Attributes:
        arms: Its data.
        lift: Measured difference in rate.
        break_even: The lift at which nothing is gained; None when no lift would do.
        profit: Expected profit per contact, from the lift pulled towards the whole.
        p_pays: p value of not paying, corrected for the number of groups.
        best: Probability that it earns most per contact.
        pays: Probability that it earns anything.
        decision: What to do.
        reason: Why.
    """

    arms: GroupArms
    lift: Effect
    break_even: float | None
    profit: Effect
    p_pays: float
    best: float
    pays: float
    decision: Decision
    reason: Reason


@dataclass(frozen=True, slots=True)
class Ranking:
    """All groups, the most profitable per contact first.

    Attributes:
        standings: Judged groups by expected profit per contact.
        unjudged: Groups with too few people in an arm.
        heterogeneity_p: p value of all groups having the same lift.
    """

    standings: tuple[Standing, ...]
    unjudged: tuple[GroupArms, ...]
    heterogeneity_p: float

    @property
    def winner(self) -> Standing | None:
        """The paying group that earns most per contact, where the evidence names one."""
        return next((one for one in self.standings if one.decision is Decision.SEND), None)

    @property
    def winner_is_best(self) -> bool:
        """Whether the winner is also known to be better than all others."""
        return self.winner is not None and self.winner.best >= SURE_BEST


def rank_groups(groups: Sequence[GroupArms], seed: int = 0) -> Ranking:
    """Rank groups by expected profit per contact and decide about each.

    Args:
        groups: Each group's arms and money.
        seed: Fixes the draws.
    """
    judged = [group for group in groups if group.judged]
    unjudged = tuple(group for group in groups if not group.judged)
    if not judged:
        return Ranking((), unjudged, 1.0)
    lifts = [rate_difference(group.treated, group.control, LEVEL) for group in judged]
    profit = profit_draws(judged, lifts, seed)
    measured = [_measured_profit(group) for group in judged]
    p_values = sidak_p([effect.p_below() for effect in measured])
    low, high = profit.bounds(LEVEL)
    best, pays = profit.best_probability(), profit.above()
    standings = [
        Standing(
            arms=group,
            lift=lifts[at],
            break_even=group.money.break_even_lift(group.control.rate),
            profit=_summary(profit, at, float(low[at]), float(high[at])),
            p_pays=float(p_values[at]),
            best=float(best[at]),
            pays=float(pays[at]),
            decision=_decide(profit.means[at], pays[at], p_values[at])[0],
            reason=_decide(profit.means[at], pays[at], p_values[at])[1],
        )
        for at, group in enumerate(judged)
    ]
    ranked = sorted(standings, key=lambda one: -one.profit.value)
    spread = heterogeneity_p([lift.value for lift in lifts], [lift.se for lift in lifts])
    return Ranking(tuple(ranked), unjudged, spread)


def _decide(expected: float, pays: float, p_pays: float) -> tuple[Decision, Reason]:
    if p_pays <= ERROR_RATE and expected > 0:
        return Decision.SEND, Reason.PAYS
    if expected > 0:
        return Decision.TEST, Reason.PROBABLY_PAYS
    return Decision.LEAVE_OUT, Reason.LOSES if pays <= ERROR_RATE else Reason.PROBABLY_LOSES


def _summary(profit: Shrunken, at: int, low: float, high: float) -> Effect:
    draws = profit.draws[:, at]
    return Effect(float(draws.mean()), float(draws.std()), low, high, LEVEL)


def _measured_profit(group: GroupArms) -> Effect:
    money = group.money
    weights = (money.kept, money.margin)
    return weighted_rate_difference(group.treated, group.control, weights, money.contact_cost, LEVEL)


def profit_draws(groups: Sequence[GroupArms], lifts: Sequence[Effect], seed: int = 0) -> Shrunken:
    """Draw profits per contact from what is known of lifts and base rates.

    Profit is `lift (M - rD) - p_c r D - c`. An error of the measured lift is partly one of the base rate, so
    given the true lift the base rate is `p_c + (v_c / v) (measured - true)`, with variance `v_c v_t / v`,
    where `v_c`, `v_t` and `v` are the variances of control rate, treated rate and lift.
    """
    lift = shrink([effect.value for effect in lifts], [effect.se for effect in lifts], seed).draws
    control = np.array([group.control.variance for group in groups])
    treated = np.array([group.treated.variance for group in groups])
    measured = np.array([effect.value for effect in lifts])
    share = control / (control + treated)
    base = np.array([group.control.rate for group in groups]) + share * (measured - lift)
    noise = np.random.default_rng(seed + 1).standard_normal(lift.shape)
    base = np.clip(base + np.sqrt(share * treated) * noise, 0.0, 1.0)
    kept = np.array([group.money.kept for group in groups])
    away = np.array([group.money.given_away for group in groups])
    return Shrunken(lift * kept - base * away - np.array([group.money.contact_cost for group in groups]))
