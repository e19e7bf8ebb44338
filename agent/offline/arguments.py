"""Fills a tool's arguments from a question. Only what the question says, or its nearest examples mean, is set."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from marketeer.agent.offline.examples import (
    Frame,
    Usage,
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
from marketeer.agent.offline.text import fold, normalise
from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.tools.core.contract import Tool
from marketeer.tools.core.copy import Language
from marketeer.tools.core.errors import Retry

_ENOUGH = 1.0
_NEIGHBOURS = 3
_BY_NAME: tuple[tuple[Kind, str], ...] = (
    (Kind.SEGMENT, r"segment(?!ation)|^compare$|^groups?$"),
    (Kind.CODE, r"code"),
    (Kind.HANDLE, r"segmentation|audience|forecast|finding|handle|recommendations|uplift|ranking"),
    (Kind.DAY, r"until|expir|valid|deadline|date|as_of|^since$|^from|^to$|start|end"),
    (Kind.DURATION, r"days|horizon|within|window|weeks|months"),
    (Kind.PERIOD, r"period|month|year"),
    (Kind.QUOTE, r"text|copy|notes?"),
    (Kind.ADDRESS, r"customer|similar|person"),
    (Kind.SPLIT, r"split|holdout"),
)
_NUMERIC = frozenset({Kind.PERCENT, Kind.MONEY, Kind.NUMBER, Kind.DURATION})


class Arguments:
    """Fills the arguments of one tool.

    Args:
        tool: The tool; its examples teach how its arguments are said.
    """

    def __init__(self, tool: Tool) -> None:
        self._tool = tool
        self._fields = fields_of(tool.args)
        self._usages = usages(tool)

    def said(self, question: str, mentions: Sequence[Mention], language: Language) -> dict[str, Any]:
        """Give the arguments a question states.

        Args:
            question: The normalised question.
            mentions: What it mentions.
            language: Its language.
        """
        filled = {
            field.name: value
            for field in self._fields
            if (value := self._chosen(field, question, mentions, language)) is not None
        }
        free = [field for field in self._fields if field.name not in filled]
        filled |= self._assigned(free, question, mentions, language)
        for field in free:
            if field.shape is Shape.TEXT and field.name not in filled:
                text = self._verbatim(field, question, language)
                if text:
                    filled[field.name] = [text] if field.many else text
        return self._valid(filled)

    def meant(
        self, said: Mapping[str, Any], mentions: Sequence[Mention], near: Sequence[tuple[Phrase, float]]
    ) -> dict[str, Any]:
        """Add what the nearest examples mean without saying it, such as a method or a filter."""
        votes: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        first = near[:_NEIGHBOURS]
        for phrase, score in first:
            for name, value in self._unsaid(phrase, mentions).items():
                votes[name][json.dumps(value, sort_keys=True, ensure_ascii=False)] += score**2
        total = sum(score**2 for _, score in first)
        chosen = {
            name: json.loads(max(values, key=lambda one: (values[one], one)))
            for name, values in votes.items()
            if name not in said and 2 * max(values.values()) > total
        }
        return self._valid({**chosen, **said})

    def missing(self, filled: Mapping[str, Any]) -> list[Field]:
        """Give the arguments a call needs and does not have."""
        return [field for field in self._fields if field.required and field.name not in filled]

    def takes(self, name: str) -> bool:
        """Tell whether the tool has an argument of this name."""
        return any(field.name == name for field in self._fields)

    def _chosen(
        self, field: Field, question: str, mentions: Sequence[Mention], language: Language
    ) -> str | list[str] | None:
        folded = _without_quotes(fold(question), mentions)
        hits = [
            (match.start(), order, value)
            for order, (value, pattern) in enumerate(_choices(field, language))
            if (match := pattern.search(folded))
        ]
        if not hits:
            return None
        if field.many:
            return list(dict.fromkeys(value for _, _, value in sorted(hits)))
        return min(hits, key=lambda hit: hit[1])[2]

    def _assigned(
        self, free: Sequence[Field], question: str, mentions: Sequence[Mention], language: Language
    ) -> dict[str, Any]:
        scored = [
            (score, -position, field, mention)
            for field in free
            for position, mention in enumerate(mentions)
            if (score := self._fit(field, mention, question, language)) >= _ENOUGH
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

    def _fit(self, field: Field, mention: Mention, question: str, language: Language) -> float:
        if not _can_hold(field, mention):
            return 0.0
        usage = self._usages.get(field.name, Usage())
        labels = {label for kind, label in usage.kinds if kind is mention.kind}
        score = 0.6 if labels else 0.0
        score += self._by_name(field, mention, language)
        if mention.label and mention.label in labels:
            score += 1.5
        elif mention.label and labels and "" not in labels:
            score -= 1.5
        frame = frame_at(question, mention.start, mention.end, language)
        return score + 0.5 * max((_alike(frame, other) for other in usage.frames), default=0)

    def _by_name(self, field: Field, mention: Mention, language: Language) -> float:
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

    def _value(self, field: Field, mention: Mention) -> Any:
        if field.shape in {Shape.TEXT, Shape.DAY} or not isinstance(mention.value, float):
            return mention.text if mention.kind in {Kind.NUMBER, Kind.SEGMENT} else mention.value
        usage = self._usages.get(field.name, Usage())
        factors = [factor for (kind, _), factor in usage.kinds.items() if kind is mention.kind]
        value = mention.value * (factors[0] if factors else 1.0)
        if mention.kind is Kind.DURATION and not factors:
            value /= {"weeks": 7, "months": 30}.get(field.name.rsplit("_", 1)[-1], 1)
        return round(value) if field.shape is Shape.INTEGER else value

    def _verbatim(self, field: Field, question: str, language: Language) -> str | None:
        usage = self._usages.get(field.name)
        if usage is None or not usage.verbatim:
            return None
        frames = [frame for frame in usage.frames if frame.language == language]
        found = [span for frame in frames if (span := _span(frame, question))]
        return max(found, key=lambda span: span[0])[1] if found else None

    def _unsaid(self, phrase: Phrase, mentions: Sequence[Mention]) -> dict[str, Any]:
        text = normalise(phrase.text)
        theirs = find_mentions(text, phrase.language)
        unsaid: dict[str, Any] = {}
        for name, value in phrase.args.items():
            if isinstance(value, (dict, list)) and any(isinstance(one, dict) for one in _flat(value)):
                moved = _moved(value, theirs, mentions)
                if moved is not None:
                    unsaid[name] = moved
            elif not any(expressed(leaf, text, theirs) for leaf in leaves(value)):
                unsaid[name] = value
        return unsaid

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


def _flat(value: Any) -> list[Any]:
    return [value] if isinstance(value, dict) else list(value)


def _moved(value: Any, theirs: Sequence[Mention], ours: Sequence[Mention]) -> Any | None:
    """Put the question's mentions where a nested value has its example's; None where one is wanting."""
    if isinstance(value, dict):
        inner = {key: _moved(one, theirs, ours) for key, one in value.items()}
        return None if any(one is None and value[key] is not None for key, one in inner.items()) else inner
    if isinstance(value, list):
        items = [_moved(one, theirs, ours) for one in value]
        return None if any(item is None for item in items) else items
    said = next((mention for mention in theirs if stands_for(mention, value) is not None), None)
    if said is None:
        return value
    same = [one for one in ours if one.kind is said.kind and (one.label == said.label or not said.label)]
    if not same:
        return None
    factor = stands_for(said, value) or 1.0
    other = same[0].value
    number = other * factor if isinstance(other, float) and isinstance(value, (int, float)) else same[0].text
    return round(number) if isinstance(value, int) and isinstance(number, float) else number


def _can_hold(field: Field, mention: Mention) -> bool:
    if field.shape in {Shape.NUMBER, Shape.INTEGER}:
        spans_time = bool(re.search(r"days|horizon|within|window|weeks|months", field.name))
        return mention.kind in _NUMERIC and (mention.kind is Kind.DURATION) <= spans_time
    if field.shape is Shape.DAY:
        return mention.kind is Kind.DAY
    return field.shape is Shape.TEXT


def _alike(one: Frame, other: Frame) -> int:
    return likeness(one, other) if one.language == other.language else 0


def _without_quotes(folded: str, mentions: Sequence[Mention]) -> str:
    for mention in mentions:
        if mention.kind is Kind.QUOTE:
            blank = " " * (mention.end - mention.start)
            folded = folded[: mention.start] + blank + folded[mention.end :]
    return folded


def _choices(field: Field, language: Language) -> tuple[tuple[str, re.Pattern[str]], ...]:
    singular = field.name.removesuffix("s")
    known = lexicon(language).choices.get(singular, {})
    if field.shape is Shape.CHOICE:
        return tuple((value, known.get(value) or _words(field.name, value)) for value in field.choices)
    return tuple(known.items()) if field.shape is Shape.TEXT else ()


@lru_cache(maxsize=1024)
def _words(kind: str, value: str) -> re.Pattern[str]:
    vocabulary = PromptVocabulary()
    said = {value.replace("_", " "), value}
    for table in (kind, kind.removesuffix("s"), "term"):
        said |= {words for words, code in vocabulary.words(table).items() if code == value}
    longest = sorted((words for words in said if len(words) > 1), key=len, reverse=True)
    either = "|".join("[ -]".join(map(re.escape, words.split())) for words in longest)
    return re.compile(rf"(?<![a-z0-9])(?:{either})(?![a-z0-9])" if either else r"(?!)")


def _span(frame: Frame, question: str) -> tuple[int, str] | None:
    """Find what stands in a question where an example had its value: the more shared words, the better."""
    folded = fold(question)
    for size in range(len(frame.before), 0, -1):
        left = r"\W*?".join(map(re.escape, frame.before[-size:]))
        match = re.search(rf"(?<![a-z0-9]){left}\s*", folded)
        if match:
            score, end = _right_end(frame, folded, match.end())
            text = question[match.end() : end].strip(" ,.;:!?\"'。，？！：")
            return (size + score, text) if text else None
    return None


def _right_end(frame: Frame, folded: str, start: int) -> tuple[int, int]:
    for size in range(len(frame.after), 0, -1):
        right = r"\W*?".join(map(re.escape, frame.after[:size]))
        match = re.compile(rf"\s*{right}").search(folded, start + 1)
        if match:
            return size, match.start()
    stop = re.compile(r"[.;!?。；！？]|$").search(folded, start)
    return 0, stop.start() if stop else len(folded)
