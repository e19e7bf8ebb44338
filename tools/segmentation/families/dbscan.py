"""DBSCAN (Ester et al. 1996): dense regions, the rest is noise; the radius is read off the data.

The plain algorithm keeps every neighbour list and dies on some hundred thousand customers, so it is fitted on
a sample; the rest goes to the nearest core place within the radius, or to noise.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN

from marketeer.tools.segmentation.costs import Cost
from marketeer.tools.segmentation.families import Family, Partition
from marketeer.tools.segmentation.families.density import knee, neighbourhood, neighbours_of, reach

SAMPLE = 10_000


def fit(places: NDArray[np.float64], k: int, seed: int) -> Partition:
    """Fit with the radius at the knee of the neighbour distances; nothing is random, `k` is found."""
    size = neighbourhood(places.shape[1])
    radius = knee(reach(places, size))
    model = DBSCAN(eps=radius, min_samples=min(size, len(places))).fit(places)
    core = np.asarray(model.core_sample_indices_)
    return neighbours_of(places[core], np.asarray(model.labels_)[core], np.full(core.size, radius))


FAMILY = Family("dbscan", fit, Cost(0.1, 0.009, SAMPLE), finds_k=True, order=60)
