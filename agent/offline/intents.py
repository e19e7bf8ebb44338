"""Tells what a question asks for, by its likeness to example phrases.

The phrases come from the tools themselves and from the answer pages, so whatever is added there is understood
at once. Two judges speak. The first looks at an intent's nearest phrases and at what all its phrases know
between them. The second is a ridge regression of "asks for this intent" on the phrases' vectors, in its dual
form: it learns which words tell intents apart, where the first only sees that they are alike.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from marketeer.agent.offline.lexicon import lexicon
from marketeer.agent.offline.mentions import find_mentions, mask
from marketeer.agent.offline.text import character_runs, features, fold, normalise
from marketeer.agent.offline.views import Features, Numbers, View
from marketeer.tools.core.copy import Language

_NEIGHBOURS = 3
_NEAREST, _NEIGHBOURHOOD, _KNOWN = 0.55, 0.15, 0.30
_RIDGE = 0.3
_LEARNT = 2 / 3

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

    Questions are compared as they are, and with all words for the values of a notion (a measure, a way to
    split) replaced by the notion; the better likeness counts. The regression also sees runs of characters,
    which survive a misspelling.

    Args:
        phrases: The phrases; those in other languages are left out.
        language: The language.
        notions: Names of notions and the words that stand for one of its values, such as all measures.
    """

    def __init__(self, phrases: Sequence[Phrase], language: Language, notions: Sequence[Notion] = ()) -> None:
        self._phrases = [phrase for phrase in phrases if phrase.language == language]
        self._reader = _Reader(language, notions)
        self._order = sorted({phrase.intent for phrase in self._phrases})
        self._at: dict[str, list[int]] = defaultdict(list)
        for place, phrase in enumerate(self._phrases):
            self._at[phrase.intent].append(place)
        texts = [phrase.text for phrase in self._phrases]
        asked = [phrase.intent for phrase in self._phrases]
        common = lexicon(language).common
        self._views = [View(texts, asked, read, common) for read in self._reader.readings(None)]
        self._dual = self._regression(asked)

    def rank(self, question: str, names: Mapping[str, str] | None = None) -> list[Likeness]:
        """Rank all intents by likeness to a question, the most alike first."""
        readings = self._reader.readings(names)
        vectors = [view.vector(read(question)) for view, read in zip(self._views, readings, strict=True)]
        alike = [view.likeness(vector) for view, vector in zip(self._views, vectors, strict=True)]
        learnt = np.mean(alike, axis=0) @ self._dual
        known = [view.known(vector) for view, vector in zip(self._views, vectors, strict=True)]
        found = [
            max((self._seen(intent, alike[n], known[n][place]) for n in (0, 1)), key=lambda one: one.score)
            for place, intent in enumerate(self._order)
        ]
        mixed = [
            Likeness(one.intent, _LEARNT * float(score) + (1 - _LEARNT) * one.score, one.near)
            for one, score in zip(found, learnt, strict=True)
        ]
        return sorted(mixed, key=lambda one: (-one.score, one.intent))

    def _seen(self, intent: str, alike: Numbers, known: float) -> Likeness:
        pairs = [(self._phrases[place], float(alike[place])) for place in self._at[intent]]
        near = sorted(pairs, key=lambda pair: (-pair[1], pair[0].text))
        mean = sum(score for _, score in near[:_NEIGHBOURS]) / _NEIGHBOURS
        score = _NEAREST * near[0][1] + _NEIGHBOURHOOD * mean + _KNOWN * float(known)
        return Likeness(intent, score, tuple(near))

    def _regression(self, asked: Sequence[str]) -> Numbers:
        """Solve (K + ridge) a = Y, every intent weighing the same; shape (phrases, intents)."""
        kernel = np.mean([(view.vectors @ view.vectors.T).todense() for view in self._views], axis=0)
        targets = np.array([[one == intent for intent in self._order] for one in asked], dtype=np.float64)
        share = targets @ (1 / targets.sum(axis=0))
        penalty = np.diag(_RIDGE * share.mean() / share)
        solved: Numbers = np.linalg.solve(np.asarray(kernel) + penalty, targets)
        return solved


class _Reader:
    """Reads a text's features in three ways: words, words with notions, characters."""

    def __init__(self, language: Language, notions: Sequence[Notion]) -> None:
        self._language = language
        self._notions = notions

    def readings(self, names: Mapping[str, str] | None) -> list[Features]:
        """Give the ways, for a conversation with these segment names."""

        def words(text: str) -> Counter[str]:
            return features(self._masked(text, names, ()))

        def notions(text: str) -> Counter[str]:
            return features(self._masked(text, names, self._notions))

        def characters(text: str) -> Counter[str]:
            return character_runs(self._masked(text, names, ()))

        return [words, notions, characters]

    def _masked(self, text: str, names: Mapping[str, str] | None, notions: Sequence[Notion]) -> str:
        plain = normalise(text)
        masked = fold(mask(plain, find_mentions(plain, self._language, names)))
        masked = lexicon(self._language).polite.sub(" ", masked)
        for name, words in notions:
            masked = words.sub(f" {name}notion ", masked)
        for word, others in lexicon(self._language).same:
            masked = others.sub(word, masked)
        return masked
