"""How good ranked lists are against what was bought next: NDCG, recall, hit rate, coverage.

Binary gains, discount 1/log2(rank + 1), ideal over min(k, |truth|) (Järvelin & Kekäläinen 2002, TOIS 20(4)).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from marketeer.tools.recommendation.blocks import Span, in_order, spans
from marketeer.tools.recommendation.interactions import Rows, Scores
from marketeer.tools.recommendation.measured import Accuracy

_GROUP = 32
"""Products are looked at in groups of this many, so that few of them need to be ordered."""


class Scorer(Protocol):
    """Scores all products for some customers."""

    def scores(self, rows: Rows) -> Scores:
        """Score all products for some matrix rows, shape (rows, products)."""
        ...


@dataclass(frozen=True, slots=True)
class Judgement:
    """How good top-k lists were, with the NDCG of each customer for paired comparisons.

    Attributes:
        accuracy: The means.
        per_customer: NDCG@k of each customer, in row order.
    """

    accuracy: Accuracy
    per_customer: NDArray[np.float64]

    def gain_over(self, other: "Judgement") -> float:
        """Give the mean paired difference in NDCG, in its standard errors."""
        difference = self.per_customer - other.per_customer
        error = difference.std(ddof=1) / np.sqrt(difference.size)
        return float(difference.mean() / error) if error > 0 else 0.0


def top_products(scores: Scores, k: int) -> NDArray[np.intp]:
    """Give the columns of the k best scores per row, best first, ties by column.

    The k best lie in the k groups of columns with the largest maxima, and only those are ordered.
    """
    k = min(k, scores.shape[1])
    groups = scores.shape[1] // _GROUP
    if groups < 2 * k:
        return _best(scores, k)
    columns = _in_best_groups(scores, groups, k)
    there = columns < scores.shape[1]
    values = np.take_along_axis(scores, np.where(there, columns, 0), axis=1)
    values[~there] = -np.inf
    order = _best(values, k)
    best = np.take_along_axis(columns, order, axis=1)
    few = ~np.isfinite(np.take_along_axis(values, order, axis=1)).all(axis=1)
    best[few] = _best(scores[few], k)
    return best


def _in_best_groups(scores: Scores, groups: int, k: int) -> NDArray[np.intp]:
    """Give all columns of each row's k best groups, ascending, some beyond the last one.

    Group g holds the columns g modulo the number of groups.
    """
    largest = scores[:, :groups].copy()
    for start in range(groups, scores.shape[1], groups):
        part = scores[:, start : start + groups]
        np.maximum(largest[:, : part.shape[1]], part, out=largest[:, : part.shape[1]])
    best = np.sort(np.argpartition(largest, groups - k, axis=1)[:, groups - k :], axis=1)
    starts = np.arange(0, scores.shape[1], groups)
    return (starts[:, None] + best[:, None, :]).reshape(scores.shape[0], -1)


def _best(scores: Scores, k: int) -> NDArray[np.intp]:
    n = scores.shape[1]
    chosen = np.argpartition(scores, n - k, axis=1)[:, n - k :]
    chosen.sort(axis=1)
    order = np.argsort(-np.take_along_axis(scores, chosen, axis=1), axis=1, kind="stable")
    return np.take_along_axis(chosen, order, axis=1)


def evaluate(scorer: Scorer, truth: sp.csr_matrix, excluded: sp.csr_matrix | None, k: int = 10) -> Judgement:
    """Compare top-k lists with the truth, for customers who have any.

    Args:
        scorer: What ranks.
        truth: Customers × products bought in the test period, 0/1.
        excluded: Customers × products that may not be recommended (already owned); they leave the truth too.
        k: Length of the lists.
    """
    if excluded is not None:
        truth = truth - truth.multiply(excluded > 0)
        truth.eliminate_zeros()
    rows = np.flatnonzero(np.diff(truth.indptr)).astype(np.int32)

    def listed(span: Span) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        block = rows[span[0] : span[1]]
        best = top_products(masked(scorer.scores(block), block, excluded), k)
        return best, np.take_along_axis(truth[block].toarray(), best, axis=1) > 0

    lists, hits = zip(*in_order(listed, spans(rows.size, truth.shape[1])), strict=True)
    coverage = np.unique(np.vstack(lists)).size / truth.shape[1]
    return _summary(np.vstack(hits), np.diff(truth.indptr)[rows], coverage, k)


def masked(scores: Scores, rows: Rows, excluded: sp.csr_matrix | None) -> Scores:
    """Push excluded products to the very end; writes into the scores where it can."""
    if excluded is None:
        return scores
    scores = scores if scores.flags.writeable else scores.copy()
    part = excluded[rows]
    at = np.repeat(np.arange(rows.size), np.diff(part.indptr))
    scores[at, part.indices] = -np.inf
    return scores


def _summary(hits: NDArray[np.bool_], sizes: NDArray[np.int32], coverage: float, k: int) -> Judgement:
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discount)[np.minimum(sizes, k) - 1]
    ndcg = hits @ discount[: hits.shape[1]] / ideal
    accuracy = Accuracy(
        customers=len(hits),
        ndcg=float(ndcg.mean()),
        recall=float((hits.sum(axis=1) / sizes).mean()),
        hit_rate=float(hits.any(axis=1).mean()),
        coverage=coverage,
        by_rank=tuple(hits.mean(axis=0).tolist()),
    )
    return Judgement(accuracy, ndcg)
