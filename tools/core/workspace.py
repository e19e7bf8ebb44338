"""The folder a person works in, and all that a running tool may reach: data, ledger, payloads, ports."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Retry, unknown_name
from marketeer.tools.core.findings import Note
from marketeer.tools.core.ledger import Ledger
from marketeer.tools.core.payloads import Payload
from marketeer.tools.core.ports import (
    Channels,
    NoChannels,
    NoIndex,
    NoWriter,
    PlainVocabulary,
    ProfileIndex,
    Progress,
    Runner,
    Silent,
    Vocabulary,
    Writer,
)

P = TypeVar("P", bound=Payload)


@dataclass(frozen=True, slots=True)
class Ports:
    """The outside things tools may use, each replaceable."""

    index: ProfileIndex = field(default_factory=NoIndex)
    writer: Writer = field(default_factory=NoWriter)
    channels: Channels = field(default_factory=NoChannels)
    vocabulary: Vocabulary = field(default_factory=PlainVocabulary)
    progress: Progress = field(default_factory=Silent)


@dataclass(frozen=True, slots=True)
class Workspace:
    """What a tool is given besides its arguments.

    Attributes:
        folder: The workspace folder.
        dataset: The current snapshot.
        ledger: All findings so far.
        ports: Index, writer, channels, vocabulary, progress.
        runner: Runs a producing tool when a needed payload is not there yet.
        parents: Payload kind → finding id this run was built on; filled as payloads are asked for.
        notes: What must be said with this run's finding about what it was built on.
        replaying: Whether this run computes a filed finding again, so that nothing but its parents is reused.
    """

    folder: Path
    dataset: Dataset
    ledger: Ledger
    ports: Ports = field(default_factory=Ports)
    runner: Runner | None = None
    parents: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    replaying: bool = False

    def scoped(self, parents: Mapping[str, str] | None = None) -> "Workspace":
        """Give a workspace for one run, with the parents fixed when it is a replay."""
        return replace(self, parents=dict(parents or {}), notes=[], replaying=parents is not None)

    def payload_folder(self, finding_id: str) -> Path:
        """Give the folder a finding's payload lives in."""
        return self.folder / "payloads" / finding_id

    def require(self, payload: type[P], handle: str | None = None) -> P:
        """Load a payload by handle, else the current one, else have its tool make one.

        Args:
            payload: The kind of payload.
            handle: A finding id such as `F3`; None takes the newest of this snapshot.

        Returns:
            The payload. Its finding becomes a parent of the running one.

        Raises:
            Retry: The handle names no finding with such a payload on this snapshot.
        """
        finding_id = handle or self.parents.get(payload.kind) or self.current(payload.kind)
        if finding_id is None:
            return self.make(payload, {})
        known = self.ledger.payloads(payload.kind, self.dataset.snapshot)
        if finding_id not in known:
            raise unknown_name(f"{payload.kind} finding", finding_id, reversed(known))
        self.parents[payload.kind] = finding_id
        if not self.payload_folder(finding_id).exists() and self.runner is not None:
            self.runner.restore(finding_id)
        return payload.load(self.payload_folder(finding_id))

    def make(self, payload: type[P], args: Mapping[str, Any]) -> P:
        """Have the tool that leaves a payload make one, filed as a finding of its own.

        Args:
            payload: The kind of payload.
            args: The tool's arguments; its defaults for all others.

        Returns:
            The payload. Its finding becomes a parent of the running one, in place of any before.

        Raises:
            Retry: Nothing here can run another tool, or the tool does not take these arguments.
        """
        if self.runner is None:
            raise Retry(
                f"There is no {payload.kind} yet. Make one first.", code="no_payload", kind=payload.kind
            )
        return self.require(payload, self.runner.produce(payload, args))

    def current(self, kind: str) -> str | None:
        """Give the id of the finding whose payload of a kind is the current one, if there is any."""
        known = self.ledger.payloads(kind, self.dataset.snapshot)
        return known[-1] if known else None
