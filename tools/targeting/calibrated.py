"""Intervals that hold their level for each group by itself, and are shorter where the other groups agree.

A posterior interval covers on average over what its prior expects, so too often where effects are alike and
too rarely where they are not. Here each group has a frequentist interval instead, whose two tails together
are always `alpha` and are shared between the sides by what the *other* groups lead one to expect (Yu & Hoff
2018, *Biometrika* 105, 319-335, section 2): whatever is true, it covers with its level. Limits at each tail
are recovered from Jeffreys limits of both rates, so that they hold for small arms and rare outcomes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from marketeer.tools.targeting.effects import Proportion, jeffreys_limits, recovered_limits

Vector = NDArray[np.float64]
_STEPS = 60
_EDGE = 1e-12


@dataclass(frozen=True, slots=True)
class Contrasts:
    """One quantity per group: `a p_t - b p_c - constant`, from the group's two arms.

    Attributes:
        treated: Each group's treated arm.
        control: Each group's control arm.
        weights: `a` and `b` of each group, shape (2, groups).
        constant: The constant of each group.
    """

    treated: Sequence[Proportion]
    control: Sequence[Proportion]
    weights: NDArray[np.float64]
    constant: Vector

    @property
    def se(self) -> Vector:
        """Standard error of each, from smoothed rates."""
        variances = np.array(
            [[t.variance, c.variance] for t, c in zip(self.treated, self.control, strict=True)]
        )
        return np.asarray(np.sqrt((self.weights**2 * variances.T).sum(axis=0)))

    def limits(self, z_low: Vector, z_high: Vector) -> tuple[Vector, Vector]:
        """Give one lower and one upper limit per group, at normal quantiles of their own."""
        arms = _figures(self.treated), _figures(self.control)
        low, _ = recovered_limits(arms, self.weights, z_low, jeffreys_limits)
        _, high = recovered_limits(arms, self.weights, z_high, jeffreys_limits)
        return low - self.constant, high - self.constant


class Limited(Protocol):
    """One quantity per group that has a limit at any normal quantile."""

    @property
    def se(self) -> Vector:
        """Standard error of each."""
        ...

    def limits(self, z_low: Vector, z_high: Vector) -> tuple[Vector, Vector]:
        """Give one lower and one upper limit per group."""
        ...


def _figures(arms: Sequence[Proportion]) -> NDArray[np.float64]:
    return np.array([(arm.rate, arm.people) for arm in arms], dtype=np.float64).T


def calibrated_bounds(
    contrasts: Limited, expected: Vector, sd: Vector, level: float
) -> tuple[Vector, Vector]:
    """Give the lower and upper end of each group's interval.

    Args:
        contrasts: The groups' data.
        expected: What is expected of each group without its own data.
        sd: Standard deviation of that; infinite where nothing is expected.
        level: Level of the intervals, 0-1.
    """
    alpha = 1 - level
    reach = np.where(np.isfinite(sd), np.minimum(sd, 1e6), 1e6) ** 2 / (2 * contrasts.se)

    def truth(share: Vector) -> Vector:
        """Give the true value at which this share of alpha lies above what is accepted."""
        gap = ndtri(alpha * share) - ndtri(alpha * (1 - share))
        return np.asarray(expected - gap * reach)

    def low(share: Vector) -> Vector:
        z = -ndtri(alpha * share)
        return contrasts.limits(z, z)[0]

    def high(share: Vector) -> Vector:
        z = -ndtri(alpha * (1 - share))
        return contrasts.limits(z, z)[1]

    at_low = _falls_to_zero(lambda share: truth(share) - low(share), expected.size)
    at_high = _falls_to_zero(lambda share: truth(share) - high(share), expected.size)
    return low(at_low), high(at_high)


def _falls_to_zero(function: Callable[[Vector], Vector], size: int) -> Vector:
    """Find where falling functions of a share, one per group, cross nought, by bisection."""
    below, above = np.full(size, _EDGE), np.full(size, 1 - _EDGE)
    for _ in range(_STEPS):
        middle = (below + above) / 2
        positive = function(middle) > 0
        below, above = np.where(positive, middle, below), np.where(positive, above, middle)
    return np.asarray((below + above) / 2)
