"""RP3β: a three-step random walk customer → product → customer → product, popular ends damped.

Transition weights to the power α, end popularity to the power β (Paudel et al. 2017, ACM TiiS 7(1), §3.3).
Takes the place of EASE in catalogues too large for its inverse.
"""

import numpy as np
import scipy.sparse as sp

from marketeer.tools.recommendation.blocks import Span, in_order, spans
from marketeer.tools.recommendation.neighbours import largest_entries

ALPHA, BETA = 0.7, 0.3


def walk_weights(matrix: sp.csr_matrix, k: int = 100) -> sp.csr_matrix:
    """Give item-to-item walk probabilities, shape (products, products), k largest per row.

    Args:
        matrix: Customers × products, 0/1.
        k: Neighbours kept per product.
    """
    forth = _stochastic(matrix.T.tocsr())
    back = _stochastic(matrix)
    popularity = np.asarray(matrix.sum(axis=0)).ravel()
    damp = np.power(np.maximum(popularity, 1), -BETA).astype(np.float32)

    def walked(span: Span) -> sp.csr_matrix:
        start, stop = span
        block = (forth[start:stop] @ back).toarray() * damp
        at = np.arange(stop - start)
        block[at, start + at] = 0.0
        return largest_entries(block, k)

    blocks = list(in_order(walked, spans(matrix.shape[1], matrix.shape[1])))
    return sp.csr_matrix(sp.vstack(blocks, format="csr"))


def _stochastic(matrix: sp.csr_matrix) -> sp.csr_matrix:
    sums = np.asarray(matrix.sum(axis=1)).ravel()
    scale = np.divide(1.0, sums, out=np.zeros(sums.shape), where=sums > 0)
    scaled = sp.csr_matrix(sp.diags_array(scale.astype(np.float32)) @ matrix)
    scaled.data = np.power(scaled.data, ALPHA)
    return scaled
