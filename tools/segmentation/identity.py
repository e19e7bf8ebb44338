"""Keeps the names of groups when the data are refreshed, and says how far each has drifted.

Every run leaves landmarks: where the means of its groups lie. New groups are placed in the space of the
earlier run and matched to its landmarks so that the total distance is least (Kuhn 1955). A match farther than
one standard deviation per feature is a new segment.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from marketeer.tools.segmentation.families import NOISE
from marketeer.tools.segmentation.families.nearest import centres_of
from marketeer.tools.segmentation.space import Matrix, Space
from marketeer.tools.segmentation.stability import Labels

FARTHEST = 1.0


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Where the groups of a run lie.

    Attributes:
        space: The space they lie in.
        centres: The mean of each, shape (groups, features).
        codes: The code of each.
    """

    space: Space
    centres: Matrix
    codes: tuple[str, ...]

    def stored(self) -> dict[str, Any]:
        """Describe them in JSON values."""
        return {"space": asdict(self.space), "centres": self.centres.tolist(), "codes": list(self.codes)}

    @classmethod
    def restored(cls, raw: Mapping[str, Any]) -> "Landmarks | None":
        """Build them from their description; None where there is none."""
        if not raw:
            return None
        return cls(Space.restored(raw["space"]), np.asarray(raw["centres"], dtype=float), tuple(raw["codes"]))


def landmarks_of(space: Space, places: Matrix, labels: Labels, names: Mapping[int, str]) -> Landmarks:
    """Give the landmarks of labelled places; noise is no group.

    Args:
        space: The space the places are in.
        places: One row per customer.
        labels: Their groups.
        names: Label → code.
    """
    kept = labels != NOISE
    codes = tuple(names[label] for label in np.unique(labels[kept]).tolist())
    return Landmarks(space, centres_of(places[kept], labels[kept]).centres, codes)


@dataclass(frozen=True, slots=True)
class Continued:
    """How new groups continue earlier ones.

    Attributes:
        names: Label → code; matched groups keep the earlier code.
        drift: Code → distance from the earlier mean, in standard deviations per feature.
        ended: Earlier codes nothing was matched to.
        begun: New codes without a predecessor.
        landmarks: Where the groups lie now, in the space of the earlier run, so that drift adds up over runs.
    """

    names: Mapping[int, str]
    drift: Mapping[str, float]
    ended: tuple[str, ...]
    begun: tuple[str, ...]
    landmarks: Landmarks


def continue_names(
    before: Landmarks, features: pd.DataFrame, labels: Labels, names: Mapping[int, str]
) -> Continued | None:
    """Match groups to those of an earlier run.

    Args:
        before: The landmarks of the earlier run.
        features: The customers now.
        labels: Their groups now.
        names: Label → code, as they would be named without a past.

    Returns:
        The match, or None where there is no group, or the earlier run used columns these customers lack.
    """
    if not set(before.space.names) <= set(features.columns) or not (labels != NOISE).any():
        return None
    places = before.space.place(features)
    here = landmarks_of(before.space, places, labels, names)
    clusters = [label for label in np.unique(labels).tolist() if label != NOISE]
    distance = cdist(here.centres, before.centres) / np.sqrt(len(before.space.names))
    kept, drift = _matched(distance, clusters, before.codes)
    ended = tuple(sorted(set(before.codes) - set(drift)))
    begun: dict[int, str] = {}
    for label in clusters:
        if label not in kept:
            begun[label] = _free(names[label], {*drift, *begun.values(), *ended})
    renamed = {**names, **kept, **begun}
    landmarks = landmarks_of(before.space, places, labels, renamed)
    return Continued(renamed, drift, ended, tuple(begun.values()), landmarks)


def _matched(
    distance: NDArray[np.float64], clusters: list[int], earlier: tuple[str, ...]
) -> tuple[dict[int, str], dict[str, float]]:
    kept: dict[int, str] = {}
    drift: dict[str, float] = {}
    for row, column in zip(*linear_sum_assignment(distance), strict=True):
        if distance[row, column] <= FARTHEST:
            kept[clusters[row]] = earlier[int(column)]
            drift[earlier[int(column)]] = float(distance[row, column])
    return kept, drift


def _free(code: str, taken: set[str]) -> str:
    number = 2
    free = code
    while free in taken:
        free, number = f"{code}_{number}", number + 1
    return free
