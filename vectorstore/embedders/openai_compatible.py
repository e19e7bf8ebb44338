"""Embeddings from an OpenAI-compatible endpoint, through a client that is handed in.

Product texts and search texts leave the machine this way, so it is never chosen unasked.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from marketeer.tools.core.errors import ModelError, SettingsError
from marketeer.vectorstore.embedders import Context, Embedder, Vectors, Way, unit_rows

BATCH = 256


class OpenAICompatibleEmbedder:
    """Embeds through `client.embeddings.create`.

    Args:
        client: Opens an `openai.OpenAI` client or one that answers like it; asked again once it is closed.
        model: The embedding model's name at that endpoint.
    """

    name = "openai"
    portable = True

    def __init__(self, client: Callable[[], Any], model: str) -> None:
        self._open = client
        self._opened: Any = None
        self._model = model

    @property
    def _client(self) -> Any:
        if self._opened is None or self._opened.is_closed():
            self._opened = self._open()
        return self._opened

    @property
    def fingerprint(self) -> str:
        """Name the model and the endpoint's host."""
        return f"openai/{self._model}@{self._client.base_url.host}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts in batches; raises `ModelError` when the endpoint refuses or answers nonsense."""
        if not texts:
            return np.zeros((0, 0), dtype=np.float32)
        batches = [list(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        return unit_rows(np.vstack([self._ask(batch) for batch in batches]))

    def _ask(self, batch: list[str]) -> Vectors:
        # openai is loaded already wherever there is a client; importing it at the top would slow everybody
        from openai import OpenAIError

        # an endpoint may refuse an empty text, and a product may have no name
        inputs = [text.strip() or "-" for text in batch]
        try:
            answer = self._client.embeddings.create(model=self._model, input=inputs, encoding_format="float")
        except (OpenAIError, ValueError) as error:
            raise ModelError(f"The embedding endpoint did not answer: {error}.", code="embedding") from error
        rows = sorted(getattr(answer, "data", None) or [], key=lambda item: item.index)
        vectors = [row.embedding for row in rows]
        if len(vectors) != len(batch) or len({len(vector) for vector in vectors}) != 1:
            raise ModelError(
                f"The embedding endpoint gave {len(vectors)} vectors for {len(batch)} texts. "
                "Use another model, or the embedder 'auto'.",
                code="embedding_shape",
            )
        return np.asarray(vectors, dtype=np.float32)


def _usable(context: Context) -> bool:
    return context.client is not None


def _make(context: Context) -> Embedder:
    if context.client is None or not context.option:
        raise SettingsError(
            "The embedder 'openai' needs an endpoint and a model. Set OPENAI_API_KEY or OPENAI_BASE_URL, "
            "and write the model after a colon: openai:text-embedding-3-small.",
            code="embedder_client",
        )
    return OpenAICompatibleEmbedder(context.client, context.option)


WAY = Way(name=OpenAICompatibleEmbedder.name, make=_make, preference=0, usable=_usable)
