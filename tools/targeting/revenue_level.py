"""Level A by revenue per head: noughts count, so a campaign that only moves small orders shows as such."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from marketeer.tools.core.columns import CONTROL_ARM
from marketeer.tools.core.findings import (
    SHOP,
    Chart,
    ChartKind,
    DataLevel,
    Fact,
    FactKind,
    Note,
    Quality,
    Subject,
    Unit,
    Verdict,
)
from marketeer.tools.targeting import ranking_facts as say
from marketeer.tools.targeting.calibrated import calibrated_bounds
from marketeer.tools.targeting.effects import Effect, Moments, mean_difference
from marketeer.tools.targeting.question import Part, Question, campaign_facts
from marketeer.tools.targeting.ranking import DECISIONS, LEVEL, SMALLEST_GROUP, Decision, Reason, why
from marketeer.tools.targeting.shrinkage import expected_from_others, shrink
from marketeer.tools.targeting.significance import sidak_p
from marketeer.tools.targeting.trials import GROUP, PEOPLE, Campaign, revenue_moments

_COLUMNS = (
    "reachable", "revenue_treated", "revenue_control", "revenue_lift", "expected_revenue_lift",
    "probability_best", "decision",
)  # fmt: skip
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Arms:
    group: str
    treated: Moments
    control: Moments

    @property
    def lift(self) -> Effect:
        return mean_difference(self.treated, self.control, LEVEL)


@dataclass(frozen=True, slots=True)
class _Means:
    """Measured differences with normal limits."""

    values: Vector
    se: Vector

    def limits(self, z_low: Vector, z_high: Vector) -> tuple[Vector, Vector]:
        return self.values - z_low * self.se, self.values + z_high * self.se


@dataclass(frozen=True, slots=True)
class _Standing:
    arms: _Arms
    expected: Effect
    best: float
    reason: Reason


def by_revenue(question: Question, campaign: Campaign, counts: pd.DataFrame) -> Part:
    """Rank groups by the revenue per head that a randomised campaign added.

    Args:
        question: The question.
        campaign: The campaign.
        counts: Its tally of the control and the wanted arms.
    """
    standings = _rank([_arms(group, counts) for group in question.today.groups])
    subjects = [question.subject(one.arms.group) for one in standings]
    winner = next((one for one in standings if DECISIONS[one.reason] is Decision.SEND), None)
    whole = _Arms("", *_moments(counts))
    facts = [*say.size_facts(question.everybody, SHOP), *_measured(whole, SHOP), *campaign_facts(campaign)]
    if winner is not None:
        name = question.subject(winner.arms.group).name
        facts.append(Fact("recommended", name, Unit.TEXT, kind=FactKind.ESTIMATED))
    for one, subject in zip(standings, subjects, strict=True):
        facts += [*say.size_facts(question.sizes.get(one.arms.group, (0, 0)), subject)]
        facts += _facts(one, subject)
    notes = [Note("no_winner")] if winner is None else []
    notes += [Note("limits_need_profit")] if question.limits.binding else []
    return Part(
        title="offer_targets_revenue",
        facts=tuple(facts),
        views=(say.group_view("targets_revenue", subjects, _COLUMNS),),
        charts=(Chart(ChartKind.BAR, "targets_revenue", "expected_revenue_lift"),),
        quality=Quality(n=int(counts[PEOPLE].sum()), level=DataLevel.A),
        verdict=Verdict.OK if winner else Verdict.WEAK,
        notes=(*notes, Note("revenue_is_not_profit"), Note("past_is_past", {"campaigns": campaign.name})),
    )


def _moments(part: pd.DataFrame) -> tuple[Moments, Moments]:
    control = part["arm"] == CONTROL_ARM
    return revenue_moments(part[~control]), revenue_moments(part[control])


def _arms(group: str, counts: pd.DataFrame) -> _Arms | None:
    part = counts[counts[GROUP] == group]
    people = part.groupby(part["arm"] == CONTROL_ARM)[PEOPLE].sum()
    if len(people) < 2 or people.min() < SMALLEST_GROUP:
        return None
    arms = _Arms(group, *_moments(part))
    return arms if arms.lift.se > 0 else None


def _rank(found: list[_Arms | None]) -> list[_Standing]:
    arms = [one for one in found if one is not None]
    if not arms:
        return []
    values, errors = (np.array([getattr(one.lift, name) for one in arms]) for name in ("value", "se"))
    known = shrink(values, errors)
    mean, sd = expected_from_others(values, errors)
    low, high = calibrated_bounds(_Means(values, errors), mean, sd, LEVEL)
    p, best, pays = sidak_p(norm.sf(values / errors)), known.best_probability(), known.above()
    standings = [
        _Standing(
            one,
            Effect(float(known.means[at]), float(errors[at]), float(low[at]), float(high[at]), LEVEL),
            float(best[at]),
            why(float(known.means[at]), float(p[at]), float(pays[at])),
        )
        for at, one in enumerate(arms)
    ]
    return sorted(standings, key=lambda one: -one.expected.value)


def _measured(arms: _Arms, subject: Subject) -> Iterator[Fact]:
    yield Fact("tested", arms.treated.people + arms.control.people, Unit.CUSTOMERS, subject)
    yield Fact("revenue_treated", arms.treated.mean, Unit.MONEY, subject, decimals=3)
    yield Fact("revenue_control", arms.control.mean, Unit.MONEY, subject, decimals=3)
    estimate = say.money("revenue_lift", arms.lift, 1, subject, decimals=3)
    yield replace(estimate, kind=FactKind.MEASURED)


def _facts(one: _Standing, subject: Subject) -> Iterator[Fact]:
    yield from _measured(one.arms, subject)
    yield say.money("expected_revenue_lift", one.expected, 1, subject, decimals=3)
    yield say.percent("probability_best", one.best, subject, FactKind.ESTIMATED)
    yield from say.decision_facts(DECISIONS[one.reason], one.reason, subject)
