"""Vectors of texts, each distinct text embedded once and kept in a file."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from marketeer.tools.core.ports import Progress
from marketeer.vectorstore.embedders import Embedder, Vectors

BATCH = 512


class TextVectors:
    """Embeds texts, asking the embedder only for those it has not seen.

    Args:
        embedder: The embedder.
        path: The file vectors are kept in; None keeps them in memory only.
        stage: What the progress calls it.
        progress: Hears how many texts are done.
    """

    def __init__(self, embedder: Embedder, path: Path | None, stage: str, progress: Progress) -> None:
        self._embedder = embedder
        self._path = path
        self._stage = stage
        self._progress = progress
        self._known: dict[str, NDArray[np.float32]] | None = None

    def of(self, texts: Sequence[str]) -> Vectors:
        """Give the vectors of texts, shape (len(texts), dimensions), rows of unit length or zeros."""
        if self._known is None:
            self._known = self._read()
        wanted = {_digest(text): text for text in texts}
        missing = {digest: text for digest, text in wanted.items() if digest not in self._known}
        if missing:
            made = np.vstack(list(self._embed(list(missing.values()))))
            self._known.update(zip(missing, made, strict=True))
            self._write()
        return np.array([self._known[_digest(text)] for text in texts], dtype=np.float32)

    def _embed(self, texts: Sequence[str]) -> Iterator[Vectors]:
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            yield self._embedder.embed(batch)
            self._progress.report(self._stage, start + len(batch), len(texts))

    def _read(self) -> dict[str, NDArray[np.float32]]:
        try:
            with np.load(self._path or "", allow_pickle=False) as kept:
                return dict(zip(kept["digests"].tolist(), kept["vectors"], strict=True))
        except (OSError, ValueError, KeyError):
            return {}  # what cannot be read is embedded again

    def _write(self) -> None:
        if self._path is None or self._known is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        with beside.open("wb") as file:
            np.savez(file, digests=np.array(list(self._known)), vectors=np.array(list(self._known.values())))
        beside.chmod(0o600)
        beside.replace(self._path)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
