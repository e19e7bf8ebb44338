"""Fills a tool's arguments from a question: only what it says, or what its nearest examples mean by it."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from marketeer.agent.offline.choices import chosen, misleading
from marketeer.agent.offline.examples import (
    Frame,
    expressed,
    frame_at,
    leaves,
    likeness,
    stands_for,
    usages,
)
from marketeer.agent.offline.fields import Field, Shape, fields_of
from marketeer.agent.offline.intents import Phrase
from marketeer.agent.offline.lexicon import lexicon
from marketeer.agent.offline.mentions import Kind, Mention, find_mentions
from marketeer.agent.offline.spans import find_text, items
from marketeer.agent.offline.text import fold, normalise
from marketeer.tools.core.contract import Tool
from marketeer.tools.core.copy import Language
from marketeer.tools.core.errors import Retry

_ENOUGH = 1.0
_NEAR = 0.25
_NEIGHBOURS = 3
_BY_NAME: tuple[tuple[Kind, str], ...] = (
    (Kind.SEGMENT, r"segment(?!ation)|^compare$|^groups?$"),
    (Kind.CODE, r"code"),
    (Kind.HANDLE, r"segmentation|audience|forecast|finding|handle|recommendations|uplift|ranking"),
    (Kind.DAY, r"until|expir|valid|deadline|date|as_of|^since$|^from|^to$|start|end"),
    (Kind.DURATION, r"days|horizon|within|window|weeks|months|^period$"),
    (Kind.PERIOD, r"period|month|year"),
    (Kind.QUOTE, r"^(?:text|copy|message|notes?)$"),
    (Kind.ADDRESS, r"customer|similar|person"),
    (Kind.SPLIT, r"split|holdout"),
)
_NUMERIC = frozenset({Kind.PERCENT, Kind.MONEY, Kind.NUMBER, Kind.DURATION})
_TIME = re.compile(r"days|horizon|within|window|weeks|months")


class Arguments:
    """Fills the arguments of one tool.

    Args:
        tool: The tool; its examples teach how its arguments are said.
    """

    def __init__(self, tool: Tool) -> None:
        self._tool = tool
        self._fields = fields_of(tool.args)
        self._usages = usages(tool)
        self._muted = {field.name: misleading(tool, field) for field in self._fields}

    def said(
        self,
        question: str,
        mentions: Sequence[Mention],
        language: Language,
        near: Sequence[tuple[Phrase, float]] = (),
    ) -> dict[str, Any]:
        """Give the arguments a question states.

        Args:
            question: The normalised question.
            mentions: What it mentions.
            language: Its language.
            near: The tool's example phrases with their likeness; free text is looked for as in the near ones.
        """
        filled = self._named(question, mentions, language)
        free = [field for field in self._fields if field.name not in filled]
        filled |= self._assigned(free, frames_of(question, mentions, language), filled)
        close = {normalise(phrase.text) for phrase, score in near if score >= _NEAR}
        for field in free:
            if field.shape is Shape.TEXT and field.name not in filled:
                frames = [one for one in self._usages[field.name].verbatim if one.phrase in close]
                text = find_text(question, frames, language)
                if text:
                    filled[field.name] = items(text) if field.many else text
        return self._valid(filled)

    def meant(
        self, said: Mapping[str, Any], mentions: Sequence[Mention], near: Sequence[tuple[Phrase, float]]
    ) -> dict[str, Any]:
        """Add what the nearest examples mean without saying it, such as a method or a filter."""
        votes: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        first = near[:_NEIGHBOURS]
        for phrase, score in first:
            for name, value in _unsaid(phrase, mentions).items():
                votes[name][json.dumps(value, sort_keys=True, ensure_ascii=False)] += score**2
        total = sum(score**2 for _, score in first)
        elected = {
            name: json.loads(max(values, key=lambda one: (values[one], one)))
            for name, values in votes.items()
            if name not in said and 2 * max(values.values()) > total
        }
        return self._valid({**elected, **said})

    def missing(self, filled: Mapping[str, Any]) -> list[Field]:
        """Give the arguments a call needs and does not have."""
        return [field for field in self._fields if field.required and field.name not in filled]

    def _named(self, question: str, mentions: Sequence[Mention], language: Language) -> dict[str, Any]:
        folded = _without_quotes(fold(question), mentions)
        filled = {
            field.name: chosen(field, folded, language, self._muted[field.name]) for field in self._fields
        }
        for field in self._fields:
            if field.name == "language" and language in field.choices and language != field.default:
                filled["language"] = filled["language"] or language
        return {name: value for name, value in filled.items() if value is not None}

    def _assigned(
        self, free: Sequence[Field], framed: Sequence[tuple[Mention, Frame]], named: Mapping[str, Any]
    ) -> dict[str, Any]:
        scored = [
            (score, -position, field, mention)
            for field in free
            for position, (mention, frame) in enumerate(framed)
            if (score := self._fit(field, mention, frame)) >= _ENOUGH
            and not self._explained(field, mention, named)
        ]
        scored.sort(key=lambda one: one[:2], reverse=True)
        filled: dict[str, Any] = {}
        used: set[int] = set()
        for _, _, field, mention in scored:
            if mention.start in used or (field.name in filled and not field.many):
                continue
            used.add(mention.start)
            value = self._value(field, mention)
            filled[field.name] = [*filled.get(field.name, []), value] if field.many else value
        return filled

    def _explained(self, field: Field, mention: Mention, named: Mapping[str, Any]) -> bool:
        """Tell whether a named choice covers a mention in the examples, as welcome covers new customers."""
        phrases = self._usages[field.name].unused.get(fold(mention.text), ())
        return any(args and all(named.get(name) == value for name, value in args.items()) for args in phrases)

    def _fit(self, field: Field, mention: Mention, frame: Frame) -> float:
        if not _can_hold(field, mention):
            return 0.0
        usage = self._usages[field.name]
        labels = {label for kind, label in usage.kinds if kind is mention.kind}
        score = (0.6 if labels else 0.0) + _by_name(field, mention, frame.language)
        if mention.label and mention.label in labels:
            score += 1.5
        elif mention.label and labels and "" not in labels:
            score -= 1.5
        score += _bounds(field, mention)
        return score + 0.5 * max((likeness(frame, other) for other in usage.frames), default=0)

    def _value(self, field: Field, mention: Mention) -> Any:
        if field.shape in {Shape.TEXT, Shape.DAY} or not isinstance(mention.value, float):
            return self._text(field, mention)
        factors = [
            factor for (kind, _), factor in self._usages[field.name].kinds.items() if kind is mention.kind
        ]
        value = mention.value * (factors[0] if factors else 1.0)
        if mention.kind is Kind.DURATION and not factors:
            value /= {"weeks": 7, "months": 30}.get(field.name.rsplit("_", 1)[-1], 1)
        return round(value) if field.shape is Shape.INTEGER else value

    def _text(self, field: Field, mention: Mention) -> str:
        if mention.kind is Kind.DURATION:
            return f"last_{mention.value:.0f}_days"
        if isinstance(mention.value, float) or mention.kind in self._usages[field.name].as_written:
            return mention.text
        return mention.value

    def _valid(self, filled: Mapping[str, Any]) -> dict[str, Any]:
        kept = dict(filled)
        for _ in range(len(filled)):
            try:
                self._tool.parse(kept)
            except Retry as error:
                name = str(error.params.get("argument", "")).split(".")[0]
                if name not in kept:
                    return kept
                del kept[name]
            else:
                return kept
        return kept


def frames_of(question: str, mentions: Sequence[Mention], language: Language) -> list[tuple[Mention, Frame]]:
    """Pair every mention with the words around it."""
    return [(one, frame_at(question, one.start, one.end, language)) for one in mentions]


def _unsaid(phrase: Phrase, mentions: Sequence[Mention]) -> dict[str, Any]:
    text = normalise(phrase.text)
    theirs = find_mentions(text, phrase.language)
    unsaid: dict[str, Any] = {}
    for name, value in phrase.args.items():
        if _nested(value):
            moved = _moved(value, theirs, mentions)
            if moved is not None:
                unsaid[name] = moved
        elif not any(expressed(leaf, text, theirs) for leaf in leaves(value)):
            unsaid[name] = value
    return unsaid


def _nested(value: Any) -> bool:
    inner = value if isinstance(value, (list, tuple)) else [value]
    return any(isinstance(one, dict) for one in inner)


def _moved(value: Any, theirs: Sequence[Mention], ours: Sequence[Mention]) -> Any | None:
    """Put the question's mentions where a nested value has its example's; None where one is wanting."""
    if isinstance(value, dict):
        inner = {key: _moved(one, theirs, ours) for key, one in value.items()}
        return None if any(one is None and value[key] is not None for key, one in inner.items()) else inner
    if isinstance(value, (list, tuple)):
        moved = [_moved(one, theirs, ours) for one in value]
        return None if any(one is None for one in moved) else moved
    said = next((mention for mention in theirs if stands_for(mention, value) is not None), None)
    return value if said is None else _same_kind(said, value, ours)


def _same_kind(said: Mention, value: Any, ours: Sequence[Mention]) -> Any | None:
    same = [one for one in ours if one.kind is said.kind and (one.label == said.label or not said.label)]
    if not same:
        return None
    other = same[0].value
    if not isinstance(other, float) or not isinstance(value, (int, float)):
        return same[0].text
    number = other * (stands_for(said, value) or 1.0)
    return round(number) if isinstance(value, int) else number


def _can_hold(field: Field, mention: Mention) -> bool:
    if field.shape in {Shape.NUMBER, Shape.INTEGER}:
        spans_time = mention.kind is Kind.DURATION
        return mention.kind in _NUMERIC and (not spans_time or bool(_TIME.search(field.name)))
    if field.shape is Shape.DAY:
        return mention.kind is Kind.DAY
    return field.shape is Shape.TEXT


def _bounds(field: Field, mention: Mention) -> float:
    """Favour `min_…` for "over 500" and `max_…` for "under 500", and rule the other out."""
    side = field.name.partition("_")[0]
    if side not in {"min", "max"} or mention.kind not in _NUMERIC:
        return 0.0
    return {side: 1.0, "": -0.5}.get(mention.side, -3.0)


def _by_name(field: Field, mention: Mention, language: Language) -> float:
    if any(kind is mention.kind and re.search(names, field.name) for kind, names in _BY_NAME):
        return 2.0
    for label in lexicon(language).labels:
        if label.fields.search(field.name):
            if mention.label == label.name:
                return 2.0
            if label.name == "discount" and mention.kind is Kind.PERCENT and not mention.label:
                return 1.2
            return -1.0 if mention.label else 0.0
    return 0.0


def _without_quotes(folded: str, mentions: Sequence[Mention]) -> str:
    for mention in mentions:
        if mention.kind is Kind.QUOTE:
            blank = " " * (mention.end - mention.start)
            folded = folded[: mention.start] + blank + folded[mention.end :]
    return folded
