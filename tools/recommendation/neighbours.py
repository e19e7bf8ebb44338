"""Collaborative filtering by cosine similarity: item- and user-based neighbourhoods, exact and sparse.

Similarity of two columns a, b is a·b / (‖a‖‖b‖), damped by n/(n + shrinkage) for n common buyers
(Sarwar et al. 2001, WWW10, §3.1; shrinkage as in Bell & Koren 2007, ICDM, §3).
"""

import numpy as np
import scipy.sparse as sp

from marketeer.tools.recommendation.interactions import Rows, Scores

_DENSE_CELLS = 16_000_000
"""Similarities are made in blocks of about this many cells, 64 MB."""


def unit_rows(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Scale every row to length one; empty rows stay empty."""
    squares = np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()
    scale = np.divide(1.0, np.sqrt(squares), out=np.zeros_like(squares), where=squares > 0)
    return sp.csr_matrix(sp.diags_array(scale.astype(np.float32)) @ matrix)


def cosine_neighbours(matrix: sp.csr_matrix, k: int, shrinkage: float = 0.0) -> sp.csr_matrix:
    """Find each row's k most similar other rows by cosine.

    Args:
        matrix: Rows to compare, shape (n, d).
        k: Neighbours kept per row.
        shrinkage: Damps similarities that rest on few common columns; 0 for none.

    Returns:
        Similarities, shape (n, n), at most k per row, zero diagonal.
    """
    units = unit_rows(matrix)
    turned = units.T.tocsr()
    pattern = sp.csr_matrix((np.ones_like(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape)
    across = pattern.T.tocsr() if shrinkage else None
    step = max(1, _DENSE_CELLS // matrix.shape[0])
    blocks = []
    for start in range(0, matrix.shape[0], step):
        block = (units[start : start + step] @ turned).toarray()
        if across is not None:
            common = (pattern[start : start + step] @ across).toarray()
            block *= common / (common + np.float32(shrinkage))
        at = np.arange(block.shape[0])
        block[at, start + at] = 0.0
        blocks.append(largest_entries(block, k))
    return sp.csr_matrix(sp.vstack(blocks, format="csr"))


def largest_entries(block: Scores, k: int) -> sp.csr_matrix:
    """Keep the k largest positive entries of each row, sparse."""
    k = min(k, block.shape[1])
    columns = np.argpartition(-block, k - 1, axis=1)[:, :k]
    values = np.take_along_axis(block, columns, axis=1)
    rows = np.repeat(np.arange(block.shape[0]), k)
    kept = values.ravel() > 0
    entries = (values.ravel()[kept], (rows[kept], columns.ravel()[kept]))
    return sp.csr_matrix(entries, shape=block.shape, dtype=np.float32)


class ItemNeighbours:
    """Score products by their similarity to what a customer bought.

    Args:
        similarity: Products × products, from `cosine_neighbours`.
        profile: Customers × products, the weights of what each bought.
    """

    def __init__(self, similarity: sp.csr_matrix, profile: sp.csr_matrix) -> None:
        self._similarity, self._profile = similarity, profile

    def scores(self, rows: Rows) -> Scores:
        """Score all products for some matrix rows, shape (rows, products)."""
        scored: Scores = (self._profile[rows] @ self._similarity.T).toarray()
        return scored


class UserNeighbours:
    """Score products by what similar customers bought.

    Args:
        units: Customers × products with rows of unit length.
        bought: Customers × products, what is recommended from.
        k: Neighbours per customer.
    """

    def __init__(self, units: sp.csr_matrix, bought: sp.csr_matrix, k: int) -> None:
        self._units, self._bought, self._k = units, bought, k
        self._turned = units.T.tocsr()

    def scores(self, rows: Rows) -> Scores:
        """Score all products for some matrix rows, shape (rows, products)."""
        block = (self._units[rows] @ self._turned).toarray()
        block[np.arange(rows.size), rows] = 0.0
        scored: Scores = (largest_entries(block, self._k) @ self._bought).toarray()
        return scored
