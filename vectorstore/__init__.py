"""Remembers customers as text; knows Chroma, nothing of chat.

`open_index` puts the room together; nothing is read, loaded or written before the index is first asked.
"""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from marketeer.tools.core.columns import Table
from marketeer.tools.core.copy import Language
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.ports import Progress, Silent
from marketeer.vectorstore.composition import product_texts
from marketeer.vectorstore.embedders import AUTO, Context, Embedder, choose
from marketeer.vectorstore.embedders.openai_compatible import OpenAICompatibleEmbedder
from marketeer.vectorstore.index import CustomerIndex
from marketeer.vectorstore.memory import MemoryStore
from marketeer.vectorstore.notes import NotesIndex, read_notes
from marketeer.vectorstore.stores import Store

FOLDER = "chroma"
"""Where in a workspace profiles and vectors are kept."""


def open_index(
    dataset: Dataset,
    folder: Path | None,
    embedder: str = AUTO,
    progress: Progress | None = None,
    *,
    language: Language = "en",
    client: Callable[[], Any] | None = None,
) -> CustomerIndex:
    """Open the profile index of a snapshot.

    Args:
        dataset: The snapshot.
        folder: The workspace folder; None keeps everything in memory.
        embedder: `auto` (the best one usable here) or a name such as `lexical`, `minilm`, `openai:MODEL`.
        progress: Hears how far long work has come.
        language: The language of the profile sentences.
        client: Opens an OpenAI-compatible client, where the person allowed texts to be sent to one.

    Raises:
        SettingsError: At the first use, when there is no such embedder or it cannot work here.
    """
    heard = progress or Silent()
    products = Context(partial(product_texts, dataset), client=client)
    # what was written about a person is never sent to an endpoint
    at_home = AUTO if embedder.startswith(OpenAICompatibleEmbedder.name) else embedder
    notes = Context(lambda: read_notes(dataset).tolist())
    return CustomerIndex(
        dataset,
        partial(choose, embedder, products),
        partial(_store, folder, "profiles", dataset, count=dataset.rows.get(Table.CUSTOMERS, 0)),
        NotesIndex(
            dataset, partial(choose, at_home, notes), partial(_store, folder, "notes", dataset), heard
        ),
        language=language,
        progress=heard,
    )


def drop_index(folder: Path) -> None:
    """Delete all that indices have kept in a workspace folder; they are made again when they are needed.

    This is how a person is forgotten here, after they are gone from the snapshot: Chroma's own deletion
    leaves the bytes of a document in its files.
    """
    shutil.rmtree(folder / FOLDER, ignore_errors=True)


def _store(folder: Path | None, kind: str, dataset: Dataset, embedder: Embedder, count: int) -> Store:
    if folder is None:
        return MemoryStore()
    # chromadb takes a second to import, and a session that searches nothing never needs it
    from marketeer.vectorstore.chroma import ChromaStore

    snapshot = dataset.snapshot[:16]
    fitted_on = "" if embedder.portable else f"-{snapshot}"
    name = f"{kind}-{snapshot}-{embedder.fingerprint}"
    return ChromaStore(folder / FOLDER, name, count, f"{kind}-texts{fitted_on}-{embedder.fingerprint}")
