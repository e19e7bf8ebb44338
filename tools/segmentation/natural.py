"""Whether there are natural groups of purchase processes, and how many.

The number of groups is the one with the least ICL (Biernacki, Celeux & Govaert 2000), which asks for groups
that customers surely belong to. They are clear where the BIC (Schwarz 1978) asks for hardly more of them, and
prefers them to one group whose customers differ in pace without gaps.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from marketeer.tools.segmentation.processes import (
    LARGEST_SAMPLE,
    Fit,
    Histories,
    Processes,
    Values,
    activity,
    climb,
    fit_processes,
    flat,
    histories,
    improve,
)
from marketeer.tools.segmentation.stability import sample_rows

MOST_GROUPS = 8
CLEAR = 0.9
SPREAD_STEPS = 21
SHAPES = (0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0)


def fit_spread(seen: Histories) -> float:
    """Fit one group whose customers differ in pace without gaps, by a gamma (Ehrenberg 1959).

    The gamma is laid on a fixed grid of paces, so that its customers are a mixture with tied parameters.

    Returns:
        The BIC, to compare with that of groups.
    """
    grid = np.exp(np.linspace(np.log(0.02), np.log(8.0), SPREAD_STEPS))

    def better(now: Processes, member: Values) -> Processes:
        mass = member.sum(axis=0)
        shape = max(SHAPES, key=lambda s: float(mass @ np.log(_gamma_weights(grid, s))))
        return _tied(_one_group(now, seen, member, grid), grid, shape)

    _, _, likelihood = climb(_tied(flat(seen, 1), grid, 1.0), seen, better)
    return -2 * likelihood + 6 * float(np.log(seen.level.size))


def _gamma_weights(grid: Values, shape: float) -> Values:
    weights = np.maximum(stats.gamma.pdf(grid, shape, scale=1 / shape) * grid, 1e-12)
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _tied(one: Processes, grid: Values, shape: float) -> Processes:
    same = np.ones(grid.size)
    return Processes(
        _gamma_weights(grid, shape), one.rate * grid, one.drop_out * same, one.level * same,
        one.between * same, one.within * same,
    )  # fmt: skip


def _one_group(now: Processes, seen: Histories, member: Values, grid: Values) -> Processes:
    alive, active = activity(now, seen)
    paced = max(float((member * active * grid).sum()), 1e-9)
    exposure = max(float((member * active).sum()), 1e-9)
    free = improve(now, seen, member)
    share = member.sum(axis=0) / member.sum()
    whole = np.ones(1)
    return Processes(
        whole, whole * seen.repeats.sum() / paced, whole * float((member * (1 - alive)).sum()) / exposure,
        whole * (share @ free.level), whole * (share @ free.between), whole * (share @ free.within),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """The number of groups that was found.

    Attributes:
        fit: The fit with the least ICL.
        densest: How many groups have the least BIC.
        spread: The BIC of one group with a spread of paces.
    """

    fit: Fit
    densest: int
    spread: float

    @property
    def clear(self) -> bool:
        """Whether there are groups that customers surely belong to and that no mere spread explains."""
        groups = self.fit.processes.groups
        surely = groups >= 2 and self.fit.certainty >= CLEAR
        return surely and self.densest <= groups + 1 and self.fit.bic < self.spread


def find_processes(features: pd.DataFrame, seed: int = 0) -> Found:
    """Look for groups of purchase processes among `customer_features`, until two more do not help."""
    seen = histories(sample_rows(features, seed, LARGEST_SAMPLE))
    fits: list[Fit] = []
    for groups in range(1, MOST_GROUPS + 1):
        fits.append(fit_processes(seen, groups, seed))
        best = min(fits, key=lambda fit: fit.icl)
        if groups >= best.processes.groups + 2:
            break
    return Found(best, 1 + int(np.argmin([fit.bic for fit in fits])), fit_spread(seen))
