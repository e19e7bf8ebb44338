"""HDBSCAN (Campello, Moulavi & Sander 2013): dense regions of any density, the rest is noise.

Fitted on a sample, for memory and time; anybody else takes the label of the nearest sampled place when no
farther from it than its own neighbours are, else is noise.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import HDBSCAN

from marketeer.tools.segmentation.costs import Cost
from marketeer.tools.segmentation.families import Family, Partition
from marketeer.tools.segmentation.families.density import neighbourhood, neighbours_of, reach

SAMPLE = 5_000
SMALLEST_SHARE = 0.02
SMALLEST_SIZE = 10


def fit(places: NDArray[np.float64], k: int, seed: int) -> Partition:
    """Fit clusters of at least two in a hundred; nothing is random, `k` is found."""
    size = neighbourhood(places.shape[1])
    smallest = max(SMALLEST_SIZE, round(SMALLEST_SHARE * len(places)))
    model = HDBSCAN(
        min_cluster_size=min(smallest, len(places)), min_samples=min(size, len(places)), copy=True
    ).fit(places)
    return neighbours_of(places, np.asarray(model.labels_), reach(places, size))


FAMILY = Family("hdbscan", fit, Cost(0.22, 0.009, SAMPLE), finds_k=True, order=70)
