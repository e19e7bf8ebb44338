"""What a question comes back as."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum, auto
from typing import Any

from marketeer.tools.core.copy import Draft, Language
from marketeer.tools.core.findings import Fact, Finding, Interval, Subject

KIND = "kind"
"""Where a chat model that knows how it met a question says so: in its last message's `additional_kwargs`."""
REFUSED = "refused"
"""Set there where the model's provider says that it refused."""


class AnswerKind(StrEnum):
    """How a question was met."""

    ANSWERED = auto()
    CANNOT_TELL = auto()
    ASKS_BACK = auto()
    DECLINED = auto()


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer cost: calls of a model outside, its tokens (as counted there, or estimated), seconds."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0

    def since(self, before: "Usage") -> "Usage":
        """Give what was used after an earlier count."""
        return Usage(
            self.calls - before.calls,
            self.input_tokens - before.input_tokens,
            self.output_tokens - before.output_tokens,
            round(self.seconds - before.seconds, 3),
        )


@dataclass(frozen=True, slots=True)
class Sent:
    """What left this machine for an answer: requests, bytes, and pseudonyms that stood in for people."""

    requests: int = 0
    bytes: int = 0
    pseudonyms: int = 0

    def since(self, before: "Sent") -> "Sent":
        """Give what left after an earlier count."""
        return Sent(
            self.requests - before.requests, self.bytes - before.bytes, self.pseudonyms - before.pseudonyms
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered question.

    Attributes:
        kind: How the question was met.
        text: Markdown in the person's language; numbers cite facts as `[F7.3]`.
        findings: What the text rests on, in the order it was found.
        drafts: Campaign copy among the findings.
        unverified: Numbers in the text that rest on no fact.
        model: Which model worded it; `offline` for the planner.
        usage: What it cost.
        language: The language it is in.
        sent: What left this machine.
    """

    kind: AnswerKind
    text: str
    findings: tuple[Finding, ...] = ()
    unverified: tuple[str, ...] = ()
    model: str = "offline"
    usage: Usage = field(default_factory=Usage)
    language: Language = "en"
    sent: Sent = field(default_factory=Sent)

    @property
    def drafts(self) -> tuple[Draft, ...]:
        """All campaign copy among the findings."""
        return tuple(draft for finding in self.findings for draft in finding.drafts)

    def to_json(self) -> dict[str, Any]:
        """Give the one object that `--json` prints."""
        return {
            "kind": self.kind.value,
            "text": self.text,
            "findings": [finding_json(finding) for finding in self.findings],
            "drafts": [asdict(draft) for draft in self.drafts],
            "unverified": list(self.unverified),
            "model": self.model,
            "usage": asdict(self.usage),
            "language": self.language,
            "sent": asdict(self.sent),
        }


def finding_json(finding: Finding) -> dict[str, Any]:
    """Give a finding as `--json` shows it: id, tool, args, title, verdict, facts, notes."""
    recipe = finding.recipe
    return {
        "id": finding.id,
        "tool": recipe.tool if recipe else "",
        "args": dict(recipe.args) if recipe else {},
        "title": finding.title,
        "verdict": finding.verdict.value,
        "method": finding.method,
        "currency": finding.currency,
        "facts": [_fact_json(fact) for fact in finding.facts],
        "notes": [{"code": note.code, "params": dict(note.params)} for note in finding.notes],
    }


def _fact_json(fact: Fact) -> dict[str, Any]:
    return {
        "id": fact.id,
        "name": fact.name,
        "value": fact.value.isoformat() if isinstance(fact.value, date) else fact.value,
        "unit": fact.unit.value,
        "subject": _subject_json(fact.subject),
        "interval": _interval_json(fact.interval),
        "kind": fact.kind.value,
    }


def _subject_json(subject: Subject) -> Mapping[str, Any]:
    plain: dict[str, Any] = {"kind": subject.kind.value, "name": subject.name}
    return plain | ({"within": _subject_json(subject.within)} if subject.within else {})


def _interval_json(interval: Interval | None) -> dict[str, float] | None:
    return asdict(interval) if interval else None
