"""The three figures a buy-till-you-die model sees of a customer, and how often each combination occurs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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
