"""Reads the messages of a conversation as turns: what was asked, which tools ran, what they found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from marketeer.agent.offline.text import fold
from marketeer.agent.toolkit import ASIDE
from marketeer.prompts.wording import show_subject
from marketeer.prompts.words import languages
from marketeer.tools.core.errors import ToolError
from marketeer.tools.core.findings import Finding, SubjectKind


@dataclass(slots=True)
class Call:
    """One tool call and what came of it.

    Attributes:
        tool: The tool's name.
        args: Its arguments as they were given.
        finding: What it found.
        error: Why it found nothing.
    """

    tool: str
    args: Mapping[str, Any]
    finding: Finding | None = None
    error: ToolError | None = None


@dataclass(slots=True)
class Turn:
    """One question, the calls made for it, and the kind of the reply."""

    question: str
    calls: list[Call] = field(default_factory=list)
    kind: str = ""

    @property
    def findings(self) -> list[Finding]:
        """What was found, in order."""
        return [call.finding for call in self.calls if call.finding]


def turns_of(messages: Sequence[BaseMessage]) -> list[Turn]:
    """Give the turns of a conversation; the last one is being answered.

    Messages the loop marked as asides are no questions.
    """
    turns: list[Turn] = []
    open_calls: dict[str, Call] = {}
    for message in messages:
        if isinstance(message, HumanMessage) and not message.additional_kwargs.get(ASIDE):
            turns.append(Turn(message.text))
        elif isinstance(message, AIMessage) and turns:
            for request in message.tool_calls:
                call = Call(request["name"], request["args"])
                open_calls[request["id"] or ""] = call
                turns[-1].calls.append(call)
            turns[-1].kind = str(message.additional_kwargs.get("kind", turns[-1].kind))
        elif isinstance(message, ToolMessage) and message.tool_call_id in open_calls:
            _settle(open_calls[message.tool_call_id], message)
    return turns


def _settle(call: Call, message: ToolMessage) -> None:
    if isinstance(message.artifact, Finding):
        call.finding = message.artifact
    elif isinstance(message.artifact, ToolError):
        call.error = message.artifact
    else:
        call.error = ToolError(message.text, code="tool_failed")


def last_calls(before: Sequence[Turn]) -> list[Call]:
    """Give the calls of the newest turn that made any."""
    return next((turn.calls for turn in reversed(before) if turn.calls), [])


def segment_names(before: Sequence[Turn]) -> dict[str, str]:
    """Give the segments a conversation has spoken of so far: folded display name → code."""
    named: dict[str, str] = {}
    for turn in before:
        for finding in turn.findings:
            tool = finding.recipe.tool if finding.recipe else ""
            for subject in finding.subjects(SubjectKind.SEGMENT):
                for language in languages():
                    shown = show_subject(subject, language, tool)
                    named[fold(shown).replace("-", " ")] = subject.name
    return named
