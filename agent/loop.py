"""One question through one model and the tools: limits, our own events, verified text, one repair turn.

The same loop serves a model outside and the offline planner. It knows no data: a finding is what a tool
message carries, and a number is right when the grounding says so.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    ClearToolUsesEdit,
    ContextEditingMiddleware,
    ModelCallLimitMiddleware,
    ModelRetryMiddleware,
    ToolCallLimitMiddleware,
)
from langchain.agents.middleware.model_call_limit import ModelCallLimitExceededError
from langchain.agents.middleware.tool_call_limit import ToolCallLimitExceededError
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.errors import GraphRecursionError
from langsmith import tracing_context

from marketeer.agent.answers import KIND, REFUSED, Answer, AnswerKind, Sent, Usage
from marketeer.agent.background import in_background
from marketeer.agent.events import AnswerReady, Notice, OnEvent, ProgressEvents
from marketeer.agent.grounding import Grounded, Names, Unverified
from marketeer.agent.speech import Speech, without_kind
from marketeer.agent.toolkit import ASIDE, ToolMessages, WholeCalls, findings_of, names_offered
from marketeer.prompts import render
from marketeer.tools.core.copy import Language
from marketeer.tools.core.errors import Insufficient, ModelError, Refused
from marketeer.tools.core.findings import Finding, Verdict

_HELD_TOKENS = 24_000
_STEPS_PER_CALL = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """How far one question may go."""

    model_calls: int = 12
    tool_calls: int = 16


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who answers.

    Attributes:
        model: The chat model, already guarded where it is outside.
        name: Its name, for answers.
        system_prompt: What it is told first; empty for the planner, which needs no telling.
        outside: Whether it is no part of Marketeer: its text may need correcting, its calls may break.
        used: Counts what it has cost so far.
        sent: Counts what has left this machine so far.
        close: Lets go of its connections.
    """

    model: BaseChatModel
    name: str = "offline"
    system_prompt: str = ""
    outside: bool = False
    used: Callable[[], Usage] = Usage
    sent: Callable[[], Sent] = Sent
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Turn:
    """One question with its answer and the messages a conversation keeps of it."""

    question: str
    answer: Answer
    messages: tuple[BaseMessage, ...]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What one run of the agent gave: all messages, the last one checked, and what of it came out."""

    messages: list[BaseMessage]
    checked: Grounded
    released: str


class Loop:
    """Runs questions through a model and its tools.

    Args:
        speaker: The model.
        tools: The tools it may call.
        names: Gives the display names of a subject, for the grounding.
        progress: The port that running tools report to.
        limits: How far one question may go.
    """

    def __init__(
        self,
        speaker: Speaker,
        tools: Sequence[BaseTool],
        names: Names,
        progress: ProgressEvents,
        limits: Limits | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._names = names
        self._speaker = speaker
        self._tool_messages = ToolMessages(progress)
        self._agent = create_agent(
            speaker.model,
            list(tools),
            system_prompt=speaker.system_prompt or None,
            middleware=_middleware(self._limits, self._tool_messages, outside=speaker.outside),
        )

    def ask(
        self, question: str, history: Sequence[BaseMessage], language: Language, on_event: OnEvent
    ) -> Turn:
        """Answer one question in a conversation.

        Args:
            question: What the person says.
            history: The messages of the conversation so far.
            language: The language to answer in.
            on_event: Hears everything that happens.

        Raises:
            ModelError: The model cannot be reached, broke off, or went past its limits.
        """
        began, used, sent = time.perf_counter(), self._speaker.used(), self._speaker.sent()
        asked = [*history, HumanMessage(question)]
        attempt = self._attempt(asked, on_event, strict=self._speaker.outside)
        if self._speaker.outside and not attempt.checked.ok:
            attempt = self._repaired(attempt, on_event)
        new = attempt.messages[len(history) :]
        answer = Answer(
            kind=_kind(new),
            text=attempt.checked.text.strip(),
            findings=findings_of(new),
            unverified=tuple(number.text for number in attempt.checked.unverified),
            model=self._speaker.name,
            usage=replace(self._speaker.used().since(used), seconds=round(time.perf_counter() - began, 3)),
            language=language,
            sent=self._speaker.sent().since(sent),
        )
        on_event(AnswerReady(answer))
        return Turn(question, answer, tuple(_kept(new)))

    def close(self) -> None:
        """Let go of the model's connections, and of tools nobody waits for."""
        self._tool_messages.abandon()
        self._speaker.close()

    def _repaired(self, first: _Attempt, on_event: OnEvent) -> _Attempt:
        numbers = first.checked.unverified
        on_event(
            Notice("repair", f"{len(numbers)} numbers rest on no fact; the model is asked to correct them.")
        )
        ask = HumanMessage(
            render("repair", numbers=[_complaint(number) for number in numbers]),
            additional_kwargs={ASIDE: True},
        )
        return self._attempt([*first.messages, ask], on_event, already=first.released)

    def _attempt(
        self, messages: Sequence[BaseMessage], on_event: OnEvent, *, already: str = "", strict: bool = False
    ) -> _Attempt:
        said = [m.text for m in messages if isinstance(m, HumanMessage) and ASIDE not in m.additional_kwargs]
        speech = Speech("\n".join(said), self._names, on_event, already=already, strict=strict)
        speech.rest_on(findings_of(messages), names_offered(messages))
        last = list(messages)
        for mode, data in self._stream(messages):
            if mode == "custom":
                on_event(data)
            elif mode == "values":
                last = data["messages"]
                speech.rest_on(findings_of(last), names_offered(last))
            elif data[1].get("langgraph_node") == "model" and isinstance(data[0], AIMessage):
                speech.hear(data[0])
        checked = speech.end()
        if not checked.text.strip():
            raise ModelError(
                f"The model {self._speaker.name} gave no answer. Ask again, or choose another with --model.",
                code="empty_answer",
            )
        return _Attempt(last, checked, speech.released)

    def _stream(self, messages: Sequence[BaseMessage]) -> Iterator[Any]:
        state: Any = {"messages": list(messages)}
        config: RunnableConfig = {"recursion_limit": _STEPS_PER_CALL * (self._limits.model_calls + 2)}
        with tracing_context(enabled=False), _limits_as_errors(self._limits):
            yield from in_background(
                lambda: self._agent.stream(state, config, stream_mode=["messages", "values", "custom"])
            )


