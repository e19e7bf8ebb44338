"""Content filtering: products that read like what a customer bought, new ones included."""

from collections.abc import Callable, Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from marketeer.tools.recommendation.gram import gram
from marketeer.tools.recommendation.interactions import Scores
from marketeer.tools.recommendation.linear import MOST_ITEMS, Weights
from marketeer.tools.recommendation.neighbours import cosine_neighbours, unit_rows

_NEAREST = 100
_JUDGED_BY_MEANING = 50

Embed = Callable[[Sequence[str]], NDArray[np.float32]]


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


def text_likeness(texts: Sequence[str], row: int, embed: Embed | None = None) -> Scores:
    """Tell how much every product's text is like one product's.

    Args:
        texts: All product texts.
        row: The product.
        embed: Gives unit vectors of texts by meaning; the products nearest by words are then judged by the
            mean of both cosines.

    Returns:
        Cosines, one per product, 1 for the product itself.
    """
    vectors = text_vectors(texts)
    likeness: Scores = np.asarray((vectors @ vectors[[row]].T).todense(), dtype=np.float32).ravel()
    if embed is not None:
        near = best_products(likeness, _JUDGED_BY_MEANING)
        meaning = embed([texts[at] or "-" for at in (row, *near)])
        likeness[near] = (likeness[near] + meaning[1:] @ meaning[0]) / 2
        likeness[likeness < likeness[near].min()] = 0.0
    likeness[row] = 1.0
    return likeness


def best_products(scores: Scores, k: int) -> NDArray[np.intp]:
    """Give the positions of the k best positive scores, best first, ties by position."""
    order = np.lexsort((np.arange(scores.size), -scores))[:k]
    return order[scores[order] > 0]
