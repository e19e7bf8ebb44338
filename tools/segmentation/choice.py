"""Which of several segmentations to take, by a rule that is stated before the data are looked at.

Floors first: no segment too small to act on, and groups that come back on resampled customers (mean adjusted
Rand index of 0.8, Steinley's (2004) good agreement, resampled until the mean is clear of the floor). Among
those that pass, what segments are for decides: the share of the next period's log-spend variance they tell,
at an earlier cut-off. Within half a point of the best, fewer segments win, then the more stable. Silhouette
(Rousseeuw 1987) is reported and never decides: on raw amounts it is near 1 for a useless split.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from marketeer.tools.segmentation.outcome import PERIODS, Period, explained
from marketeer.tools.segmentation.stability import Agreement, Method, bootstrap_rand, sample_rows

SMALLEST_SHARE = 0.02
FEWEST_MEMBERS = 10
LOWEST_RAND = 0.8
AS_GOOD = 0.005
MOST_SEGMENTS = 10
WITHOUT_OUTCOME = 5
"""The most segments where no past period can say how many are useful."""


class Reason(StrEnum):
    """Why a candidate was taken."""

    NEXT_PERIOD = auto()
    FLOORS = auto()
    LEAST_UNSTABLE = auto()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What candidates are judged on.

    Attributes:
        features: The customers to segment.
        periods: Past periods, newest first. The newest is reported and the one before it decides; what
            learns from the past learns, for each, from the one before.
        seed: Seeds every draw.
    """

    features: pd.DataFrame
    periods: tuple[Period, ...] = ()
    seed: int = 0

    @property
    def judging(self) -> tuple[Period, ...]:
        """The periods candidates are judged in: the reported one and the deciding one."""
        return self.periods[:PERIODS]


@dataclass(frozen=True, slots=True)
class Judged:
    """One candidate with its figures.

    Attributes:
        method: The candidate.
        segments: How many segments it makes, noise not counted.
        smallest: Customers in its smallest segment, as a share, 0–1.
        largest: Customers in its largest segment, as a share, 0–1.
        noise: Share of customers in no segment.
        agreement: Adjusted Rand index over bootstrap resamples.
        deciding: η² in the period that decides; None where there is none, or none before it to learn from.
        explained: η² in the newest past period, which decided nothing where there are two.
    """

    method: Method
    segments: int
    smallest: float
    largest: float
    noise: float
    agreement: Agreement
    deciding: float | None = None
    explained: float | None = None

    @property
    def stable(self) -> bool:
        """Whether its groups come back on resampled customers."""
        return self.agreement.mean >= LOWEST_RAND

    def large_enough(self, customers: int) -> bool:
        """Tell whether its smallest segment is large enough to act on."""
        return self.smallest >= max(SMALLEST_SHARE, FEWEST_MEMBERS / customers)

    def passes(self, customers: int) -> bool:
        """Tell whether it clears the floors."""
        return self.segments >= 2 and self.stable and self.large_enough(customers)


def judge(method: Method, evidence: Evidence, then: Sequence[Method] | None = None) -> Judged:
    """Compute all figures of one candidate, on samples where there are many customers.

    On samples one thread is faster than several that wait for each other.

    Args:
        method: The candidate.
        evidence: What it is judged on.
        then: The candidate as it would have been in each period, newest first, where it learns from the past;
            it is not judged in a period it had nothing to learn from.
    """
    with threadpool_limits(1):
        return _judge(method, evidence, [method] * len(evidence.judging) if then is None else then)


def _judge(method: Method, evidence: Evidence, then: Sequence[Method]) -> Judged:
    table = sample_rows(evidence.features, evidence.seed)
    labels = method.fit(table, evidence.seed).assign(table)
    sizes = np.bincount(labels[labels >= 0]) / labels.size
    sizes = sizes[sizes > 0]
    told = [_told(*pair, evidence.seed) for pair in zip(then, evidence.judging, strict=False)]
    return Judged(
        method,
        segments=int(sizes.size),
        smallest=float(sizes.min(initial=1.0)),
        largest=float(sizes.max(initial=0.0)),
        noise=float((labels < 0).mean()),
        agreement=bootstrap_rand(method, evidence.features, seed=evidence.seed, floor=LOWEST_RAND),
        deciding=told[-1] if told and len(told) == len(evidence.judging) else None,
        explained=told[0] if told else None,
    )


def _told(method: Method, period: Period, seed: int) -> float:
    rows = sample_rows(period.features.reset_index(drop=True), seed)
    labels = method.fit(rows, seed).assign(rows)
    return explained(labels, period.log_spend[rows.index.to_numpy()])


def choose(candidates: Sequence[Judged], customers: int) -> tuple[Judged, Reason]:
    """Take one candidate by the rule above and say why.

    Args:
        candidates: At least one.
        customers: How many customers are segmented.
    """
    passing = [candidate for candidate in candidates if candidate.passes(customers)]
    if not passing:
        return max(candidates, key=lambda c: c.agreement.mean), Reason.LEAST_UNSTABLE
    if any(candidate.deciding is None for candidate in passing):
        few = [candidate for candidate in passing if candidate.segments <= WITHOUT_OUTCOME]
        return max(few or passing[:1], key=lambda c: c.segments), Reason.FLOORS
    best = max(candidate.deciding or 0.0 for candidate in passing)
    close = [candidate for candidate in passing if (candidate.deciding or 0.0) >= best - AS_GOOD]
    return min(close, key=lambda c: (c.segments, -c.agreement.mean)), Reason.NEXT_PERIOD
