"""Puts the loop of a session together: model, gateway, tools, grounding.

Imports LangChain, so the session waits with it until the first question.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import HumanMessage
from langsmith import tracing_context

from marketeer.agent.events import ProgressEvents
from marketeer.agent.gateway.gate import Gate
from marketeer.agent.gateway.guard import GuardedModel
from marketeer.agent.loop import Limits, Loop, Speaker
from marketeer.agent.models import chat_model
from marketeer.agent.settings import OFFLINE, Settings
from marketeer.agent.toolkit import as_langchain, description, schema
from marketeer.prompts import render
from marketeer.prompts.wording import show_subject
from marketeer.prompts.words import languages, word_tables
from marketeer.tools import tool_names
from marketeer.tools.core.contract import Tool
from marketeer.tools.core.copy import Language
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import Subject
from marketeer.tools.core.workspace import Workspace


class Voice:
    """The chat model of one session, with the gateway it speaks through; each part is opened when needed.

    Args:
        settings: All options.
        workspace: The open workspace.
        tools: All tools.
        gate: Gives the gateway.
        model: A chat model of the caller's own, instead of the one that the settings choose.
    """

    def __init__(
        self,
        settings: Settings,
        workspace: Workspace,
        tools: Sequence[Tool],
        gate: Callable[[], Gate],
        model: BaseChatModel | None = None,
    ) -> None:
        self._settings = settings
        self._workspace = workspace
        self._tools = tools
        self._open_gate = gate
        self._model = model
        self.outside = settings.outside or model is not None

    @cached_property
    def gate(self) -> Gate:
        """The gateway."""
        return self._open_gate()

    @cached_property
    def _guarded(self) -> GuardedModel:
        chosen = self._model or chat_model(self._settings, self.gate, self._tools)
        return self.gate.guarded(chosen, self._settings.token_budget)

    def speaker(self) -> Speaker:
        """Give the model as the loop asks it."""
        if not self.outside:
            return Speaker(
                chat_model(self._settings, self.gate, self._tools),
                OFFLINE,
                sent=lambda: self.gate.sent,
                close=self.gate.close,
            )
        return Speaker(
            self._guarded,
            self._settings.model or type(self._guarded.inner).__name__,
            system_prompt(self._workspace.dataset),
            outside=True,
            used=lambda: self._guarded.used,
            sent=lambda: self.gate.sent,
            close=self.gate.close,
        )

    def invoke(self, prompt: str) -> str:
        """Answer one prompt outside of any conversation; this makes a voice the `Chat` of a writer."""
        with tracing_context(enabled=False):
            return self._guarded.invoke([HumanMessage(prompt)], {"callbacks": []}).text


def open_gate(folder: Path, dataset: Dataset, tools: Sequence[Tool]) -> Gate:
    """Open the gateway of a workspace; the words of tools and prompts go out as they are."""
    own = [f"{description(tool)} {json.dumps(schema(tool))}" for tool in tools]
    return Gate(folder, dataset, [system_prompt(dataset), *own])


def build_loop(
    settings: Settings,
    workspace: Workspace,
    tools: Sequence[Tool],
    voice: Voice,
    language: Callable[[], Language],
) -> Loop:
    """Build the loop of a session.

    Args:
        settings: All options.
        workspace: Where the tools run.
        tools: All of them.
        voice: The model.
        language: Gives the language of the running question.
    """
    customers = not voice.outside or settings.privacy == "pseudonyms"
    offered = [as_langchain(tool, workspace, language, customers=customers) for tool in tools]
    limits = Limits(settings.model_calls, settings.tool_calls)
    progress = workspace.ports.progress
    hears = progress if isinstance(progress, ProgressEvents) else ProgressEvents()
    return Loop(voice.speaker(), offered, display_names, hears, limits)


def system_prompt(dataset: Dataset) -> str:
    """Give what a model outside is told first: of the shop only counts and dates, no word from its files."""
    rows = ", ".join(f"{count:,} {table.value.replace('_', ' ')}" for table, count in dataset.rows.items())
    money = (
        f"Money is in {dataset.currency}." if dataset.currency else "The currency of its money is unknown."
    )
    return render("system", shop=money, as_of=dataset.as_of or "an unknown day", rows=rows)


def display_names(subject: Subject) -> frozenset[str]:
    """Give every name a subject goes by: its code, and what each language and tool calls it."""
    return frozenset(_names(subject))


@lru_cache(maxsize=4096)
def _names(subject: Subject) -> tuple[str, ...]:
    bare = Subject(subject.kind, subject.name)
    shown = {subject.name, *_shown(bare)} - {""}
    return tuple(shown | {name.replace(" #", " ") for name in shown})  # models leave the sign out


def _shown(subject: Subject) -> Iterator[str]:
    for language in languages():
        own = [tool for tool in tool_names() if subject.name in _own_codes(language, tool)]
        for tool in ("", *own):
            yield show_subject(subject, language, tool)


@lru_cache(maxsize=128)
def _own_codes(language: str, tool: str) -> frozenset[str]:
    """Give the codes a tool's own page has words for, beyond those all tools share."""
    shared, own = word_tables(language), word_tables(language, tool)
    return frozenset(
        code for table, words in own.items() for code, word in words.items()
        if shared.get(table, {}).get(code) != word
    )  # fmt: skip
