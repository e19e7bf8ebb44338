"""Customer-value bands: customers cut into equal parts by the spend they are expected to bring.

Expected spend is a ridge regression (Hoerl & Kennard 1970) of the next period's log spend on log features,
learnt at an earlier cut-off, so that nothing of the period it speaks of is used.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from marketeer.tools.segmentation.outcome import Period
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


def learn_value(period: Period) -> ValueModel:
    """Learn expected spend from a past period."""
    space = fit_space(period.features, DRIVERS)
    ridge = Ridge(alpha=1.0).fit(space.place(period.features), period.log_spend)
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
    """Bands of equal size by a value model, as a way to segment."""

    model: ValueModel
    bands: int = BANDS

    @property
    def name(self) -> str:
        """Its code."""
        return f"value_bands_{self.bands}"

    def fit(self, features: pd.DataFrame, seed: int = 0) -> FittedBands:
        """Find the thresholds between the bands."""
        ruler = equal_parts(self.model.expect(features), self.bands, alone=self.bands)
        return FittedBands(self.model, ruler, self.bands)


def band_code(label: int) -> str:
    """Name a band; band 1 is the most valuable."""
    return f"value_band_{label + 1}"
