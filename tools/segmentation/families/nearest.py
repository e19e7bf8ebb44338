"""Assigning places to the nearest centre."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances_argmin


@dataclass(frozen=True, slots=True)
class Centres:
    """A partition by nearest centre, shape (k, features)."""

    centres: NDArray[np.float64]

    def assign(self, places: NDArray[np.float64]) -> NDArray[np.int64]:
        """Give each place the position of its nearest centre."""
        return np.asarray(pairwise_distances_argmin(places, self.centres), dtype=np.int64)
