"""Latent semantic analysis: TF-IDF of words and character n-grams, reduced by a truncated SVD.

Deerwester et al. 1990, "Indexing by latent semantic analysis". The n-grams forgive inflection and read
scripts without spaces. Knows texts, nothing of shops.
"""

import re
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from marketeer.vectorstore.embedders import Vectors, unit_rows

_SEED = 0
_WORD = re.compile(r"\w+")
_SHORTEST, _LONGEST = 2, 4
_KNOWN_SHARE = 0.5


class LatentSemantics:
    """Vectors of texts by the words and character n-grams they share with a corpus.

    Args:
        corpus: The texts it is fitted on.
        dimensions: At most this many; fewer for a small corpus.
    """

    def __init__(self, corpus: Sequence[str], dimensions: int) -> None:
        corpus = [text for text in corpus if text.strip()] or ["-"]
        words = TfidfVectorizer(sublinear_tf=True, token_pattern=_WORD.pattern, stop_words="english")
        grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(_SHORTEST, _LONGEST), sublinear_tf=True)
        readable = any(words.build_analyzer()(text) for text in corpus)
        self._vectorisers: list[TfidfVectorizer] = [
            way.fit(corpus) for way in ([words, grams] if readable else [grams])
        ]
        self._words = frozenset(words.vocabulary_) if readable else frozenset()
        self._grams = frozenset(grams.vocabulary_)
        self._stop_words = words.get_stop_words() or frozenset()
        counts = self._weigh(corpus)
        size = min(dimensions, min(counts.shape) - 1)
        self._svd: TruncatedSVD | None = None
        if size >= 2:
            self._svd = TruncatedSVD(size, n_iter=4, random_state=_SEED).fit(counts)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts: rows of unit length, or of zeros where no word is like any word of the corpus."""
        counts = self._weigh([self._understood(text) for text in texts])
        reduced = self._svd.transform(counts) if self._svd else counts.toarray()
        # what the corpus does not know projects to rounding noise, which must not be scaled up
        reduced[np.linalg.norm(reduced, axis=1) < 1e-6] = 0
        return unit_rows(reduced)

    def _weigh(self, texts: Sequence[str]) -> csr_matrix:
        counts: csr_matrix = hstack([way.transform(texts) for way in self._vectorisers], format="csr")
        return counts

    def _understood(self, text: str) -> str:
        """Leave out words unlike any in the corpus: a few shared letter pairs are no meaning."""
        return " ".join(word for word in _WORD.findall(text.lower()) if self._knows(word))

    def _knows(self, word: str) -> bool:
        if word in self._words or word in self._stop_words:
            return word in self._words
        padded, size = (f" {word} ", _LONGEST) if word.isascii() else (word, _SHORTEST)
        if len(padded) < size:
            return f" {word}" in self._grams or f"{word} " in self._grams
        grams = [padded[start : start + size] for start in range(len(padded) - size + 1)]
        return sum(gram in self._grams for gram in grams) >= _KNOWN_SHARE * len(grams)
