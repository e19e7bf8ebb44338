"""Groups of customers ranked by what an offer would earn because it was sent, from a randomised campaign.

The lift of each group is pulled towards the whole (`shrinkage`); its profit follows from the lift and the
group's own base rate, whose errors are correlated. Intervals hold their level for each group by itself
(`calibrated`). A group is *recommended* only by evidence of its own: the
one-sided test of its unshrunken profit, corrected (Sidak) for the number of groups, at 5 percent. So where no
group pays, at most one ranking in twenty names one. Groups that merely will probably pay are sent to with a
hold-out that will tell; those that may pay are tested.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

import numpy as np
from numpy.typing import NDArray

from marketeer.tools.targeting.calibrated import Contrasts, calibrated_bounds
from marketeer.tools.targeting.economics import Economics
from marketeer.tools.targeting.effects import Effect, Proportion, equal_tailed_rate_difference
from marketeer.tools.targeting.shrinkage import Shrunken, expected_from_others, shrink
from marketeer.tools.targeting.significance import p_not_above_zero, sidak_p

LEVEL = 0.90
"""Level of intervals that decide something."""
ERROR_RATE = 0.05
"""Chance of naming a paying group where none pays."""
PROBABLE = 0.75
"""Probability of paying from which a group is sent to, with a hold-out that will tell."""
SURE_BEST = 0.90
"""Probability of being the best from which a group is called so."""
SMALLEST_GROUP = 30
"""People a group needs in each arm to be recommended by evidence of its own."""
FEWEST_PEOPLE = 5
"""People a group needs in each arm for its own data to count at all beside the other groups'."""


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
    LIKE_THE_OTHERS = auto()
    MAY_PAY = auto()
    PROBABLY_LOSES = auto()
    LOSES = auto()
    TOO_FEW = auto()


SENT = (Decision.SEND, Decision.SEND_AND_MEASURE)
"""The decisions that send."""

DECISIONS = {
    Reason.PAYS: Decision.SEND,
    Reason.PROBABLY_PAYS: Decision.SEND_AND_MEASURE,
    Reason.LIKE_THE_OTHERS: Decision.SEND_AND_MEASURE,
    Reason.MAY_PAY: Decision.TEST,
    Reason.PROBABLY_LOSES: Decision.LEAVE_OUT,
    Reason.LOSES: Decision.LEAVE_OUT,
    Reason.TOO_FEW: Decision.TEST,
}
_LEAST_RATE = 0.002

Vector = NDArray[np.float64]


def why(expected: float, p_pays: float, pays: float, *, few: bool = False) -> Reason:
    """Give the reason for what is done with a group.

    Args:
        expected: What a contact is expected to earn.
        p_pays: p value of earning nothing, corrected for the number of groups.
        pays: Probability of earning anything.
        few: Whether the group has too few people to be recommended on its own evidence.
    """
    if few:
        return Reason.LIKE_THE_OTHERS if expected > 0 and pays >= PROBABLE else Reason.TOO_FEW
    if expected <= 0:
        return Reason.LOSES if pays <= ERROR_RATE else Reason.PROBABLY_LOSES
    if p_pays <= ERROR_RATE:
        return Reason.PAYS
    return Reason.PROBABLY_PAYS if pays >= PROBABLE else Reason.MAY_PAY


@dataclass(frozen=True, slots=True)
class GroupArms:
    """One group's arms in a campaign or several, the money in its orders, and how many were in it."""

    group: str
    treated: Proportion
    control: Proportion
    money: Economics
    tested: int

    @property
    def smaller_arm(self) -> float:
        """People in the smaller of the two arms."""
        return min(self.treated.people, self.control.people)


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
        few = self.arms.smaller_arm < SMALLEST_GROUP
        return why(self.profit.value, self.p_pays, self.pays, few=few)

    @property
    def decision(self) -> Decision:
        """What to do with it."""
        return DECISIONS[self.reason]


