"""The parts a recommendation is blended from, and the blend itself.

Two tasks are kept apart. *Discovery* ranks products a customer never bought; *basket* ranks what will be in
the next month's baskets, repurchases included. A model good at one is poor at the other.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum, auto

import numpy as np
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from marketeer.tools.recommendation.blocks import in_order
from marketeer.tools.recommendation.content import content_weights
from marketeer.tools.recommendation.evaluation import Scorer
from marketeer.tools.recommendation.graph import walk_weights
from marketeer.tools.recommendation.ground import Ground
from marketeer.tools.recommendation.interactions import Rows, Scores
from marketeer.tools.recommendation.linear import MOST_ITEMS, ItemWeights, Weights, ease_weights
from marketeer.tools.recommendation.neighbours import UserNeighbours, strongest
from marketeer.tools.recommendation.scale import weighted_sum
from marketeer.tools.recommendation.simple import Own, Recent

MOST_NEIGHBOUR_CUSTOMERS = 60_000
"""Above this many customers comparing everybody with everybody is left out."""

PENALTY = 150.0
NEIGHBOURS: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "items": {"shrinkage": (0, 5, 10, 20, 50, 100), "items": (20, 50, 100, 200)},
    "customers": {"customers": (50, 100, 200)},
}
"""Part code → its settings, in the order they are learnt → the values that are tried."""

Settings = Mapping[str, int]
"""How many nearest `items` and `customers` count, and the `shrinkage` of likeness between items."""


class Task(StrEnum):
    """What is being ranked."""

    DISCOVERY = auto()
    BASKET = auto()


def usual_settings() -> dict[str, int]:
    """Give the settings to start from, and to stay with where nothing can be tried."""
    return {"items": 100, "customers": 100, "shrinkage": 10}


def _ease(ground: Ground, _: Settings) -> Weights:
    return ease_weights(ground.gram, PENALTY)


def _walk(ground: Ground, _: Settings) -> Weights:
    return walk_weights(ground.owned)


def _items(ground: Ground, settings: Settings) -> Weights:
    return strongest(ground.neighbours(settings["shrinkage"]), settings["items"]).T.tocsr()


def _content(ground: Ground, _: Settings) -> Weights:
    if ground.vectors is None:
        raise ValueError("content needs text vectors")
    return content_weights(ground.vectors)


LEARNT: Mapping[str, Callable[[Ground, Settings], Weights]] = {
    "ease": _ease,
    "walk": _walk,
    "items": _items,
    "content": _content,
}
"""Part code → how its item-to-item weights are learnt; they take seconds and are kept."""

PLAIN: Mapping[str, Callable[[Ground, Settings], Scorer]] = {
    "recent_7": lambda ground, _: Recent(ground.interactions, 7),
    "recent_28": lambda ground, _: Recent(ground.interactions, 28),
    "customers": lambda ground, settings: UserNeighbours(ground.taste, settings["customers"]),
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


def learn(codes: Sequence[str], ground: Ground, settings: Settings) -> dict[str, Weights]:
    """Learn the item-to-item weights of those of the parts that have any, side by side."""
    chosen = [code for code in codes if code in LEARNT]
    if {"ease", "items"} & set(chosen):
        ground.share()
    with threadpool_limits(1, user_api="blas"):  # a part a core; BLAS threads would wait for a busy one
        return dict(zip(chosen, in_order(lambda code: LEARNT[code](ground, settings), chosen), strict=True))


def build(
    codes: Sequence[str], ground: Ground, settings: Settings, weights: Mapping[str, Weights] | None = None
) -> dict[str, Scorer]:
    """Make the parts with these codes, from weights learnt before where they are given."""
    known = learn(codes, ground, settings) if weights is None else weights
    return {
        code: ItemWeights(known[code], ground.taste) if code in LEARNT else PLAIN[code](ground, settings)
        for code in codes
    }


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
        parts = [(weight, _scored(part, rows)) for weight, part in self._parts]
        return weighted_sum(parts, (rows.size, parts[0][1].shape[1]))


def _scored(part: Scorer, rows: Rows) -> Scores | sp.csr_matrix:
    return part.sparse(rows) if isinstance(part, Own) else part.scores(rows)
