"""Cuts purchases in time: what may be learnt from, what is judged by, and by whom."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from marketeer.tools.recommendation.blend import Task
from marketeer.tools.recommendation.evaluation import Judgement, Scorer, evaluate
from marketeer.tools.recommendation.ground import Ground
from marketeer.tools.recommendation.interactions import Rows

LEAST_BUYERS = 5
LEAST_EVALUATED = 30


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
