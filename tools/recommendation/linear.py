"""EASE: a linear item-to-item model in closed form (Steck 2019, WWW, "Embarrassingly shallow…")."""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import lapack

from marketeer.tools.recommendation.interactions import Rows, Scores

MOST_ITEMS = 8000
"""Above this many products the inverse is too slow and large; neighbourhoods take over."""


def ease_weights(matrix: sp.csr_matrix, penalty: float) -> NDArray[np.float32]:
    """Solve min ‖X − XB‖² + λ‖B‖² with diag(B) = 0.

    With P = (XᵀX + λI)⁻¹ the solution is B = −P / diag(P), zero on the diagonal (eq. 8).

    Args:
        matrix: Customers × products.
        penalty: λ.

    Returns:
        B, products × products.
    """
    gram = (matrix.T @ matrix).toarray().astype(np.float32)
    gram[np.diag_indices_from(gram)] += np.float32(penalty)
    factor, _ = lapack.spotrf(gram, lower=False, overwrite_a=True)
    inverse, _ = lapack.spotri(factor, lower=False, overwrite_c=True)
    inverse = np.triu(inverse) + np.triu(inverse, 1).T
    weights: NDArray[np.float32] = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


class Ease:
    """Score products with EASE weights.

    Args:
        weights: Products × products.
        profile: Customers × products.
    """

    def __init__(self, weights: NDArray[np.float32], profile: sp.csr_matrix) -> None:
        self._weights, self._profile = weights, profile

    def scores(self, rows: Rows) -> Scores:
        """Score all products for some matrix rows, shape (rows, products)."""
        scored: Scores = np.asarray(self._profile[rows] @ self._weights, dtype=np.float32)
        return scored
