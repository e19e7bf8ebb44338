"""Keeps the names of clusters when the data are refreshed, and says how far each has drifted.

New clusters are placed in the space of the earlier run and matched to its centres so that the total distance
is least (Kuhn 1955). A match farther than one standard deviation per feature is a new segment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from marketeer.tools.segmentation.clustering import FittedClustering
from marketeer.tools.segmentation.families import NOISE
from marketeer.tools.segmentation.families.nearest import Centres
from marketeer.tools.segmentation.stability import Labels
from marketeer.tools.segmentation.stored import restored

FARTHEST = 1.0


@dataclass(frozen=True, slots=True)
class Continued:
    """How new clusters continue earlier ones.

    Attributes:
        names: Label → code; matched clusters keep the earlier code.
        drift: Code → distance from the earlier centre, in standard deviations per feature.
        ended: Earlier codes nothing was matched to.
        begun: New codes without a predecessor.
    """

    names: Mapping[int, str]
    drift: Mapping[str, float]
    ended: tuple[str, ...]
    begun: tuple[str, ...]


def continue_names(
    rule: Mapping[str, Any], features: pd.DataFrame, labels: Labels, names: Mapping[int, str]
) -> Continued | None:
    """Match clusters to those of an earlier run.

    Args:
        rule: The earlier run's stored rule.
        features: The customers now.
        labels: Their clusters now.
        names: Label → code, as they would be named without a past.

    Returns:
        The match, or None where the earlier run left no centres or used columns these customers lack.
    """
    before = restored(rule)
    if before is None or not isinstance(before.fitted, FittedClustering):
        return None
    space, partition = before.fitted.space, before.fitted.partition
    if not isinstance(partition, Centres) or not set(space.names) <= set(features.columns):
        return None
    clusters = [label for label in np.unique(labels).tolist() if label != NOISE]
    places = space.place(features)
    here = np.vstack([places[labels == label].mean(axis=0) for label in clusters])
    distance = cdist(here, partition.centres) / np.sqrt(len(space.names))
    return _matched(distance, clusters, before.names, names)


def _matched(
    distance: NDArray[np.float64], clusters: list[int], earlier: Mapping[int, str], names: Mapping[int, str]
) -> Continued:
    kept: dict[int, str] = {}
    drift: dict[str, float] = {}
    for row, column in zip(*linear_sum_assignment(distance), strict=True):
        if distance[row, column] <= FARTHEST:
            kept[clusters[row]] = earlier[int(column)]
            drift[earlier[int(column)]] = float(distance[row, column])
    ended = tuple(code for label, code in sorted(earlier.items()) if label != NOISE and code not in drift)
    begun: dict[int, str] = {}
    for label in clusters:
        if label not in kept:
            begun[label] = _free(names[label], {*drift, *begun.values(), *ended})
    return Continued({**names, **kept, **begun}, drift, ended, tuple(begun.values()))


def _free(code: str, taken: set[str]) -> str:
    number = 2
    free = code
    while free in taken:
        free, number = f"{code}_{number}", number + 1
    return free
