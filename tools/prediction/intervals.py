"""80 % intervals from what the model got wrong before: conformal prediction, grouped by forecast size.

Split-conformal with cross-validated residuals (Vovk, Gammerman & Shafer 2005, ch. 4, Mondrian categories by
forecast size; cross-conformal as in Vovk 2015, AMAI 74). Under exchangeable periods it covers as stated; a
season breaks that, so coverage is measured on the back-test and reported as it is.
"""

from dataclasses import dataclass

import numpy as np

from marketeer.tools.prediction.btyd.history import Floats

LEVEL = 0.80
_GROUPS = 10
_LEAST_PER_GROUP = 50


@dataclass(frozen=True, slots=True)
class Intervals:
    """Lower and upper error per group of forecasts.

    Attributes:
        edges: Forecast values between groups.
        low: Error quantile below, per group.
        high: Error quantile above, per group.
    """

    edges: Floats
    low: Floats
    high: Floats

    def around(self, predicted: Floats) -> tuple[Floats, Floats]:
        """Give the interval of each forecast; amounts do not go below zero."""
        group = np.searchsorted(self.edges, predicted)
        return np.clip(predicted + self.low[group], 0, None), np.clip(predicted + self.high[group], 0, None)


def conformal(outcome: Floats, predicted: Floats, level: float = LEVEL) -> Intervals:
    """Learn intervals from out-of-fold forecasts.

    Args:
        outcome: What happened.
        predicted: Out-of-fold forecasts.
        level: Share of outcomes an interval should cover.
    """
    groups = int(np.clip(len(outcome) // _LEAST_PER_GROUP, 1, _GROUPS))
    edges = np.unique(np.quantile(predicted, np.arange(1, groups) / groups))
    group = np.searchsorted(edges, predicted)
    error = outcome - predicted
    tail = (1 - level) / 2
    pairs = [_quantiles(error[group == number], error, tail) for number in range(edges.size + 1)]
    return Intervals(edges, np.array([low for low, _ in pairs]), np.array([high for _, high in pairs]))


def _quantiles(own: Floats, everyone: Floats, tail: float) -> tuple[float, float]:
    errors = own if own.size else everyone
    n = errors.size
    # finite-sample correction: the k-th of n with k = ⌈(n + 1)(1 − tail)⌉
    high = min(1.0, np.ceil((n + 1) * (1 - tail)) / n)
    low = max(0.0, np.floor((n + 1) * tail) / n)
    return (
        float(np.quantile(errors, low, method="inverted_cdf")),
        float(np.quantile(errors, high, method="inverted_cdf")),
    )


def coverage(outcome: Floats, low: Floats, high: Floats) -> float:
    """Give the share of outcomes inside their interval."""
    return float(((outcome >= low) & (outcome <= high)).mean())
