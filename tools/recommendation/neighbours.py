"""Collaborative filtering by cosine similarity: item- and user-based neighbourhoods, exact and sparse.

Similarity of a and b is a·b / (‖a‖‖b‖ + h), the cosine damped by a shrinkage h where there is little to go by
(Sarwar et al. 2001, WWW10, §3.1; h as in Ferrari Dacrema, Cremonesi & Jannach 2019, RecSys, §3.2).
"""

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp

from marketeer.tools.recommendation.blocks import Span, in_order, spans
from marketeer.tools.recommendation.interactions import Rows, Scores


def row_norms(matrix: sp.csr_matrix) -> Scores:
    """Give the Euclidean length of every row."""
    squares = np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()
    norms: Scores = np.sqrt(squares).astype(np.float32)
    return norms


def unit_rows(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Scale every row to length one; empty rows stay empty."""
    norms = row_norms(matrix)
    scale = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    return sp.csr_matrix(sp.diags_array(scale) @ matrix)


def cosine_neighbours(matrix: sp.csr_matrix, k: int, shrinkage: float = 0.0) -> sp.csr_matrix:
    """Find each row's k most similar other rows by cosine, of any number of rows.

    Args:
        matrix: Rows to compare, shape (n, d).
        k: Neighbours kept per row.
        shrinkage: Damps similarities that rest on little; 0 for none.

    Returns:
        Similarities, shape (n, n), at most k per row, zero diagonal.
    """
    turned = matrix.T.tocsr()

    def products(span: Span) -> Scores:
        block: Scores = (matrix[span[0] : span[1]] @ turned).toarray()
        return block

    return _nearest(products, row_norms(matrix), k, shrinkage)


def gram_neighbours(gram: Scores, k: int, shrinkage: float = 0.0) -> sp.csr_matrix:
    """Find each product's k most similar others from XᵀX, as `cosine_neighbours` of Xᵀ would."""
    norms = np.sqrt(np.diag(gram))
    return _nearest(lambda span: gram[span[0] : span[1]].copy(), norms, k, shrinkage)


def _nearest(products: Callable[[Span], Scores], norms: Scores, k: int, shrinkage: float) -> sp.csr_matrix:
    def nearest(span: Span) -> sp.csr_matrix:
        start, stop = span
        block = products(span)
        scale = norms[start:stop, None] * norms + np.float32(shrinkage)
        np.divide(block, scale, out=block, where=scale > 0)
        at = np.arange(stop - start)
        block[at, start + at] = 0.0
        return largest_entries(block, k)

    blocks = list(in_order(nearest, spans(norms.size, norms.size)))
    return sp.csr_matrix(sp.vstack(blocks, format="csr"))


def largest_entries(block: Scores, k: int) -> sp.csr_matrix:
    """Keep the k largest positive entries of each row, sparse."""
    rows, n = block.shape
    k = min(k, n)
    columns = np.argpartition(block, n - k, axis=1)[:, n - k :]
    columns.sort(axis=1)
    values = np.take_along_axis(block, columns, axis=1)
    kept = values > 0
    pointers = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
    return sp.csr_matrix((values[kept], columns[kept], pointers), shape=(rows, n), dtype=np.float32)


def strongest(similarity: sp.csr_matrix, k: int) -> sp.csr_matrix:
    """Keep the k largest entries of each row of a sparse matrix."""
    sizes = np.diff(similarity.indptr)
    row = np.repeat(np.arange(sizes.size), sizes)
    at = np.arange(similarity.nnz) - similarity.indptr[row]
    values = np.zeros((sizes.size, max(int(sizes.max(initial=0)), 1)), dtype=np.float32)
    columns = np.zeros(values.shape, dtype=np.int32)
    values[row, at], columns[row, at] = similarity.data, similarity.indices
    kept = largest_entries(values, k)
    chosen = columns[np.repeat(np.arange(sizes.size), np.diff(kept.indptr)), kept.indices]
    return sp.csr_matrix((kept.data, chosen, kept.indptr), shape=similarity.shape)


class UserNeighbours:
    """Score products by what similar customers bought.

    Args:
        bought: Customers × products, what customers are compared by and recommended from.
        k: Neighbours per customer.
    """

    def __init__(self, bought: sp.csr_matrix, k: int) -> None:
        self._units, self._bought, self._k = unit_rows(bought), bought, k
        self._turned = self._units.T.tocsr()

    def scores(self, rows: Rows) -> Scores:
        """Score all products for some matrix rows, shape (rows, products)."""
        block = (self._units[rows] @ self._turned).toarray()
        block[np.arange(rows.size), rows] = 0.0
        scored: Scores = (largest_entries(block, self._k) @ self._bought).toarray()
        return scored
