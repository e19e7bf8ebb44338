"""Learns the blend's weights on one period and measures it on the next, never the other way round.

The last period is the test, the one before it the validation; each model sees only what came before its
period. Weights come from coordinate ascent on validation NDCG@10.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from marketeer.tools.core.ports import Progress, Silent
from marketeer.tools.recommendation.blend import Blend, Ground, Task, build, parts_for, standardised
from marketeer.tools.recommendation.evaluation import Judgement, Scorer, evaluate
from marketeer.tools.recommendation.exposure import Capped
from marketeer.tools.recommendation.interactions import Rows, Scores
from marketeer.tools.recommendation.measured import Measured

LEAST_BUYERS = 5
PERIOD_DAYS = 31
LEAST_EVALUATED = 30
_MOST_EVALUATED = 2000
_STEPS = (0.0, 0.25, 0.5, 1.0, 2.0)
_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Split:
    """What a model may learn from, and what it is judged by.

    Attributes:
        ground: Purchases before the period, of products with enough buyers.
        truth: Customers × products bought within the period, on the axes of `ground`, 0/1.
    """

    ground: Ground
    truth: sp.csr_matrix


def split(whole: Ground, days: int) -> Split:
    """Cut the last days off as truth; products need five buyers and customers a purchase before."""
    interactions = whole.interactions
    train = interactions.before(days).only(LEAST_BUYERS)
    rows = np.searchsorted(interactions.users, train.users)
    columns = np.searchsorted(interactions.items, train.items)
    truth = interactions.within(days)[rows][:, columns].tocsr()
    vectors = None if whole.vectors is None else whole.vectors[columns]
    return Split(Ground(train, vectors), truth)


def earlier(whole: Ground, days: int) -> Ground:
    """Give the ground as it was some days ago, on the same axes."""
    return Ground(whole.interactions.before(days), whole.vectors)


BASELINE = {Task.DISCOVERY: "recent_28", Task.BASKET: "own_180"}
"""What a blend must beat: the best-seller list, or each customer's own habits."""


def tune(
    whole: Ground, task: Task, days: int = PERIOD_DAYS, progress: Progress | None = None
) -> Measured | None:
    """Learn weights on the last period but one, and measure the blend on the last.

    Args:
        whole: All purchases up to now.
        task: What is ranked.
        days: Length of a period.
        progress: Hears how far it is.

    Returns:
        What was learnt and measured, or None where either period has too few customers to judge by.
    """
    hear = progress or Silent()
    hear.report("tuning", 0, 3)
    validation = _judged(split(earlier(whole, days), days), task)
    test = _judged(split(whole, days), task)
    if validation is None or test is None:
        return None
    parts = build(parts_for(task, validation.split.ground), validation.split.ground)
    hear.report("tuning", 1, 3)
    weights = _ascend(
        {code: standardised(part.scores(validation.rows)) for code, part in parts.items()}, validation
    )
    hear.report("tuning", 2, 3)
    fitted = build(tuple(parts), test.split.ground)
    alone = {code: test.measure(part) for code, part in fitted.items()}
    blend: Scorer = Blend(fitted, weights)
    if test.excluded is not None:
        blend = Capped(blend, test.excluded)
    blended = test.measure(blend)
    hear.report("tuning", 3, 3)
    return Measured(
        weights=weights,
        blend=blended.accuracy,
        parts={code: judgement.accuracy for code, judgement in alone.items()},
        baseline=BASELINE[task],
        period_days=days,
        gain=blended.gain_over(alone[BASELINE[task]]),
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """A split with the customers it is judged by."""

    split: Split
    excluded: sp.csr_matrix | None
    rows: Rows

    def measure(self, scorer: Scorer) -> Judgement:
        return evaluate(scorer, self.split.truth, self.excluded)


def _judged(cut: Split, task: Task) -> _Judged | None:
    owned = cut.ground.interactions.owned()
    truth, excluded = cut.truth, None
    if task is Task.DISCOVERY:
        truth, excluded = new_only(truth, owned), owned
    rows = np.flatnonzero(np.diff(truth.indptr)).astype(np.int32)
    if rows.size < LEAST_EVALUATED or cut.ground.interactions.items.size < 2:
        return None
    if rows.size > _MOST_EVALUATED:
        rows = np.sort(np.random.default_rng(0).choice(rows, _MOST_EVALUATED, replace=False))
    return _Judged(Split(cut.ground, truth), excluded, rows)


def new_only(truth: sp.csr_matrix, owned: sp.csr_matrix) -> sp.csr_matrix:
    """Take from the truth what a customer had owned before."""
    fresh = sp.csr_matrix(truth - truth.multiply(owned > 0))
    fresh.eliminate_zeros()
    return fresh


class _Given:
    """Scores computed before, for the judged customers only."""

    def __init__(self, scores: Scores) -> None:
        self._scores = scores

    def scores(self, rows: Rows) -> Scores:
        return self._scores[rows]


def _ascend(scores: Mapping[str, Scores], judged: _Judged) -> dict[str, float]:
    truth = judged.split.truth[judged.rows]
    excluded = None if judged.excluded is None else judged.excluded[judged.rows]

    def quality(weights: Mapping[str, float]) -> float:
        total = np.sum([np.float32(w) * scores[code] for code, w in weights.items() if w], axis=0)
        return evaluate(_Given(total), truth, excluded).accuracy.ndcg

    alone = {code: quality({code: 1.0}) for code in scores}
    order = sorted(scores, key=lambda code: -alone[code])
    weights, best = {order[0]: 1.0}, alone[order[0]]
    for _ in range(_ROUNDS):
        before = best
        weights, best = _one_round(order, weights, best, quality)
        if best <= before:
            break
    return weights


def _one_round(
    order: Sequence[str],
    weights: dict[str, float],
    best: float,
    quality: Callable[[Mapping[str, float]], float],
) -> tuple[dict[str, float], float]:
    for code in order:
        for step in _STEPS:
            tried = {**weights, code: step}
            if any(tried.values()) and tried != weights and (found := quality(tried)) > best + 1e-6:
                weights, best = tried, found
    return {code: weight for code, weight in weights.items() if weight}, best
