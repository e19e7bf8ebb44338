"""Learns the blend's weights on one period and measures it on the next, never the other way round.

The last period is the test, the one before it the validation; each model sees only what came before its
period. Neighbourhood sizes have the best validation NDCG@10, weights come from coordinate ascent on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from marketeer.tools.core.ports import Progress, Silent
from marketeer.tools.recommendation.blend import (
    NEIGHBOURS,
    Blend,
    Sizes,
    Task,
    build,
    parts_for,
    standardised,
    usual_sizes,
)
from marketeer.tools.recommendation.blocks import in_order, spans
from marketeer.tools.recommendation.evaluation import Judgement, Scorer, evaluate
from marketeer.tools.recommendation.exposure import Capped, least_scores
from marketeer.tools.recommendation.ground import Ground
from marketeer.tools.recommendation.interactions import Rows, Scores
from marketeer.tools.recommendation.measured import Measured

LEAST_BUYERS = 5
PERIOD_DAYS = 31
LEAST_EVALUATED = 30
_MOST_VALIDATING, _MOST_TESTING = 2000, 10_000
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
    hear.report("tuning", 0, 2)
    validation = judged(split(earlier(whole, days), days), task, _MOST_VALIDATING)
    test = judged(split(whole, days), task, _MOST_TESTING)
    if validation is None or test is None:
        return None
    codes = parts_for(task, whole)
    learnt = learn_weights(validation, codes)
    hear.report("tuning", 1, 2)
    measured = measure(test, learnt, codes, days)
    hear.report("tuning", 2, 2)
    return measured


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a validation period taught.

    Attributes:
        weights: Part code → weight in the blend.
        sizes: Part code → size of its neighbourhoods.
    """

    weights: Mapping[str, float]
    sizes: Sizes


@dataclass(frozen=True, slots=True)
class Judged:
    """A split with the customers it is judged by.

    Attributes:
        task: What is ranked.
        split: What may be learnt from, and the truth.
        excluded: What may not be recommended, in discovery.
        rows: The matrix rows with a truth.
    """

    task: Task
    split: Split
    excluded: sp.csr_matrix | None
    rows: Rows

    def measure(self, scorer: Scorer) -> Judgement:
        """Judge a scorer by the truth."""
        return evaluate(scorer, self.split.truth, self.excluded)


def judged(cut: Split, task: Task, most: int) -> Judged | None:
    """Choose by whom a split is judged, at most so many; None where there are too few."""
    truth, excluded = cut.truth, None
    if task is Task.DISCOVERY:
        truth, excluded = new_only(truth, cut.ground.owned), cut.ground.owned
    rows = np.flatnonzero(np.diff(truth.indptr)).astype(np.int32)
    if rows.size < LEAST_EVALUATED or cut.ground.interactions.items.size < 2:
        return None
    if rows.size > most:
        rows = np.sort(np.random.default_rng(0).choice(rows, most, replace=False))
        truth = _only_rows(truth, rows)
    return Judged(task, Split(cut.ground, truth), excluded, rows)


def new_only(truth: sp.csr_matrix, owned: sp.csr_matrix) -> sp.csr_matrix:
    """Take from the truth what a customer had owned before."""
    fresh = sp.csr_matrix(truth - truth.multiply(owned > 0))
    fresh.eliminate_zeros()
    return fresh


def _only_rows(matrix: sp.csr_matrix, rows: Rows) -> sp.csr_matrix:
    kept = np.zeros(matrix.shape[0], dtype=np.float32)
    kept[rows] = 1
    left = sp.csr_matrix(sp.diags_array(kept) @ matrix)
    left.eliminate_zeros()
    return left


