"""Fills a tool's arguments from a question: only what it says, or what its nearest examples mean by it."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from marketeer.agent.offline.choices import chosen, misleading, spans
from marketeer.agent.offline.examples import (
    Frame,
    expressed,
    frame_at,
    known_words,
    leaves,
    moved,
    told_apart,
    usages,
)
from marketeer.agent.offline.fields import Field, Shape, fields_of
from marketeer.agent.offline.fitting import ENDS, fit, value_of
from marketeer.agent.offline.intents import Phrase
from marketeer.agent.offline.lexicon import lexicon
from marketeer.agent.offline.mentions import Kind, Mention, find_mentions
from marketeer.agent.offline.spans import Span, find_text, items, left_over
from marketeer.agent.offline.text import fold, normalise
from marketeer.prompts.words import languages
from marketeer.tools.core.contract import Tool
from marketeer.tools.core.copy import Language
from marketeer.tools.core.errors import Retry

_ENOUGH = 1.0
_FRAMES = 6
_NEIGHBOURS = 3
_NAMING = frozenset({Kind.QUOTE, Kind.PERIOD, Kind.DURATION, Kind.SEGMENT, Kind.PATH, Kind.ADDRESS})
_LANGUAGE = "language"
_COMPARISON = "compare"
_NOT = "not_"
_SPLIT, _ORDER_NUMBER = "by", "order_number"
_SETTING = frozenset({_LANGUAGE, "channel", "level", "mode"})

Near = Sequence[tuple[Phrase, float]]
"""Example phrases with their likeness to a question, nearest first."""


class Arguments:
    """Fills the arguments of one tool.

    Args:
        tool: The tool; its examples teach how its arguments are said.
    """

    def __init__(self, tool: Tool) -> None:
        self._tool = tool
        self.fields = fields_of(tool.args)
        self._usages = usages(tool)
        chosen_from = {name for language in languages() for name in lexicon(language).choices}
        self.free = {one.name for one in self.fields if one.shape is Shape.TEXT} - chosen_from
        self._known = {language: known_words(tool, language) for language in languages()}
        self._muted = {field.name: misleading(tool, field) for field in self.fields}

    def said(
        self, question: str, mentions: Sequence[Mention], language: Language, near: Near = ()
    ) -> dict[str, Any]:
        """Give the arguments a question states.

        Args:
            question: The question as it was written.
            mentions: What it mentions.
            language: Its language.
            near: The tool's example phrases; free text is looked for as in the near ones.
        """
        plain = normalise(question)
        mentions = told_apart(self._not_compared(plain, mentions, language), self._tool, language)
        filled = self._named(plain, mentions, language)
        free = [field for field in self.fields if field.name not in filled]
        assigned = self._assigned(free, frames_of(plain, mentions, language), filled)
        if ENDS.keys() <= self._tool.args.model_fields.keys():
            assigned = _whole_days(assigned, mentions)
        texts = [field for field in free if field.shape is Shape.TEXT and field.name not in assigned]
        quoted = self._quoted(texts, plain, mentions, language, near)
        filled |= assigned | quoted
        if near and not filled.keys() - _SETTING:
            filled |= self._left_over(texts, plain, mentions, language, near)
        return self._valid({name: _as_written(value, plain, question) for name, value in filled.items()})

    def meant(self, said: Mapping[str, Any], mentions: Sequence[Mention], near: Near) -> dict[str, Any]:
        """Add what the nearest examples mean without saying it, such as a method or a filter."""
        votes: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        total = 0.0
        enough = 0.35 * near[0][1] if near else 0.0
        labelled = [(phrase, score) for phrase, score in near if phrase.args is not None and score >= enough]
        for phrase, score in labelled[:_NEIGHBOURS]:
            weight = score**2 * _same_mentions(phrase, mentions)
            total += weight
            for name, value in self._unsaid(phrase, mentions).items():
                votes[name][json.dumps(value, sort_keys=True, ensure_ascii=False)] += weight
        elected = {
            name: json.loads(max(values, key=lambda one: (values[one], one)))
            for name, values in votes.items()
            if name not in said and 2 * max(values.values()) > total
        }
        return self._valid({**elected, **said})

    def spoken(self, filled: Mapping[str, Any], language: Language) -> dict[str, Any]:
        """Add the language to write in, where the tool's examples in a language mean that language."""
        examples = [example for example in self._tool.examples if example.language == language]
        meant = sum(example.args.get(_LANGUAGE) == language for example in examples)
        return {_LANGUAGE: language, **filled} if 2 * meant > len(examples) else dict(filled)

    def says_something(self, phrase: Phrase) -> bool:
        """Tell whether an example states an argument, rather than meaning it as a whole."""
        return bool((phrase.args or {}).keys() - self._unsaid(phrase, ()).keys())

    def missing(self, filled: Mapping[str, Any]) -> list[Field]:
        """Give the arguments a call needs and does not have."""
        return [field for field in self.fields if field.required and field.name not in filled]

    def _named(self, plain: str, mentions: Sequence[Mention], language: Language) -> dict[str, Any]:
        folded = _without_names(fold(plain), mentions)
        named = {
            field.name: chosen(field, folded, language, self._muted[field.name]) for field in self.fields
        }
        if named.get(_ORDER_NUMBER) is not None:
            parts, split = (
                [
                    place
                    for field in self.fields
                    if field.name == name
                    for place in spans(field, folded, language)
                ]
                for name in (_ORDER_NUMBER, _SPLIT)
            )
            named[_ORDER_NUMBER] = None if _inside(parts, split) else named[_ORDER_NUMBER]
        whole = {field.name for field in self.fields if field.shape is Shape.INTEGER}
        return {
            name: int(value) if name in whole else value for name, value in named.items() if value is not None
        }

    def _not_compared(self, plain: str, mentions: Sequence[Mention], language: Language) -> list[Mention]:
        """Leave out periods that only say what is compared with: "vs last year" is about this one."""
        fields = [field for field in self.fields if field.name == _COMPARISON]
        inside = [span for field in fields for span in spans(field, fold(plain), language)]
        return [
            one
            for one in mentions
            if one.kind not in {Kind.PERIOD, Kind.DURATION}
            or not any(start < one.start and one.end <= end for start, end in inside)
        ]

    def _assigned(
        self, free: Sequence[Field], framed: Sequence[tuple[Mention, Frame]], named: Mapping[str, Any]
    ) -> dict[str, Any]:
        scored = [
            (score, -position, field, mention)
            for field in free
            for position, (mention, frame) in enumerate(framed)
            if (score := fit(field, mention, frame, self._usages[field.name])) >= _ENOUGH
            and not self._explained(field, mention, named)
        ]
        scored.sort(key=lambda one: one[:2], reverse=True)
        filled: dict[str, Any] = {}
        used: set[int] = set()
        for _, _, field, mention in scored:
            if mention.start in used or (field.name in filled and not field.many):
                continue
            used.add(mention.start)
            value = value_of(field, mention, self._usages[field.name])
            filled[field.name] = [*filled.get(field.name, []), value] if field.many else value
        return filled

    def _quoted(
        self,
        fields: Sequence[Field],
        plain: str,
        mentions: Sequence[Mention],
        language: Language,
        near: Near,
    ) -> dict[str, Any]:
        labelled = [phrase for phrase, _ in near if phrase.args is not None]
        close = {normalise(phrase.text) for phrase in labelled[:_FRAMES]}
        known = self._known[language]
        spans: list[tuple[Span, Field]] = []
        for field in fields:
            frames = [
                one for one in self._usages[field.name].verbatim if one.phrase in close or one.open_ended
            ]
            span = find_text(plain, frames, language, mentions, known)
            if span and self._meant_so(field, span, plain, language):
                spans.append((span, field))
        spans.sort(key=lambda pair: -pair[0].score)
        kept: list[tuple[Span, Field]] = []
        for span, field in spans:
            if not any(span.overlaps(other) for other, _ in kept):
                kept.append((span, field))
        empty = lexicon(language).no_name
        return {
            field.name: items(span.text) if field.many else span.text
            for span, field in kept
            if not empty.fullmatch(fold(span.text))
        }

    def _meant_so(self, field: Field, span: Span, plain: str, language: Language) -> bool:
        """Tell whether a name is denied where its argument is of what is not, such as what nobody bought."""
        names, plus = {one.name for one in self.fields}, field.name.removeprefix(_NOT)
        if not {plus, _NOT + plus} <= names:
            return True
        denied = bool(lexicon(language).denied.search(fold(plain[: span.start])))
        return denied == field.name.startswith(_NOT)

    def _left_over(
        self,
        fields: Sequence[Field],
        plain: str,
        mentions: Sequence[Mention],
        language: Language,
        near: Near,
    ) -> dict[str, Any]:
        wanted = self._one_verbatim(fields, near)
        text = left_over(plain, self._known[language], mentions, language)
        return {wanted: text} if wanted and text else {}

    def _one_verbatim(self, fields: Sequence[Field], near: Near) -> str | None:
        """Give the free-text argument of the nearest example, where it has just one."""
        nearest = next((normalise(phrase.text) for phrase, _ in near if phrase.args is not None), "")
        usages = [(field, self._usages[field.name].verbatim) for field in fields if not field.many]
        named = [field.name for field, frames in usages if any(one.phrase == nearest for one in frames)]
        return named[0] if len(named) == 1 else None

    def _unsaid(self, phrase: Phrase, mentions: Sequence[Mention]) -> dict[str, Any]:
        text, theirs = _read(phrase.text, phrase.language)
        named = self._named(text, theirs, phrase.language)
        unsaid: dict[str, Any] = {}
        for name, value in (phrase.args or {}).items():
            if _nested(value):
                ours = moved(value, theirs, mentions)
                if ours is not None:
                    unsaid[name] = ours
            elif named.get(name) != value and not any(expressed(one, text, theirs) for one in leaves(value)):
                unsaid[name] = value
        return unsaid

    def _explained(self, field: Field, mention: Mention, named: Mapping[str, Any]) -> bool:
        """Tell whether a named choice covers a mention in the examples, as welcome covers new customers."""
        phrases = self._usages[field.name].unused.get(fold(mention.text), ())
        return any(args and all(named.get(name) == value for name, value in args.items()) for args in phrases)

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


