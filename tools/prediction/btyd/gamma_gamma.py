"""Gamma-Gamma: the mean spend per purchase, shrunk towards everybody's where a customer bought little.

Fader & Hardie (2013), "The Gamma-Gamma model of monetary value", eq. 1a and 5.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from marketeer.tools.prediction.btyd.fitting import maximise
from marketeer.tools.prediction.btyd.history import Floats

MOST_TO_FIT = 50_000


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """The three parameters: spend gamma(p, ν), ν gamma(q, γ)."""

    p: float
    q: float
    v: float
    log_likelihood: float = float("nan")

    @classmethod
    def fit(cls, x: Floats, mean: Floats) -> "GammaGamma":
        """Fit on customers with purchases and positive mean spend, or an even sample of them by mean.

        Args:
            x: Purchases behind each mean.
            mean: Mean spend per purchase.
        """
        used = (x > 0) & (mean > 0)
        bought, spent = _to_fit(x[used], mean[used])

        def likelihood(parameters: Floats) -> float:
            p, q, v = parameters
            px = p * bought
            value = gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(v)
            value = (
                value + (px - 1) * np.log(spent) + px * np.log(bought) - (px + q) * np.log(v + spent * bought)
            )
            return float(value.sum())

        middle = float(np.median(spent))
        (p, q, v), value = maximise(likelihood, [(3.0, 4.0, middle), (1.0, 2.5, 3 * middle)])
        return cls(float(p), float(q), float(v), value)

    def expected_mean(self, x: Floats, mean: Floats) -> Floats:
        """Give each customer's expected spend per purchase (eq. 5); q ≤ 1 has none, so the plain mean."""
        if self.q <= 1:
            return np.where(x > 0, mean, mean[x > 0].mean() if (x > 0).any() else 0.0)
        expected: Floats = self.p * (self.v + np.where(x > 0, mean, 0.0) * x) / (self.p * x + self.q - 1)
        return expected


def _to_fit(x: Floats, mean: Floats) -> tuple[Floats, Floats]:
    if len(x) <= MOST_TO_FIT:
        return x, mean
    order = np.lexsort((x, mean))
    even = order[np.linspace(0, len(x) - 1, MOST_TO_FIT).round().astype(np.intp)]
    return x[even], mean[even]
