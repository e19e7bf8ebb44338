"""Effects of several groups, each pulled towards the whole as far as its own data are weak.

The normal hierarchical model of Gelman et al., *Bayesian Data Analysis* (3rd ed.), sections 5.4 and 15.1:
each group's estimate is normal around its true effect with a known standard error; true effects are normal
with spread tau around a mean that may rise with a covariate, such as the group's base rate (an offer often
moves people in proportion to how much they buy). Empirical Bayes would plug in one tau; here it is integrated
over a grid, so that intervals also carry that it is not known.

Priors, in units of a typical effect size `s`: mean at the centre N(0, s), slope N(0, 1/2), tau half-Cauchy
with scale s / 2. Beside this stands the hypothesis that nothing has any effect, with prior probability 1/4.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_GRID = 100
_DRAWS = 8_000
_NOTHING = 0.25
_SLOPE_SD = 0.5

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shrunken:
    """Draws from what is known about each group's true effect, shape (draws, groups).

    Attributes:
        draws: The draws, given that there is any effect.
        nothing: Probability that no group has any effect.
    """

    draws: NDArray[np.float64]
    nothing: float = 0.0

    @property
    def means(self) -> Vector:
        """Expected effect of each group, given that there is any."""
        return np.asarray(self.draws.mean(axis=0), dtype=np.float64)

    def bounds(self, level: float) -> tuple[Vector, Vector]:
        """Give the lower and upper ends of each group's interval, given that there is any effect."""
        low, high = np.quantile(self.draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return low, high

    def best_probability(self) -> Vector:
        """Give each group's probability of having the largest value of all."""
        first = np.argmax(self.draws, axis=1)
        return np.bincount(first, minlength=self.draws.shape[1]) / len(self.draws)

    def above(self, bound: float = 0.0) -> Vector:
        """Give each group's probability of lying above a bound; no effect counts as not above it."""
        share = (self.draws > bound).mean(axis=0)
        return np.asarray((1 - self.nothing) * share, dtype=np.float64)


def shrink(
    values: ArrayLike,
    ses: ArrayLike,
    covariate: ArrayLike | None = None,
    scale: float | None = None,
    seed: int = 0,
) -> Shrunken:
    """Pull group estimates towards the whole.

    Args:
        values: Estimated effect of each group.
        ses: Its standard error, positive.
        covariate: What the effect may rise with, in the same unit; ignored for fewer than three groups.
        scale: The typical size of an effect; None takes the spread and noise of the estimates.
        seed: Fixes the draws.

    Returns:
        Draws of the true effects. A single group is not pulled anywhere.
    """
    effects, errors = np.asarray(values, dtype=np.float64), np.asarray(ses, dtype=np.float64)
    random = np.random.default_rng(seed)
    size = scale or float(np.sqrt(np.mean(effects**2) + np.mean(errors**2)))
    design = _design(effects.size, covariate)
    taus, weights, coefficients, roots, evidence = _fit(effects, errors, design, size)
    nothing = _probability_of_nothing(effects, errors, evidence)
    if effects.size == 1:
        return Shrunken(effects + errors * random.standard_normal((_DRAWS, 1)), nothing)
    at = random.choice(taus.size, _DRAWS, p=weights)
    noise = random.standard_normal((_DRAWS, design.shape[1]))
    mean = (coefficients[at] + np.einsum("dij,dj->di", roots[at], noise)) @ design.T
    tau = taus[at][:, None]
    own = tau**2 / (tau**2 + errors**2)
    noise = random.standard_normal((_DRAWS, effects.size))
    return Shrunken(own * effects + (1 - own) * mean + np.sqrt(own) * errors * noise, nothing)


def _design(groups: int, covariate: ArrayLike | None) -> NDArray[np.float64]:
    if covariate is None or groups < 3:
        return np.ones((groups, 1))
    values = np.asarray(covariate, dtype=np.float64)
    return np.column_stack([np.ones(groups), values - values.mean()])


def _fit(
    effects: Vector, errors: Vector, design: NDArray[np.float64], size: float
) -> tuple[Vector, Vector, NDArray[np.float64], NDArray[np.float64], float]:
    """Give the grid of tau with its weights, the mean's posterior at each tau, and the log evidence."""
    quantiles = (np.arange(_GRID) + 0.5) / _GRID
    taus = size / 2 * np.tan(np.pi / 2 * 0.98 * quantiles)
    prior = np.diag([size**-2, _SLOPE_SD**-2][: design.shape[1]])
    variance = errors**2 + taus[:, None] ** 2
    precision = np.einsum("gi,ij,ik->gjk", 1 / variance, design, design) + prior
    right = np.einsum("gi,ij->gj", effects / variance, design)
    covariance = np.linalg.inv(precision)
    coefficients = np.einsum("gjk,gk->gj", covariance, right)
    misfit = (effects**2 / variance).sum(axis=1) - (right * coefficients).sum(axis=1)
    log = -0.5 * (
        np.log(2 * np.pi * variance).sum(axis=1)
        + misfit
        + np.linalg.slogdet(precision)[1]
        - np.linalg.slogdet(prior)[1]
    )
    weights = np.exp(log - log.max())
    evidence = float(log.max() + np.log(weights.mean()))
    return taus, weights / weights.sum(), coefficients, np.linalg.cholesky(covariance), evidence


def _probability_of_nothing(effects: Vector, errors: Vector, evidence: float) -> float:
    null = -0.5 * float((np.log(2 * np.pi * errors**2) + (effects / errors) ** 2).sum())
    odds = (1 - _NOTHING) / _NOTHING * np.exp(np.clip(evidence - null, -500, 500))
    return float(1 / (1 + odds))
