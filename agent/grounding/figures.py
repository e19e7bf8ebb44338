"""Finds the numbers in a text and reads what each one says: value, rounding, unit, currency.

A figure honestly stands for a range of values: `12.4` for 12.35 to 12.45, `1.2k` for 1,150 to 1,250,
"more than 400" for 400 and a little above. Whether a fact lies in that range is all that binding asks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from marketeer.agent.grounding.numerals import spelled
from marketeer.agent.grounding.units import LATIN, UNSAID, Said, label_units, tail_units
from marketeer.tools.core.findings import Unit

_WIDE = str.maketrans("０１２３４５６７８９％．＋－", "0123456789%.+-")
_CURRENCY = r"(?:(?:US|R|A|C)?\$|[€£¥￥₹]|(?<![A-Za-z])(?:EUR|USD|GBP|CNY|RMB|JPY|CHF|AUD|CAD)(?=\s?\d))"
_NUMBER = re.compile(
    rf"(?P<sign>(?<![\w%)\]€$£¥￥.元块个位名人天日月年件单笔次倍万亿千])[+\-−–])?(?P<money>{_CURRENCY}\s?)?(?P<inner>[-−+](?=\d))?"
    r"(?<![A-Za-z_\d])(?<!\d[.,])"
    r"(?P<digits>\d{1,3}(?:[,\u00a0\u2009\u202f]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:(?P<letter>bn|[kKmMB])(?![A-Za-z\d])|\s?(?P<scale>thousand\b|million\b|billion\b|万亿|千万|百万|万|亿|千|百))?"
    r"(?P<glued>[A-Za-z]\w*)?",
    re.ASCII,
)
_CODE = re.compile(r"(?<![\w.])(?:[A-Za-z]+|[A-Z]{2,}-)\d+\w*", re.ASCII)
_SCALES = {
    "k": 1e3, "K": 1e3, "thousand": 1e3, "千": 1e3, "百": 1e2, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8,
    "m": 1e6, "M": 1e6, "million": 1e6, "bn": 1e9, "B": 1e9, "billion": 1e9, "万亿": 1e12,
}  # fmt: skip
_GLUED_UNITS = re.compile(r"(?:pp|pts?|d|days?|x|EUR|USD|GBP|CNY|RMB|percent|customers|orders)$")
_CHINESE_RATE = re.compile(
    r"\s?(?:(?P<tenths>成)(?P<more>[一二三四五六七八九半])?(?![为了功本交员长熟立])|(?P<off>折)|(?P<times>倍))"
)
_MORE = {character: value for value, character in enumerate("一二三四五六七八九", 1)} | {"半": 5}
_ABOUT = re.compile(
    r"(?:(?P<about>\b(?:about|around|roughly|approximately|approx\.?|circa|ca\.|some)|[~≈]|大约|约为?|大概|差不多)"
    r"|(?P<over>\b(?:over|more than|above|at least|exceeding)|超过|逾|至少|高于|多于)"
    r"|(?P<under>\b(?:under|less than|below|at most|up to|nearly|almost|close to)"
    r"|不到|将近|接近|近|低于|少于|至多))\s*$",
    LATIN,
)
_AFTER = re.compile(r"\s?(?:(?P<about>左右|上下|or so\b)|(?P<over>多|余|\+|or more\b))", re.ASCII)
_RANGE = re.compile(r"\s*(?:to|and|or|through|–|—|-|~|至|到|和|与|或)\s*$", LATIN)
_LOOSENESS = 0.05


@dataclass(frozen=True, slots=True)
class Figure:
    """One number as it is written.

    Attributes:
        start: Where it begins in the text, with its sign and currency.
        end: Where it ends, with its scale and unit sign.
        text: The characters between.
        value: What it says, scale included.
        low: The least value it can honestly stand for.
        high: The greatest value it can honestly stand for.
        said: The unit its words name; empty when they name none.
        signed: Whether a plus or minus is written.
        glued: Whether letters are attached, which makes it a code rather than a number.
        spelled: Whether it is written in words or Chinese characters.
    """

    start: int
    end: int
    text: str
    value: float
    low: float
    high: float
    said: Said = UNSAID
    signed: bool = False
    glued: bool = False
    spelled: bool = False

    def stands_for(self, value: float) -> bool:
        """Tell whether a value shown with this figure's rounding gives this figure."""
        slack = 1e-9 * max(1.0, abs(value))
        return self.low - slack <= value <= self.high + slack


def figures(text: str) -> list[Figure]:
    """Give all figures of one sentence or table cell in order, each with the unit its words name."""
    plain = text.translate(_WIDE)
    found = [*_written(plain), *_in_words(plain)]
    found.sort(key=lambda figure: figure.start)
    return list(_shared_units(plain, found))


