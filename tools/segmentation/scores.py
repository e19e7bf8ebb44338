"""Scores 1..n for one column, as fixed thresholds that can be laid on another date.

Quantile cuts collapse where most customers share a value (most shops have mostly one-time buyers). The rule
here: equal values always share a score; the scores are given from the bottom, each to the group of whole
values that comes closest to an equal part of the customers left. Scores are therefore a function of the value
alone, and the thresholds found on one date can be applied to another.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Split = Literal["mean", "median"]


@dataclass(frozen=True, slots=True)
class Ruler:
    """Thresholds of one score.

    Attributes:
        bounds: Lowest value of each score above the first, ascending.
        levels: The score below the first bound, then from each bound on; one longer than `bounds`.
    """

    bounds: tuple[float, ...]
    levels: tuple[int, ...]

    def score(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Give each value its score."""
        position = np.searchsorted(np.asarray(self.bounds), values, side="right")
        return np.asarray(self.levels, dtype=np.int64)[position]


def equal_parts(values: NDArray[np.float64], bins: int, alone: int) -> Ruler:
    """Find thresholds that cut values into parts of about equal size without splitting ties.

    Args:
        values: One value per customer; higher is better.
        bins: How many scores to give; fewer distinct values than that are spread over 1..bins.
        alone: The score for everybody where there is only one distinct value.
    """
    distinct, counts = np.unique(values, return_counts=True)
    if distinct.size == 1:
        return Ruler((), (alone,))
    parts = min(bins, distinct.size)
    reached = np.cumsum(counts)
    ends: list[int] = []
    done = 0
    for left in range(parts, 1, -1):
        target = done + (reached[-1] - done) / left
        first = ends[-1] + 1 if ends else 0
        choices = reached[first : distinct.size - left + 1]
        end = first + int(np.argmin(np.abs(choices - target)))
        ends.append(end)
        done = int(reached[end])
    levels = np.rint(np.linspace(1, bins, parts)).astype(int)
    return Ruler(tuple(float(distinct[end + 1]) for end in ends), tuple(levels.tolist()))


def above(values: NDArray[np.float64], split: Split) -> Ruler:
    """Find the one threshold that scores 2 for values strictly above the mean or median, else 1."""
    if values.min() == values.max():
        return Ruler((), (1,))
    middle = np.mean(values) if split == "mean" else np.median(values)
    return Ruler((float(np.nextafter(middle, np.inf)),), (1, 2))


def as_values(column: "pd.Series[float]") -> NDArray[np.float64]:
    """Give a column as plain floats."""
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
