"""Keeps profiles in a Chroma collection on disk, and the vectors they are ranked by beside it.

One collection per snapshot and embedder. Chroma never embeds: vectors are always supplied. Two programs that
write to one folder make embeddings unreadable (measured), even in turns while both keep it open; so whoever
uses it locks it, opens it, and closes it again.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings
from chromadb.errors import ChromaError
from filelock import FileLock, Timeout

from marketeer.tools.core.errors import WorkspaceError
from marketeer.vectorstore.embedders import Vectors
from marketeer.vectorstore.profiles import Profile
from marketeer.vectorstore.ranking import SCORE_DECIMALS, Rows, Scores

BATCH = 2_000
_DIGEST = "digest"
_LOCK_SECONDS = 30


class ChromaStore:
    """A `Store` in a folder.

    Args:
        folder: The folder of all collections; made when missing, for its owner only.
        name: The collection, named after kind, snapshot and embedder.
        count: How many rows it has when it holds everybody.
        texts: The name of the file for the vectors of texts.
    """

    def __init__(self, folder: Path, name: str, count: int, texts: str) -> None:
        self._folder = folder
        self._name = _plain(name)
        self._count = count
        self._seen: dict[str, str] = {}
        self.texts_file: Path | None = folder / f"{_plain(texts)}.npz"

    def vectors(self, compose: Callable[[], Vectors]) -> Vectors:
        """Give the customer vectors, read from their file or composed and written to it."""
        path = self._folder / f"{self._name}.npy"
        kept = _read(path)
        if kept is not None and len(kept) == self._count:
            return kept
        made = compose()
        self._make_folder()
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
        ids = [str(profile.row) for profile in profiles]
        digests = [profile.digest(vector) for profile, vector in zip(profiles, vectors, strict=True)]
        if all(self._seen.get(name) == digest for name, digest in zip(ids, digests, strict=True)):
            return 0
        with self._opened() as collection:
            found = collection.get(ids=ids, include=["metadatas"])
            pairs = zip(found["ids"], found["metadatas"], strict=True)
            kept = {name: (about or {}).get(_DIGEST) for name, about in pairs}
            stale = [n for n, name in enumerate(ids) if kept.get(name) != digests[n]]
            changed = [ids[n] for n in stale if ids[n] in kept]
            if changed:
                collection.delete(ids=changed)
            for start in range(0, len(stale), BATCH):
                at = stale[start : start + BATCH]
                collection.add(
                    ids=[ids[n] for n in at],
                    embeddings=vectors[at],
                    documents=[profiles[n].document for n in at],
                    metadatas=[{**profiles[n].metadata, _DIGEST: digests[n]} for n in at],
                )
        self._seen.update(zip(ids, digests, strict=True))
        return len(stale)

    def approximate(self, query: Vectors, limit: int, everybody: int) -> tuple[Rows, Scores] | None:
        """Rank everybody through Chroma's index, or give None where so many are not in it."""
        with self._opened() as collection:
            if collection.count() < everybody:
                return None
            found = collection.query(query_embeddings=[query], n_results=limit, include=["distances"])
        rows = np.array([int(name) for name in found["ids"][0]], dtype=np.int32)
        scores = np.round(1 - np.array(found["distances"][0], dtype=np.float64), SCORE_DECIMALS)
        return rows, scores

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        """Open the collection for one piece of work, alone, and close it again."""
        with self._alone(), self._guarded():
            client = self._client()
            try:
                yield client.get_or_create_collection(
                    self._name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
                )
            finally:
                client.close()

    def _client(self) -> Any:
        try:
            return chromadb.PersistentClient(str(self._folder), settings=Settings(anonymized_telemetry=False))
        except ValueError as error:
            raise self._damaged(error) from error

    def _make_folder(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._make_folder()
        try:
            with FileLock(self._folder / ".lock", timeout=_LOCK_SECONDS):
                yield
        except Timeout as error:
            raise WorkspaceError(
                f"Another program is using the customer profiles in {self._folder}. "
                "Try again when it is done.",
                code="profiles_locked",
            ) from error

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (ChromaError, OSError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> WorkspaceError:
        return WorkspaceError(
            f"The customer profiles in {self._folder} cannot be read: {error}. "
            "Delete that folder; it is built again when it is needed.",
            code="profiles_damaged",
        )


def _plain(name: str) -> str:
    """Give a name Chroma takes: 3–512 characters of `a-zA-Z0-9._-`, a letter or digit at each end."""
    return re.sub(r"[^a-zA-Z0-9._-]+", "-", name)[:500].strip("._-")


def _read(path: Path) -> Vectors | None:
    try:
        kept: Vectors = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    return kept
