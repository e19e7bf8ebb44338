"""What the tools need from the rooms above, as protocols. `agent/session.py` wires the real ones.

The plain implementations here are enough for commands, tests and other programs that use the tools.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from marketeer.tools.core.copy import Brief, ChannelSpec, Draft
from marketeer.tools.core.errors import Refused, unknown_name


class Progress(Protocol):
    """Hears how far long work has come."""

    def report(self, stage: str, done: float, total: float | None = None) -> None:
        """Say that `done` of `total` units of a stage are finished; total None means unknown."""
        ...


@dataclass(frozen=True, slots=True)
class Hit:
    """One customer found by the profile index.

    Attributes:
        row: The customer's row in the snapshot.
        score: Cosine similarity, −1 to 1.
        document: The stored profile sentence.
        evidence: Names of what they bought: nearest to what was asked, or where nothing was, most spent on.
    """

    row: int
    score: float
    document: str
    evidence: tuple[str, ...] = ()


class ProfileIndex(Protocol):
    """Remembers customers as text and finds them by meaning. Never counts."""

    @property
    def fingerprint(self) -> str:
        """Name the embedder and its version; part of a recipe."""
        ...

    def search(self, text: str, rows: NDArray[np.int32] | None, limit: int) -> Sequence[Hit]:
        """Rank customers by similarity to a text, only among `rows` when given."""
        ...

    def similar(self, row: int, rows: NDArray[np.int32] | None, limit: int) -> Sequence[Hit]:
        """Rank customers by similarity to one customer, who is left out."""
        ...

    def typical(self, rows: NDArray[np.int32], limit: int) -> Sequence[Hit]:
        """Give the most central customers of a group (medoids)."""
        ...

    def search_notes(self, text: str, rows: NDArray[np.int32] | None, limit: int) -> Sequence[Hit]:
        """Rank customers by their notes; the documents are masked notes, untrusted text."""
        ...

    def product_vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed product texts, shape (len(texts), dimensions), rows of unit length."""
        ...


class Writer(Protocol):
    """Turns a brief into copy."""

    @property
    def fingerprint(self) -> str:
        """Name the writer and its model; part of a recipe."""
        ...

    def write(self, brief: Brief, channel: ChannelSpec) -> Draft:
        """Write one draft; its parts are those of the channel."""
        ...


class Channels(Protocol):
    """Knows the channels copy can be written for."""

    def names(self) -> Sequence[str]:
        """Give all channel names."""
        ...

    def get(self, name: str) -> ChannelSpec:
        """Give one channel, or raise `Retry` with the nearest names."""
        ...


class Vocabulary(Protocol):
    """Knows what people call the things that tools know by code, in any language."""

    def code(self, kind: str, text: str) -> str | None:
        """Give the code for a word of a kind (`segment`, `measure`, …), or None when it knows none."""
        ...


class Runner(Protocol):
    """Runs another tool on behalf of one that needs its payload, so that the step is filed and seen."""

    def produce(self, payload: type[Any], args: Mapping[str, Any]) -> str:
        """Run the tool that produces this payload, with its defaults for all other arguments.

        Gives the finding's id.
        """
        ...

    def restore(self, finding_id: str) -> None:
        """Compute the payload of a filed finding again from its recipe."""
        ...


class Silent:
    """A `Progress` that says nothing."""

    def report(self, stage: str, done: float, total: float | None = None) -> None:
        """Ignore the report."""


class PlainVocabulary:
    """A `Vocabulary` of plain pairs; without any it only normalises the spelling of codes."""

    def __init__(self, words: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self._words = words or {}

    def code(self, kind: str, text: str) -> str | None:
        """Look the folded text up among the words of a kind."""
        return self._words.get(kind, {}).get(text.strip().casefold())


class NoIndex:
    """Stands in where no profile index was wired."""

    fingerprint = "none"

    def search(self, text: str, rows: NDArray[np.int32] | None, limit: int) -> Sequence[Hit]:
        """Refuse: there is nothing to search."""
        raise Refused("No profile index is available here, so customers cannot be searched by text.")

    def similar(self, row: int, rows: NDArray[np.int32] | None, limit: int) -> Sequence[Hit]:
        """Refuse: there is nothing to search."""
        raise Refused("No profile index is available here, so similar customers cannot be found.")

    def typical(self, rows: NDArray[np.int32], limit: int) -> Sequence[Hit]:
        """Refuse: there is nothing to search."""
        raise Refused("No profile index is available here, so typical customers cannot be shown.")

    def search_notes(self, text: str, rows: NDArray[np.int32] | None, limit: int) -> Sequence[Hit]:
        """Refuse: there is nothing to search."""
        raise Refused("No profile index is available here, so notes cannot be searched.")

    def product_vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Refuse: there is no embedder."""
        raise Refused("No embedder is available here.")


class NoWriter:
    """Stands in where no writer was wired."""

    fingerprint = "none"

    def write(self, brief: Brief, channel: ChannelSpec) -> Draft:
        """Refuse: there is nobody to write."""
        raise Refused("No writer is available here, so no copy can be drafted.")


class NoChannels:
    """Stands in where no channels were wired."""

    def names(self) -> Sequence[str]:
        """Give no names."""
        return ()

    def get(self, name: str) -> ChannelSpec:
        """Raise `Retry`: there is no channel."""
        raise unknown_name("channel", name, ())
