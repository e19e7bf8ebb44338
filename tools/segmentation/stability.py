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

    @property
    def surely(self) -> float:
        """What it surely reaches: the mean less two standard errors."""
        return self.mean - 2 * self.error


def bootstrap_rand(
    method: Method, features: pd.DataFrame, *, seed: int = 0, resamples: int = 10
) -> Agreement:
    """Measure how well the segments agree with those of bootstrap resamples.

    Args:
        method: The way to segment.
        features: One row per customer; at most 10,000 are used.
        seed: Seeds sample and resamples.
        resamples: How many, at least two.
    """
    table = sample_rows(features, seed)
    labels = method.fit(table, seed).assign(table)
    random = np.random.default_rng([seed, 1])
    draws = [random.integers(0, len(table), len(table)) for _ in range(resamples)]
    scores = [
        adjusted_rand_score(labels, method.fit(table.iloc[draw], seed + n).assign(table))
        for n, draw in enumerate(draws, start=1)
    ]
    return Agreement(float(np.mean(scores)), float(np.std(scores, ddof=1) / np.sqrt(resamples)))


def changed_share(method: Method, features: pd.DataFrame, *, seed: int = 0, resamples: int = 10) -> float:
    """Give the mean share of customers in another segment when only 95 % of them are used to find it, 0–1.

    Args:
        method: The way to segment.
        features: One row per customer; at most 10,000 are used.
        seed: Seeds sample and subsamples; the method keeps its own seed.
        resamples: How many, at least two.
    """
    table = sample_rows(features, seed)
    labels = method.fit(table, seed).assign(table)
    random = np.random.default_rng([seed, 2])
    kept = max(2, round(KEPT_SHARE * len(table)))
    draws = [np.sort(random.choice(len(table), kept, replace=False)) for _ in range(resamples)]
    changed = [1 - agreement(labels, method.fit(table.iloc[draw], seed).assign(table)) for draw in draws]
    return float(np.mean(changed))


def agreement(one: Labels, other: Labels) -> float:
    """Give the share of customers two labellings agree on under the best matching of their labels."""
    table = confusion_matrix(one, other)
    rows, columns = linear_sum_assignment(-table)
    return float(table[rows, columns].sum() / one.size)
