"""Numbers written in words: 三成, 百分之十五, 两千, a third of, twelve hundred."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from marketeer.agent.grounding.units import LATIN
from marketeer.tools.core.findings import Unit

_DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_POWERS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10_000, "亿": 100_000_000}
_HAN = "零〇一二两三四五六七八九十百千万亿"
_RUN = re.compile(rf"(?P<percent>百分之)?(?P<run>[{_HAN}]+(?:点[零〇一二三四五六七八九]+)?)")
_PART = re.compile(rf"(?P<whole>[{_HAN}]+)分之(?P<part>[{_HAN}]+)|(?P<half>一半|半数)")
_IDLE = re.compile(r"十分(?!之)|千万(?![元人位名个家件单])|万一|一一|千千万|万千|百万(?=富翁)")

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = {word: value for value, word in enumerate(_ONES)} | {w: 10 * n for n, w in enumerate(_TENS, 2)}
_LARGE = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_WORD = "|".join([*sorted(_SMALL, key=len, reverse=True), *_LARGE])
_WORDS = re.compile(
    rf"(?<![\w-])(?:{_WORD})(?:(?:[\s-]+(?:and\s+)?)(?:{_WORD}))*(?![\w]|-(?!(?:day|percent|customer)))",
    LATIN,
)
_FRACTIONS = {"half": 50.0, "third": 100 / 3, "quarter": 25.0, "fifth": 20.0, "tenth": 10.0}
_FRACTION = re.compile(
    r"(?<!\w)(?<!random )(?:(?P<many>one|two|three|four|a)[\s-])?(?P<name>half|third|quarter|fifth|tenth)s?"
    r"(?=\s+(?:of\s+)?(?:the|all|our|your|their|its|them|customers|revenue|sales|orders)\b|\s+of\s+[A-Z])",
    LATIN,
)
_TIMES = re.compile(
    r"(?<!\w)(?:(?P<two>twice|double[sd]?|doubling)|(?P<three>triple[sd]?|tripling))(?=\s+(?:as|the|its|their|that|what|in))"
    r"|(?P<han>翻倍|翻番|翻了?一番)",
    LATIN,
)
_IN = re.compile(
    r"(?<!\w)(?P<part>one|two|three|four) (?:in|out of) (?P<whole>two|three|four|five|six|seven|eight|ten)\b",
    LATIN,
)


@dataclass(frozen=True, slots=True)
class Spelled:
    """A number written in words.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        value: Its value; of a share, in percent.
        unit: What the word itself says it is: a share, a ratio, or nothing.
        slack: How far the true value may be from it.
        idle: Whether the same characters are also an everyday word.
    """

    start: int
    end: int
    value: float
    unit: Unit | None = None
    slack: float = 0.5
    idle: bool = False


def spelled(text: str) -> Iterator[Spelled]:
    """Find the numbers written in words; what stands inside a longer one is not given again."""
    taken: list[tuple[int, int]] = [match.span() for match in _IDLE.finditer(text)]
    for word in [*_shares(text), *_han(text), *_english(text)]:
        if all(word.end <= start or word.start >= end for start, end in taken):
            taken.append((word.start, word.end))
            yield word


def _shares(text: str) -> Iterator[Spelled]:
    for match in _PART.finditer(text):
        if match["half"]:
            yield Spelled(*match.span(), 50.0, Unit.PERCENT, 2.5)
        elif match["whole"] != "百" and (whole := han_value(match["whole"])):
            yield Spelled(*match.span(), 100 * (han_value(match["part"]) or 0) / whole, Unit.PERCENT, 2.5)
    for match in _FRACTION.finditer(text):
        many = _SMALL.get((match["many"] or "one").lower(), 1)
        yield Spelled(*match.span(), many * _FRACTIONS[match["name"].lower()], Unit.PERCENT, 2.5)
    for match in _IN.finditer(text):
        share = 100 * _SMALL[match["part"].lower()] / _SMALL[match["whole"].lower()]
        yield Spelled(*match.span(), share, Unit.PERCENT, 2.5)
    for match in _TIMES.finditer(text):
        yield Spelled(*match.span(), 3.0 if match["three"] else 2.0, Unit.RATIO, 0.1)


def _han(text: str) -> Iterator[Spelled]:
    for match in _RUN.finditer(text):
        value = han_value(match["run"])
        if value is None:
            continue
        ranked = text[match.start() - 1 : match.start()] in {"第", "周", "前"}
        if match["percent"]:
            yield Spelled(*match.span(), value, Unit.PERCENT)
        elif text[match.end() : match.end() + 1] in {"成", "折", "倍"} or (value != 1 and not ranked):
            yield Spelled(*match.span(), value)


def han_value(run: str) -> float | None:
    """Read a Chinese numeral such as 两千三百, 八五 or 三点五; None where it is not one."""
    whole, _, decimals = run.partition("点")
    value = _han_integer(whole)
    if value is None or not decimals:
        return value
    return value + float("0." + "".join(str(_DIGITS[c]) for c in decimals))


def _han_integer(run: str) -> float | None:
    if len(run) > 1 and all(c in _DIGITS for c in run):
        return float("".join(str(_DIGITS[c]) for c in run))
    total = section = digit = 0
    for position, character in enumerate(run):
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _POWERS:
            if not digit and (position or character != "十"):
                return None
            section += (digit or 1) * _POWERS[character]
            digit = 0
        else:
            if not section + digit:
                return None
            total = (total + section + digit) * _MYRIADS[character]
            section = digit = 0
    tail = digit * _tail_power(run) if digit else 0
    return float(total + section + tail)


def _tail_power(run: str) -> int:
    """Give the place of a last digit after a power that was left out: 两千三 is 2,300."""
    if len(run) < 3 or run[-2] not in {"百", "千", "万"}:
        return 1
    return {"百": 10, "千": 100, "万": 1000}[run[-2]]


def _english(text: str) -> Iterator[Spelled]:
    for match in _WORDS.finditer(text):
        words = [w for w in re.split(r"[\s-]+", match[0].lower()) if w != "and"]
        value = _english_value(words)
        if value is not None and value != 1:
            yield Spelled(*match.span(), float(value), idle=words[0] in _LARGE)


def _english_value(words: list[str]) -> int | None:
    total = section = 0
    for word in words:
        if word in _SMALL:
            section += _SMALL[word]
        elif word == "hundred":
            section = max(section, 1) * 100
        else:
            total += max(section, 1) * _LARGE[word]
            section = 0
    return total + section
