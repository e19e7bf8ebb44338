"""The record of what left this machine: every request's address, size and exact body (`sent.jsonl`)."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from marketeer.agent.lines import JsonLines

FILE_NAME = "sent.jsonl"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One request as it left.

    Attributes:
        at: When, in UTC.
        address: Where to, without any key.
        bytes: The size of its body.
        body: The body as text.
    """

    at: str
    address: str
    bytes: int
    body: str


class EgressRecord:
    """Parcels on disk, one line each, in a file only its owner can read.

    Args:
        path: The file; made with the first parcel.
    """

    def __init__(self, path: Path) -> None:
        self._lines = JsonLines(path)

    def add(self, address: str, body: bytes) -> Parcel:
        """Write one request down before it leaves."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        parcel = Parcel(now, address, len(body), body.decode("utf-8", "replace"))
        self._lines.add(asdict(parcel))
        return parcel

    def parcels(self) -> Iterator[Parcel]:
        """Give all parcels, oldest first; nothing where nothing ever left."""
        yield from (Parcel(**value) for value in self._lines.values())
