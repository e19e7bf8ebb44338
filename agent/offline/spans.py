"""Finds free text in a question by the words that stood around such text in an example phrase."""

import re
from collections.abc import Sequence

from marketeer.agent.offline.examples import Frame
from marketeer.agent.offline.text import fold
from marketeer.tools.core.copy import Language

_ENOUGH = 2
_LONGER = 6
_OUTER = " ,.;:!?\"'。，？！：、“”"
_BETWEEN = re.compile(r"\s*(?:,|、|，|;|\band\b|和|以及)\s*")


def find_text(question: str, frames: Sequence[Frame], language: Language) -> str | None:
    """Give the text that stands where the examples had theirs, or None where the question has no such place.

    Args:
        question: The normalised question.
        frames: The words around the value in the examples.
        language: The question's language.
    """
    found = [span for frame in frames if frame.language == language and (span := _span(frame, question))]
    return max(found, key=lambda span: span[0])[1] if found else None


def items(text: str) -> list[str]:
    """Split an enumeration."""
    return [item for part in _BETWEEN.split(text) if (item := part.strip(_OUTER))]


def _span(frame: Frame, question: str) -> tuple[int, str] | None:
    folded = fold(question)
    for size in range(len(frame.before), -1, -1):
        left = r"\W*?".join(map(re.escape, frame.before[len(frame.before) - size :]))
        match = re.search(rf"(?<![a-z0-9]){left}\s*" if size else r"^", folded)
        if match and (size or not frame.before):
            score, end = _right_end(frame, folded, match.end())
            text = question[match.end() : end].strip(_OUTER)
            near = len(fold(text).split()) <= frame.words + _LONGER
            return (size + score, text) if text and near and size + score >= _ENOUGH else None
    return None


def _right_end(frame: Frame, folded: str, start: int) -> tuple[int, int]:
    words = [word for word in frame.after if re.match(r"\w", word)]
    if frame.before[-1:] == (":",) and not words:
        return 2, len(folded)
    for size in range(len(frame.after), 0, -1):
        right = r"\W*?".join(map(re.escape, frame.after[:size]))
        match = re.compile(rf"\s*{right}").search(folded, start + 1)
        if match:
            return size, match.start()
    stop = re.compile(r"[.;!?。；！？]|$").search(folded, start)
    return (-2 if words else 1), stop.start() if stop else len(folded)
