"""Gaussian mixture with full covariances, fitted by expectation maximisation (Dempster et al. 1977)."""

import numpy as np
from numpy.typing import NDArray
from sklearn.mixture import GaussianMixture

from marketeer.tools.segmentation.costs import Cost
from marketeer.tools.segmentation.families import Family, Partition
from marketeer.tools.segmentation.families.nearest import Predicting

SAMPLE = 50_000
LEAST_VARIANCE = 0.01
"""Keeps a spike of equal values, such as one order each, from swallowing a component of no width."""


def fit(places: NDArray[np.float64], k: int, seed: int) -> Partition:
    """Fit k components; each place goes to the most probable one."""
    model = GaussianMixture(k, reg_covar=LEAST_VARIANCE, random_state=seed, max_iter=300, tol=1e-3)
    return Predicting(model.fit(places))


FAMILY = Family("gaussian_mixture", fit, Cost(0.07, 0.002, SAMPLE), order=50)
