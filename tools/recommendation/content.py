"""Content filtering: products that read like what a customer bought, new ones included."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from marketeer.tools.recommendation.interactions import Rows, Scores
from marketeer.tools.recommendation.neighbours import unit_rows


def text_vectors(texts: Sequence[str]) -> sp.csr_matrix:
    """Turn product texts into TF-IDF vectors of words and of character 2- to 4-grams, rows of unit length.

    The characters read Chinese, where words are not spaced, and forgive spelling.
    """
    words = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\b\w+\b", ngram_range=(1, 2))
    characters = TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(2, 4), min_df=2)
    spoken = [text or "-" for text in texts]
    parts = [words.fit_transform(spoken)]
    if len(spoken) > 1:
        parts.append(_or_nothing(characters, spoken))
    return unit_rows(sp.csr_matrix(sp.hstack(parts), dtype=np.float32))


def _or_nothing(vectorizer: TfidfVectorizer, texts: Sequence[str]) -> sp.csr_matrix:
    try:
        return sp.csr_matrix(vectorizer.fit_transform(texts))
    except ValueError:  # no character run occurs in two texts
        return sp.csr_matrix(np.zeros((len(texts), 0), dtype=np.float32))


class Content:
    """Score products by the cosine of their text with the texts of what a customer bought.

    Args:
        vectors: Products × terms, rows of unit length.
        profile: Customers × products.
    """

    def __init__(self, vectors: sp.csr_matrix, profile: sp.csr_matrix) -> None:
        self._profile, self._vectors = profile, vectors
        self._turned = vectors.T.tocsr()

    def scores(self, rows: Rows) -> Scores:
        """Score all products for some matrix rows, shape (rows, products)."""
        taste = unit_rows(sp.csr_matrix(self._profile[rows] @ self._vectors))
        scored: Scores = (taste @ self._turned).toarray().astype(np.float32)
        return scored


def most_alike(vectors: sp.csr_matrix, column: int, k: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Give the k products whose texts are most like one product's, and their cosines, best first."""
    cosine = np.asarray((vectors @ vectors[column].T).todense()).ravel()
    cosine[column] = -np.inf
    order = np.lexsort((np.arange(cosine.size), -cosine))[: min(k, cosine.size - 1)]
    return order, cosine[order]
