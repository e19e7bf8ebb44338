"""Latent semantic analysis: TF-IDF of words and character n-grams, reduced by a truncated SVD.

Deerwester et al. 1990, "Indexing by latent semantic analysis"; the SVD is Halko, Martinsson and Tropp 2011,
"Finding structure with randomness", algorithms 4.4 and 5.1. Written in NumPy and SciPy because importing
scikit-learn takes longer than all of this on a shop of thousands of products; tests compare the two.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from threadpoolctl import threadpool_limits

from marketeer.vectorstore.embedders import Vectors, unit_rows

_SEED = 0
_SPARE_DIMENSIONS = 10
_POWER_ITERATIONS = 2
_WORD = re.compile(r"\w+")
_SHORTEST, _LONGEST = 2, 4
_KNOWN_SHARE = 0.5
_STOP_WORDS = frozenset({
    "a", "an", "and", "any", "are", "as", "at", "be", "buy", "by", "for", "from", "how", "i", "in", "is",
    "it", "like", "me", "my", "of", "on", "or", "our", "some", "that", "the", "their", "them", "these",
    "they", "things", "this", "to", "we", "what", "which", "who", "with", "you", "your",
})  # fmt: skip


def words_of(text: str) -> list[str]:
    """Give the words of a text in lower case, without the commonest English ones."""
    return [word for word in _WORD.findall(text.lower()) if word not in _STOP_WORDS]


def grams_of(text: str) -> list[str]:
    """Give the 2- to 4-character pieces of each word, blanks at its ends included."""
    padded = [f" {word} " for word in words_of(text)]
    sizes = range(_SHORTEST, _LONGEST + 1)
    return [word[at : at + n] for word in padded for n in sizes for at in range(max(len(word) - n + 1, 1))]


class TfIdf:
    """Rows of unit length: (1 + log count) × (log((1 + texts) / (1 + texts with the term)) + 1).

    Args:
        terms_of: Splits a text into terms.
        corpus: The texts whose terms are known.
    """

    def __init__(self, terms_of: Callable[[str], list[str]], corpus: Sequence[str]) -> None:
        self._terms_of = terms_of
        found = Counter(term for text in corpus for term in set(terms_of(text)))
        self.column = {term: column for column, term in enumerate(sorted(found))}
        texts = np.array([found[term] for term in self.column], dtype=np.float64)
        self._rarity = np.log((1 + len(corpus)) / (1 + texts)) + 1

    def weigh(self, texts: Iterable[str]) -> csr_matrix:
        """Weigh texts, shape (texts, known terms); a text without a known term is a row of zeros."""
        data: list[float] = []
        columns: list[int] = []
        ends = [0]
        for text in texts:
            counts = Counter(self.column[t] for t in self._terms_of(text) if t in self.column)
            weights = (1 + np.log(list(counts.values()))) * self._rarity[list(counts)]
            data += (weights / max(np.linalg.norm(weights), 1e-12)).tolist()
            columns += counts
            ends.append(len(columns))
        return csr_matrix((data, columns, ends), shape=(len(ends) - 1, len(self.column)))


class LatentSemantics:
    """Vectors of texts by the words and character n-grams they share with a corpus.

    Args:
        corpus: The texts it is fitted on.
        dimensions: At most this many; fewer for a small corpus.
    """

    def __init__(self, corpus: Sequence[str], dimensions: int) -> None:
        self._words = TfIdf(words_of, corpus)
        self._grams = TfIdf(grams_of, corpus)
        self._axes = _right_singular_vectors(self._weigh(corpus), dimensions)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts: rows of unit length, or of zeros where no word is like any word of the corpus."""
        reduced = self._weigh([self._understood(text) for text in texts]) @ self._axes
        # what the corpus does not know projects to rounding noise, which must not be scaled up
        reduced[np.linalg.norm(reduced, axis=1) < 1e-6] = 0
        return unit_rows(reduced)

    def _weigh(self, texts: Sequence[str]) -> csr_matrix:
        weights: csr_matrix = hstack([self._words.weigh(texts), self._grams.weigh(texts)], format="csr")
        return weights

    def _understood(self, text: str) -> str:
        """Leave out words unlike any in the corpus: a few shared letter pairs are no meaning."""
        return " ".join(word for word in words_of(text) if self._knows(word))

    def _knows(self, word: str) -> bool:
        padded, size = (f" {word} ", _LONGEST) if word.isascii() else (word, _SHORTEST)
        if word in self._words.column or len(padded) < size:
            return word in self._words.column or f" {word}" in self._grams.column
        grams = [padded[at : at + size] for at in range(len(padded) - size + 1)]
        return sum(gram in self._grams.column for gram in grams) >= _KNOWN_SHARE * len(grams)


def _right_singular_vectors(matrix: csr_matrix, wanted: int) -> NDArray[np.float64]:
    """Give the first right singular vectors as columns, shape (columns, at most `wanted`)."""
    size = min(wanted, *matrix.shape)
    if size == 0:
        return np.zeros((matrix.shape[1], 1))
    # threads that wait for a busy core make this several times slower than one thread
    with threadpool_limits(1):
        random = np.random.default_rng(_SEED).normal(size=(matrix.shape[1], size + _SPARE_DIMENSIONS))
        basis = np.linalg.qr(matrix @ random).Q
        for _ in range(_POWER_ITERATIONS):
            basis = np.linalg.qr(matrix @ np.linalg.qr(matrix.T @ basis).Q).Q
        axes: NDArray[np.float64] = np.linalg.svd(basis.T @ matrix, full_matrices=False).Vh
    return axes[:size].T
