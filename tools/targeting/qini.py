"""How well a score orders people by the effect of an offer: Qini coefficient and uplift in the first part.

The Qini curve counts, going down the score, the successes a campaign added: `Y_t - Y_c n_t / n_c`. The
coefficient is its area above the straight line of a random order, divided by that of the best order there
could be (Radcliffe 2007; Radcliffe & Surry 2011), as scikit-uplift's `qini_auc_score` defines it. Standard
errors are those of a bootstrap over people.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

BOOTSTRAPS = 60


@dataclass(frozen=True, slots=True)
class Judgement:
    """How well one score orders people.

    Attributes:
        qini: Qini coefficient; nought for a random order, 1 for the best there could be.
        qini_se: Its standard error.
        first_tenth: Uplift among the tenth with the highest score.
        first_third: The same for the first 30 percent.
        draws: Qini coefficients of the bootstrap, comparable draw by draw between scores.
    """

    qini: float
    qini_se: float
    first_tenth: float
    first_third: float
    draws: Vector


def judge(score: Vector, treated: Flags, outcome: Vector, seed: int = 0) -> Judgement:
    """Judge a score that was made without the outcomes it is judged by.

    Args:
        score: One per person; higher should mean more effect.
        treated: Who got the offer.
        outcome: 0 or 1 per person.
        seed: Fixes the bootstrap; the same seed draws the same people for every score.
    """
    random = np.random.default_rng(seed)
    orders = _orders(score, treated, outcome)
    draws = np.array(
        [
            _coefficient(orders, treated, outcome, random.poisson(1.0, score.size).astype(np.float64))
            for _ in range(BOOTSTRAPS)
        ]
    )
    return Judgement(
        qini=qini_coefficient(score, treated, outcome),
        qini_se=float(draws.std(ddof=1)),
        first_tenth=uplift_at(score, treated, outcome, 0.1),
        first_third=uplift_at(score, treated, outcome, 0.3),
        draws=draws,
    )


def qini_coefficient(score: Vector, treated: Flags, outcome: Vector) -> float:
    """Give the Qini coefficient of a score."""
    return _coefficient(_orders(score, treated, outcome), treated, outcome, np.ones(score.size))


@dataclass(frozen=True, slots=True)
class _Order:
    """People from the highest score down, and where each run of equal scores ends."""

    people: NDArray[np.int64]
    ends: NDArray[np.int64]


def _orders(score: Vector, treated: Flags, outcome: Vector) -> tuple[_Order, _Order]:
    """Give the order of a score and the best order there could be."""
    return _order(score), _order(np.where(treated, outcome, -outcome))


def _order(score: Vector) -> _Order:
    people = np.argsort(-score, kind="stable")
    return _Order(people, np.append(np.flatnonzero(np.diff(score[people])), score.size - 1))


def _coefficient(orders: tuple[_Order, _Order], treated: Flags, outcome: Vector, counts: Vector) -> float:
    area, perfect = (_area(order, treated, outcome, counts) for order in orders)
    return area / perfect if perfect else 0.0


def _area(order: _Order, treated: Flags, outcome: Vector, counts: Vector) -> float:
    """Give the area between the Qini curve and the straight line to its end."""
    t, c = counts * treated, counts * ~treated
    sums = np.cumsum(np.stack([t, c, t * outcome, c * outcome])[:, order.people], axis=1)
    n_t, n_c, y_t, y_c = sums[:, order.ends]
    gained = y_t - np.divide(y_c * n_t, n_c, out=np.zeros_like(y_c), where=n_c > 0)
    people = np.append(0.0, n_t + n_c)
    curve = np.append(0.0, gained)
    return float(np.trapezoid(curve, people) - people[-1] * curve[-1] / 2)


def uplift_at(score: Vector, treated: Flags, outcome: Vector, share: float) -> float:
    """Give the lift among the share of people with the highest score; nan without both arms."""
    first = np.argsort(-score, kind="stable")[: max(int(share * score.size), 1)]
    arm = treated[first]
    if arm.all() or not arm.any():
        return float("nan")
    return float(outcome[first][arm].mean() - outcome[first][~arm].mean())
