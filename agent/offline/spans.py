"""Finds free text in a question: where it stood in an example phrase, or what no phrase accounts for."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from marketeer.agent.offline.examples import Frame
from marketeer.agent.offline.lexicon import lexicon
from marketeer.agent.offline.mentions import Kind, Mention
from marketeer.agent.offline.text import fold, stem
from marketeer.tools.core.copy import Language

_ENOUGH = 2
_LONGER = 6
_PARTICLES = "了过的和跟与"
_ENDING = "的但却而"
_OUTER = " ,.;:!?\"'。，？！：、“”"
_BETWEEN = re.compile(r"\s*(?:,|、|，|;|\band\b|和|以及)\s*")
_ARTICLES = frozenset({"the", "a", "an", "our", "some", "any"})
_STOP = re.compile(r"[.;!?。；！？]|$")
_RUN = re.compile(r"[a-z0-9'-]+|[\u4e00-\u9fff]+|[^\sa-z0-9\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a question that may be a free text.

    Attributes:
        score: How many words around it are those of an example.
        start: Where it starts.
        end: Where it ends.
        text: What it says.
    """

    score: int
    start: int
    end: int
    text: str

    def overlaps(self, other: "Span") -> bool:
        """Tell whether two stretches share a character."""
        return self.start < other.end and other.start < self.end


def find_text(
    question: str,
    frames: Sequence[Frame],
    language: Language,
    mentions: Sequence[Mention] = (),
    known: Collection[str] = (),
) -> Span | None:
    """Find the text that stands where the examples had theirs; None where the question has no such place.

    Args:
        question: The normalised question.
        frames: The words around the value in the examples.
        language: The question's language.
        mentions: What the question mentions; none of it is part of a free text, unless that follows a colon.
        known: Stems of the words of the tool's phrases outside of values, which end a free text.
    """
    spans = [
        (span, frame) for frame in frames if frame.language == language and (span := _span(frame, question))
    ]
    free = [pair for pair in spans if pair[1].open_ended or not _overlaps(pair[0], mentions)]
    if not free:
        return None
    span, frame = max(free, key=lambda pair: pair[0].score)
    if frame.open_ended:
        return span
    text = lexicon(language).after_name.sub("", span.text)
    text = text if language == "zh" else _trimmed(text, known, language)
    return replace(span, text=text) if text else None


def items(text: str) -> list[str]:
    """Split an enumeration."""
    return [item for part in _BETWEEN.split(text) if (item := part.strip(_OUTER))]


def left_over(question: str, known: Collection[str], mentions: Sequence[Mention], language: Language) -> str:
    """Give the last longest stretch of words that neither examples nor mentions account for.

    Args:
        question: The normalised question.
        known: Stems, or Chinese pairs of characters, of the words of the tool's phrases outside of values.
        mentions: What the question mentions.
        language: The question's language.
    """
    folded = fold(question)
    for mention in mentions:
        folded = folded[: mention.start] + "." * (mention.end - mention.start) + folded[mention.end :]
    strange = (
        _strange_characters(folded, known) if language == "zh" else _strange_words(folded, known, language)
    )
    best = max(strange, key=lambda span: (span[2], span[0]), default=None)
    return question[best[0] : best[1]].strip(_OUTER).lstrip(_PARTICLES).rstrip(_ENDING) if best else ""


def _trimmed(text: str, known: Collection[str], language: Language) -> str:
    """Take articles off the front of a name, and words that only belong to the question off its end."""
    words = text.split()
    listens = lexicon(language)
    while len(words) > 1 and fold(words[0]) in _ARTICLES:
        del words[0]
    idle = listens.common | listens.question
    while words and (fold(words[-1]) in idle or (len(words) > 1 and stem(fold(words[-1])) in known)):
        words.pop()
    return " ".join(words)


def _strange_words(folded: str, known: Collection[str], language: Language) -> list[tuple[int, int, int]]:
    common = lexicon(language).common | lexicon(language).question
    runs: list[tuple[int, int, int]] = []
    fresh = True
    for match in _RUN.finditer(folded):
        word = match[0]
        strange = word[0].isalnum() and word not in common and stem(word) not in known
        if strange and not fresh:
            runs[-1] = (runs[-1][0], match.end(), runs[-1][2] + 1)
        elif strange:
            runs.append((match.start(), match.end(), 1))
        fresh = not strange
    return runs


def _strange_characters(folded: str, known: Collection[str]) -> list[tuple[int, int, int]]:
    for word in lexicon("zh").question:
        folded = folded.replace(word, "." * len(word))
    covered = [not "\u4e00" <= char <= "\u9fff" for char in folded]
    for at in range(len(folded) - 1):
        if folded[at : at + 2] in known:
            covered[at] = covered[at + 1] = True
    runs, start = [], -1
    for at, done in enumerate([*covered, True]):
        if done and start >= 0:
            runs.append((start, at, at - start))
        start = -1 if done else start if start >= 0 else at
    return [run for run in runs if run[2] > 1]


def _overlaps(span: Span, mentions: Sequence[Mention]) -> bool:
    named = [mention for mention in mentions if mention.kind is not Kind.QUOTE]
    return any(mention.start < span.end and span.start < mention.end for mention in named)


def _span(frame: Frame, question: str) -> Span | None:
    folded = fold(question)
    for size in range(len(frame.before), -1, -1):
        left = r"\W*?".join(map(re.escape, frame.before[len(frame.before) - size :]))
        match = re.search(_whole(left) + r"\s*" if size else r"^", folded)
        if match and (size or not frame.before):
            score, end = _right_end(frame, folded, match.end())
            start, stop = _stripped(question, match.end(), end)
            near = len(folded[start:stop].split()) <= frame.words + _LONGER
            if start < stop and near and size + score >= _ENOUGH:
                return Span(size + score, start, stop, question[start:stop])
            return None
    return None


def _whole(pattern: str) -> str:
    """Keep a pattern that begins or ends with Latin letters from matching inside of a word."""
    before = r"(?<![a-z0-9])" if re.match(r"[a-z0-9]", pattern) else ""
    return f"{before}{pattern}" + (r"(?![a-z0-9])" if re.search(r"[a-z0-9]$", pattern) else "")


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _OUTER + _PARTICLES:
        start += 1
    while end > start and text[end - 1] in _OUTER + _ENDING:
        end -= 1
    return start, end


def _right_end(frame: Frame, folded: str, start: int) -> tuple[int, int]:
    words = [word for word in frame.after if re.match(r"\w", word)]
    if frame.open_ended:
        return 2, len(folded)
    for size in range(len(frame.after), 0, -1):
        right = r"\W*?".join(map(re.escape, frame.after[:size]))
        match = re.compile(r"\s*" + _whole(right)).search(folded, start + 1)
        if match:
            return size, match.start()
    stop = _STOP.search(folded, start)
    end = stop.start() if stop else len(folded)
    if words and words[0] in folded[start:end]:
        return -_ENOUGH * 2, end
    return (-1 if words else 1), end
