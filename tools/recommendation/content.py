"""Content filtering: products that read like what a customer bought, new ones included."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from marketeer.tools.recommendation.gram import gram
from marketeer.tools.recommendation.linear import MOST_ITEMS, Weights
from marketeer.tools.recommendation.neighbours import cosine_neighbours, unit_rows

_NEAREST = 100


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


def content_weights(vectors: sp.csr_matrix) -> Weights:
    """Give the cosines of all pairs of product texts; in large catalogues only each product's nearest."""
    if vectors.shape[0] > MOST_ITEMS:
        return cosine_neighbours(vectors, _NEAREST)
    weights = gram(vectors.T.tocsr())
    np.fill_diagonal(weights, 0.0)
    return weights


def most_alike(vectors: sp.csr_matrix, column: int, k: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Give the k products whose texts are most like one product's, and their cosines, best first."""
    cosine = np.asarray((vectors @ vectors[column].T).todense()).ravel()
    cosine[column] = -np.inf
    order = np.lexsort((np.arange(cosine.size), -cosine))[: min(k, cosine.size - 1)]
    return order, cosine[order]
