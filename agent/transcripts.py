"""Conversations on disk: listed, resumed, exported, forgotten.

What people ask names people, so a transcript is personal data: a file of its own per conversation, one turn a
line, that only its owner can read. Findings are kept by id; the ledger has the rest.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from marketeer.agent.lines import JsonLines
from marketeer.tools.core.errors import WorkspaceError, unknown_name

FOLDER = "transcripts"
_NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}")


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """One question and its answer as kept.

    Attributes:
        at: When it was answered, in UTC.
        question: What the person said.
        kind: How the question was met.
        text: The answer.
        findings: Ids of the findings it rests on.
        unverified: Numbers in the text that rest on no fact.
        model: Which model answered.
        language: The answer's language.
        snapshot: The data it was asked of.
        messages: The conversation's messages as plain JSON, so that it can go on.
    """

    at: str
    question: str
    kind: str
    text: str
    findings: tuple[str, ...]
    unverified: tuple[str, ...]
    model: str
    language: str
    snapshot: str
    messages: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """One conversation in a list: its id, when it was last used, its turns and first question."""

    id: str
    at: str
    turns: int
    question: str
    model: str


class Transcripts:
    """All conversations of a workspace.

    Args:
        folder: The workspace folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER

    def new_id(self) -> str:
        """Name a new conversation; nothing is written before its first turn."""
        return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid4().hex[:4]}"

    def add(self, conversation: str, turn: StoredTurn) -> None:
        """Write one turn down."""
        lines = JsonLines(self._path(conversation))
        lines.add({name: getattr(turn, name) for name in StoredTurn.__slots__})

    def turns(self, conversation: str) -> list[StoredTurn]:
        """Read a conversation.

        Raises:
            Retry: There is none of this id; the message names the latest.
            WorkspaceError: Its file is damaged.
        """
        path = self._path(conversation)
        if not path.exists():
            raise unknown_name("conversation", conversation, [one.id for one in self.all()][:8])
        return list(_read(path))

    def all(self) -> list[Summary]:
        """Give all conversations, the last used first."""
        paths = [path for path in self._folder.glob("*.jsonl") if _NAME.fullmatch(path.stem)]
        found = [summary for path in paths if (summary := _summary(path))]
        return sorted(found, key=lambda summary: (summary.at, summary.id), reverse=True)

    def latest(self) -> str | None:
        """Give the id of the conversation used last, if there is any."""
        return next((summary.id for summary in self.all()), None)

    def forget(self, conversation: str | None = None) -> int:
        """Delete one conversation, or all; give how many are gone."""
        paths = [self._path(conversation)] if conversation else list(self._folder.glob("*.jsonl"))
        gone = [path for path in paths if path.exists()]
        for path in gone:
            path.unlink()
        return len(gone)

    def forget_mentions(self, words: Sequence[str]) -> int:
        """Delete every turn in which one of the words stands; give how many are gone."""
        paths = list(self._folder.glob("*.jsonl"))
        return sum(JsonLines(path).drop(lambda line: _mentions(line, words)) for path in paths)

    def export(self, conversation: str) -> str:
        """Give a conversation as Markdown."""
        turns = self.turns(conversation)
        parts = [f"# Conversation {conversation}"]
        for turn in turns:
            asked = "\n".join(f"> {line}" for line in turn.question.splitlines())
            parts.append(f"{asked}\n\n{turn.text}\n\n*{turn.at} · {turn.model} · {turn.kind}*")
        return "\n\n".join(parts) + "\n"

    def _path(self, conversation: str) -> Path:
        if not _NAME.fullmatch(conversation):
            raise unknown_name("conversation", conversation, [one.id for one in self.all()][:8])
        return self._folder / f"{conversation}.jsonl"


def _summary(path: Path) -> Summary | None:
    """Sum a conversation up; None where not one turn of it was written whole."""
    turns = list(_read(path))
    if not turns:
        return None
    first, last = turns[0], turns[-1]
    return Summary(path.stem, last.at, len(turns), first.question, last.model)


def _read(path: Path) -> Iterator[StoredTurn]:
    try:
        for raw in JsonLines(path).values():
            lists = {name: tuple(raw[name]) for name in ("findings", "unverified", "messages")}
            yield StoredTurn(**(raw | lists))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise WorkspaceError(f"The conversation {path.stem} is damaged: {error}. Delete {path}.") from error


def _mentions(line: str, words: Sequence[str]) -> bool:
    try:
        text = json.dumps(json.loads(line), ensure_ascii=False).casefold()
    except ValueError:  # a damaged turn can still name somebody
        text = line.casefold()
    return any(re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", text) for word in words if word)