def measure(test: Judged, learnt: Learnt, codes: Sequence[str], days: int) -> Measured:
    """Measure a blend and each part alone on a period nothing was learnt from."""
    parts = build(codes, test.split.ground, learnt.sizes)
    alone = {code: test.measure(part) for code, part in parts.items()}
    blended = test.measure(blend_of(parts, learnt.weights, test.excluded))
    baseline = BASELINE[test.task]
    return Measured(
        weights=learnt.weights,
        sizes=learnt.sizes,
        blend=blended.accuracy,
        parts={code: judgement.accuracy for code, judgement in alone.items()},
        baseline=baseline,
        period_days=days,
        gain=blended.gain_over(alone[baseline]),
    )


def blend_of(
    parts: Mapping[str, Scorer], weights: Mapping[str, float], excluded: sp.csr_matrix | None
) -> Scorer:
    """Blend the parts; in discovery no product may stand in too many lists."""
    blend = Blend(parts, weights)
    return blend if excluded is None else Capped(blend, least_scores(blend, excluded))


def learn_weights(validation: Judged, codes: Sequence[str]) -> Learnt:
    """Choose neighbourhood sizes and weights of these parts by NDCG@10 on a validation period."""
    ground = validation.split.ground
    sizes = usual_sizes()
    parts = {}
    for code, scorer in build([code for code in codes if code not in NEIGHBOURS], ground, sizes).items():
        parts[code] = _scored(scorer, validation)
    for code in (code for code in codes if code in NEIGHBOURS):
        sizes[code], parts[code] = _best_size(code, validation, sizes)
    return Learnt(_ascend({code: parts[code] for code in codes}, validation), sizes)


def _best_size(code: str, validation: Judged, usual: Sizes) -> tuple[int, Scores]:
    best, chosen = -1.0, (usual[code], np.empty((0, 0), dtype=np.float32))
    for size in NEIGHBOURS[code]:
        scorer = build([code], validation.split.ground, {**usual, code: size})[code]
        scores = _scored(scorer, validation)
        if (found := _ndcg(scores, validation)) > best + 1e-6:
            best, chosen = found, (size, scores)
    return chosen


def _scored(scorer: Scorer, judged: Judged) -> Scores:
    """Give the standardised scores of the judged customers."""
    cut = spans(judged.rows.size, judged.split.truth.shape[1])
    blocks = in_order(lambda span: standardised(scorer.scores(judged.rows[span[0] : span[1]])), cut)
    first, *rest = blocks
    flat = len(first) == 1 < judged.rows.size
    return first if flat else np.vstack([first, *rest])


class _Given:
    """Scores computed before, for the judged customers only."""

    def __init__(self, scores: Scores) -> None:
        self._scores = scores

    def scores(self, rows: Rows) -> Scores:
        return self._scores[rows]


def _ndcg(scores: Scores, judged: Judged) -> float:
    truth = judged.split.truth[judged.rows]
    excluded = None if judged.excluded is None else judged.excluded[judged.rows]
    scores = np.broadcast_to(scores, truth.shape)
    return evaluate(_Given(scores), truth, excluded).accuracy.ndcg


def _ascend(scores: Mapping[str, Scores], judged: Judged) -> dict[str, float]:
    alone = {code: _ndcg(part, judged) for code, part in scores.items()}
    order = sorted(scores, key=lambda code: -alone[code])
    weights, best = {order[0]: 1.0}, alone[order[0]]
    for _ in range(_ROUNDS):
        before = best
        for code in order:
            weights[code], best = _best_weight(code, weights, best, scores, judged)
        if best <= before:
            break
    return {code: weight for code, weight in weights.items() if weight}


def _best_weight(
    code: str, weights: Mapping[str, float], best: float, scores: Mapping[str, Scores], judged: Judged
) -> tuple[float, float]:
    others = [np.float32(w) * scores[other] for other, w in weights.items() if w and other != code]
    rest = sum(others[1:], others[0]) if others else np.float32(0)
    chosen = weights.get(code, 0.0)
    for step in _STEPS:
        if step != chosen and (step or others):
            found = _ndcg(rest + np.float32(step) * scores[code], judged)
            if found > best + 1e-6:
                chosen, best = step, found
    return chosen, best
