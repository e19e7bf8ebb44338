"""Keeps customer vectors and profiles in memory: for tests, small shops and other programs."""

from collections.abc import Callable, Sequence

from marketeer.vectorstore.embedders import Vectors
from marketeer.vectorstore.profiles import Profile
from marketeer.vectorstore.ranking import Rows, Scores


class MemoryStore:
    """A `Store` that is gone with the process."""

    texts_file = None

    def __init__(self) -> None:
        self._vectors: Vectors | None = None
        self._profiles: dict[int, Profile] = {}

    def vectors(self, compose: Callable[[], Vectors]) -> Vectors:
        """Give the customer vectors, composed at the first call."""
        if self._vectors is None:
            self._vectors = compose()
        return self._vectors

    def remember(self, profiles: Sequence[Profile], vectors: Vectors) -> int:
        """Keep profiles; gives how many were new or changed."""
        changed = [profile for profile in profiles if self._profiles.get(profile.row) != profile]
        self._profiles.update((profile.row, profile) for profile in changed)
        return len(changed)

    def approximate(self, query: Vectors, limit: int, everybody: int) -> tuple[Rows, Scores] | None:
        """Give nothing: in memory the exact ranking is always at hand."""
        return None
