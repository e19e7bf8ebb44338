"""The `ProfileIndex`: customers as vectors composed from products, and as sentences.

Rows are filtered before they are ranked, and ranked exactly wherever that is quicker than an approximate
index: every filtered question, and all others up to a million customers. Nothing is computed before it is
asked for.
"""

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from marketeer.tools.core.copy import Language
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.ports import Hit, Progress
from marketeer.vectorstore.composition import compose, product_texts, spend_weights
from marketeer.vectorstore.embedders import Embedder, Vectors
from marketeer.vectorstore.evidence import Evidence, favourite_purchases, nearest_purchases
from marketeer.vectorstore.notes import NotesIndex
from marketeer.vectorstore.profiles import Profiles
from marketeer.vectorstore.ranking import Rows, Scores, centroid, nearest
from marketeer.vectorstore.stores import Store
from marketeer.vectorstore.texts import TextVectors

EXACT_UP_TO = 1_000_000
"""Ranking so many exactly takes about 0.3 s; opening Chroma's index of a tenth of them takes longer."""

BATCH = 2_000


class CustomerIndex:
    """Finds customers by meaning.

    Args:
        dataset: The snapshot.
        embedder: Gives the embedder; called once, at the first use.
        store: Gives where vectors and profiles of an embedder are kept; called once, at the first use.
        notes: The index of the customers' notes.
        language: The language of the profile sentences.
        progress: Hears how far long work has come.
    """

    def __init__(
        self,
        dataset: Dataset,
        embedder: Callable[[], Embedder],
        store: Callable[[Embedder], Store],
        notes: NotesIndex,
        *,
        language: Language,
        progress: Progress,
    ) -> None:
        self._dataset = dataset
        self._make_embedder = embedder
        self._make_store = store
        self._notes = notes
        self._profiles = Profiles(dataset, language)
        self._progress = progress

    @cached_property
    def _embedder(self) -> Embedder:
        return self._make_embedder()

    @cached_property
    def _store(self) -> Store:
        return self._make_store(self._embedder)

    @cached_property
    def _products(self) -> TextVectors:
        return TextVectors(self._embedder, self._store.texts_file, "embed_products", self._progress)

    @cached_property
    def _vectors(self) -> Vectors:
        return self._store.vectors(self._compose)

    @cached_property
    def _product_rows(self) -> Vectors:
        return self.product_vectors(product_texts(self._dataset))

    @property
    def embedder(self) -> str:
        """The name of the embedder in use."""
        return self._embedder.name

    @property
    def fingerprint(self) -> str:
        """Name the embedder and its version."""
        return self._embedder.fingerprint

    def search(self, text: str, rows: NDArray[np.int32] | None, limit: int) -> Sequence[Hit]:
        """Rank customers by what they bought being like a text, only among `rows` when given.

        Raises:
            Insufficient: Nothing of the text is understood, or nobody bought anything that has a text.
        """
        query = self._embedder.embed([text])[0]
        if not query.any():
            raise Insufficient(
                f"No product text of this shop has words like '{text}', so there is nothing to rank by. "
                "Try words that stand in product names, or filter by a product or category.",
                code="text_not_understood",
                text=text,
            )
        found, scores = self._rank(query, rows, limit)
        return self._hits(found, scores, self._nearest_purchases(query, found))

    def similar(self, row: int, rows: NDArray[np.int32] | None, limit: int) -> Sequence[Hit]:
        """Rank customers by buying like one customer, who is left out.

        Raises:
            Insufficient: The customer bought nothing to compare by.
        """
        query = self._vectors[row]
        if not query.any():
            raise Insufficient(
                "This customer has bought nothing yet, so nobody can be compared with them.",
                code="nothing_bought",
            )
        found, scores = self._rank(query, rows, limit + 1)
        others = np.flatnonzero(found != row)[:limit]
        return self._hits(found[others], scores[others], self._nearest_purchases(query, found[others]))

    def typical(self, rows: NDArray[np.int32], limit: int) -> Sequence[Hit]:
        """Give the most central customers of a group: the medoids under cosine similarity."""
        group = np.asarray(rows, dtype=np.int32)
        found, scores = nearest(self._vectors, centroid(self._vectors, group), group, limit)
        return self._hits(found, scores, favourite_purchases(self._dataset, found))

    def search_notes(self, text: str, rows: NDArray[np.int32] | None, limit: int) -> Sequence[Hit]:
        """Rank customers by their notes being like a text; the documents are masked notes, untrusted text."""
        return self._notes.search(text, rows, limit)

    def product_vectors(self, texts: Sequence[str]) -> Vectors:
        """Embed product texts, shape (len(texts), dimensions), rows of unit length."""
        return self._products.of(texts)

    def prepare(self) -> int:
        """Keep the profile of everybody who can be found, so that no question waits for it.

        Returns:
            How many were written; unchanged ones are skipped.
        """
        findable = np.flatnonzero(self._findable).astype(np.int32)
        written = 0
        for start in range(0, findable.size, BATCH):
            rows = findable[start : start + BATCH]
            written += self._store.remember(self._profiles.of(rows), self._vectors[rows])
            self._progress.report("index_profiles", start + rows.size, findable.size)
        return written

    @cached_property
    def _findable(self) -> NDArray[np.bool_]:
        """Who bought anything that has a text; for all others there is nothing to compare by."""
        return np.asarray(np.any(self._vectors, axis=1), dtype=np.bool_)

    def _rank(self, query: Vectors, rows: Rows | None, limit: int) -> tuple[Rows, Scores]:
        if rows is None and len(self._vectors) > EXACT_UP_TO:
            approximate = self._store.approximate(query, limit, int(self._findable.sum()))
            if approximate is not None:
                return approximate
        return nearest(self._vectors, query, rows, limit)

    def _nearest_purchases(self, query: Vectors, rows: Rows) -> Evidence:
        return nearest_purchases(self._dataset, self._product_rows, query, rows)

    def _hits(self, rows: Rows, scores: Scores, evidence: Evidence) -> list[Hit]:
        if not rows.size:
            return []
        profiles = self._profiles.of(rows)
        self._store.remember(profiles, self._vectors[rows])
        pairs = zip(profiles, scores, strict=True)
        return [Hit(p.row, float(score), p.document, evidence.get(p.row, ())) for p, score in pairs]

    def _compose(self) -> Vectors:
        return compose(spend_weights(self._dataset), self._product_rows)
