"""Bisecting k-means (Steinbach, Karypis & Kumar 2000): splits the loosest cluster until there are k."""

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import BisectingKMeans

from marketeer.tools.segmentation.costs import Cost
from marketeer.tools.segmentation.families import Family, Partition
from marketeer.tools.segmentation.families.nearest import Predicting

STARTS = 3


def fit(places: NDArray[np.float64], k: int, seed: int) -> Partition:
    """Fit k clusters from the top down."""
    return Predicting(BisectingKMeans(k, n_init=STARTS, random_state=seed).fit(places))


FAMILY = Family("bisecting_kmeans", fit, Cost(0.01), order=30)
