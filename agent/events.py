"""What happens while a question is answered, as the console draws it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from marketeer.agent.answers import Answer
from marketeer.tools.core.findings import Finding


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A tool was asked for, with the arguments as the model gave them."""

    tool: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolProgress:
    """Long work has come so far: a stage code, units done, and units in all (None when unknown)."""

    stage: str
    done: float
    total: float | None = None


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A tool found something; the finding is filed."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class ToolFailed:
    """A tool could not give a finding; code and params let the message be said in another language."""

    tool: str
    message: str
    code: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextReleased:
    """A sentence or block of the answer whose numbers are all bound to facts."""

    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know that is not part of the answer.

    Attributes:
        code: What it is: `demo_shop`, `offline`, `no_key`, `repair`, `restated`, …
        text: The same in one English sentence.
    """

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class AnswerReady:
    """The answer is complete."""

    answer: Answer


Event = ToolStarted | ToolProgress | ToolFinished | ToolFailed | TextReleased | Notice | AnswerReady
OnEvent = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Listen to nothing."""


class ProgressEvents:
    """The `Progress` port as events, told to whoever listens in the context the work runs in."""

    def __init__(self) -> None:
        self._listener: ContextVar[OnEvent] = ContextVar("listener", default=ignore)

    @contextmanager
    def told_to(self, on_event: OnEvent) -> Iterator[None]:
        """Tell a listener until the block ends, then the one before it again."""
        token = self._listener.set(on_event)
        try:
            yield
        finally:
            self._listener.reset(token)

    def report(self, stage: str, done: float, total: float | None = None) -> None:
        """Say that `done` of `total` units of a stage are finished."""
        self._listener.get()(ToolProgress(stage, done, total))