def _written(text: str) -> Iterator[Figure]:
    codes = [match.span() for match in _CODE.finditer(text)]
    for start, end in codes:
        yield Figure(start, end, text[start:end], 0.0, 0.0, 0.0, glued=True)
    for match in _NUMBER.finditer(text):
        if any(start <= match.start("digits") < end for start, end in codes):
            continue
        glued = match["glued"]
        if glued and _GLUED_UNITS.match(glued):
            glued = None
        if glued:
            yield Figure(match.start(), match.end(), match[0], 0.0, 0.0, 0.0, glued=True)
        else:
            yield _figure(text, match)


def _figure(text: str, match: re.Match[str]) -> Figure:
    digits = re.sub(r"[,\u00a0\u2009\u202f]", "", match["digits"])
    scale = _SCALES[match["letter"] or match["scale"]] if match["letter"] or match["scale"] else 1.0
    sign = match["sign"] or match["inner"] or ""
    factor = -scale if sign in {"-", "−", "–"} else scale
    step = scale * 10.0 ** -len(digits.partition(".")[2])
    end = match.end("glued") if match["glued"] is None else match.start("glued")
    end = max(end, match.end("digits"), match.end("letter"), match.end("scale"))
    return measured(
        text, Span(match.start(), end, bool(sign), match["money"] or ""), float(digits) * factor, step
    )


@dataclass(frozen=True, slots=True)
class Span:
    """Where a number stands, and what stands at its front."""

    start: int
    end: int
    signed: bool = False
    money: str = ""
    spelled: bool = False


def measured(text: str, span: Span, value: float, step: float) -> Figure:
    """Complete a number with the words around it: rate signs, unit, approximation."""
    rate = _CHINESE_RATE.match(text, span.end)
    end, said = (rate.end(), UNSAID) if rate else (span.end, UNSAID)
    if rate and rate["tenths"]:
        value = value * 10 + _MORE.get(rate["more"], 0)
        step, said = (1.0 if rate["more"] else step * 10), Said(frozenset({Unit.PERCENT}))
    elif rate and rate["off"]:
        value, step, said = 100 - value * (10 if value <= 10 else 1), 1.0, Said(frozenset({Unit.PERCENT}))
    elif rate:
        said = Said(frozenset({Unit.RATIO}))
    else:
        said, end = tail_units(text, span.end, span.money)
        said = said or label_units(text[: span.start])
    low, high = _range(text, (span.start, span.end), value, step)
    return Figure(
        span.start, end, text[span.start : end], value, low, high, said, span.signed, spelled=span.spelled
    )


def _range(text: str, span: tuple[int, int], value: float, step: float) -> tuple[float, float]:
    half = step / 2
    hedge = _ABOUT.search(text, max(0, span[0] - 20), span[0]) or _AFTER.match(text, span[1])
    if hedge is None:
        return value - half, value + half
    groups = hedge.groupdict()
    zeros = 1.0
    while step == 1 and value and value % (zeros * 10) == 0:
        zeros *= 10
    wide = max(half, min(zeros / 2 * step, abs(value) * _LOOSENESS))
    if groups.get("over"):
        return value - half, value + max(half, abs(value) * _LOOSENESS)
    if groups.get("under"):
        return value - max(half, abs(value) * _LOOSENESS), value + half
    return value - wide, value + wide


def _in_words(text: str) -> Iterator[Figure]:
    for word in spelled(text):
        if word.unit is not None:
            yield Figure(
                word.start, word.end, text[word.start : word.end], word.value, word.value - word.slack,
                word.value + word.slack, Said(frozenset({word.unit})), spelled=True,
            )  # fmt: skip
            continue
        figure = measured(text, Span(word.start, word.end, spelled=True), word.value, 1.0)
        if figure.said or (word.value > 12 and not word.idle):
            yield figure


def _shared_units(text: str, found: list[Figure]) -> Iterator[Figure]:
    """Let both ends of a range share the unit that one of them names: "3.9 to 5.9 points", "€12–15"."""
    for position, figure in enumerate(found):
        before = found[position - 1] if position else None
        after = found[position + 1] if position + 1 < len(found) else None
        if not figure.said and after and after.said and _joined(text, figure, after):
            yield replace(figure, said=after.said)
        elif not figure.said and before and before.said and _joined(text, before, figure):
            yield replace(figure, said=before.said)
        else:
            yield figure


def _joined(text: str, one: Figure, other: Figure) -> bool:
    return bool(_RANGE.fullmatch(text[one.end : other.start]))
