"""Ways to find clusters, one file per family; a file that exports `FAMILY` is found here.

A family fits places (rows of a standardised matrix) and gives a fitted clustering that can assign any other
places: that is how samples, resamples and earlier dates are treated alike. Noise is labelled −1.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from marketeer.tools.segmentation.costs import Cost

NOISE = -1


class Partition(Protocol):
    """A fitted clustering."""

    def assign(self, places: NDArray[np.float64]) -> NDArray[np.int64]:
        """Give each place its cluster, 0 … k−1, or `NOISE`."""
        ...


class Fit(Protocol):
    """Fits places into clusters; density families find `k` by themselves and ignore it."""

    def __call__(self, places: NDArray[np.float64], k: int, seed: int) -> Partition:
        """Fit k clusters."""
        ...


@dataclass(frozen=True, slots=True)
class Family:
    """One way to find clusters.

    Attributes:
        name: Its code, as given to `segment_customers`.
        fit: Fits it.
        cost: What a fit costs, and the most places it is fitted on; the rest are assigned.
        finds_k: Whether it finds the number of clusters by itself.
        order: Its place in comparison tables.
    """

    name: str
    fit: Fit
    cost: Cost
    finds_k: bool = False
    order: int = 50


@lru_cache(maxsize=1)
def families() -> Mapping[str, Family]:
    """Give every family in this folder by name."""
    modules: list[Any] = [
        importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)
    ]
    found: list[Family] = [module.FAMILY for module in modules if hasattr(module, "FAMILY")]
    return {family.name: family for family in sorted(found, key=lambda family: family.order)}
