"""Agglomerative clustering by Ward's criterion (1963), from the bottom up.

It needs memory for every pair of places, so it is fitted on a sample; everybody is assigned to the nearest
mean of the clusters found.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import AgglomerativeClustering

from marketeer.tools.segmentation.costs import Cost
from marketeer.tools.segmentation.families import Family, Partition
from marketeer.tools.segmentation.families.nearest import centres_of

SAMPLE = 3_000


def fit(places: NDArray[np.float64], k: int, seed: int) -> Partition:
    """Join places until k clusters are left; nothing is random."""
    labels = AgglomerativeClustering(k, linkage="ward").fit_predict(places)
    return centres_of(places, np.asarray(labels, dtype=np.int64))


FAMILY = Family("agglomerative", fit, Cost(0.41, most=SAMPLE), order=40)
