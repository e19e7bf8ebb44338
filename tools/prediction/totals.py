"""How far a forecast total can be off: what single customers do, and what all of them do together.

Customers differ from their forecasts independently; that part shrinks with their number, and its variance is
what the back-test showed at forecasts of that size. A good or bad period moves all of them at once; that
part is the squared error of the logarithm of past totals, one per back-test origin, together with a weak
prior worth two origins at 10 %. The interval is that of Student's t with as many degrees of freedom as there
are origins, the prior's included (Gelman et al. 2013, Bayesian Data Analysis, §2.6: scaled inverse χ² prior).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.intervals import LEVEL

PRIOR_ORIGINS = 2
PRIOR_ERROR = 0.10


@dataclass(frozen=True, slots=True)
class TotalError:
    """The error all customers share.

    Attributes:
        ratios: Forecast over actual total at each back-test origin, newest first.
    """

    ratios: tuple[float, ...]

    @property
    def degrees(self) -> int:
        """Degrees of freedom of the interval."""
        return PRIOR_ORIGINS + len(self._logs)

    @property
    def shared_variance(self) -> float:
        """Variance of the logarithm of actual over forecast total."""
        return float((PRIOR_ORIGINS * PRIOR_ERROR**2 + (self._logs**2).sum()) / self.degrees)

    @property
    def _logs(self) -> Floats:
        return np.log([ratio for ratio in self.ratios if np.isfinite(ratio) and ratio > 0])

    def around(self, total: float, variance: float, level: float = LEVEL) -> tuple[float, float]:
        """Give the interval of a total.

        Args:
            total: The forecast total.
            variance: Sum of the variances of the customers in it.
            level: How likely it should hold the actual total.
        """
        if total <= 0:
            return 0.0, float(np.sqrt(variance) * student.ppf((1 + level) / 2, self.degrees))
        own = np.log1p(variance / total**2)
        wide = student.ppf((1 + level) / 2, self.degrees) * np.sqrt(self.shared_variance + own)
        return float(total * np.exp(-wide)), float(total * np.exp(wide))


def total_ratio(outcome: Sequence[float] | Floats, predicted: Sequence[float] | Floats) -> float:
    """Give forecast over actual total; NaN where nothing happened."""
    actual = float(np.sum(outcome))
    return float(np.sum(predicted)) / actual if actual else float("nan")
