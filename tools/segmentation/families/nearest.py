"""Partitions by nearest centre, and by a fitted model's own rule."""

from dataclasses import dataclass
from typing import Any

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


def centres_of(places: NDArray[np.float64], labels: NDArray[np.int64]) -> Centres:
    """Give the partition by the means of groups that were found some other way."""
    return Centres(np.vstack([places[labels == label].mean(axis=0) for label in np.unique(labels)]))


@dataclass(frozen=True, slots=True)
class Predicting:
    """A partition by a fitted model that can predict."""

    model: Any

    def assign(self, places: NDArray[np.float64]) -> NDArray[np.int64]:
        """Give each place the cluster the model predicts."""
        return np.asarray(self.model.predict(places), dtype=np.int64)
