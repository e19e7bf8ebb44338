"""Mini-batch k-means (Sculley 2010): k-means by small draws, for very many customers."""

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans

from marketeer.tools.segmentation.costs import Cost
from marketeer.tools.segmentation.families import Family, Partition
from marketeer.tools.segmentation.families.nearest import Centres

BATCH = 4_096
STARTS = 3


def fit(places: NDArray[np.float64], k: int, seed: int) -> Partition:
    """Fit k centres by batches."""
    model = MiniBatchKMeans(k, batch_size=BATCH, n_init=STARTS, random_state=seed).fit(places)
    return Centres(np.asarray(model.cluster_centers_, dtype=np.float64))


FAMILY = Family("mini_batch_kmeans", fit, Cost(0.012), order=20)