def _middleware(
    limits: Limits, tool_messages: ToolMessages, *, outside: bool
) -> list[AgentMiddleware[Any, Any, Any]]:
    common: list[AgentMiddleware[Any, Any, Any]] = [
        ModelCallLimitMiddleware(run_limit=limits.model_calls, exit_behavior="error"),
        ToolCallLimitMiddleware(run_limit=limits.tool_calls, exit_behavior="error"),
        tool_messages,
    ]
    if not outside:
        return common
    return [
        *common,
        WholeCalls(),
        ContextEditingMiddleware(edits=[ClearToolUsesEdit(trigger=_HELD_TOKENS, keep=6)]),
        ModelRetryMiddleware(
            max_retries=1, retry_on=_broke_off_silently, on_failure="error", initial_delay=0.5
        ),
    ]


def _broke_off_silently(error: Exception) -> bool:
    return isinstance(error, ModelError) and error.code == "interrupted" and not error.params.get("said")


@contextmanager
def _limits_as_errors(limits: Limits) -> Iterator[None]:
    try:
        yield
    except (ModelCallLimitExceededError, ToolCallLimitExceededError, GraphRecursionError) as error:
        raise ModelError(
            f"No answer within {limits.model_calls} model calls and {limits.tool_calls} tool calls. "
            "Ask for one thing at a time; what was found so far is kept.",
            code="limit",
        ) from error


def _complaint(number: Unverified) -> str:
    near = f" (nearest fact: {number.near})" if number.near else ""
    return f'{number.text} in "{number.sentence.strip()}"{near}'


def _kind(new: Sequence[BaseMessage]) -> AnswerKind:
    about = new[-1].additional_kwargs
    marked = AnswerKind.DECLINED if about.get(REFUSED) else about.get(KIND)
    if marked in set(AnswerKind):
        return AnswerKind(marked)
    return without_kind(new[-1].text)[1] or _derived_kind(new)


def _derived_kind(new: Sequence[BaseMessage]) -> AnswerKind:
    results = [message for message in new if isinstance(message, ToolMessage)]
    if not results:
        asks = without_kind(new[-1].text)[0].rstrip(" *_\n").endswith(("?", "？"))
        return AnswerKind.ASKS_BACK if asks else AnswerKind.ANSWERED
    artifact = results[-1].artifact
    if isinstance(artifact, Refused):
        return AnswerKind.DECLINED
    weak = isinstance(artifact, Finding) and artifact.verdict is Verdict.INSUFFICIENT
    return AnswerKind.CANNOT_TELL if weak or isinstance(artifact, Insufficient) else AnswerKind.ANSWERED


def _kept(new: Sequence[BaseMessage]) -> Iterator[BaseMessage]:
    """Leave out the corrections between loop and model, and the texts they corrected."""
    for message, following in zip(new, [*new[1:], None], strict=True):
        corrected = following is not None and following.additional_kwargs.get(ASIDE)
        if not message.additional_kwargs.get(ASIDE) and not corrected:
            yield message
