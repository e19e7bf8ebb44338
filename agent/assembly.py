"""Puts the loop of a session together: model, gateway, tools, grounding.

Imports LangChain, so the session waits with it until the first question.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from langchain_core.language_models.chat_models import BaseChatModel

from marketeer.agent.events import ProgressEvents
from marketeer.agent.gateway.gate import Gate
from marketeer.agent.loop import Limits, Loop, Speaker
from marketeer.agent.models import chat_model
from marketeer.agent.settings import OFFLINE, Settings
from marketeer.agent.toolkit import as_langchain, description, schema
from marketeer.prompts import render
from marketeer.prompts.wording import show_subject
from marketeer.prompts.words import languages
from marketeer.tools import tool_names
from marketeer.tools.core.contract import Tool
from marketeer.tools.core.copy import Language
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import Subject
from marketeer.tools.core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Assembly:
    """Builds the loop of one session.

    Attributes:
        settings: All options.
        workspace: Where the tools run.
        progress: The port they report to.
        tools: All of them.
        language: Gives the language of the running question.
    """

    settings: Settings
    workspace: Workspace
    progress: ProgressEvents
    tools: Sequence[Tool]
    language: Callable[[], Language]

    def loop(self, model: BaseChatModel | None = None) -> Loop:
        """Build the loop around a chat model of the caller's own, or the one that the settings choose."""
        outside = self.settings.outside or model is not None
        customers = not outside or self.settings.privacy == "pseudonyms"
        offered = [
            as_langchain(tool, self.workspace, self.language, customers=customers) for tool in self.tools
        ]
        limits = Limits(self.settings.model_calls, self.settings.tool_calls)
        return Loop(self._speaker(model, outside=outside), offered, display_names, self.progress, limits)

    def _speaker(self, model: BaseChatModel | None, *, outside: bool) -> Speaker:
        prompt = system_prompt(self.workspace.dataset)
        own = [prompt, *(f"{description(tool)} {json.dumps(schema(tool))}" for tool in self.tools)]
        gate = Gate(self.workspace.folder, self.workspace.dataset, own)
        chosen = model or chat_model(self.settings, gate, self.tools)
        if not outside:
            return Speaker(chosen, OFFLINE)
        guarded = gate.guarded(chosen, self.settings.token_budget)
        name = self.settings.model or type(chosen).__name__
        return Speaker(
            guarded,
            name,
            prompt,
            outside=True,
            used=lambda: guarded.used,
            sent=lambda: gate.sent,
            close=gate.wire.close,
        )


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
    return tuple({subject.name, *_shown(bare)} - {""})


def _shown(subject: Subject) -> Iterator[str]:
    for language in languages():
        for tool in ("", *tool_names()):
            yield show_subject(subject, language, tool)
