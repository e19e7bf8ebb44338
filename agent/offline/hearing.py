"""Hears a question as it was meant: misspelt words are put right, words of another language translated.

What names something keeps the spelling of the person: only they know what their goods are called.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from marketeer.agent.offline.lexicon import lexicon
from marketeer.agent.offline.mentions import Kind, find_mentions
from marketeer.agent.offline.text import fold, normalise, stem
from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.tools.core.copy import Language

_SHORTEST, _LONG = 4, 8
_LATIN = re.compile(r"[A-Za-z]+")
_SAID_EXACTLY = frozenset({Kind.QUOTE, Kind.ADDRESS, Kind.HANDLE, Kind.PATH, Kind.CODE, Kind.SEGMENT})


@dataclass(frozen=True, slots=True)
class Heard:
    """A question as it was meant.

    Attributes:
        text: The question.
        written: What was put in → what had been written.
        guessed: Whether some of it is a guess at what was misspelt.
    """

    text: str
    written: Mapping[str, str] = field(default_factory=dict)
    guessed: bool = False

    def without(self) -> str:
        """Give the text without what was put in."""
        return re.sub("|".join(map(re.escape, self.written)), " ", self.text) if self.written else self.text

    def as_written(self, value: Any) -> Any:
        """Give a name back as the person wrote it; a segment's name is one of ours, and stays right."""
        if isinstance(value, (list, tuple)):
            return [self.as_written(one) for one in value]
        if not self.written or not isinstance(value, str) or PromptVocabulary().code("segment", value):
            return value
        for ours, theirs in self.written.items():
            whole = rf"(?<![a-z_]){re.escape(ours)}(?![a-z_])"
            value = theirs.join(re.split(whole, value))
        return value


class Hearing:
    """Knows the words of a language.

    Args:
        texts: Texts that are spelt right, such as all example phrases.
        names: Words that are right too, but that nobody meant by another word.
        language: The language.
    """

    def __init__(self, texts: Iterable[str], names: Iterable[str], language: Language) -> None:
        self._language = language
        self._words = Counter(word for text in texts for word in _LATIN.findall(fold(normalise(text))))
        self._stems = {stem(word) for word in [*self._words, *names]}
        self._others = lexicon(language).spelt_so
        self._near: dict[str, list[str]] = defaultdict(list)
        for word in self._words:
            if len(word) >= _SHORTEST:
                for shorter in {word, *_shorter(word)}:
                    self._near[shorter].append(word)

    def hear(self, question: str) -> Heard:
        """Hear a question."""
        plain = normalise(question)
        kept = [one for one in find_mentions(plain, self._language) if one.kind in _SAID_EXACTLY]
        changes: list[tuple[int, int, str]] = []
        for start, end, meant in self._changes(plain):
            free = not any(one.start < end and start < one.end for one in kept)
            if free and not any(other[0] < end and start < other[1] for other in changes):
                changes.append((start, end, meant))
        heard = replaced(question, changes)
        guessed = self._language == "en" and any(said.isascii() for said in heard.written.values())
        return replace(heard, guessed=guessed)

    def _changes(self, plain: str) -> Iterable[tuple[int, int, str]]:
        folded = fold(plain)
        for pattern, meant in lexicon(self._language).foreign:
            yield from ((found.start(), found.end(), meant) for found in pattern.finditer(folded))
        for found in _LATIN.finditer(plain) if self._language == "en" else ():
            right = self._right(fold(found[0])) if found[0].islower() or not found.start() else None
            if right:
                yield found.start(), found.end(), right

    def _right(self, word: str) -> str | None:
        """Give the one known word a strange word is a slip of, the most used if there are several."""
        if len(word) < _SHORTEST or stem(word) in self._stems or word in self._others:
            return None
        near = {known for part in (word, *_shorter(word)) for known in self._near.get(part, ())}
        slips = [(distance(word, known), known) for known in near if known[0] == word[0]]
        right = [pair for pair in slips if pair[0] <= _allowed(word, pair[1])]
        return min(right, key=lambda pair: (pair[0], -self._words[pair[1]], pair[1]))[1] if right else None


def replaced(question: str, changes: Iterable[tuple[int, int, str]]) -> Heard:
    """Put words in the place of stretches of a question."""
    text, written = question, {}
    for start, end, meant in sorted(changes, reverse=True):
        text = text[:start] + meant + text[end:]
        written[meant] = question[start:end]
    return Heard(text, written)


def _allowed(word: str, known: str) -> int:
    """Give how many slips a word may hold; in a short one, a letter more or changed makes another word."""
    if len(word) == _SHORTEST and len(known) <= len(word) and sorted(word) != sorted(known):
        return 0
    return 2 if min(len(word), len(known)) >= _LONG and word[:2] == known[:2] else 1


def _shorter(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


def distance(one: str, other: str) -> int:
    """Count letters left out, put in, changed or swapped with the next (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, char in enumerate(one, start=1):
        last, before, row = before, row, [at]
        for to, letter in enumerate(other, start=1):
            best = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (char != letter))
            if last and to > 1 and char == other[to - 2] and one[at - 2] == letter:
                best = min(best, last[to - 2] + 1)
            row.append(best)
    return row[-1]
