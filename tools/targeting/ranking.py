"""Groups of customers ranked by what an offer would earn because it was sent, from a randomised campaign.

The lift of each group is pulled towards the whole (`shrinkage`); its profit follows from the lift and the
group's own base rate, whose errors are correlated. A group is *recommended* only by evidence of its own: the
one-sided test of its unshrunken profit, corrected (Sidak) for the number of groups, at 5 percent. So where no
group pays, at most one ranking in twenty names one. Groups that merely will probably pay are sent to with a
hold-out that will tell; those that may pay are tested.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

import numpy as np
from numpy.typing import NDArray

from marketeer.tools.targeting.economics import Economics
from marketeer.tools.targeting.effects import Effect, Proportion, rate_difference
from marketeer.tools.targeting.shrinkage import Shrunken, shrink
from marketeer.tools.targeting.significance import heterogeneity_p, p_not_above_zero, sidak_p

LEVEL = 0.90
"""Level of intervals that decide something."""
ERROR_RATE = 0.05
"""Chance of naming a paying group where none pays."""
PROBABLE = 0.70
"""Probability of paying from which a group is sent to, with a hold-out that will tell."""
SURE_BEST = 0.90
"""Probability of being the best from which a group is called so."""
SMALLEST_GROUP = 30
"""People a group needs in each arm to be judged."""


class Decision(StrEnum):
    """What to do with a group: only `SEND` is a recommendation."""

    SEND = auto()
    SEND_AND_MEASURE = auto()
    TEST = auto()
    LEAVE_OUT = auto()


class Reason(StrEnum):
    """Why."""

    PAYS = auto()
    PROBABLY_PAYS = auto()
    MAY_PAY = auto()
    PROBABLY_LOSES = auto()
    LOSES = auto()
    TOO_FEW = auto()


SENT = (Decision.SEND, Decision.SEND_AND_MEASURE)
"""The decisions that send."""

_DECISIONS = {
    Reason.PAYS: Decision.SEND,
    Reason.PROBABLY_PAYS: Decision.SEND_AND_MEASURE,
    Reason.MAY_PAY: Decision.TEST,
    Reason.PROBABLY_LOSES: Decision.LEAVE_OUT,
    Reason.LOSES: Decision.LEAVE_OUT,
    Reason.TOO_FEW: Decision.TEST,
}
_LEAST_RATE = 0.002


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
    """

    arms: GroupArms
    lift: Effect
    break_even: float | None
    profit: Effect
    p_pays: float
    best: float
    pays: float

    @property
    def reason(self) -> Reason:
        """Why it gets what it gets."""
        if self.profit.value > 0:
            if self.p_pays <= ERROR_RATE:
                return Reason.PAYS
            return Reason.PROBABLY_PAYS if self.pays >= PROBABLE else Reason.MAY_PAY
        return Reason.LOSES if self.pays <= ERROR_RATE else Reason.PROBABLY_LOSES

    @property
    def decision(self) -> Decision:
        """What to do with it."""
        return _DECISIONS[self.reason]


@dataclass(frozen=True, slots=True)
class Ranking:
    """All groups, the most profitable per contact first.

    Attributes:
        standings: Judged groups by expected profit per contact.
        unjudged: Groups with too few people in an arm.
        heterogeneity_p: p value of all groups having the same lift.
        draws: Draws of each standing's profit per contact, shape (draws, standings).
    """

    standings: tuple[Standing, ...]
    unjudged: tuple[GroupArms, ...]
    heterogeneity_p: float
    draws: NDArray[np.float64]

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
        return Ranking((), unjudged, 1.0, np.zeros((1, 0)))
    lifts = [rate_difference(group.treated, group.control, LEVEL) for group in judged]
    profit = profit_draws(judged, lifts, seed)
    p_values = sidak_p([_p_not_paying(group) for group in judged])
    (low, high), means = profit.bounds(LEVEL), profit.means
    best, pays, spread = profit.best_probability(), profit.above(), profit.draws.std(axis=0)
    standings = [
        Standing(
            arms=group,
            lift=lifts[at],
            break_even=group.money.break_even_lift(group.control.rate),
            profit=Effect(float(means[at]), float(spread[at]), float(low[at]), float(high[at]), LEVEL),
            p_pays=float(p_values[at]),
            best=float(best[at]),
            pays=float(pays[at]),
        )
        for at, group in enumerate(judged)
    ]
    order = np.argsort(-means, kind="stable")
    same = heterogeneity_p([lift.value for lift in lifts], [lift.se for lift in lifts])
    return Ranking(tuple(standings[at] for at in order), unjudged, same, profit.draws[:, order])


def _p_not_paying(group: GroupArms) -> float:
    money = group.money
    weights = (money.kept, money.margin)
    return p_not_above_zero(group.treated, group.control, weights, money.contact_cost)


def profit_draws(groups: Sequence[GroupArms], lifts: Sequence[Effect], seed: int = 0) -> Shrunken:
    """Draw profits per contact from what is known of lifts and base rates.

    Profit is `lift (M - rD) - p_c r D - c`. An error of the measured lift is partly one of the base rate, so
    given the true lift the base rate is `p_c + (v_c / v) (measured - true)`, with variance `v_c v_t / v`,
    where `v_c`, `v_t` and `v` are the variances of control rate, treated rate and lift. Lifts may rise with
    `(v_c p_t + v_t p_c) / v`, the mean of both rates whose error is independent of the lift's.
    """
    control = np.array([group.control.variance for group in groups])
    treated = np.array([group.treated.variance for group in groups])
    without = np.array([group.control.rate for group in groups])
    measured = np.array([effect.value for effect in lifts])
    share = control / (control + treated)
    level = without + share * measured
    typical = max(float(np.average(level, weights=[group.tested for group in groups])), _LEAST_RATE)
    lift = shrink(measured, np.sqrt(control + treated), level, typical, seed)
    base = without + share * (measured - lift.draws)
    noise = np.random.default_rng(seed + 1).standard_normal(base.shape)
    base = np.clip(base + np.sqrt(share * treated) * noise, 0.0, 1.0)
    kept = np.array([group.money.kept for group in groups])
    away = np.array([group.money.given_away for group in groups])
    cost = np.array([group.money.contact_cost for group in groups])
    return Shrunken(lift.draws * kept - base * away - cost, lift.nothing)