@dataclass(frozen=True, slots=True)
class Ranking:
    """All groups, the most profitable per contact first.

    Attributes:
        standings: Judged groups by expected profit per contact.
        unjudged: Groups with too few people in an arm.
        draws: Draws of each standing's profit per contact, shape (draws, standings).
    """

    standings: tuple[Standing, ...]
    unjudged: tuple[GroupArms, ...]
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
    judged = [group for group in groups if group.smaller_arm >= FEWEST_PEOPLE]
    unjudged = tuple(group for group in groups if group.smaller_arm < FEWEST_PEOPLE)
    if not judged:
        return Ranking((), unjudged, np.zeros((1, 0)))
    lifts = [equal_tailed_rate_difference(group.treated, group.control, LEVEL) for group in judged]
    evidence = _Evidence.of(judged, lifts)
    profit = evidence.profit_draws(seed)
    p_values = _p_not_paying(judged)
    (low, high), means = evidence.profit_bounds(), profit.means
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
    return Ranking(tuple(standings[at] for at in order), unjudged, profit.draws[:, order])


def _p_not_paying(groups: Sequence[GroupArms]) -> Vector:
    """Give p values of not paying, corrected for the groups large enough to be recommended; 1 for others."""
    large = [at for at, group in enumerate(groups) if group.smaller_arm >= SMALLEST_GROUP]
    p = np.ones(len(groups))
    p[large] = sidak_p(
        [
            p_not_above_zero(
                groups[at].treated,
                groups[at].control,
                (groups[at].money.kept, groups[at].money.margin),
                groups[at].money.contact_cost,
            )
            for at in large
        ]
    )
    return p


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What groups' arms say, as arrays over groups.

    Profit is `lift (M - rD) - p_c r D - c`. An error of the measured lift is partly one of the base rate, so
    given the true lift the base rate is `p_c + (v_c / v) (measured - true)`, with variance `v_c v_t / v`,
    where `v_c`, `v_t` and `v` are the variances of control rate, treated rate and lift. Lifts may rise with
    `(v_c p_t + v_t p_c) / v`, the mean of both rates whose error is independent of the lift's: the *rate*.
    """

    groups: Sequence[GroupArms]
    control: Vector
    treated: Vector
    measured: Vector
    kept: Vector
    away: Vector
    cost: Vector

    @classmethod
    def of(cls, groups: Sequence[GroupArms], lifts: Sequence[Effect]) -> "_Evidence":
        return cls(
            groups=groups,
            control=np.array([group.control.variance for group in groups]),
            treated=np.array([group.treated.variance for group in groups]),
            measured=np.array([effect.value for effect in lifts]),
            kept=np.array([group.money.kept for group in groups]),
            away=np.array([group.money.given_away for group in groups]),
            cost=np.array([group.money.contact_cost for group in groups]),
        )

    @property
    def share(self) -> Vector:
        """How much of an error of the lift is one of the base rate."""
        return self.control / (self.control + self.treated)

    @property
    def rate(self) -> Vector:
        """What lifts may rise with."""
        return np.array([group.control.rate for group in self.groups]) + self.share * self.measured

    @property
    def typical(self) -> float:
        """The typical size of an effect: the shop's rate."""
        people = [group.tested for group in self.groups]
        return max(float(np.average(self.rate, weights=people)), _LEAST_RATE)

    def profit_draws(self, seed: int) -> Shrunken:
        """Draw profits per contact from what is known of lifts and base rates."""
        errors = np.sqrt(self.control + self.treated)
        lift = shrink(self.measured, errors, self.rate, self.typical, seed)
        base = self.rate - self.share * lift.draws
        noise = np.random.default_rng(seed + 1).standard_normal(base.shape)
        base = np.clip(base + np.sqrt(self.share * self.treated) * noise, 0.0, 1.0)
        return Shrunken(lift.draws * self.kept - base * self.away - self.cost, lift.nothing)

    def profit_bounds(self) -> tuple[Vector, Vector]:
        """Give the ends of each group's interval of the profit per contact."""
        errors = np.sqrt(self.control + self.treated)
        mean, sd = expected_from_others(self.measured, errors, self.rate, self.typical)
        per_lift = self.kept + self.share * self.away
        contrasts = Contrasts(
            treated=[group.treated for group in self.groups],
            control=[group.control for group in self.groups],
            weights=np.array([self.kept, self.kept + self.away]),
            constant=self.cost,
        )
        expected = per_lift * mean - self.away * self.rate - self.cost
        return calibrated_bounds(contrasts, expected, np.abs(per_lift) * sd, LEVEL)
