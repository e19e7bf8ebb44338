"""Customers' notes as a second index. A note is written by anybody: personal, untrusted, perhaps hostile.

What leaves here is one masked, shortened line in quotes. It is data about a customer, never an instruction.
"""

import re
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.ports import Hit, Progress
from marketeer.vectorstore.embedders import Embedder, Vectors
from marketeer.vectorstore.profiles import Profile, one_line
from marketeer.vectorstore.ranking import nearest
from marketeer.vectorstore.stores import Store
from marketeer.vectorstore.texts import TextVectors

LONGEST = 160
_MASK = "▮"
_REACHABLE = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|\+?\d[\d ()./-]{5,}\d", re.IGNORECASE)
_NAMING = (col.FIRST_NAME, col.LAST_NAME, col.CUSTOMER_ID, col.ADDRESS)
_SHORTEST_NAME = 2


def masked(note: str, names: Sequence[str]) -> str:
    """Put a note on one shortened line without addresses, links, long numbers and the names given."""
    text = _REACHABLE.sub(_MASK, note)
    for name in names:
        if len(name) >= _SHORTEST_NAME:
            edge = r"\b" if name.isascii() else ""
            text = re.sub(f"{edge}{re.escape(name)}{edge}", _MASK, text, flags=re.IGNORECASE)
    return one_line(text, LONGEST)


class NotesIndex:
    """Finds customers by what stands in their notes.

    Args:
        dataset: The snapshot.
        embedder: Gives an embedder for notes; called once, at the first use.
        store: Gives where notes and their vectors are kept.
        progress: Hears how far long work has come.
    """

    def __init__(
        self,
        dataset: Dataset,
        embedder: Callable[[], Embedder],
        store: Callable[[Embedder, int], Store],
        progress: Progress,
    ) -> None:
        self._dataset = dataset
        self._make_embedder = embedder
        self._make_store = store
        self._progress = progress

    def search(self, text: str, rows: NDArray[np.int32] | None, limit: int) -> Sequence[Hit]:
        """Rank customers by their notes being like a text, only among `rows` when given.

        Raises:
            Insufficient: There are no notes, or nothing of the text is understood.
        """
        notes = self._notes
        query = self._embedder.embed([text])[0]
        if not query.any():
            raise Insufficient(
                f"No note has words like '{text}'. Try words that people write in notes.",
                code="text_not_understood",
                text=text,
            )
        among = None if rows is None else np.flatnonzero(notes.index.isin(rows)).astype(np.int32)
        found, scores = nearest(self._vectors, query, among, limit)
        profiles = [Profile(int(notes.index[at]), notes.iloc[at], {}) for at in found]
        self._store.remember(profiles, self._vectors[found])
        pairs = zip(profiles, scores, strict=True)
        return [Hit(profile.row, float(score), profile.document) for profile, score in pairs]

    @cached_property
    def _notes(self) -> "pd.Series[str]":
        """Masked notes by `customer_row`."""
        return read_notes(self._dataset)

    @cached_property
    def _embedder(self) -> Embedder:
        return self._make_embedder()

    @cached_property
    def _store(self) -> Store:
        return self._make_store(self._embedder, len(self._notes))

    @cached_property
    def _vectors(self) -> Vectors:
        return self._store.vectors(self._embed)

    def _embed(self) -> Vectors:
        texts = TextVectors(self._embedder, self._store.texts_file, "embed_notes", self._progress)
        return texts.of(self._notes.tolist())


def read_notes(dataset: Dataset) -> "pd.Series[str]":
    """Give the masked notes by `customer_row`, of those who have one.

    Raises:
        Insufficient: No notes were loaded.
    """
    dataset.need(Table.CUSTOMERS, col.NOTES)
    names = [name for name in _NAMING if dataset.has(Table.CUSTOMERS, name)]
    frame = dataset.frame(
        f"SELECT customer_row, notes, {', '.join(names)} FROM customers "
        "WHERE trim(coalesce(notes, '')) <> '' ORDER BY customer_row"
    )
    if frame.empty:
        raise Insufficient("No customer of the loaded data has a note.", code="no_notes")
    people = frame[names].fillna("").astype(str).to_numpy()
    texts = [masked(note, person.tolist()) for note, person in zip(frame["notes"], people, strict=True)]
    return pd.Series(texts, index=frame["customer_row"], name="note")
