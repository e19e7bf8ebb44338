"""Differences between two arms of a campaign, in rates and in means, with intervals.

Sources: Newcombe (1998), *Statistics in Medicine* 17, 873-890, method 10, for rates; Laud (2017),
*Pharmaceutical Statistics* 16, 334-348 (MOVER-J), for rates that decide something; Zou & Donner (2008),
*Statistics in Medicine* 27, 1693-1702, for weighted differences; Welch (1947) for means; Mantel & Haenszel
(1959) for campaigns taken together. Rates and lifts are shares 0-1.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, ndtr
from scipy.stats import norm, t

RateMethod = Literal["newcombe", "wald"]
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Effect:
    """An estimated difference.

    Attributes:
        value: Treated minus control.
        se: Its standard error.
        low: Lower end of the interval.
        high: Upper end of the interval.
        level: Level of the interval, 0-1.
    """

    value: float
    se: float
    low: float
    high: float
    level: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of zero."""
        return self.low > 0 or self.high < 0

    def p_below(self, bound: float = 0.0) -> float:
        """Give the one-sided p value against the true difference being at or below a bound."""
        if self.se == 0:
            return 0.0 if self.value > bound else 1.0
        return float(norm.sf((self.value - bound) / self.se))


@dataclass(frozen=True, slots=True)
class Proportion:
    """Successes among people; both may be fractions where several campaigns are taken together."""

    successes: float
    people: float

    @property
    def rate(self) -> float:
        """Share of successes, 0-1; nan without people."""
        return self.successes / self.people if self.people else math.nan

    @property
    def variance(self) -> float:
        """Variance of the rate, with half a success and failure added so that it is never nil."""
        smoothed = (self.successes + 0.5) / (self.people + 1)
        return smoothed * (1 - smoothed) / self.people

    def wilson(self, level: float) -> tuple[float, float]:
        """Give the Wilson score interval."""
        low, high = wilson_limits(self.rate, self.people, norm.ppf((1 + level) / 2))
        return float(low), float(high)


def wilson_limits(rate: ArrayLike, people: ArrayLike, z: ArrayLike) -> tuple[Vector, Vector]:
    """Give the Wilson score limits of rates at normal quantiles `z`."""
    share, n, z = (np.asarray(one, dtype=np.float64) for one in (rate, people, z))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def jeffreys_limits(rate: ArrayLike, people: ArrayLike, z: ArrayLike) -> tuple[Vector, Vector]:
    """Give the limits of Jeffreys' interval at normal quantiles `z`, less wary of rare outcomes."""
    share, n = (np.asarray(one, dtype=np.float64) for one in (rate, people))
    tail, hits = ndtr(-np.asarray(z, dtype=np.float64)), share * n
    low, high = (betaincinv(hits + 0.5, n - hits + 0.5, at) for at in (tail, 1 - tail))
    return np.minimum(low, share), np.maximum(high, share)


Limits = Callable[[ArrayLike, ArrayLike, ArrayLike], tuple[Vector, Vector]]
"""Gives limits of rates from the rates, the people, and normal quantiles."""


def recovered_limits(
    arms: tuple[Vector, Vector], weights: ArrayLike, z: ArrayLike, limits: Limits = wilson_limits
) -> tuple[Vector, Vector]:
    """Give limits of `a p_t - b p_c` by recovering variances from limits of both rates.

    Args:
        arms: Rates and people of the treated and of the control arms, shape (2,) or (2, groups) each.
        weights: `a` and `b`, likewise.
        z: The normal quantile, or one per group.
        limits: Limits of one rate.
    """
    (treated, n_t), (control, n_c) = arms
    a, b = np.asarray(weights, dtype=np.float64)
    lows, highs = zip(limits(treated, n_t, z), limits(control, n_c, z), strict=True)
    (low_t, low_c), (high_t, high_c) = lows, highs
    low_t, high_t = np.where(a < 0, high_t, low_t), np.where(a < 0, low_t, high_t)
    value = a * treated - b * control
    down = np.hypot(a * (treated - low_t), b * (high_c - control))
    up = np.hypot(a * (high_t - treated), b * (control - low_c))
    return value - down, value + up


def pool_campaigns(arms: Sequence[tuple[Proportion, Proportion]]) -> tuple[Proportion, Proportion]:
    """Take the treated and control arms of several campaigns together, without mixing between campaigns.

    Each campaign weighs `n_t n_c / (n_t + n_c)` (Mantel & Haenszel), so that campaigns with other shares of
    control, or at other times of the year, do not lend each other a difference. The counts that come back are
    those of one campaign with the same rates and the same uncertainty.
    """
    usable = [pair for pair in arms if min(pair[0].people, pair[1].people) > 0]
    if len(usable) < 2:
        return usable[0] if usable else arms[0]
    weights = [pair[0].people * pair[1].people / (pair[0].people + pair[1].people) for pair in usable]
    treated, control = (_pool([pair[side] for pair in usable], weights) for side in (0, 1))
    return treated, control


