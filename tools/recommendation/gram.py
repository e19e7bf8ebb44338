"""How often, and how strongly, two products share a customer: the one matrix all item models start from."""

import numpy as np
import scipy.sparse as sp

from marketeer.tools.recommendation.blocks import in_order, spans
from marketeer.tools.recommendation.interactions import Scores


def gram(matrix: sp.csr_matrix) -> Scores:
    """Give XᵀX of customers × products, dense, shape (products, products)."""
    turned = matrix.T.tocsr()
    n = turned.shape[0]
    product = np.empty((n, n), dtype=np.float32)

    def fill(span: tuple[int, int]) -> None:
        start, stop = span
        product[start:stop] = (turned[start:stop] @ matrix).toarray()

    for _ in in_order(fill, spans(n, n)):
        pass
    return product
