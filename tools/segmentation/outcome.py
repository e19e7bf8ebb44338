"""What segments are for: how much of the next period's spend they tell, on dates already past.

η² (the correlation ratio, Fisher 1925) is the share of the variance of log(1 + spend) that lies between
segments. It is computed at an earlier cut-off, from features known then and spend that came after.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.core.columns import CUSTOMER_ROW
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.warehouse.features import customer_features

HORIZON_DAYS = 91
SHORTEST_HORIZON_DAYS = 14
FEWEST_CUSTOMERS = 50
PERIODS = 2
"""One that decides and a later one that is reported."""
PERIODS_TO_LEARN = 3
"""One more, so that what learns from the past has a period to learn from before the one that decides."""

_SPEND = """
SELECT customer_row, sum(gross_amount)::DOUBLE AS spend FROM orders
WHERE customer_row IS NOT NULL AND order_kind = 'sale' AND ordered_at >= $after AND ordered_at < $until
GROUP BY customer_row
"""


@dataclass(frozen=True, slots=True)
class Period:
    """A cut-off in the past and what came after it.

    Attributes:
        cut_off: The last day of the features.
        horizon_days: How many days after it the spend covers.
        features: `customer_features` at the cut-off.
        log_spend: log(1 + spend) after the cut-off, one per row of `features`.
    """

    cut_off: date
    horizon_days: int
    features: pd.DataFrame
    log_spend: NDArray[np.float64]


def past_periods(dataset: Dataset, as_of: date, count: int = PERIODS) -> tuple[Period, ...]:
    """Give up to `count` past periods that end one after the other at the as-of date, newest first.

    The horizon is a quarter, or a third of the history where that is shorter; a period needs as much history
    before it as the horizon is long, and some customers in it.
    """
    first = dataset.frame("SELECT min(ordered_at) AS day FROM orders WHERE ordered_at < $until",
                          {"until": as_of + timedelta(days=1)})["day"].iloc[0]  # fmt: skip
    if pd.isna(first):
        return ()
    history = (as_of - first.date()).days
    horizon = min(HORIZON_DAYS, history // 3)
    if horizon < SHORTEST_HORIZON_DAYS:
        return ()
    cut_offs = [as_of - timedelta(days=horizon * n) for n in range(1, count + 1)]
    periods = [_period(dataset, day, horizon) for day in cut_offs if (day - first.date()).days >= horizon]
    return tuple(period for period in periods if len(period.features) >= FEWEST_CUSTOMERS)


def _period(dataset: Dataset, cut_off: date, horizon: int) -> Period:
    after = cut_off + timedelta(days=1)
    features = customer_features(dataset, cut_off)
    spend = dataset.frame(_SPEND, {"after": after, "until": after + timedelta(days=horizon)})
    amounts = spend.set_index(CUSTOMER_ROW)["spend"].reindex(features[CUSTOMER_ROW], fill_value=0.0)
    return Period(cut_off, horizon, features, np.log1p(amounts.to_numpy(dtype=np.float64)))


def explained(labels: NDArray[np.int64], values: NDArray[np.float64]) -> float:
    """Give η²: the share of the variance of `values` that lies between the groups of `labels`."""
    total = float(((values - values.mean()) ** 2).sum())
    if total == 0:
        return 0.0
    _, group = np.unique(labels, return_inverse=True)
    counts = np.bincount(group)
    means = np.bincount(group, weights=values) / counts
    return float((counts * (means - values.mean()) ** 2).sum() / total)
