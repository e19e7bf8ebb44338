"""What the density families share: neighbours of sampled places, and how the rest is assigned."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import KDTree

from marketeer.tools.segmentation.families import NOISE

SMALLEST_NEIGHBOURHOOD = 10
BATCH = 100_000


def neighbourhood(features: int) -> int:
    """Give how many neighbours make a place dense: twice the dimensions (Sander et al. 1998), or ten."""
    return max(SMALLEST_NEIGHBOURHOOD, 2 * features)


def reach(places: NDArray[np.float64], neighbours: int) -> NDArray[np.float64]:
    """Give each place's distance to its n-th neighbour."""
    distances, _ = KDTree(places).query(places, k=min(neighbours, len(places)))
    return np.asarray(distances[:, -1], dtype=np.float64)


def knee(distances: NDArray[np.float64]) -> float:
    """Give the value where sorted distances turn up: farthest below the chord (Satopää et al. 2011).

    The top hundredth is left out, so that a few far customers do not set the radius.
    """
    curve = np.sort(distances)[: max(2, int(0.99 * distances.size))]
    rise = curve[-1] - curve[0]
    if rise <= 0:
        return float(curve[-1]) or float(np.finfo(float).eps)
    chord = np.linspace(0, 1, curve.size)
    return float(curve[int(np.argmax(chord - (curve - curve[0]) / rise))]) or float(curve[-1])


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A partition by the nearest dense place, within its radius; farther away is noise.

    Attributes:
        tree: The dense places.
        labels: Their clusters.
        radii: How far each of them reaches.
    """

    tree: Any
    labels: NDArray[np.int64]
    radii: NDArray[np.float64]

    def assign(self, places: NDArray[np.float64]) -> NDArray[np.int64]:
        """Give each place the cluster of its nearest dense place, or noise."""
        if not self.labels.size:
            return np.full(len(places), NOISE, dtype=np.int64)
        parts = np.array_split(places, max(1, len(places) // BATCH))
        return np.concatenate([self._assign(part) for part in parts])

    def _assign(self, places: NDArray[np.float64]) -> NDArray[np.int64]:
        distances, nearest = self.tree.query(places, k=1)
        at = nearest[:, 0]
        return np.where(distances[:, 0] <= self.radii[at] * (1 + 1e-9), self.labels[at], NOISE)


def neighbours_of(
    places: NDArray[np.float64], labels: NDArray[np.int64], radii: NDArray[np.float64]
) -> Neighbours:
    """Build the partition from labelled places."""
    return Neighbours(KDTree(places) if len(places) else None, labels.astype(np.int64), radii)
