"""Writes copy with a chat model; whatever it answers is checked, repaired once, or replaced."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from marketeer.prompts import render
from marketeer.prompts.words import word
from marketeer.tools.campaigns.checks import check_parts
from marketeer.tools.campaigns.merge_tags import TAGS
from marketeer.tools.core.copy import Brief, ChannelSpec, Draft, Language, Problem
from marketeer.tools.core.errors import ModelError
from marketeer.tools.core.ports import Writer

FELL_BACK = "fell_back"
"""The note on a draft that the fallback writer wrote instead of the model."""

_LANGUAGES: Mapping[Language, str] = {"en": "English", "zh": "Chinese (Simplified)"}
_PURPOSES = {
    "offer": "Present the offer and why it is for this reader.",
    "win_back": "Win back customers who have gone quiet, without reproach.",
    "thank_you": "Say thank you to loyal customers, without selling.",
    "welcome": "Welcome new customers after their first orders.",
    "recommend": "Suggest the products named below.",
    "announce": "Announce what is named below.",
}

_EDITS = {
    "shorten": "Make it clearly shorter, at most two thirds of its length.",
    "drop_products": "Name no products.",
}


class Chat(Protocol):
    """The one thing needed of a model: text in, text out. Raises `ModelError` when it cannot."""

    def invoke(self, prompt: str) -> str:
        """Answer one prompt."""
        ...


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    parts: dict[str, str]


class ModelWriter:
    """A `Writer` over a chat model.

    Args:
        chat: The model, behind whatever decides what may leave the machine.
        name: The model's name, for the fingerprint.
        fallback: Writes where the model's text cannot be used.
    """

    def __init__(self, chat: Chat, name: str, fallback: Writer) -> None:
        self._chat = chat
        self._name = name
        self._fallback = fallback

    @property
    def fingerprint(self) -> str:
        """Name the writer, its model and its version."""
        return f"model/{self._name}/1"

    def write(self, brief: Brief, channel: ChannelSpec) -> Draft:
        """Write one draft, with one repair turn; the fallback's draft where errors remain."""
        problems: Sequence[Problem] = ()
        previous = ""
        for _ in range(2):
            try:
                previous = self._chat.invoke(_prompt(brief, channel, previous, problems))
            except ModelError:
                break
            parts = _parts(previous)
            problems = check_parts(parts, brief, channel) if parts else (Problem("", "not_json", "error"),)
            if parts and not any(problem.severity == "error" for problem in problems):
                return Draft.of(brief, parts, self.fingerprint, tuple(problems))
        draft = self._fallback.write(brief, channel)
        return replace(draft, notes=(*draft.notes, FELL_BACK))


def _prompt(brief: Brief, channel: ChannelSpec, previous: str, problems: Sequence[Problem]) -> str:
    return render(
        "drafting",
        language_name=_LANGUAGES[brief.language],
        segment=word("segment", brief.segment, "en"),
        traits=", ".join(word("trait", trait, "en", "draft_campaign") for trait in brief.profile),
        purpose=_PURPOSES.get(brief.purpose, brief.purpose),
        claims=brief.claims,
        guidance=channel.guidance,
        parts=channel.parts,
        max_parts=brief.max_parts if channel.encoding == "sms" else 0,
        obligations=[one for one in channel.must_contain if brief.language in one.languages],
        tags=", ".join(_tag(name) for name in TAGS),
        tone=brief.voice.get("tone", ""),
        banned=brief.voice.get("banned", ""),
        shape=json.dumps({part.name: "…" for part in channel.parts}, ensure_ascii=False),
        edits=[_EDITS.get(edit, f"Leave out paragraph {edit.rpartition('_')[2]}.") for edit in brief.edits],
        source=brief.previous,
        previous=previous,
        problems=problems,
    )


def _tag(name: str) -> str:
    return f"{{{{{name}|fallback}}}}" if TAGS[name].personal else f"{{{{{name}}}}}"


def _parts(answer: str) -> dict[str, str]:
    """Read the parts out of an answer, also from between other words; empty when there are none."""
    start, end = answer.find("{"), answer.rfind("}")
    try:
        parts = _Answer.model_validate_json(answer[start : end + 1]).parts
    except ValidationError:
        return {}
    return {name: text.strip() for name, text in parts.items() if text.strip()}
