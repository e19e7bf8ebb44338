"""Tells what a question asks for, by its likeness to example phrases.

The phrases come from the tools themselves and from the answer pages, so whatever is added there is understood
at once. A question is as like a tool as it is like the tool's nearest phrases: cosine over words, word pairs
and character runs, each weighted by how few tools use it. What no phrase knows counts against every tool,
so that a question about something else altogether is like none.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketeer.agent.offline.lexicon import lexicon
from marketeer.agent.offline.mentions import find_mentions, mask
from marketeer.agent.offline.text import features, normalise
from marketeer.tools.core.copy import Language

_NEIGHBOURS = 3
_UNKNOWN_WEIGHT = 0.6
_COMMON_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Phrase:
    """An example phrase: what it asks for, and with which arguments."""

    intent: str
    text: str
    language: Language
    args: Mapping[str, Any]


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


def masked_features(text: str, language: Language, names: Mapping[str, str] | None = None) -> Counter[str]:
    """Give the features of a text with its mentions masked."""
    plain = normalise(text)
    return features(mask(plain, find_mentions(plain, language, names)))


class Intents:
    """Example phrases in one language, ready to compare questions with."""

    def __init__(self, phrases: Sequence[Phrase], language: Language) -> None:
        self._language = language
        self._common = lexicon(language).common
        self._phrases = [phrase for phrase in phrases if phrase.language == language]
        counts = [masked_features(phrase.text, language) for phrase in self._phrases]
        self._weights = _weights(self._phrases, counts)
        self._vectors = [self._vector(count) for count in counts]

    def rank(self, question: str, names: Mapping[str, str] | None = None) -> list[Likeness]:
        """Rank all intents by likeness to a question, the most alike first."""
        vector = self._vector(masked_features(question, self._language, names))
        scored: dict[str, list[tuple[Phrase, float]]] = defaultdict(list)
        for phrase, other in zip(self._phrases, self._vectors, strict=True):
            scored[phrase.intent].append((phrase, _cosine(vector, other)))
        ranked = [_likeness(intent, near) for intent, near in scored.items()]
        return sorted(ranked, key=lambda one: (-one.score, one.intent))

    def _vector(self, counts: Counter[str]) -> dict[str, float]:
        weighted = {
            feature: (1 + math.log(count)) * self._weight(feature) for feature, count in counts.items()
        }
        length = math.sqrt(sum(weight * weight for weight in weighted.values())) or 1.0
        return {feature: weight / length for feature, weight in weighted.items()}

    def _weight(self, feature: str) -> float:
        weight = self._weights.get(feature, self._unknown) * _size_weight(feature)
        return weight * _COMMON_WEIGHT if feature in self._common else weight

    @property
    def _unknown(self) -> float:
        return _UNKNOWN_WEIGHT * max(self._weights.values(), default=1.0)


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


def _likeness(intent: str, near: list[tuple[Phrase, float]]) -> Likeness:
    near.sort(key=lambda pair: (-pair[1], pair[0].text))
    first = near[:_NEIGHBOURS]
    mean = sum(score for _, score in first) / _NEIGHBOURS
    return Likeness(intent, 0.75 * first[0][1] + 0.25 * mean, tuple(near))


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    few, many = (one, other) if len(one) <= len(other) else (other, one)
    return sum(weight * many[feature] for feature, weight in few.items() if feature in many)
