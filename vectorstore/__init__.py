"""Remembers customers as text; knows Chroma, nothing of chat.

`open_index` puts the room together; nothing is read, loaded or written before the index is first asked.
"""

from functools import partial
from pathlib import Path
from typing import Any

from marketeer.tools.core.copy import Language
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.ports import Progress, Silent
from marketeer.vectorstore.composition import product_texts
from marketeer.vectorstore.embedders import AUTO, Context, Embedder, choose
from marketeer.vectorstore.index import CustomerIndex, Store
from marketeer.vectorstore.memory import MemoryStore

FOLDER = "chroma"
"""Where in a workspace profiles and vectors are kept."""


def open_index(
    dataset: Dataset,
    folder: Path | None,
    embedder: str = AUTO,
    progress: Progress | None = None,
    *,
    language: Language = "en",
    client: Any = None,
) -> CustomerIndex:
    """Open the profile index of a snapshot.

    Args:
        dataset: The snapshot.
        folder: The workspace folder; None keeps everything in memory.
        embedder: `auto` (the best one usable here) or a name such as `lexical`, `minilm`, `openai:MODEL`.
        progress: Hears how far long work has come.
        language: The language of the profile sentences.
        client: An OpenAI-compatible client, where the person allowed texts to be sent to one.

    Raises:
        SettingsError: At the first use, when there is no such embedder or it cannot work here.
    """
    context = Context(partial(product_texts, dataset), client=client)
    return CustomerIndex(
        dataset,
        partial(choose, embedder, context),
        partial(_store, dataset, folder),
        language=language,
        progress=progress or Silent(),
    )


def _store(dataset: Dataset, folder: Path | None, embedder: Embedder) -> Store:
    if folder is None:
        return MemoryStore()
    # chromadb takes a second to import, and a session that searches nothing never needs it
    from marketeer.vectorstore.chroma import ChromaStore

    return ChromaStore(folder / FOLDER, dataset, embedder)
