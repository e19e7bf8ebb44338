"""A family of clusterings on a chosen space, as a way to segment."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.segmentation.costs import Cost
from marketeer.tools.segmentation.families import Family, Partition
from marketeer.tools.segmentation.space import Scaling, Space, fit_space


@dataclass(frozen=True, slots=True)
class FittedClustering:
    """A partition together with the space it lives in."""

    space: Space
    partition: Partition

    def assign(self, features: pd.DataFrame) -> NDArray[np.int64]:
        """Give each customer's cluster."""
        return self.partition.assign(self.space.place(features))


@dataclass(frozen=True, slots=True)
class ClusterMethod:
    """Clusters of one family.

    Attributes:
        family: The family.
        k: How many clusters; 0 where the family finds that by itself.
        features: The columns to cluster on.
        scaling: How amounts are pulled in.
    """

    family: Family
    k: int
    features: tuple[str, ...]
    scaling: Scaling = "log"

    @property
    def name(self) -> str:
        """Its code, such as `kmeans_4`."""
        return f"{self.family.name}_{self.k}" if self.k else self.family.name

    @property
    def cost(self) -> Cost:
        """What a fit costs."""
        return self.family.cost

    def fit(self, features: pd.DataFrame, seed: int = 0) -> FittedClustering:
        """Fit space and clusters; a family that cannot hold everybody fits a seeded sample."""
        space = fit_space(features, self.features, self.scaling)
        places = space.place(features)
        fitted_on = self.cost.fitted_on(len(places))
        if fitted_on < len(places):
            chosen = np.random.default_rng(seed).choice(len(places), fitted_on, replace=False)
            places = places[np.sort(chosen)]
        return FittedClustering(space, self.family.fit(places, self.k, seed))
