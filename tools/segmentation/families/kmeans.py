"""k-means (Lloyd 1982), started by k-means++, the best of several starts."""

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from marketeer.tools.segmentation.costs import Cost
from marketeer.tools.segmentation.families import Family, Partition
from marketeer.tools.segmentation.families.nearest import Centres

STARTS = 10
STARTS_OF_MANY = 3
MANY = 20_000


def fit(places: NDArray[np.float64], k: int, seed: int) -> Partition:
    """Fit k centres; fewer starts where there are many places, which have fewer poor optima."""
    starts = STARTS if len(places) <= MANY else STARTS_OF_MANY
    model = KMeans(k, n_init=starts, random_state=seed).fit(places)
    return Centres(np.asarray(model.cluster_centers_, dtype=np.float64))


FAMILY = Family("kmeans", fit, Cost(0.02), order=10)
