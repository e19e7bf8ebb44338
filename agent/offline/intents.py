"""Tells what a question asks for, by its likeness to example phrases.

The phrases come from the tools themselves and from the answer pages, so whatever is added there is understood
at once. A question is as like a tool as it is like the tool's nearest phrases: cosine over words, word pairs
and character runs, each weighted by how few tools use it. What no phrase knows counts against every tool,
so that a question about something else altogether is like none. What a tool's phrases know between them
counts as well, for a question may be put together from several.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketeer.agent.offline.lexicon import lexicon
from marketeer.agent.offline.mentions import find_mentions, mask
from marketeer.agent.offline.text import features, fold, normalise
from marketeer.tools.core.copy import Language

_NEIGHBOURS = 3
_UNKNOWN_WEIGHT = 0.8
_COMMON_WEIGHT = 0.15
_NEAREST, _NEIGHBOURHOOD, _KNOWN = 0.55, 0.15, 0.30


Notion = tuple[str, re.Pattern[str]]
"""A notion and the words for its values."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """An example phrase: what it asks for, and with which arguments; None where nobody said which."""

    intent: str
    text: str
    language: Language
    args: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like a question is to one intent.

    Attributes:
        intent: A tool's name or an answer page's.
        score: 0 (nothing in common) to 1 (a phrase of it).
        near: Its phrases with their likeness, nearest first.
    """

    intent: str
    score: float
    near: tuple[tuple[Phrase, float], ...]


class Intents:
    """Example phrases in one language, ready to compare questions with.

    Questions are compared twice: as they are, and with all words for the values of a notion (a measure, a way
    to split) replaced by the notion; the better likeness counts.

    Args:
        phrases: The phrases; those in other languages are left out.
        language: The language.
        notions: Names of notions and the words that stand for one of its values, such as all measures.
    """

    def __init__(self, phrases: Sequence[Phrase], language: Language, notions: Sequence[Notion] = ()) -> None:
        own = [phrase for phrase in phrases if phrase.language == language]
        self._views = [_View(own, language, ()), _View(own, language, notions)]

    def rank(self, question: str, names: Mapping[str, str] | None = None) -> list[Likeness]:
        """Rank all intents by likeness to a question, the most alike first."""
        best: dict[str, Likeness] = {}
        for view in self._views:
            for one in view.likenesses(question, names):
                if one.intent not in best or one.score > best[one.intent].score:
                    best[one.intent] = one
        return sorted(best.values(), key=lambda one: (-one.score, one.intent))


class _View:
    """One way to look at phrases, with the weights that follow from it."""

    def __init__(self, phrases: Sequence[Phrase], language: Language, notions: Sequence[Notion]) -> None:
        self._language = language
        self._notions = notions
        self._common = lexicon(language).common
        self._phrases = phrases
        counts = [self._features(phrase.text, None) for phrase in phrases]
        self._weights = _weights(phrases, counts)
        self._unknown = _UNKNOWN_WEIGHT * max(self._weights.values(), default=1.0)
        self._vectors = [self._vector(count) for count in counts]
        self._known: dict[str, set[str]] = defaultdict(set)
        for phrase, count in zip(phrases, counts, strict=True):
            self._known[phrase.intent].update(count)

    def likenesses(self, question: str, names: Mapping[str, str] | None) -> list[Likeness]:
        """Give the likeness of a question to every intent."""
        vector = self._vector(self._features(question, names))
        scored: dict[str, list[tuple[Phrase, float]]] = defaultdict(list)
        for phrase, other in zip(self._phrases, self._vectors, strict=True):
            scored[phrase.intent].append((phrase, _cosine(vector, other)))
        return [self._likeness(intent, near, vector) for intent, near in scored.items()]

    def _likeness(
        self, intent: str, near: list[tuple[Phrase, float]], vector: Mapping[str, float]
    ) -> Likeness:
        near.sort(key=lambda pair: (-pair[1], pair[0].text))
        mean = sum(score for _, score in near[:_NEIGHBOURS]) / _NEIGHBOURS
        known = sum(weight**2 for feature, weight in vector.items() if feature in self._known[intent])
        score = _NEAREST * near[0][1] + _NEIGHBOURHOOD * mean + _KNOWN * known
        return Likeness(intent, score, tuple(near))

    def _features(self, text: str, names: Mapping[str, str] | None) -> Counter[str]:
        plain = normalise(text)
        masked = fold(mask(plain, find_mentions(plain, self._language, names)))
        masked = lexicon(self._language).polite.sub(" ", masked)
        for name, words in self._notions:
            masked = words.sub(f" {name}notion ", masked)
        for word, others in lexicon(self._language).same:
            masked = others.sub(word, masked)
        return features(masked)

    def _vector(self, counts: Counter[str]) -> dict[str, float]:
        weighted = {
            feature: (1 + math.log(count)) * self._weight(feature) for feature, count in counts.items()
        }
        length = math.sqrt(sum(weight * weight for weight in weighted.values())) or 1.0
        return {feature: weight / length for feature, weight in weighted.items()}

    def _weight(self, feature: str) -> float:
        weight = self._weights.get(feature, self._unknown) * _size_weight(feature)
        return weight * _COMMON_WEIGHT if self._common.issuperset(feature.split()) else weight


def _weights(phrases: Sequence[Phrase], counts: Sequence[Counter[str]]) -> dict[str, float]:
    users: dict[str, set[str]] = defaultdict(set)
    for phrase, count in zip(phrases, counts, strict=True):
        for feature in count:
            users[feature].add(phrase.intent)
    total = len({phrase.intent for phrase in phrases})
    return {feature: math.log((1 + total) / len(used)) for feature, used in users.items()}


def _size_weight(feature: str) -> float:
    if feature.isascii():
        return 0.8 if " " in feature else 1.0
    return {1: 0.5, 2: 1.0, 3: 0.8}.get(len(feature), 0.6)


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    few, many = (one, other) if len(one) <= len(other) else (other, one)
    return sum(weight * many[feature] for feature, weight in few.items() if feature in many)
