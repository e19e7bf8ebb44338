"""What every part of a blend is built from; what several parts need is made once."""

from dataclasses import dataclass, field
from functools import cached_property

import scipy.sparse as sp

from marketeer.tools.recommendation.gram import gram
from marketeer.tools.recommendation.interactions import Interactions, Scores
from marketeer.tools.recommendation.linear import MOST_ITEMS
from marketeer.tools.recommendation.neighbours import cosine_neighbours, gram_neighbours

TASTE_DAYS = 90.0
"""A purchase speaks for a taste with exp(−age / 90 days)."""


MOST_NEIGHBOURS = 200


@dataclass(frozen=True)
class Ground:
    """Purchases and product texts on one pair of axes.

    Attributes:
        interactions: The purchases.
        vectors: Text vectors of the products, in column order; None leaves content out.
    """

    interactions: Interactions
    vectors: sp.csr_matrix | None = None
    _neighbours: dict[float, sp.csr_matrix] = field(default_factory=dict, init=False, compare=False)

    @property
    def has_text(self) -> bool:
        """Whether product texts say anything."""
        return self.vectors is not None and self.vectors.nnz > 0

    @cached_property
    def owned(self) -> sp.csr_matrix:
        """What each customer ever bought, 0/1."""
        return self.interactions.owned()

    @cached_property
    def taste(self) -> sp.csr_matrix:
        """What each customer bought, the latest purchase decayed by its age."""
        return self.interactions.latest(TASTE_DAYS)

    @cached_property
    def gram(self) -> Scores:
        """TasteᵀTaste, which EASE and the item neighbourhoods share."""
        return gram(self.taste)

    def share(self) -> None:
        """Make what several parts need before they are learnt side by side."""
        if self.taste.shape[1] <= MOST_ITEMS:
            _ = self.gram

    def neighbours(self, shrinkage: float) -> sp.csr_matrix:
        """Give each product's nearest others by taste; in a large catalogue without the dense matrix."""
        if shrinkage not in self._neighbours:
            self._neighbours.clear()
            self._neighbours[shrinkage] = self._nearest(shrinkage)
        return self._neighbours[shrinkage]

    def _nearest(self, shrinkage: float) -> sp.csr_matrix:
        if self.taste.shape[1] > MOST_ITEMS:
            return cosine_neighbours(self.taste.T.tocsr(), MOST_NEIGHBOURS, shrinkage)
        return gram_neighbours(self.gram, MOST_NEIGHBOURS, shrinkage)
