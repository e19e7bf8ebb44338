"""Brings scores of different kinds to one scale, so that they can be added.

Every row gets mean 0 and standard deviation 1; a flat row, which prefers nothing, becomes 0.
"""

from collections.abc import Iterable

import numpy as np
import scipy.sparse as sp

from marketeer.tools.recommendation.interactions import Scores

_FLAT = 1e-6
"""A row counts as flat where its variance is a smaller share of its mean square: float32 knows no better."""

Weighed = tuple[np.float32, Scores | sp.csr_matrix]


def standardised(scores: Scores) -> Scores:
    """Bring every row to mean 0 and standard deviation 1.

    Where all rows are one row seen many times, only that one is given, shape (1, products).
    """
    scores = scores[:1] if scores.strides[0] == 0 else scores
    mean, scale = _mean_and_scale(scores)
    centred: Scores = scores - mean[:, None]
    centred *= scale[:, None]
    return centred


def weighted_sum(parts: Iterable[Weighed], shape: tuple[int, int]) -> Scores:
    """Add up standardised scores, each with its weight; writes into them where it can.

    Σ w (x − μ) / σ is Σ (w / σ) x less one number per row, so no part is centred, and a sparse one stays
    sparse.

    Args:
        parts: Weights and scores: dense, sparse, or one row seen many times.
        shape: Rows × products.
    """
    total, shift = np.zeros((0, 0), dtype=np.float32), np.zeros(shape[0], dtype=np.float32)
    for weight, scores in sorted(parts, key=_spread_out):
        seen = scores if sp.issparse(scores) or scores.strides[0] else scores[:1]
        mean, scale = _mean_and_scale(seen)
        scale *= weight
        shift += scale * mean
        if not total.size and seen.shape == shape and not sp.issparse(seen) and seen.flags.writeable:
            total = np.multiply(seen, scale[:, None], out=seen)
            continue
        total = total if total.size else np.zeros(shape, dtype=np.float32)
        _add(total, seen, scale)
    total -= shift[:, None]
    return total


def _spread_out(part: Weighed) -> int:
    """Put dense scores first, so that the sum can grow in one of them."""
    scores = part[1]
    return 2 if sp.issparse(scores) else int(scores.strides[0] == 0)


def _add(total: Scores, scores: Scores | sp.csr_matrix, scale: Scores) -> None:
    if sp.issparse(scores):
        at = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))
        total[at, scores.indices] += scale[at] * scores.data
    elif scores.flags.writeable:
        total += np.multiply(scores, scale[:, None], out=scores)
    else:
        total += scores * scale[:, None]


def _mean_and_scale(scores: Scores | sp.csr_matrix) -> tuple[Scores, Scores]:
    """Give the mean and the reciprocal of the standard deviation of each row, 0 for a flat one."""
    n = np.float32(scores.shape[1])
    if sp.issparse(scores):
        at = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))
        sums = np.bincount(at, scores.data, scores.shape[0])
        squares = np.bincount(at, np.square(scores.data), scores.shape[0])
    else:
        sums, squares = scores.sum(axis=1), np.einsum("ij,ij->i", scores, scores)
    mean, square = (sums / n).astype(np.float32), (squares / n).astype(np.float32)
    variance = square - mean * mean
    uneven = variance > _FLAT * square
    scale = np.divide(
        1.0, np.sqrt(variance, where=uneven, out=np.ones_like(mean)), where=uneven, out=np.zeros_like(mean)
    )
    return mean, scale
