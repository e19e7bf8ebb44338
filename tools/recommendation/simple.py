"""The recommenders every other must beat: what sells now, and what the customer buys again."""

import numpy as np
import scipy.sparse as sp

from marketeer.tools.recommendation.interactions import Interactions, Rows, Scores


class Recent:
    """Rank products by their distinct buyers in the last days, the same list for everybody."""

    def __init__(self, interactions: Interactions, days: float) -> None:
        self._buyers = interactions.recent_buyers(days)

    def scores(self, rows: Rows) -> Scores:
        """Score all products for some matrix rows, shape (rows, products): one row, seen many times."""
        return np.broadcast_to(self._buyers, (rows.size, self._buyers.size))


class Own:
    """Rank products by how often, and how lately, the customer bought them."""

    def __init__(self, bought: sp.csr_matrix) -> None:
        self._bought = bought

    def scores(self, rows: Rows) -> Scores:
        """Score all products for some matrix rows, shape (rows, products)."""
        scored: Scores = self.sparse(rows).toarray()
        return scored

    def sparse(self, rows: Rows) -> sp.csr_matrix:
        """Score the products the customers bought, as few as they are; all others are 0."""
        return self._bought[rows]
