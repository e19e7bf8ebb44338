"""Learns from a tool's example phrases how each of its arguments is said."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from marketeer.agent.offline.intents import Phrase
from marketeer.agent.offline.lexicon import lexicon
from marketeer.agent.offline.mentions import Kind, Mention, find_mentions
from marketeer.agent.offline.text import features, fold, normalise
from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.tools.core.contract import Example, Tool
from marketeer.tools.core.copy import Language

_WORD = re.compile(r"[a-z0-9']+|[^\sa-z0-9']")
_LETTERS = re.compile(r"[a-z]+|[\u4e00-\u9fff]+")
_REACH = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """The words around a value in a phrase: `before` nearest last, `after` nearest first."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    language: Language
    phrase: str = ""
    words: int = 1

    @property
    def open_ended(self) -> bool:
        """Whether all that follows a colon is the value."""
        return self.before[-1:] == (":",) and not any(word[0].isalnum() for word in self.after)


@dataclass(slots=True)
class Usage:
    """How one argument is said in the examples.

    Attributes:
        kinds: The kinds and labels of mentions that stood for it, with the factor from mention to value.
        frames: The words around those mentions and around verbatim texts.
        units: Kinds of mentions that stand for their number of units, such as years, not for days.
        as_written: Kinds of mentions that are passed as they were written, not as what they mean.
        verbatim: The words around values that stood in a phrase as they are.
        unused: Mentions that did not stand for it, though they could: folded text → the phrase's arguments.
    """

    kinds: dict[tuple[Kind, str], float] = field(default_factory=dict)
    frames: list[Frame] = field(default_factory=list)
    units: set[Kind] = field(default_factory=set)
    as_written: set[Kind] = field(default_factory=set)
    verbatim: list[Frame] = field(default_factory=list)
    unused: dict[str, list[Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(list))


def told_apart(mentions: Sequence[Mention], tool: Tool, language: Language) -> list[Mention]:
    """Give every number the likeliest label that an argument of a tool can have."""
    names = tuple(tool.args.model_fields)
    known = {one.name for one in lexicon(language).labels if any(map(one.fields.search, names))}
    return [
        replace(one, label=next((name for name in one.labels if name in known), one.label))
        for one in mentions
    ]


def usages(tool: Tool) -> dict[str, Usage]:
    """Learn how each argument of a tool is said."""
    learned: dict[str, Usage] = {name: Usage() for name in tool.args.model_fields}
    for example in tool.examples:
        text = normalise(example.text)
        mentions = told_apart(find_mentions(text, example.language), tool, example.language)
        for name, value in example.args.items():
            _learn(learned[name], list(leaves(value)), text, mentions, example.language)
        for name, usage in learned.items():
            if name not in example.args:
                for mention in mentions:
                    usage.unused[fold(mention.text)].append(example.args)
    return learned


def leaves(value: Any) -> Iterator[Any]:
    """Give the single values inside a value."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


def _learn(
    usage: Usage, values: Sequence[Any], text: str, mentions: list[Mention], language: Language
) -> None:
    spans: list[tuple[int, int]] = []
    for leaf in values:
        said = next((one for one in mentions if stands_for(one, leaf) is not None), None)
        if said:
            usage.kinds[(said.kind, said.label)] = stands_for(said, leaf) or 1.0
            usage.frames.append(frame_at(text, said.start, said.end, language))
            if fold(str(leaf)) == fold(said.text):
                usage.as_written.add(said.kind)
            if said.count == leaf != said.value:
                usage.units.add(said.kind)
        elif isinstance(leaf, str) and (at := fold(text).find(fold(normalise(leaf)))) >= 0:
            spans.append((at, at + len(leaf)))
    if spans:
        start, end = min(spans)[0], max(end for _, end in spans)
        usage.verbatim.append(frame_at(text, start, end, language))


def stands_for(mention: Mention, leaf: Any) -> float | None:
    """Tell whether a mention stands for a value; gives the factor from one to the other, or None."""
    if isinstance(leaf, bool) or leaf is None:
        return None
    if isinstance(leaf, (int, float)):
        return _factor(mention, leaf)
    if fold(str(leaf)) in {fold(mention.text), fold(str(mention.value))}:
        return 1.0
    code = PromptVocabulary().code
    named = mention.kind is Kind.SEGMENT and code("segment", str(mention.value))
    return 1.0 if named and named == code("segment", str(leaf)) else None


def _factor(mention: Mention, leaf: float) -> float | None:
    if not isinstance(mention.value, float):
        return None
    if mention.count == leaf:
        return 1.0
    return next((factor for factor in (1.0, 0.01) if abs(mention.value * factor - leaf) < 1e-9), None)


def expressed(leaf: Any, text: str, mentions: Sequence[Mention]) -> bool:
    """Tell whether a value is said in a phrase rather than meant by the phrase as a whole.

    A number is taken as said wherever a phrase has numbers: one of them may stand for it in a way that
    cannot be seen.
    """
    if any(stands_for(mention, leaf) is not None for mention in mentions):
        return True
    if isinstance(leaf, (int, float)) and not isinstance(leaf, bool):
        return any(isinstance(mention.value, float) for mention in mentions)
    if any(mention.kind is Kind.DURATION and leaf == last_days(mention) for mention in mentions):
        return True
    long = isinstance(leaf, str) and (len(leaf) > 1 or not leaf.isascii())
    return long and fold(normalise(leaf)) in fold(text)


def last_days(mention: Mention) -> str:
    """Give the period that a length of time is, counted back from the data's last day."""
    return f"last_{mention.value:.0f}_days"


def moved(value: Any, theirs: Sequence[Mention], ours: Sequence[Mention]) -> Any | None:
    """Put a question's mentions where a nested value has its example's; None where one is wanting."""
    if isinstance(value, Mapping):
        inner = {key: moved(one, theirs, ours) for key, one in value.items()}
        return None if any(one is None and value[key] is not None for key, one in inner.items()) else inner
    if isinstance(value, (list, tuple)):
        items = [moved(one, theirs, ours) for one in value]
        return None if any(one is None for one in items) else items
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


def known_words(tool: Tool, language: Language) -> frozenset[str]:
    """Give the word stems, or Chinese pairs of characters, of a tool's examples outside of their values."""
    known: set[str] = set()
    for example in tool.examples:
        if example.language == language:
            known.update(features(text_around(example)))
    for word, others in lexicon(language).same:
        group = {*features(word), *features(" ".join(_LETTERS.findall(others.pattern)))}
        if known & group:
            known |= group
    return frozenset(known)


def text_around(example: Example | Phrase) -> str:
    """Give the folded text of an example without the values that stand in it."""
    text = fold(normalise(example.text))
    for leaf in leaves(example.args or {}):
        text = text.replace(fold(normalise(str(leaf))), ".")
    return text


def frame_at(text: str, start: int, end: int, language: Language) -> Frame:
    """Give the words around a stretch of text."""
    folded = fold(text)
    before, after = _WORD.findall(folded[:start]), _WORD.findall(folded[end:])
    size = len(_WORD.findall(folded[start:end]))
    return Frame(tuple(before[-_REACH:]), tuple(after[:_REACH]), language, text, size)


def likeness(one: Frame, other: Frame) -> int:
    """Count the words two frames share, from the value outwards; none across languages."""
    if one.language != other.language:
        return 0
    left = _shared(one.before[::-1], other.before[::-1])
    return left + _shared(one.after, other.after)


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