def frames_of(plain: str, mentions: Sequence[Mention], language: Language) -> list[tuple[Mention, Frame]]:
    """Pair every mention with the words around it."""
    return [(one, frame_at(plain, one.start, one.end, language)) for one in mentions]


@lru_cache(maxsize=1024)
def _read(text: str, language: Language) -> tuple[str, tuple[Mention, ...]]:
    plain = normalise(text)
    return plain, tuple(find_mentions(plain, language))


def _as_written(value: Any, plain: str, question: str) -> Any:
    """Give text back as it was written before it was normalised; positions are the same."""
    if isinstance(value, list):
        return [_as_written(one, plain, question) for one in value]
    at = plain.find(value) if isinstance(value, str) else -1
    return question[at : at + len(value)] if at >= 0 else value


def _same_mentions(phrase: Phrase, mentions: Sequence[Mention]) -> float:
    """Weigh a phrase by how far it mentions the same kinds of things."""
    theirs = {mention.kind for mention in _read(phrase.text, phrase.language)[1]}
    ours = {mention.kind for mention in mentions}
    return 0.3 + 0.7 * (len(theirs & ours) / len(theirs | ours) if theirs | ours else 1.0)


def _nested(value: Any) -> bool:
    inner = value if isinstance(value, (list, tuple)) else [value]
    return any(isinstance(one, Mapping) for one in inner)


def _whole_days(assigned: Mapping[str, Any], mentions: Sequence[Mention]) -> dict[str, Any]:
    """Take a day that neither begins nor ends anything as a day of its own: "on 28 November 2011"."""
    days = [one for one in mentions if one.kind is Kind.DAY]
    given = [name for name in ENDS if name in assigned]
    if len(days) == len(given) == 1 and not days[0].side and assigned[given[0]] == days[0].value:
        return {**assigned, **dict.fromkeys(ENDS, days[0].value)}
    return dict(assigned)


def _inside(parts: Sequence[tuple[int, int]], wholes: Sequence[tuple[int, int]]) -> bool:
    """Tell whether all words are part of longer ones, as in "returning or first-time buyers"."""
    return all(
        any(start <= one[0] and one[1] <= end and end - start > one[1] - one[0] for start, end in wholes)
        for one in parts
    )


def _without_names(folded: str, mentions: Sequence[Mention]) -> str:
    """Blank out what is quoted or names something, whose words choose nothing."""
    for mention in mentions:
        if mention.kind in _NAMING:
            blank = " " * (mention.end - mention.start)
            folded = folded[: mention.start] + blank + folded[mention.end :]
    return folded
