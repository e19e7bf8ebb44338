"""The parts a recommendation is blended from, and the blend itself.

Two tasks are kept apart. *Discovery* ranks products a customer never bought; *basket* ranks what will be in
the next month's baskets, repurchases included. A model good at one is poor at the other.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum, auto

import numpy as np

from marketeer.tools.recommendation.content import content_weights
from marketeer.tools.recommendation.evaluation import Scorer
from marketeer.tools.recommendation.graph import walk_weights
from marketeer.tools.recommendation.ground import MOST_NEIGHBOURS, Ground
from marketeer.tools.recommendation.interactions import Rows, Scores
from marketeer.tools.recommendation.linear import MOST_ITEMS, ItemWeights, Weights, ease_weights
from marketeer.tools.recommendation.neighbours import UserNeighbours, strongest
from marketeer.tools.recommendation.simple import Own, Recent

MOST_NEIGHBOUR_CUSTOMERS = 60_000
"""Above this many customers comparing everybody with everybody is left out."""

PENALTY = 150.0
NEIGHBOURS: Mapping[str, tuple[int, ...]] = {
    "items": (20, 50, 100, MOST_NEIGHBOURS),
    "customers": (50, 100, 200),
}
"""Part code → the neighbourhood sizes that are tried; the one in `usual_sizes` where nothing can be tried."""

Sizes = Mapping[str, int]


class Task(StrEnum):
    """What is being ranked."""

    DISCOVERY = auto()
    BASKET = auto()


def usual_sizes() -> dict[str, int]:
    """Give the neighbourhood sizes that do well in most shops."""
    return dict.fromkeys(NEIGHBOURS, 100)


def _ease(ground: Ground, _: Sizes) -> Weights:
    return ease_weights(ground.gram, PENALTY)


def _walk(ground: Ground, _: Sizes) -> Weights:
    return walk_weights(ground.owned)


def _items(ground: Ground, sizes: Sizes) -> Weights:
    return strongest(ground.neighbours, sizes["items"]).T.tocsr()


def _content(ground: Ground, _: Sizes) -> Weights:
    if ground.vectors is None:
        raise ValueError("content needs text vectors")
    return content_weights(ground.vectors)


LEARNT: Mapping[str, Callable[[Ground, Sizes], Weights]] = {
    "ease": _ease,
    "walk": _walk,
    "items": _items,
    "content": _content,
}
"""Part code → how its item-to-item weights are learnt; they take seconds and are kept."""

PLAIN: Mapping[str, Callable[[Ground, Sizes], Scorer]] = {
    "recent_7": lambda ground, _: Recent(ground.interactions, 7),
    "recent_28": lambda ground, _: Recent(ground.interactions, 28),
    "customers": lambda ground, sizes: UserNeighbours(ground.taste, sizes["customers"]),
    "own": lambda ground, _: Own(ground.interactions.decayed(np.inf)),
    "own_180": lambda ground, _: Own(ground.interactions.decayed(180)),
}
"""Part code → how a part that needs no learning is made."""


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


def learn(codes: Sequence[str], ground: Ground, sizes: Sizes) -> dict[str, Weights]:
    """Learn the item-to-item weights of those of the parts that have any."""
    return {code: LEARNT[code](ground, sizes) for code in codes if code in LEARNT}


def build(
    codes: Sequence[str], ground: Ground, sizes: Sizes, weights: Mapping[str, Weights] | None = None
) -> dict[str, Scorer]:
    """Make the parts with these codes, from weights learnt before where they are given."""
    known = learn(codes, ground, sizes) if weights is None else weights
    return {
        code: ItemWeights(known[code], ground.taste) if code in LEARNT else PLAIN[code](ground, sizes)
        for code in codes
    }


def standardised(scores: Scores) -> Scores:
    """Bring every row to mean 0 and standard deviation 1, so that parts can be added; flat rows become 0.

    Where all rows are one row seen many times, only that one is given, shape (1, products).
    """
    scores = scores[:1] if scores.strides[0] == 0 else scores
    centred: Scores = scores - scores.mean(axis=1, keepdims=True)
    spread = np.sqrt(np.einsum("ij,ij->i", centred, centred) / centred.shape[1])
    centred *= np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 1e-9)[:, None]
    return centred


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
        weighed.sort(key=len, reverse=True)  # whole blocks first, so that one row is added to them in place
        total = weighed[0] if len(weighed[0]) == rows.size else np.repeat(weighed[0], rows.size, axis=0)
        for part in weighed[1:]:
            total += part
        return total
