"""Item-to-item weights: EASE, a linear model in closed form, and the scorer that applies any of them.

Steck 2019, WWW, "Embarrassingly shallow autoencoders for sparse data".
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import lapack

from marketeer.tools.recommendation.interactions import Rows, Scores

MOST_ITEMS = 8000
"""Above this many products the inverse is too slow and large; neighbourhoods take over."""

_DENSE_FROM = 0.02
"""From this density on, multiplying by dense weights is faster than by sparse ones."""

_BLOCK = 256

Weights = NDArray[np.float32] | sp.csr_matrix
"""Products × products: how much having bought the one (row) speaks for the other (column)."""


def ease_weights(gram: Scores, penalty: float) -> Scores:
    """Solve min ‖X − XB‖² + λ‖B‖² with diag(B) = 0.

    With P = (XᵀX + λI)⁻¹ the solution is B = −P / diag(P), zero on the diagonal (eq. 8).

    Args:
        gram: XᵀX of customers × products.
        penalty: λ.

    Returns:
        B, products × products.
    """
    ridge = gram.astype(np.float32).T  # symmetric: the transpose is the same matrix in LAPACK's order
    ridge[np.diag_indices_from(ridge)] += np.float32(penalty)
    factor, _ = lapack.spotrf(ridge, lower=False, overwrite_a=True)
    upper, _ = lapack.spotri(factor, lower=False, overwrite_c=True)
    weights = _mirrored(upper.T)
    weights /= -np.diag(weights)
    np.fill_diagonal(weights, 0.0)
    return weights


def _mirrored(lower: Scores) -> Scores:
    """Fill the upper triangle from the lower one, in place and in blocks that fit a cache."""
    for start in range(0, len(lower), _BLOCK):
        stop = start + _BLOCK
        corner = lower[start:stop, start:stop]
        corner[...] = np.tril(corner) + np.tril(corner, -1).T
        lower[start:stop, stop:] = lower[stop:, start:stop].T
    return lower


class ItemWeights:
    """Score products by the weights of what a customer bought.

    Args:
        weights: Products × products, from what was bought (row) to what is scored (column).
        profile: Customers × products, how much each purchase counts.
    """

    def __init__(self, weights: Weights, profile: sp.csr_matrix) -> None:
        self._weights, self._profile = _fastest(weights), profile

    def scores(self, rows: Rows) -> Scores:
        """Score all products for some matrix rows, shape (rows, products)."""
        scored = self._profile[rows] @ self._weights
        return scored.toarray() if sp.issparse(scored) else np.asarray(scored, dtype=np.float32)


def _fastest(weights: Weights) -> Weights:
    n = weights.shape[0]
    if sp.issparse(weights) and n <= MOST_ITEMS and weights.nnz > _DENSE_FROM * n * n:
        return np.asarray(weights.toarray(), dtype=np.float32)
    return weights
