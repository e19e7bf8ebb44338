"""The record of what left this machine: every request's address, size and exact body (`sent.jsonl`)."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

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
        self._path = path

    def add(self, address: str, body: bytes) -> Parcel:
        """Write one request down before it leaves."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        parcel = Parcel(now, address, len(body), body.decode("utf-8", "replace"))
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path.touch(mode=0o600)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(parcel), ensure_ascii=False) + "\n")
        return parcel

    def parcels(self) -> Iterator[Parcel]:
        """Give all parcels, oldest first; nothing where nothing ever left."""
        if self._path.exists():
            with self._path.open(encoding="utf-8") as file:
                for line in file:
                    yield Parcel(**json.loads(line))
