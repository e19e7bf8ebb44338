"""How much of a segmentation survives when the data wobble.

Two questions: do resampled customers give the same groups (mean adjusted Rand index over bootstrap
resamples, Hubert & Arabie 1985; Hennig 2007), and how many customers would be called something else if five
in a hundred customers had not been there?
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, confusion_matrix

Labels = NDArray[np.int64]
LARGEST_SAMPLE = 20_000
KEPT_SHARE = 0.95


class Fitted(Protocol):
    """Anything that can say which segment a customer is in."""

    def assign(self, features: pd.DataFrame) -> Labels:
        """Give each customer's label."""
        ...


class Method(Protocol):
    """A way to segment customers."""

    @property
    def name(self) -> str:
        """Its code."""
        ...

    def fit(self, features: pd.DataFrame, seed: int) -> Fitted:
        """Learn the segments from one table of customers."""
        ...


@dataclass(frozen=True, slots=True)
class Stability:
    """How much survives.

    Attributes:
        rand: Mean adjusted Rand index over bootstrap resamples, 1 for identical groups.
        changed_share: Mean share of customers in another segment when fitted on 95 % of them, 0–1.
    """

    rand: float
    changed_share: float


def sample_rows(features: pd.DataFrame, seed: int, size: int = LARGEST_SAMPLE) -> pd.DataFrame:
    """Give a seeded sample of rows in their order, or the whole table where it is no larger."""
    if len(features) <= size:
        return features
    chosen = np.random.default_rng(seed).choice(len(features), size, replace=False)
    return features.iloc[np.sort(chosen)]


def measure_stability(
    method: Method, features: pd.DataFrame, *, seed: int = 0, resamples: int = 10
) -> Stability:
    """Refit on resamples and compare what they say about the same customers.

    Args:
        method: The way to segment.
        features: One row per customer; at most 20,000 are used.
        seed: Seeds sample and resamples.
        resamples: Bootstrap resamples, and as many subsamples.
    """
    table = sample_rows(features, seed)
    labels = method.fit(table, seed).assign(table)
    random = np.random.default_rng([seed, 1])
    rand, changed = [], []
    for draw in range(resamples):
        boot = random.integers(0, len(table), len(table))
        rand.append(adjusted_rand_score(labels, _refit(method, table, boot, seed + draw)))
        kept = random.choice(len(table), max(2, round(KEPT_SHARE * len(table))), replace=False)
        again = _refit(method, table, np.sort(kept), seed)
        changed.append(1 - agreement(labels, again))
    return Stability(float(np.mean(rand)), float(np.mean(changed)))


def agreement(one: Labels, other: Labels) -> float:
    """Give the share of customers two labellings agree on under the best matching of their labels."""
    table = confusion_matrix(one, other)
    rows, columns = linear_sum_assignment(-table)
    return float(table[rows, columns].sum() / one.size)


def _refit(method: Method, table: pd.DataFrame, rows: NDArray[np.int64], seed: int) -> Labels:
    return method.fit(table.iloc[rows], seed).assign(table)