def _pool(arms: Sequence[Proportion], weights: Sequence[float]) -> Proportion:
    total = sum(weights)
    share = sum(w * arm.rate for w, arm in zip(weights, arms, strict=True)) / total
    people = total**2 / sum(w**2 / arm.people for w, arm in zip(weights, arms, strict=True))
    return Proportion(share * people, people)


def rate_difference(
    treated: Proportion, control: Proportion, level: float = 0.95, method: RateMethod = "newcombe"
) -> Effect:
    """Give the difference of two rates with Newcombe's hybrid score interval, or Wald's.

    Args:
        treated: Successes in the treated arm.
        control: Successes in the control arm.
        level: Level of the interval.
        method: `newcombe` holds its level for small arms and rare outcomes; `wald` is the one most often
            quoted.

    Returns:
        The difference; its standard error is Wald's, or the smoothed one where an arm has no variance.
    """
    if method == "wald":
        value = treated.rate - control.rate
        half = float(norm.ppf((1 + level) / 2)) * _wald_se(treated, control, 1, 1)
        return Effect(value, _wald_se(treated, control, 1, 1), value - half, value + half, level)
    return weighted_rate_difference(treated, control, (1.0, 1.0), 0.0, level)


def equal_tailed_rate_difference(treated: Proportion, control: Proportion, level: float = 0.90) -> Effect:
    """Give the difference of two rates with limits recovered from Jeffreys' (MOVER-J).

    Over rates and sizes its level is nearer to what it says than Newcombe's, which covers too much where
    outcomes are rare.
    """
    arms = (np.array([treated.rate, treated.people]), np.array([control.rate, control.people]))
    low, high = recovered_limits(arms, (1, 1), norm.ppf((1 + level) / 2), jeffreys_limits)
    return Effect(
        treated.rate - control.rate, _wald_se(treated, control, 1, 1), float(low), float(high), level
    )


def weighted_rate_difference(
    treated: Proportion,
    control: Proportion,
    weights: tuple[float, float],
    constant: float = 0.0,
    level: float = 0.90,
) -> Effect:
    """Give `a p_t - b p_c - constant` with the interval that recovers variances from Wilson limits.

    With weights `(M - rD, M)` and the contact cost as the constant this is the profit per contact; with
    `(1, 1)` and nought it is Newcombe's interval. Weights are not negative, except that a treated order that
    loses money makes the first one so.
    """
    a, b = weights
    arms = (np.array([treated.rate, treated.people]), np.array([control.rate, control.people]))
    low, high = recovered_limits(arms, weights, norm.ppf((1 + level) / 2))
    value = a * treated.rate - b * control.rate - constant
    se = _wald_se(treated, control, a, b)
    return Effect(value, se, float(low) - constant, float(high) - constant, level)


def _wald_se(treated: Proportion, control: Proportion, a: float, b: float) -> float:
    plain = [arm.rate * (1 - arm.rate) / arm.people for arm in (treated, control)]
    if min(plain) <= 0:
        plain = [arm.variance for arm in (treated, control)]
    return math.sqrt(a * a * plain[0] + b * b * plain[1])


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean and variance (n - 1) of a quantity over people."""

    mean: float
    variance: float
    people: int

    @classmethod
    def of_sums(cls, total: float, squares: float, people: int) -> "Moments":
        """Build from a sum and a sum of squares, as a database gives them."""
        mean = total / people
        spread = max(squares - people * mean * mean, 0.0)
        return cls(mean, spread / (people - 1) if people > 1 else 0.0, people)


def mean_difference(treated: Moments, control: Moments, level: float = 0.95) -> Effect:
    """Give the difference of two means with Welch's interval."""
    parts = [arm.variance / arm.people for arm in (treated, control)]
    value, se = treated.mean - control.mean, math.sqrt(sum(parts))
    if se == 0:
        return Effect(value, 0.0, value, value, level)
    freedom = sum(parts) ** 2 / sum(
        part**2 / (arm.people - 1) for part, arm in zip(parts, (treated, control), strict=True) if part
    )
    half = float(t.ppf((1 + level) / 2, freedom)) * se
    return Effect(value, se, value - half, value + half, level)
