"""Keeps one popular product from filling everybody's list.

A cheap product in every third basket is a safe guess for anybody and says nothing. Among those who do
not own it, a product may stand in at most a share of the lists: of the customers it scores highest for.
"""

import numpy as np
import scipy.sparse as sp

from marketeer.tools.recommendation.blocks import Span, in_order, spans
from marketeer.tools.recommendation.evaluation import Scorer, masked, top_products
from marketeer.tools.recommendation.interactions import Rows, Scores

MOST_LISTS = 0.10
_TIMES_EVEN = 3
_LIST = 10
_SAMPLE = 1000


class Capped:
    """A scorer with the most exposed products left out for those they suit least.

    Args:
        scorer: What ranks.
        least: The score a product must reach to be listed, −∞ for most; from `least_scores`.
    """

    def __init__(self, scorer: Scorer, least: Scores) -> None:
        self._scorer = scorer
        self._bounded = np.flatnonzero(np.isfinite(least))
        self._least = least[self._bounded]

    def scores(self, rows: Rows) -> Scores:
        """Score all products for some matrix rows; −∞ where a product is kept from a list."""
        scored = self._scorer.scores(rows)
        if self._bounded.size:
            part = scored[:, self._bounded]
            scored[:, self._bounded] = np.where(part >= self._least, part, np.float32(-np.inf))
        return scored


def least_scores(scorer: Scorer, owned: sp.csr_matrix, most: float = MOST_LISTS) -> Scores:
    """Give the score each product must reach for it to stand in at most a share of the lists.

    Args:
        scorer: What ranks.
        owned: Customers × products that may not be recommended.
        most: Largest share of non-owners' lists of ten a product may stand in, estimated on a sample. In a
            small catalogue it is three times the share each product has where all are listed alike.
    """
    customers, products = owned.shape
    most = max(most, _TIMES_EVEN * _LIST / products)
    rows = np.arange(customers, dtype=np.int32)
    if customers > _SAMPLE:
        rows = np.sort(np.random.default_rng(0).choice(rows, _SAMPLE, replace=False))

    def scored(span: Span) -> Scores:
        block = rows[span[0] : span[1]]
        return masked(scorer.scores(block), block, owned)

    scores = np.vstack(list(in_order(scored, spans(rows.size, products))))
    listed = np.bincount(top_products(scores, _LIST).ravel(), minlength=products)
    bound = (min(most, 1.0) * np.isfinite(scores).sum(axis=0)).astype(int)
    least = np.full(products, -np.inf, dtype=np.float32)
    for column in np.flatnonzero((listed > bound) & (bound > 0)):
        least[column] = np.partition(scores[:, column], -bound[column])[-bound[column]]
    return least
