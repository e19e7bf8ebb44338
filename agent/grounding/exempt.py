"""Numbers that need no fact: dates, ordinals, counters, ids, names, the level of an interval."""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum, auto

from marketeer.agent.grounding.figures import Figure
from marketeer.agent.grounding.units import LATIN
from marketeer.tools.core.findings import Fact, Unit


class Basis(StrEnum):
    """What a number that may be shown rests on."""

    FACT = auto()
    GIVEN = auto()
    LEVEL = auto()
    DATE = auto()
    ORDINAL = auto()
    COUNTER = auto()
    NAME = auto()
    ID = auto()
    QUOTED = auto()
    STRUCTURE = auto()
    RATE = auto()


_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?:19[5-9]\d|20[0-4]\d)"
_SPANS: tuple[tuple[Basis, re.Pattern[str]], ...] = (
    (
        Basis.DATE,
        re.compile(
            rf"(?<!\d){_YEAR}-\d\d?(?:-\d\d?)?(?!\d)|(?<![\d.])\d{{1,2}}[./]\d{{1,2}}[./](?:{_YEAR}|\d\d)(?!\d)"
            rf"|\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTHS}(?:,?\s+{_YEAR})?\b"
            rf"|\b{_MONTHS}\s+\d{{1,2}}(?:st|nd|rd|th)?(?!\d|[.,]\d|\s?%)(?:,?\s+{_YEAR})?"
            rf"|\b{_MONTHS}(?:,)?\s+{_YEAR}\b"
            rf"|{_YEAR}\s?年(?:\s?\d{{1,2}}\s?月)?(?:\s?\d{{1,2}}\s?[日号])?|\d{{1,2}}\s?月(?:份|底|初|中旬|\s?\d{{1,2}}\s?[日号])?(?!份)"
            rf"|[一二三四五六七八九十]{{1,2}}月(?:[一二三四五六七八九十]{{1,3}}[日号])?"
            rf"|\b[QH][1-4](?:\s+{_YEAR})?\b|\b\d{{1,2}}:\d\d\b|双(?:十一|十二|11|12)|(?:周|星期|礼拜)[一二三四五六]",
            LATIN,
        ),
    ),
    (
        Basis.DATE,
        re.compile(
            rf"(?:\b(?:in|since|from|until|till|by|of|during|year|spring|summer|autumn|winter|fall|before|after|late"
            rf"|early|mid|end of|start of|through|to|and|between)[\s-]+|[–—-]\s?|\(){_YEAR}"
            r"(?![\d.,]\d|\d|\s?[%€$£]|\s+[a-z])",
            LATIN,
        ),
    ),
    (
        Basis.ORDINAL,
        re.compile(
            r"\b\d+(?:st|nd|rd|th)\b|第\s?(?:\d+|[一二三四五六七八九十百]+)|\b(?:top|no\.|number|step|option|rank|question|version|rule|level|part)"
            r"[\s-]?#?\d{1,2}\b(?!\s?%)|#\d+|前\s?(?:\d{1,2}|[一二三四五六七八九十]+)\s?(?:名|位|个|大|款)|(?:步骤|方案|选项)\s?\d{1,2}",
            LATIN,
        ),
    ),
    (
        Basis.ORDINAL,
        re.compile(r"\bthe\s+(?:best|first|last|next|other|largest)\s+(?:two|three|four|five)\b", LATIN),
    ),
    (Basis.COUNTER, re.compile(r"^\s*(?:[-*+]\s+)?\(?\d{1,2}[.)、）](?=\s|$)", re.MULTILINE)),
    (Basis.ID, re.compile(r"(?<![\w.])F\d+(?:\.\d+)?(?![\w])", re.ASCII)),
    (Basis.NAME, re.compile(r"\bB2[BC]\b|\bD2C\b|\bA/B\b|\b[RFM][1-5](?:[RFM][1-5])*\b|\b24/7\b", re.ASCII)),
    (
        Basis.STRUCTURE,
        re.compile(
            r"\bhalf(?:\s+of\s+(?:them|those|it))?(?=\s+(?:is|are|being)?\s*(?:held|kept))|一半(?=留出|作对照)|随机[^，。；\d]{0,4}一半",
            LATIN,
        ),
    ),
    (
        Basis.RATE,
        re.compile(
            r"\b(?:per|every|for each)\s+(?:10+|1[,\u00a0]000(?:[,\u00a0]000)*|hundred|thousand|million)\b"
            r"|\ba\s+(?:hundred|thousand)\s+(?:contacts|messages|e-?mails|sends|recipients)\b"
            r"|每\s?(?:10+|1,000(?:,000)*|一?[百千万])\s?",
            LATIN,
        ),
    ),
    (
        Basis.STRUCTURE,
        re.compile(
            r"\b\d\s+(?:draft|option|step|reason|thing|way|question|version|idea|point|part|caveat|check|suggestion)s?\b"
            r"|\d\s?(?:份草稿|个方案|个步骤|个原因|点建议|个建议|个问题|种方式|步)",
            LATIN,
        ),
    ),
)
_LEVEL_AROUND = re.compile(
    r"\s*(?:[:：]|(?:confidence|prediction|credible)?\s*(?:interval|CI\b|range|sure|confidence|likely)|的?(?:置信|预测|可信)?(?:区间|度|水平))",
    LATIN,
)
_LEVEL_BEFORE = re.compile(r"(?:interval|CI|confidence|range|区间|置信度|置信水平)[\s(（:：]*$", LATIN)
_ERROR_LEVELS = frozenset({1.0, 5.0, 10.0})
_ERROR = re.compile(
    r"\s+(?:family-?wise\s+)?(?:error|significance|false discover)|\s?的?(?:误差|错误|显著性)", LATIN
)
_QUOTES = re.compile(r"“([^”]+)”|\"([^\"\n]+)\"|「([^」]+)」|'([^'\n]+)'|‘([^’]+)’|《([^》]+)》")


