"""The three figures a buy-till-you-die model sees of a customer, and how often each combination occurs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOST_TO_FIT = 20_000


@dataclass(frozen=True, slots=True)
class History:
    """Repeat purchases, their recency and the time observed.

    Attributes:
        x: Repeat purchases (purchase days after the first).
        t_x: Time of the last purchase after the first; 0 without repeats.
        T: Time from the first purchase to the cut-off.
        weight: How many customers share the combination.
    """

    x: Floats
    t_x: Floats
    T: Floats
    weight: Floats

    @classmethod
    def of(cls, x: Floats, t_x: Floats, T: Floats) -> "History":
        """Take one entry per customer."""
        return cls(np.asarray(x, float), np.asarray(t_x, float), np.asarray(T, float), np.ones(len(x)))

    def condensed(self) -> "History":
        """Merge equal combinations, which leaves every likelihood as it was and is much faster."""
        frame = pd.DataFrame({"x": self.x, "t_x": self.t_x, "T": self.T, "weight": self.weight})
        merged = frame.groupby(["x", "t_x", "T"], as_index=False)["weight"].sum()
        return History(*(merged[name].to_numpy(float) for name in ("x", "t_x", "T", "weight")))

    def to_fit(self, most: int = MOST_TO_FIT) -> "History":
        """Give the condensed history, or an even sample of its ordered combinations where they are many.

        Four parameters gain nothing from more, and the likelihood of every combination costs a
        hypergeometric series.
        """
        merged = self.condensed()
        n = len(merged.x)
        if n <= most:
            return merged
        even = np.linspace(0, n - 1, most).round().astype(np.intp)
        return History(merged.x[even], merged.t_x[even], merged.T[even], merged.weight[even])
