"""Effects of several groups, each pulled towards the whole as far as its own data are weak.

The normal hierarchical model of Gelman et al., *Bayesian Data Analysis* (3rd ed.), sections 5.4 and 15.1:
each group's estimate is normal around its true effect with a known standard error; true effects are normal
with spread tau around a mean. Empirical Bayes would plug in one tau; here it is integrated over a grid, so
that what is said also carries that it is not known.

Where a covariate is given, such as the group's base rate, three forms of the mean are averaged by their
evidence (section 7.4): *alike*, one effect for all groups; *in proportion* to the covariate, as an offer that
moves people the more the more they buy; and *any*, a line of either direction with a wide spread around it.
Beside them stands the hypothesis that nothing has any effect, with prior probability 1/4.

Priors, in units of a typical effect size `s`: the mean of *alike* N(s/2, s), of *any* N(0, s); the slope of
*in proportion* N(0.4, 0.3), of *any* N(0, 1/2); tau half-Cauchy with scale s/2 for *any*, else s/20.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_GRID = 100
_DRAWS = 8_000
_NOTHING = 0.25
_SLOPE_SD = 0.5

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shrunken:
    """Draws from what is known about each group's true effect, shape (draws, groups).

    Attributes:
        draws: The draws, given that there is any effect.
        nothing: Probability that no group has any effect.
    """

    draws: Matrix
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


@dataclass(frozen=True, slots=True)
class _Form:
    """A form of the mean: its columns, the normal prior of their coefficients, and the scale of tau."""

    share: float
    design: Matrix
    mean: Vector
    sd: Vector
    spread: float


@dataclass(frozen=True, slots=True)
class _Fit:
    """A form over the grid of tau: its weights, the coefficients' posterior at each, the log evidence."""

    taus: Vector
    weights: Vector
    coefficients: Matrix
    covariance: NDArray[np.float64]
    evidence: float


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
        covariate: What the effect may rise with, in the same unit.
        scale: The typical size of an effect; None takes the spread and noise of the estimates.
        seed: Fixes the draws.

    Returns:
        Draws of the true effects. A single group is not pulled anywhere.
    """
    effects, errors = np.asarray(values, dtype=np.float64), np.asarray(ses, dtype=np.float64)
    random = np.random.default_rng(seed)
    forms = _forms(effects.size, covariate, scale or _size(effects, errors))
    fits = [_fit(effects, errors, form) for form in forms]
    chances, nothing = _chances(effects, errors, forms, fits)
    if effects.size == 1:
        return Shrunken(effects + errors * random.standard_normal((_DRAWS, 1)), nothing)
    counts = random.multinomial(_DRAWS, chances)
    parts = [
        _draw(effects, errors, form, fit, int(count), random)
        for form, fit, count in zip(forms, fits, counts, strict=True)
    ]
    return Shrunken(np.concatenate(parts), nothing)


def expected_from_others(
    values: ArrayLike, ses: ArrayLike, covariate: ArrayLike | None = None, scale: float | None = None
) -> tuple[Vector, Vector]:
    """Give what all other groups lead one to expect of each: mean and standard deviation of its effect.

    Nothing of a group's own effect goes into what is expected of it; a single group has no others, and
    its standard deviation is infinite.
    """
    effects, errors = np.asarray(values, dtype=np.float64), np.asarray(ses, dtype=np.float64)
    means, sds = np.zeros(effects.size), np.full(effects.size, np.inf)
    if effects.size == 1:
        return means, sds
    for own in range(effects.size):
        others = np.arange(effects.size) != own
        size = scale or _size(effects[others], errors[others])
        forms = _forms(effects.size, covariate, size)
        fits = [_fit(effects[others], errors[others], form, form.design[others]) for form in forms]
        chances, nothing = _chances(effects[others], errors[others], forms, fits)
        first, second = np.array(
            [_moments(fit, form.design[own]) for form, fit in zip(forms, fits, strict=True)]
        ).T
        mean = (1 - nothing) * float(chances @ first)
        means[own] = mean
        sds[own] = np.sqrt(max((1 - nothing) * float(chances @ second) - mean**2, 0.0))
    return means, sds


def _size(effects: Vector, errors: Vector) -> float:
    return float(np.sqrt(np.mean(effects**2) + np.mean(errors**2)))


def _forms(groups: int, covariate: ArrayLike | None, size: float) -> list[_Form]:
    ones = np.ones((groups, 1))
    if covariate is None or groups == 1:
        return [_Form(1.0, ones, np.zeros(1), np.array([size]), size / 2)]
    values = np.asarray(covariate, dtype=np.float64)[:, None]
    line = np.column_stack([ones, values - values.mean()])
    return [
        _Form(0.50, line, np.zeros(2), np.array([size, _SLOPE_SD]), size / 2),
        _Form(0.25, values, np.array([0.4]), np.array([0.3]), size / 20),
        _Form(0.25, ones, np.array([size / 2]), np.array([size]), size / 20),
    ]


def _fit(effects: Vector, errors: Vector, form: _Form, design: Matrix | None = None) -> _Fit:
    rows = form.design if design is None else design
    quantiles = (np.arange(_GRID) + 0.5) / _GRID
    taus = form.spread * np.tan(np.pi / 2 * 0.98 * quantiles)
    prior = np.diag(form.sd**-2)
    variance = errors**2 + taus[:, None] ** 2
    left = effects - rows @ form.mean
    precision = np.einsum("gi,ij,ik->gjk", 1 / variance, rows, rows) + prior
    right = np.einsum("gi,ij->gj", left / variance, rows)
    covariance = np.linalg.inv(precision)
    moved = np.einsum("gjk,gk->gj", covariance, right)
    misfit = (left**2 / variance).sum(axis=1) - (right * moved).sum(axis=1)
    log = -0.5 * (
        np.log(2 * np.pi * variance).sum(axis=1)
        + misfit
        + np.linalg.slogdet(precision)[1]
        - np.linalg.slogdet(prior)[1]
    )
    weights = np.exp(log - log.max())
    evidence = float(log.max() + np.log(weights.mean()))
    return _Fit(taus, weights / weights.sum(), form.mean + moved, covariance, evidence)


def _chances(effects: Vector, errors: Vector, forms: list[_Form], fits: list[_Fit]) -> tuple[Vector, float]:
    """Give the probability of each form, given any effect, and the probability of none."""
    logs = np.array([np.log(form.share) + fit.evidence for form, fit in zip(forms, fits, strict=True)])
    weights = np.exp(logs - logs.max())
    evidence = float(logs.max() + np.log(weights.sum()))
    null = -0.5 * float((np.log(2 * np.pi * errors**2) + (effects / errors) ** 2).sum())
    odds = (1 - _NOTHING) / _NOTHING * np.exp(np.clip(evidence - null, -500, 500))
    return weights / weights.sum(), float(1 / (1 + odds))


def _draw(
    effects: Vector, errors: Vector, form: _Form, fit: _Fit, count: int, random: np.random.Generator
) -> Matrix:
    at = random.choice(fit.taus.size, count, p=fit.weights)
    roots = np.linalg.cholesky(fit.covariance)
    noise = random.standard_normal((count, form.mean.size))
    mean = (fit.coefficients[at] + np.einsum("dij,dj->di", roots[at], noise)) @ form.design.T
    tau = fit.taus[at][:, None]
    own = tau**2 / (tau**2 + errors**2)
    noise = random.standard_normal((count, effects.size))
    return np.asarray(own * effects + (1 - own) * mean + np.sqrt(own) * errors * noise)


def _moments(fit: _Fit, row: Vector) -> tuple[float, float]:
    """Give the mean and the mean square of a new group's effect."""
    mean = fit.coefficients @ row
    variance = np.einsum("j,gjk,k->g", row, fit.covariance, row) + fit.taus**2
    return float(fit.weights @ mean), float(fit.weights @ (variance + mean**2))
