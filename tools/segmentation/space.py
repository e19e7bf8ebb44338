"""The space customers are clustered in: chosen features, made comparable, the same way at any date.

Raw amounts put almost everybody into one cluster, so features are pulled in (logarithm, or Yeo & Johnson
2000), standardised, and cut off at three standard deviations, so that a handful of extreme customers does not
decide where the centres lie. What was learnt from one table is applied unchanged to another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.segmentation.scores import as_values

Scaling = Literal["log", "yeo_johnson", "raw"]
Matrix = NDArray[np.float64]
FARTHEST = 3.0
"""Standard deviations from the mean beyond which no difference counts, but on raw scale."""


@dataclass(frozen=True, slots=True)
class Space:
    """A fitted space.

    Attributes:
        names: The feature columns, in order.
        scaling: How they are pulled in before standardising.
        fill: What stands in for a missing value, per feature: the median.
        centre: Mean per feature after pulling in.
        spread: Standard deviation per feature after pulling in.
        powers: λ per feature, where the scaling is Yeo-Johnson.
    """

    names: tuple[str, ...]
    scaling: Scaling
    fill: tuple[float, ...]
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    powers: tuple[float, ...] = ()

    @classmethod
    def restored(cls, raw: Mapping[str, Any]) -> "Space":
        """Build a space from its description in JSON values."""
        return cls(
            tuple(raw["names"]), raw["scaling"], tuple(raw["fill"]), tuple(raw["centre"]),
            tuple(raw["spread"]), tuple(raw["powers"]),
        )  # fmt: skip

    def place(self, features: pd.DataFrame) -> Matrix:
        """Give each customer's place, shape (n, features), in standard deviations from the mean."""
        matrix = _filled(_columns(features, self.names), self.fill)
        pulled = _pull(matrix, self.scaling, self.powers)
        pulled -= np.asarray(self.centre)
        pulled /= np.asarray(self.spread)
        return pulled if self.scaling == "raw" else np.clip(pulled, -FARTHEST, FARTHEST, out=pulled)


def fit_space(features: pd.DataFrame, names: Sequence[str], scaling: Scaling = "log") -> Space:
    """Learn a space from one table.

    Args:
        features: One row per customer.
        names: The numeric columns to use; `check_features` has passed them.
        scaling: How amounts are pulled in.
    """
    raw = _columns(features, names)
    fill = tuple(float(np.median(known)) if (known := c[~np.isnan(c)]).size else 0.0 for c in raw.T)
    matrix = _filled(raw, fill)
    powers = _powers(matrix) if scaling == "yeo_johnson" else ()
    pulled = _pull(matrix, scaling, powers)
    spread = pulled.std(axis=0)
    spread[spread == 0] = 1.0
    centre = pulled.mean(axis=0)
    return Space(tuple(names), scaling, fill, tuple(centre.tolist()), tuple(spread.tolist()), powers)


def _powers(matrix: Matrix) -> tuple[float, ...]:
    varied = (column if column.min() < column.max() else None for column in matrix.T)
    return tuple(1.0 if column is None else float(stats.yeojohnson_normmax(column)) for column in varied)


def usable_features(features: pd.DataFrame, names: Sequence[str]) -> tuple[str, ...]:
    """Give the columns that customers can be grouped by.

    Raises:
        Insufficient: There are fewer than two customers, or no column tells them apart.
    """
    count = len(features)
    if count < 2:
        raise Insufficient(
            f"Segments need at least two customers with orders; the data has {count}. "
            "Load more orders, or choose a later as-of date.",
            code="too_few_customers",
            customers=count,
        )
    faults = _faults(features, names)
    if len(faults) == len(names):
        raise Insufficient(
            f"Nothing tells these {count} customers apart: {_listed(faults)}. "
            "Load more history, or name other features.",
            code="no_variation",
            columns=list(faults),
        )
    return tuple(name for name in names if name not in faults)


def check_features(features: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise `Retry` where a column is constant, mostly missing or holds infinite values, and others are not.

    Raises:
        Insufficient: As `usable_features`.
        Retry: Names the columns at fault and those that can be used.
    """
    usable = usable_features(features, names)
    faults = _faults(features, names)
    if faults:
        raise Retry(
            f"These features cannot be used: {_listed(faults)}. Leave them out; "
            f"usable here: {', '.join(usable)}.",
            code="unusable_features",
            columns=list(faults),
            usable=list(usable),
        )


def missing_share(features: pd.DataFrame, names: Sequence[str]) -> float:
    """Give the share of values that are missing, 0–1."""
    return float(features[list(names)].isna().to_numpy().mean())


def _faults(features: pd.DataFrame, names: Sequence[str]) -> dict[str, str]:
    columns = ((name, _fault(as_values(features[name]))) for name in names)
    return {name: fault for name, fault in columns if fault}


def _listed(faults: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {fault}" for name, fault in faults.items())


def _fault(column: NDArray[np.float64]) -> str:
    if np.isinf(column).any():
        return f"has {int(np.isinf(column).sum())} infinite values"
    known = column[~np.isnan(column)]
    if known.size * 2 < column.size:
        return "is missing for more than half of the customers"
    return "is the same for everybody" if known.min() == known.max() else ""


def _columns(features: pd.DataFrame, names: Sequence[str]) -> Matrix:
    matrix = np.empty((len(features), len(names)), dtype=np.float64)
    for position, name in enumerate(names):
        matrix[:, position] = as_values(features[name])
    return matrix


def _filled(matrix: Matrix, fill: Sequence[float]) -> Matrix:
    for position, value in enumerate(fill):
        column = matrix[:, position]
        column[np.isnan(column)] = value
    return matrix


def _pull(matrix: Matrix, scaling: Scaling, powers: Sequence[float]) -> Matrix:
    if scaling == "log":
        return np.copysign(np.log1p(np.abs(matrix)), matrix)
    for position, power in enumerate(powers):
        matrix[:, position] = stats.yeojohnson(matrix[:, position], lmbda=power)
    return matrix
