"""Latent semantic analysis of the shop's own product texts: no weights, no network, any language."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from marketeer.vectorstore.embedders import Context, Embedder, Vectors, Way

if TYPE_CHECKING:
    from marketeer.vectorstore.lsa import LatentSemantics

DIMENSIONS = 192


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
        self._model: LatentSemantics | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts; one of which no word is like any word of the corpus gets zeros."""
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        if self._model is None:
            # SciPy takes a while to import, and a session that searches nothing never needs it
            from marketeer.vectorstore.lsa import LatentSemantics

            self._model = LatentSemantics(self._context.corpus(), DIMENSIONS)
        return self._model.embed(texts)


def _usable(_context: Context) -> bool:
    return True


def _make(context: Context) -> Embedder:
    return LexicalEmbedder(context)


WAY = Way(name=LexicalEmbedder.name, make=_make, preference=1, usable=_usable)
