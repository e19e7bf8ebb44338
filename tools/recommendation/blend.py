"""The parts a recommendation is blended from, and the blend itself.

Two tasks are kept apart. *Discovery* ranks products a customer never bought; *basket* ranks what will be in
the next month's baskets, repurchases included. A model good at one is poor at the other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

import numpy as np
import scipy.sparse as sp

from marketeer.tools.recommendation.content import Content
from marketeer.tools.recommendation.evaluation import Scorer
from marketeer.tools.recommendation.graph import walk_weights
from marketeer.tools.recommendation.interactions import Interactions, Rows, Scores
from marketeer.tools.recommendation.linear import MOST_ITEMS, Ease, ease_weights
from marketeer.tools.recommendation.neighbours import (
    ItemNeighbours,
    UserNeighbours,
    cosine_neighbours,
    unit_rows,
)
from marketeer.tools.recommendation.simple import Own, Recent

MOST_NEIGHBOUR_CUSTOMERS = 60_000
"""Above this many customers comparing everybody with everybody is left out."""

PENALTY = 150.0
NEIGHBOURS = 100
SHRINKAGE = 50.0
TASTE_DAYS = 90.0


class Task(StrEnum):
    """What is being ranked."""

    DISCOVERY = auto()
    BASKET = auto()


@dataclass(frozen=True, slots=True)
class Ground:
    """What parts are built from.

    Attributes:
        interactions: The purchases.
        vectors: Text vectors of the products, in column order; None leaves content out.
    """

    interactions: Interactions
    vectors: sp.csr_matrix | None = None

    @property
    def has_text(self) -> bool:
        """Whether product texts say anything."""
        return self.vectors is not None and self.vectors.nnz > 0


Build = Callable[[Ground], Scorer]


def _ease(ground: Ground) -> Scorer:
    taste = ground.interactions.latest(TASTE_DAYS)
    return Ease(ease_weights(taste, PENALTY), taste)


def _walk(ground: Ground) -> Scorer:
    taste = ground.interactions.latest(TASTE_DAYS)
    return ItemNeighbours(walk_weights(ground.interactions.owned()).T.tocsr(), taste)


def _items(ground: Ground) -> Scorer:
    owned = ground.interactions.owned()
    similarity = cosine_neighbours(owned.T.tocsr(), NEIGHBOURS, SHRINKAGE)
    return ItemNeighbours(similarity, ground.interactions.latest(TASTE_DAYS))


def _customers(ground: Ground) -> Scorer:
    taste = ground.interactions.latest(TASTE_DAYS)
    return UserNeighbours(unit_rows(taste), taste, NEIGHBOURS)


def _content(ground: Ground) -> Scorer:
    if ground.vectors is None:
        raise ValueError("content needs text vectors")
    return Content(ground.vectors, ground.interactions.latest(TASTE_DAYS))


PARTS: Mapping[str, Build] = {
    "recent_7": lambda ground: Recent(ground.interactions, 7),
    "recent_28": lambda ground: Recent(ground.interactions, 28),
    "ease": _ease,
    "walk": _walk,
    "items": _items,
    "customers": _customers,
    "content": _content,
    "own": lambda ground: Own(ground.interactions.decayed(np.inf)),
    "own_180": lambda ground: Own(ground.interactions.decayed(180)),
}
"""Part code → how it is built. Another part is another entry."""


def parts_for(task: Task, ground: Ground) -> tuple[str, ...]:
    """Give the parts that fit the task and the size of the shop."""
    customers, products = ground.interactions.shape
    chosen = ["recent_7", "recent_28", "items", "ease" if products <= MOST_ITEMS else "walk"]
    if customers <= MOST_NEIGHBOUR_CUSTOMERS:
        chosen.append("customers")
    if ground.has_text:
        chosen.append("content")
    if task is Task.BASKET:
        chosen += ["own", "own_180"]
    return tuple(chosen)


def standardised(scores: Scores) -> Scores:
    """Bring every row to mean 0 and standard deviation 1, so that parts can be added; flat rows become 0."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    result: Scores = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-9)
    return result


class Blend:
    """A weighted sum of standardised scores.

    Args:
        parts: Part code → fitted scorer.
        weights: Part code → weight; parts without one are left out.
    """

    def __init__(self, parts: Mapping[str, Scorer], weights: Mapping[str, float]) -> None:
        self._parts = [(np.float32(weight), parts[code]) for code, weight in weights.items() if weight]

    def scores(self, rows: Rows) -> Scores:
        """Score all products for some matrix rows, shape (rows, products)."""
        weighed = [weight * standardised(part.scores(rows)) for weight, part in self._parts]
        total: Scores = np.sum(weighed, axis=0, dtype=np.float32)
        return total


def build(codes: Sequence[str], ground: Ground) -> dict[str, Scorer]:
    """Fit the parts with these codes."""
    return {code: PARTS[code](ground) for code in codes}
