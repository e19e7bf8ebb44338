"""80 % intervals from what the model got wrong before: conformal prediction, grouped by forecast size.

Split-conformal with out-of-sample ratios (Vovk, Gammerman & Shafer 2005, ch. 4, Mondrian categories by
forecast size). An outcome is set beside its forecast as a ratio, so that within a group an interval grows
with the forecast. Most customers may well do nothing at all: where that alone is more likely than the lower
tail, an interval begins at nothing and only its upper end is sought. Under exchangeable periods it covers as
stated; a season breaks that, so coverage is measured on the back-test and reported as it is.
"""

from dataclasses import dataclass

import numpy as np

from marketeer.tools.prediction.btyd.history import Floats

LEVEL = 0.80
_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
"""Where groups end, as shares of the customers by forecast; the largest forecasts differ the most."""
_LEAST_PER_GROUP = 50
_FLOOR = 0.01
"""Forecasts below this share of the mean forecast count as that much, so that ratios stay finite."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """Lower and upper ratio of outcome to forecast per group of forecasts.

    Attributes:
        edges: Forecast values between groups.
        floor: The least a forecast counts as.
        low: Lower ratio, per group.
        high: Upper ratio, per group.
        spread: Variance of the ratio, per group.
    """

    edges: Floats
    floor: float
    low: Floats
    high: Floats
    spread: Floats

    def around(self, predicted: Floats, *, whole: bool = False) -> tuple[Floats, Floats]:
        """Give the interval of each forecast.

        Args:
            predicted: The forecasts.
            whole: Whether outcomes are whole numbers, so that ends can be too.
        """
        group = np.searchsorted(self.edges, predicted)
        size = np.maximum(predicted, self.floor)
        low, high = size * self.low[group], size * self.high[group]
        if not whole:
            return low, high
        inner_low, inner_high = np.ceil(low), np.floor(high)
        empty = inner_low > inner_high
        return np.where(empty, np.floor(low), inner_low), np.where(empty, np.ceil(high), inner_high)

    def variance(self, predicted: Floats) -> Floats:
        """Give the variance of the outcome each forecast stands for."""
        group = np.searchsorted(self.edges, predicted)
        variance: Floats = np.maximum(predicted, self.floor) ** 2 * self.spread[group]
        return variance


def conformal(outcome: Floats, predicted: Floats, level: float = LEVEL) -> Intervals:
    """Learn intervals from forecasts of outcomes the model had not seen.

    Args:
        outcome: What happened.
        predicted: The forecasts.
        level: Share of outcomes an interval should cover.
    """
    floor = max(_FLOOR * float(predicted.mean()), 1e-9)
    edges = np.unique(np.quantile(predicted, _shares(len(outcome))))
    group = np.searchsorted(edges, predicted)
    ratio = outcome / np.maximum(predicted, floor)
    members = [ratio[group == number] for number in range(edges.size + 1)]
    members = [own if own.size else ratio for own in members]
    ends = np.array([_ends(own, 1 - level) for own in members])
    return Intervals(edges, floor, ends[:, 0], ends[:, 1], np.array([own.var() for own in members]))


def _shares(n: int) -> list[float]:
    """Give the ends of groups that hold enough customers each."""
    shares: list[float] = []
    for share in _SHARES:
        before = shares[-1] if shares else 0.0
        if min(share - before, 1 - share) * n >= _LEAST_PER_GROUP:
            shares.append(share)
    return shares


def _ends(ratio: Floats, miss: float) -> tuple[float, float]:
    n = ratio.size
    below = 0.0 if (ratio == 0).mean() > miss / 2 else miss / 2
    # finite-sample correction: the k-th of n with k = ⌈(n + 1)(1 − tail)⌉
    high = min(1.0, np.ceil((n + 1) * (1 - miss + below)) / n)
    if not below:
        return 0.0, float(np.quantile(ratio, high, method="inverted_cdf"))
    low = max(0.0, np.floor((n + 1) * below) / n)
    return (
        float(np.quantile(ratio, low, method="inverted_cdf")),
        float(np.quantile(ratio, high, method="inverted_cdf")),
    )


def coverage(outcome: Floats, low: Floats, high: Floats) -> float:
    """Give the share of outcomes inside their interval."""
    return float(((outcome >= low) & (outcome <= high)).mean())
