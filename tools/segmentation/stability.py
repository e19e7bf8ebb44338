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

from marketeer.tools.segmentation.costs import Cost

Labels = NDArray[np.int64]
LARGEST_SAMPLE = 10_000
KEPT_SHARE = 0.95
RESAMPLES = 10
MOST_RESAMPLES = 50


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

    @property
    def cost(self) -> Cost:
        """What a fit costs."""
        ...

    def fit(self, features: pd.DataFrame, seed: int) -> Fitted:
        """Learn the segments from one table of customers."""
        ...


def sample_rows(features: pd.DataFrame, seed: int, size: int = LARGEST_SAMPLE) -> pd.DataFrame:
    """Give a seeded sample of rows in their order, or the whole table where it is no larger."""
    if len(features) <= size:
        return features
    chosen = np.random.default_rng(seed).choice(len(features), size, replace=False)
    return features.iloc[np.sort(chosen)]


@dataclass(frozen=True, slots=True)
class Agreement:
    """The adjusted Rand index between segments and those of resamples.

    Attributes:
        mean: Its mean, 1 for identical groups, 0 for chance.
        error: The standard error of the mean.
    """

    mean: float
    error: float

    def near(self, floor: float) -> bool:
        """Tell whether it cannot be said yet on which side of a floor it lies."""
        return abs(self.mean - floor) < 2 * self.error


def bootstrap_rand(
    method: Method, features: pd.DataFrame, *, seed: int = 0, floor: float | None = None
) -> Agreement:
    """Measure how well the segments agree with those of bootstrap resamples.

    Args:
        method: The way to segment.
        features: One row per customer; at most 10,000 are used.
        seed: Seeds sample and resamples.
        floor: Where given, resampling goes on until the mean lies two standard errors off it or 50 resamples
            are drawn, so that it is not the luck of the draw which side it lies on.
    """
    table = sample_rows(features, seed)
    labels = method.fit(table, seed).assign(table)
    random = np.random.default_rng([seed, 1])
    scores: list[float] = []
    agreed = Agreement(0.0, np.inf)
    while not scores or (floor is not None and agreed.near(floor) and len(scores) < MOST_RESAMPLES):
        for _ in range(RESAMPLES):
            draw = random.integers(0, len(table), len(table))
            again = method.fit(table.iloc[draw], seed + len(scores) + 1).assign(table)
            scores.append(float(adjusted_rand_score(labels, again)))
        agreed = Agreement(float(np.mean(scores)), float(np.std(scores, ddof=1) / np.sqrt(len(scores))))
    return agreed


def changed_share(method: Method, features: pd.DataFrame, *, seed: int = 0) -> float:
    """Give the mean share of customers in another segment when only 95 % of them are used to find it, 0–1.

    Args:
        method: The way to segment.
        features: One row per customer; at most 10,000 are used.
        seed: Seeds sample and subsamples; the method keeps its own seed.
    """
    table = sample_rows(features, seed)
    labels = method.fit(table, seed).assign(table)
    random = np.random.default_rng([seed, 2])
    kept = max(2, round(KEPT_SHARE * len(table)))
    draws = [np.sort(random.choice(len(table), kept, replace=False)) for _ in range(RESAMPLES)]
    changed = [1 - agreement(labels, method.fit(table.iloc[draw], seed).assign(table)) for draw in draws]
    return float(np.mean(changed))


def agreement(one: Labels, other: Labels) -> float:
    """Give the share of customers two labellings agree on under the best matching of their labels."""
    table = confusion_matrix(one, other)
    rows, columns = linear_sum_assignment(-table)
    return float(table[rows, columns].sum() / one.size)
