"""Keeps profiles in a Chroma collection on disk, and the vectors they are ranked by beside it.

One collection per snapshot and embedder. Chroma never embeds: vectors are always supplied. Two writers on
one folder make embeddings unreadable (measured), so writing takes a file lock.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings
from chromadb.errors import ChromaError
from filelock import FileLock, Timeout

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import WorkspaceError
from marketeer.vectorstore.embedders import Embedder, Vectors
from marketeer.vectorstore.profiles import Profile
from marketeer.vectorstore.ranking import SCORE_DECIMALS, Rows, Scores

BATCH = 2_000
_DIGEST = "digest"
_LOCK_SECONDS = 30


class ChromaStore:
    """A `Store` in a folder.

    Args:
        folder: The folder of all collections; made when missing, for its owner only.
        dataset: The snapshot.
        embedder: What the vectors are made with.
    """

    def __init__(self, folder: Path, dataset: Dataset, embedder: Embedder) -> None:
        self._folder = folder
        self._name = _plain(f"profiles-{dataset.snapshot[:16]}-{embedder.fingerprint}")
        self._count = dataset.rows.get(Table.CUSTOMERS, 0)
        shop = "" if embedder.portable else f"{dataset.snapshot[:16]}-"
        self.products_file: Path | None = folder / f"{_plain(f'products-{shop}{embedder.fingerprint}')}.npz"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @cached_property
    def _collection(self) -> Any:
        with self._guarded():
            client = chromadb.PersistentClient(
                str(self._folder), settings=Settings(anonymized_telemetry=False)
            )
            return client.get_or_create_collection(
                self._name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
            )

    def vectors(self, compose: Callable[[], Vectors]) -> Vectors:
        """Give the customer vectors, read from their file or composed and written to it."""
        path = self._folder / f"{self._name}.npy"
        kept = _read(path)
        if kept is not None and len(kept) == self._count:
            return kept
        made = compose()
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        with beside.open("wb") as file:
            np.save(file, made)
        beside.chmod(0o600)
        beside.replace(path)
        return made

    def remember(self, profiles: Sequence[Profile], vectors: Vectors) -> int:
        """Add new profiles, delete and add changed ones, skip the rest; gives how many were written.

        Deleting and adding is about four times as fast as Chroma's upsert in place.
        """
        digests = [profile.digest(vector) for profile, vector in zip(profiles, vectors, strict=True)]
        if self._stale(profiles, digests, self._kept(profiles)):
            with self._lock(), self._guarded():
                kept = self._kept(profiles)
                stale = self._stale(profiles, digests, kept)
                changed = [str(profiles[n].row) for n in stale if str(profiles[n].row) in kept]
                if changed:
                    self._collection.delete(ids=changed)
                for start in range(0, len(stale), BATCH):
                    self._add(profiles, vectors, digests, stale[start : start + BATCH])
                return len(stale)
        return 0

    def approximate(self, query: Vectors, limit: int) -> tuple[Rows, Scores] | None:
        """Rank all customers through Chroma's index, or give None where not all are in it."""
        with self._guarded():
            if self._collection.count() < self._count:
                return None
            found = self._collection.query(query_embeddings=[query], n_results=limit, include=["distances"])
        rows = np.array([int(name) for name in found["ids"][0]], dtype=np.int32)
        scores = np.round(1 - np.array(found["distances"][0], dtype=np.float64), SCORE_DECIMALS)
        return rows, scores

    def _kept(self, profiles: Sequence[Profile]) -> dict[str, str]:
        ids = [str(profile.row) for profile in profiles]
        with self._guarded():
            found = self._collection.get(ids=ids, include=["metadatas"])
        return {name: about[_DIGEST] for name, about in zip(found["ids"], found["metadatas"], strict=True)}

    @staticmethod
    def _stale(profiles: Sequence[Profile], digests: Sequence[str], kept: dict[str, str]) -> list[int]:
        pairs = enumerate(zip(profiles, digests, strict=True))
        return [n for n, (profile, digest) in pairs if kept.get(str(profile.row)) != digest]

    def _add(
        self, profiles: Sequence[Profile], vectors: Vectors, digests: Sequence[str], at: Sequence[int]
    ) -> None:
        self._collection.add(
            ids=[str(profiles[n].row) for n in at],
            embeddings=vectors[list(at)],
            documents=[profiles[n].document for n in at],
            metadatas=[{**profiles[n].metadata, _DIGEST: digests[n]} for n in at],
        )

    @contextmanager
    def _lock(self) -> Iterator[None]:
        try:
            with FileLock(self._folder / ".lock", timeout=_LOCK_SECONDS):
                yield
        except Timeout as error:
            raise WorkspaceError(
                f"Another program is writing the customer profiles in {self._folder}. "
                "Try again when it is done."
            ) from error

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (ChromaError, ValueError, OSError) as error:
            raise WorkspaceError(
                f"The customer profiles in {self._folder} cannot be read: {error}. "
                "Delete that folder; it is built again when it is needed.",
                code="profiles_damaged",
            ) from error


def _plain(name: str) -> str:
    """Give a name Chroma takes: 3–512 characters of `a-zA-Z0-9._-`, a letter or digit at each end."""
    return re.sub(r"[^a-zA-Z0-9._-]+", "-", name)[:500].strip("._-")


def _read(path: Path) -> Vectors | None:
    try:
        kept: Vectors = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    return kept
