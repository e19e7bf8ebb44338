"""Effects of several groups, each pulled towards the whole as far as its own data are weak.

The normal hierarchical model of Gelman et al., *Bayesian Data Analysis* (3rd ed.), section 5.4: each group's
estimate is normal around its true effect with a known standard error, true effects are normal around a common
mean with spread tau. Empirical Bayes would plug in one tau; here it is integrated over a grid, so that
intervals also carry that it is not known. The prior of tau is half-Cauchy at the scale of the noise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_GRID = 200
_DRAWS = 8_000


@dataclass(frozen=True, slots=True)
class Shrunken:
    """Draws from what is known about each group's true effect, shape (draws, groups)."""

    draws: NDArray[np.float64]

    @property
    def means(self) -> NDArray[np.float64]:
        """Expected effect of each group."""
        return np.asarray(self.draws.mean(axis=0), dtype=np.float64)

    def bounds(self, level: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give the lower and upper ends of each group's interval."""
        low, high = np.quantile(self.draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return low, high

    def best_probability(self) -> NDArray[np.float64]:
        """Give each group's probability of having the largest value of all."""
        first = np.argmax(self.draws, axis=1)
        return np.bincount(first, minlength=self.draws.shape[1]) / len(self.draws)

    def above(self, bound: float = 0.0) -> NDArray[np.float64]:
        """Give each group's probability of lying above a bound."""
        return np.asarray((self.draws > bound).mean(axis=0), dtype=np.float64)


def shrink(values: ArrayLike, ses: ArrayLike, seed: int = 0) -> Shrunken:
    """Pull group estimates towards the whole.

    Args:
        values: Estimated effect of each group.
        ses: Its standard error, positive.
        seed: Fixes the draws.

    Returns:
        Draws of the true effects. A single group is not pulled anywhere.
    """
    effects, errors = np.asarray(values, dtype=np.float64), np.asarray(ses, dtype=np.float64)
    random = np.random.default_rng(seed)
    if effects.size == 1:
        return Shrunken(effects + errors * random.standard_normal((_DRAWS, 1)))
    taus, weights = _spread_posterior(effects, errors)
    tau = random.choice(taus, _DRAWS, p=weights)[:, None]
    precision = 1 / (errors**2 + tau**2)
    total = precision.sum(axis=1, keepdims=True)
    centre = (precision * effects).sum(axis=1, keepdims=True) / total
    mu = centre + random.standard_normal((_DRAWS, 1)) / np.sqrt(total)
    own = tau**2 / (tau**2 + errors**2)
    spread = np.sqrt(own) * errors
    draws = own * effects + (1 - own) * mu + spread * random.standard_normal((_DRAWS, effects.size))
    return Shrunken(draws)


def _spread_posterior(
    effects: NDArray[np.float64], errors: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    scale = float(np.sqrt(np.mean(errors**2)))
    top = 4 * max(float(effects.max() - effects.min()), scale)
    taus = np.linspace(0.0, top, _GRID)
    variance = errors**2 + taus[:, None] ** 2
    precision = 1 / variance
    total = precision.sum(axis=1)
    centre = (precision * effects).sum(axis=1) / total
    misfit = (precision * (effects - centre[:, None]) ** 2).sum(axis=1)
    log = -0.5 * (np.log(total) + np.log(variance).sum(axis=1) + misfit) - np.log1p((taus / scale) ** 2)
    weights = np.exp(log - log.max())
    return taus, weights / weights.sum()
