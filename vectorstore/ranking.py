"""Exact ranking over unit vectors. Ties go to the lower row, so that the order is the same everywhere."""

import numpy as np
from numpy.typing import NDArray

from marketeer.vectorstore.embedders import Vectors, unit_rows

Rows = NDArray[np.int32]
Scores = NDArray[np.float64]

SCORE_DECIMALS = 4
"""Scores are rounded before they are ordered: the last bits of a float32 product depend on its shape."""


def nearest(vectors: Vectors, query: Vectors, rows: Rows | None, limit: int) -> tuple[Rows, Scores]:
    """Rank rows by cosine similarity to a unit vector; rows of zeros are never ranked.

    Args:
        vectors: One unit row per customer.
        query: The vector to compare with, shape (dimensions,).
        rows: The rows to rank; None ranks all.
        limit: How many at most.

    Returns:
        Rows and their scores, best first.
    """
    among = vectors if rows is None else vectors[rows]
    scores: Scores = np.asarray(among @ query, dtype=np.float64).round(SCORE_DECIMALS)
    numbers = np.arange(len(vectors), dtype=np.int32) if rows is None else np.asarray(rows, dtype=np.int32)
    known = np.flatnonzero(np.any(among, axis=1))
    best = known[_top(scores[known], numbers[known], limit)]
    return numbers[best], scores[best]


def _top(scores: Scores, numbers: Rows, limit: int) -> NDArray[np.intp]:
    if limit < scores.size:
        threshold = np.partition(scores, scores.size - limit)[scores.size - limit]
        candidates = np.flatnonzero(scores >= threshold)
    else:
        candidates = np.arange(scores.size)
    order = np.lexsort((numbers[candidates], -scores[candidates]))
    return candidates[order[:limit]]


def centroid(vectors: Vectors, rows: Rows) -> Vectors:
    """Give the direction of a group's sum, shape (dimensions,).

    For unit vectors the sum of a member's cosines to all others is its product with the group's sum, so
    the members nearest to this direction are the group's medoids.
    """
    total = vectors[rows].sum(axis=0, keepdims=True, dtype=np.float64)
    direction: Vectors = unit_rows(total)[0]
    return direction
