"""Latent semantic analysis of the shop's own product texts: no weights, no network, any language.

Words and character n-grams are weighted by TF-IDF and reduced by a truncated SVD (Deerwester et al. 1990,
"Indexing by latent semantic analysis"). The n-grams forgive inflection and read scripts without spaces.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from marketeer.vectorstore.embedders import Context, Embedder, Vectors, Way, unit_rows

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

DIMENSIONS = 128
_SEED = 0


class LexicalEmbedder:
    """Embeds by the words and character n-grams a text shares with the shop's product texts.

    Args:
        context: Its corpus is what the first call of `embed` fits on.
    """

    name = "lexical"
    portable = False
    fingerprint = f"lexical/1-{DIMENSIONS}"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._vectorisers: list[TfidfVectorizer] = []
        self._svd: TruncatedSVD | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts; one that shares no word or n-gram with the corpus gets zeros."""
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        if not self._vectorisers:
            self._fit(list(self._context.corpus()))
        counts = self._weigh(texts)
        reduced = self._svd.transform(counts) if self._svd else counts.toarray()
        # what the corpus does not know projects to rounding noise, which must not be scaled up
        reduced[np.linalg.norm(reduced, axis=1) < 1e-6] = 0
        return unit_rows(reduced)

    def _weigh(self, texts: Sequence[str]) -> "csr_matrix":
        from scipy.sparse import hstack

        counts: csr_matrix = hstack(
            [vectoriser.transform(texts) for vectoriser in self._vectorisers], format="csr"
        )
        return counts

    def _fit(self, corpus: list[str]) -> None:
        # scikit-learn takes more than a second to import, and a session that searches nothing never needs it
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        corpus = [text for text in corpus if text.strip()] or ["-"]
        words = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\w+", stop_words="english")
        grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
        readable = any(words.build_analyzer()(text) for text in corpus)
        self._vectorisers = [way.fit(corpus) for way in ([words, grams] if readable else [grams])]
        counts = self._weigh(corpus)
        size = min(DIMENSIONS, min(counts.shape) - 1)
        if size >= 2:
            self._svd = TruncatedSVD(size, n_iter=4, random_state=_SEED).fit(counts)


def _usable(_context: Context) -> bool:
    return True


def _make(context: Context) -> Embedder:
    return LexicalEmbedder(context)


WAY = Way(name=LexicalEmbedder.name, make=_make, preference=1, usable=_usable)
