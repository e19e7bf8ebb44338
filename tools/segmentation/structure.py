"""Whether clusters are really there, or are useful slices of one cloud.

The silhouette of the clusters is compared with that of the same clustering of a single Gaussian cloud with
the data's covariance, and with the 0.5 Kaufman & Rousseeuw (1990) ask of a reasonable structure.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score

from marketeer.tools.segmentation.families import Family

REASONABLE = 0.5
SAMPLE = 2_500


@dataclass(frozen=True, slots=True)
class Structure:
    """How separate clusters are, on a sample; noise left out.

    Attributes:
        silhouette: −1 to 1, higher is more separate.
        davies_bouldin: 0 and up, lower is more separate (Davies & Bouldin 1979).
        calinski_harabasz: 0 and up, higher is more separate (Caliński & Harabasz 1974).
        of_one_cloud: The silhouette the same clustering reaches on one Gaussian cloud.
    """

    silhouette: float
    davies_bouldin: float
    calinski_harabasz: float
    of_one_cloud: float | None = None

    @property
    def clear(self) -> bool:
        """Whether there are clear clusters."""
        return self.silhouette >= REASONABLE and self.silhouette > (self.of_one_cloud or 0.0)


def measure_structure(
    places: NDArray[np.float64], labels: NDArray[np.int64], *, seed: int = 0, family: Family | None = None
) -> Structure | None:
    """Measure how separate clusters are; None where fewer than two of them are in the sample.

    Args:
        places: Standardised features.
        labels: Their clusters.
        seed: Seeds the sample.
        family: Clusters one Gaussian cloud with, for comparison.
    """
    kept = np.flatnonzero(labels >= 0)
    if kept.size > SAMPLE:
        kept = np.sort(np.random.default_rng(seed).choice(kept, SAMPLE, replace=False))
    points, groups = places[kept], labels[kept]
    if not 2 <= np.unique(groups).size < kept.size:
        return None
    return Structure(
        float(silhouette_score(points, groups)),
        float(davies_bouldin_score(points, groups)),
        float(calinski_harabasz_score(points, groups)),
        _one_cloud(points, int(np.unique(groups).size), seed, family) if family else None,
    )


def _one_cloud(points: NDArray[np.float64], k: int, seed: int, family: Family) -> float | None:
    covariance = np.atleast_2d(np.cov(points, rowvar=False))
    cloud = np.random.default_rng(seed).multivariate_normal(points.mean(axis=0), covariance, len(points))
    labels = family.fit(cloud, k, seed).assign(cloud)
    kept = labels >= 0
    if not 2 <= np.unique(labels[kept]).size < kept.sum():
        return None
    return float(silhouette_score(cloud[kept], labels[kept]))
