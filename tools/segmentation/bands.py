"""Customer-value bands: customers cut into equal parts by the spend they are expected to bring.

Expected spend is a ridge regression (Hoerl & Kennard 1970) of the next period's log spend on log features. It
is learnt from a period that is over, so nothing of the time it speaks of is used; and only from the customers
who are segmented, so that a resample of them learns anew.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from marketeer.tools.core.columns import CUSTOMER_ROW
from marketeer.tools.segmentation.costs import Cost
from marketeer.tools.segmentation.outcome import FEWEST_CUSTOMERS, Period
from marketeer.tools.segmentation.scores import Ruler, equal_parts
from marketeer.tools.segmentation.space import Space, fit_space
from marketeer.tools.warehouse import features as f

DRIVERS = (f.RECENCY, f.TENURE, f.ORDERS, f.PRODUCTS, f.GROSS, f.MEAN_ORDER)
BANDS = 5


@dataclass(frozen=True, slots=True)
class ValueModel:
    """Expected log spend of the next period."""

    space: Space
    weights: tuple[float, ...]
    intercept: float

    def expect(self, features: pd.DataFrame) -> NDArray[np.float64]:
        """Give each customer's expected log(1 + spend)."""
        expected: NDArray[np.float64] = self.space.place(features) @ np.asarray(self.weights) + self.intercept
        return expected


def learn_value(period: Period, customers: "pd.Series[int]") -> ValueModel:
    """Learn expected spend from what some customers did in a past period, or all where those are too few.

    Args:
        period: The period.
        customers: Customer rows; one that stands there twice counts twice.
    """
    found = pd.Index(period.features[CUSTOMER_ROW]).get_indexer(pd.Index(customers))
    rows = found[found >= 0]
    if rows.size < FEWEST_CUSTOMERS:
        rows = np.arange(len(period.features))
    features = period.features.iloc[rows]
    space = fit_space(features, DRIVERS)
    ridge = Ridge(alpha=1.0).fit(space.place(features), period.log_spend[rows])
    return ValueModel(space, tuple(ridge.coef_.tolist()), float(ridge.intercept_))


@dataclass(frozen=True, slots=True)
class FittedBands:
    """Bands with their thresholds; label 0 is the most valuable."""

    model: ValueModel
    ruler: Ruler
    bands: int

    def assign(self, features: pd.DataFrame) -> NDArray[np.int64]:
        """Give each customer's band."""
        return self.bands - self.ruler.score(self.model.expect(features))


@dataclass(frozen=True, slots=True)
class BandMethod:
    """Bands of equal size by expected spend, as a way to segment.

    Attributes:
        period: The past period that expected spend is learnt from.
        bands: How many bands.
    """

    period: Period
    bands: int = BANDS

    @property
    def name(self) -> str:
        """Its code."""
        return f"value_bands_{self.bands}"

    @property
    def cost(self) -> Cost:
        """What a fit costs."""
        return Cost(0.01)

    def fit(self, features: pd.DataFrame, seed: int = 0) -> FittedBands:
        """Learn expected spend from these customers and find the thresholds between the bands."""
        model = learn_value(self.period, features[CUSTOMER_ROW])
        ruler = equal_parts(model.expect(features), self.bands, alone=self.bands)
        return FittedBands(model, ruler, self.bands)


def band_code(label: int) -> str:
    """Name a band; band 1 is the most valuable."""
    return f"value_band_{label + 1}"
