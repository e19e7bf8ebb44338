"""Whether the last ninety days of orders differ from the ninety before by more than chance.

Both stretches are cut into twelve whole weeks. Two things are compared over them by Welch's test for unequal
variances (Biometrika 34, 1947, 28-35): the number of orders a week, and the share of a week's orders above
the median of all of them (Mood's median test, taken by weeks). Weeks vary with whatever moves whole weeks,
which a count of single orders would take for drift.

A change is told where it is certain at 2.5 % and large: a false alarm of either kind is then at most 5 %.
`benchmarks/drift.py` measures it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from marketeer.tools.core.dataset import Dataset

DRIFT_DAYS = 90
"""The last days, and as many before them, that are compared."""
WEEKS = 12
LEVEL = 0.025
LEAST_MEDIAN, LEAST_ORDERS = 0.15, 0.30
"""Relative changes of the median order and of the number of orders that are worth a look."""
_FEWEST_WEEKS = 6
"""Weeks with orders that each stretch needs for its median to be compared."""

_WEEKLY = f"""
WITH sales AS (SELECT gross_amount, (SELECT max(ordered_at)::DATE FROM orders) - ordered_at::DATE AS age
               FROM orders WHERE order_kind = 'sale'),
lately AS (SELECT gross_amount, (age >= {DRIFT_DAYS})::INT AS earlier, (age % {DRIFT_DAYS}) // 7 AS week
           FROM sales WHERE age < {2 * DRIFT_DAYS})
SELECT earlier, week, count(*) AS orders,
       avg((gross_amount > (SELECT median(gross_amount) FROM lately))::INT) AS above
FROM lately WHERE week < {WEEKS} GROUP BY ALL
"""


@dataclass(frozen=True, slots=True)
class Drift:
    """How sure it is that something changed.

    Attributes:
        orders: p-value of the number of orders a week.
        median: p-value of the median order; 1 where there are too few weeks with orders.
    """

    orders: float
    median: float

    def told(self, change_of_orders: float, change_of_median: float) -> bool:
        """Tell whether a change is both certain and large; changes are relative, such as -0.2."""
        fewer_or_more = self.orders < LEVEL and abs(change_of_orders) > LEAST_ORDERS
        return fewer_or_more or (self.median < LEVEL and abs(change_of_median) > LEAST_MEDIAN)


def drift_of(dataset: Dataset) -> Drift:
    """Compare the weeks of the last stretch with those of the one before."""
    return compare(dataset.frame(_WEEKLY))


def compare(weeks: pd.DataFrame) -> Drift:
    """Compare two stretches of twelve weeks.

    Args:
        weeks: One row per week with orders: `earlier` (0 or 1), `week`, `orders`, `above` (share of its
            orders above the common median).
    """
    counts, shares = [], []
    for earlier in (0, 1):
        own = weeks[weeks["earlier"] == earlier].set_index("week")
        counts.append(own["orders"].reindex(range(WEEKS), fill_value=0).to_numpy(float))
        shares.append(own["above"].dropna().to_numpy(float))
    enough = min(map(len, shares)) >= _FEWEST_WEEKS
    return Drift(_welch(*counts), _welch(*shares) if enough else 1.0)


def _welch(one: np.ndarray, other: np.ndarray) -> float:
    if not (one.var() or other.var()):
        return float(one.mean() == other.mean())
    return float(stats.ttest_ind(one, other, equal_var=False).pvalue)
