"""Cuts a text into the pieces that are checked and released one by one: sentences, table rows, headings.

Nothing is lost: the pieces put together are the text. A citation after the full stop belongs to the
sentence before it.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from marketeer.agent.grounding.citations import CITATIONS
from marketeer.agent.grounding.units import LATIN


class Kind(Enum):
    """What a piece of text is."""

    SENTENCE = auto()
    HEADING = auto()
    ROW = auto()
    RULE = auto()
    BLANK = auto()


@dataclass(frozen=True, slots=True)
class Passage:
    """One piece of a text.

    Attributes:
        text: Its characters, with the white space that follows.
        kind: What it is.
        starts_line: Whether it is the first of its line.
        indent: How deep a list item stands; None outside of lists.
    """

    text: str
    kind: Kind
    starts_line: bool = True
    indent: int | None = None


_HEADING = re.compile(r"\s*(?:#{1,6}\s|\*\*[^*]+\*\*\s*[:：]?\s*$|__[^_]+__\s*$)")
_RULE = re.compile(r"[\s|:+-]*$")
_ITEM = re.compile(r"(?P<indent>\s*)(?:[-*+•·]|\(?\d{1,2}[.)、）]|[①-⑳])\s+")
_END = re.compile(r"(?:[.!?](?=[\"'”’)\]*_]*(?:\s|$))|[。！？])[\"'”’）)」』*_]*")
_TRAIL = re.compile(rf"[ \t]*(?:{CITATIONS.pattern})?[ \t]*[.。]?[ \t]*")
_OPEN = re.compile(r"[ \t]*(?:[\[［【(（][\sF\d.,;，、；–-]*)?$")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|approx|vs|ca|cf|incl|excl|etc|nr|mr|mrs|dr|st|fig|max|min|avg)"
    r"|^\s*\(?\d{1,2})\.$",
    LATIN,
)


def passages(text: str) -> list[Passage]:
    """Cut a whole text."""
    pieces, rest, fresh = cut(text, at_line_start=True)
    return [*pieces, *_last(rest, fresh)]


def cut(text: str, *, at_line_start: bool) -> tuple[list[Passage], str, bool]:
    """Cut as far as the text is surely complete, for text that still streams in.

    Args:
        text: What has come so far and was not given out.
        at_line_start: Whether it begins a line.

    Returns:
        The complete pieces, the rest, and whether the rest begins a line.
    """
    pieces: list[Passage] = []
    fresh = at_line_start
    while "\n" in text:
        line, newline, text = text.partition("\n")
        pieces += _line(line + newline, fresh=fresh)
        fresh = True
    if fresh and not _surely_prose(text):
        return pieces, text, fresh
    sentences, rest = _sentences(text, fresh=fresh, final=False)
    return [*pieces, *sentences], rest, fresh and not sentences


def _last(rest: str, fresh: bool) -> list[Passage]:  # noqa: FBT001 - pairs with what `cut` returns
    return _line(rest, fresh=fresh) if rest else []


def finish(rest: str, *, at_line_start: bool) -> list[Passage]:
    """Cut the rest of a stream that has ended."""
    return _last(rest, at_line_start)


def _surely_prose(text: str) -> bool:
    start = text.lstrip()
    return bool(start) and not start.startswith(("|", "#", "*", "_", "`"))


def _line(line: str, *, fresh: bool) -> list[Passage]:
    if not line.strip():
        return [Passage(line, Kind.BLANK, fresh)]
    if fresh and line.lstrip().startswith("|"):
        kind = Kind.RULE if _RULE.match(line) else Kind.ROW
        return [Passage(line, kind)]
    if fresh and _HEADING.match(line):
        return [Passage(line, Kind.HEADING)]
    sentences, rest = _sentences(line, fresh=fresh, final=True)
    if rest.strip():
        sentences.append(_sentence(rest, fresh=fresh and not sentences))
    elif rest:
        sentences.append(Passage(rest, Kind.BLANK, starts_line=False))
    return sentences


def _sentences(text: str, *, fresh: bool, final: bool) -> tuple[list[Passage], str]:
    pieces: list[Passage] = []
    start = 0
    for match in _END.finditer(text):
        if match.end() <= start or _ABBREVIATION.search(text[start : match.start() + 1]):
            continue
        trail = _TRAIL.match(text, match.end())
        end = trail.end() if trail else match.end()
        if not final and (end == len(text) or _OPEN.match(text, end)):
            break
        pieces.append(_sentence(text[start:end], fresh=fresh and not start))
        start = end
    return pieces, text[start:]


def _sentence(text: str, *, fresh: bool) -> Passage:
    item = _ITEM.match(text) if fresh else None
    return Passage(text, Kind.SENTENCE, fresh, len(item["indent"]) if item else None)