def exempt_spans(text: str, given: str, names: Iterable[tuple[int, int]]) -> list[tuple[int, int, Basis]]:
    """Give the stretches of a sentence in which numbers claim nothing.

    Args:
        text: The sentence.
        given: What the person wrote.
        names: Where names of subjects, products and codes stand.
    """
    spans = [(start, end, Basis.NAME) for start, end in names]
    for basis, pattern in _SPANS:
        spans += [(*match.span(), basis) for match in pattern.finditer(text)]
    for match in _QUOTES.finditer(text):
        inner = next(group for group in match.groups() if group)
        if inner.casefold() in given.casefold():
            spans.append((*match.span(), Basis.QUOTED))
    return spans


def exemption(figure: Figure, spans: Sequence[tuple[int, int, Basis]]) -> Basis | None:
    """Give why a figure needs no fact, or None when it does."""
    for start, end, basis in spans:
        if start < figure.end and figure.start < end and _digits_inside(figure, start, end):
            return basis
    return None


def _digits_inside(figure: Figure, start: int, end: int) -> bool:
    first = next((i for i, c in enumerate(figure.text) if c.isalnum()), 0)
    return start <= figure.start + first < end


def is_level(text: str, figure: Figure, cited: Iterable[Fact]) -> bool:
    """Tell whether a percentage is the level of a cited fact's interval, as in "(90 %: 3.9 to 5.9)"."""
    if Unit.PERCENT not in figure.said.units:
        return False
    if figure.value in _ERROR_LEVELS and _ERROR.match(text, figure.end):
        return True
    if not (_LEVEL_AROUND.match(text, figure.end) or _LEVEL_BEFORE.search(text, 0, figure.start)):
        return False
    return any(f.interval is not None and figure.stands_for(f.interval.level * 100) for f in cited)
