"""Where an index keeps what it has made, as a protocol."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from marketeer.vectorstore.embedders import Vectors
from marketeer.vectorstore.profiles import Profile
from marketeer.vectorstore.ranking import Rows, Scores


class Store(Protocol):
    """Keeps what the index has made."""

    @property
    def texts_file(self) -> Path | None:
        """The file for the vectors of texts; None keeps them in memory."""
        ...

    def vectors(self, compose: Callable[[], Vectors]) -> Vectors:
        """Give the customer vectors, composed when they are not kept yet."""
        ...

    def remember(self, profiles: Sequence[Profile], vectors: Vectors) -> int:
        """Keep profiles with their vectors, skipping unchanged ones; gives how many were written."""
        ...

    def approximate(self, query: Vectors, limit: int, everybody: int) -> tuple[Rows, Scores] | None:
        """Rank everybody kept approximately, or give None where so many are not kept."""
        ...
