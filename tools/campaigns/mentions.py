"""Finds what a text states as fact: percentages, prices, dates, codes, offers and bare numbers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, auto

from marketeer.tools.campaigns import merge_tags


class Stated(StrEnum):
    """What kind of thing a text states."""

    PERCENT = auto()
    MONEY = auto()
    DATE = auto()
    CODE = auto()
    OFFER = auto()
    LINK = auto()
    NUMBER = auto()


@dataclass(frozen=True, slots=True)
class Mention:
    """One stated thing: its kind, its value in one spelling, its words and where they start."""

    kind: Stated
    value: str
    text: str
    start: int


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month>jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?P<y>\d{4}))?"
_NUMERAL = "零一二三四五六七八九"
_N = r"(?P<n>\d+(?:[.,]\d+)*)"
_CODE_WORDS = "[Cc]odes?|[Cc]oupons?|优惠码|折扣码|兑换码|口令"
_C = r"[A-Z\d-]"
_CURRENCY = r"EUR|USD|GBP|CNY|RMB"


_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def _pattern(regex: str) -> re.Pattern[str]:
    return re.compile(regex, re.IGNORECASE | re.ASCII)  # so that a word may end where Chinese begins


_PATTERNS: tuple[tuple[Stated, re.Pattern[str]], ...] = (
    (Stated.LINK, _pattern(r"(?:https?://|www\.)\S+")),
    (Stated.LINK, _pattern(r"\b[a-z0-9-]+\.(?:com|cn|shop|co|net|org|io)(?:/\S*)?")),
    (Stated.DATE, _pattern(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})")),
    (Stated.DATE, _pattern(r"(?:(?P<y>\d{4})\s*年\s*)?(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号]")),
    (Stated.DATE, _pattern(rf"\b{_DAY}\s+(?:of\s+)?{_MONTH}{_YEAR}\b")),
    (Stated.DATE, _pattern(rf"\b{_MONTH}\s+{_DAY}\b{_YEAR}")),
    (Stated.PERCENT, _pattern(rf"{_N}\s*(?:%|％|percent\b|per cent\b)")),
    (Stated.PERCENT, _pattern(r"(?P<zhe>\d(?:\.\d)?|\d\d|[一二三四五六七八九]{1,2})\s*折")),
    (Stated.PERCENT, _pattern(r"(?P<half>\bhalf[- ](?:price|off)\b|半价)")),
    (Stated.OFFER, _pattern(r"(?P<bogo>buy one,? get one|two for one|2 for 1|买一送一)")),
    (Stated.OFFER, _pattern(r"(?P<ship>free (?:shipping|delivery|postage)|ships? free|包邮|免邮|免运费)")),
    (Stated.OFFER, _pattern(r"(?P<gift>free (?:gift|sample)|(?:gift|sample) on us|免费(?:赠|送|试)|赠品)")),
    (Stated.OFFER, _pattern(r"(?P<back>money[- ]back|no questions asked|无理由退)")),
    (Stated.MONEY, _pattern(rf"(?:[€$£¥￥]|\b(?:{_CURRENCY})\s?)\s?{_N}")),
    (Stated.MONEY, _pattern(rf"{_N}\s?(?:€|£|\b(?:{_CURRENCY}|euros?|dollars?|pounds?|yuan)\b|元|块)")),
    (Stated.CODE, re.compile(rf"\b(?={_C}*[A-Z])(?={_C}*\d)(?P<c>[A-Z\d]{_C}{{2,}})(?![a-z])", re.ASCII)),
    (Stated.CODE, re.compile(rf"(?:{_CODE_WORDS})[^\w\n]{{0,3}}(?P<c>[A-Z]{_C}{{2,}})\b", re.ASCII)),
    (Stated.NUMBER, _pattern(_N)),
)  # fmt: skip
"""What is looked for, in order; what one pattern took is not read by the next."""


def mentions(text: str) -> list[Mention]:
    """Find everything a text states, each character read once, in order. Merge tags are not read."""
    rest = merge_tags.blank(text).translate(_FULL_WIDTH)
    found: list[Mention] = []
    for kind, pattern in _PATTERNS:
        found += [Mention(kind, _value(kind, m), m[0].strip(), m.start()) for m in pattern.finditer(rest)]
        rest = pattern.sub(lambda match: "\0" * len(match[0]), rest)
    return sorted(found, key=lambda mention: mention.start)


def values(text: str) -> Iterator[tuple[Stated, str]]:
    """Give the kind and value of everything a text states."""
    for mention in mentions(text):
        yield mention.kind, mention.value


def _value(kind: Stated, match: re.Match[str]) -> str:
    groups = {name: text for name, text in match.groupdict().items() if text is not None}
    if kind is Stated.DATE:
        return _date(groups)
    if "zhe" in groups:
        return plain_number(str(round(100 - _tenths(groups["zhe"]), 4)))
    if "half" in groups:
        return "50"
    if "n" in groups:
        return plain_number(groups["n"])
    if "c" in groups:
        return groups["c"]
    return next(iter(groups), match[0].casefold())


def _date(groups: dict[str, str]) -> str:
    month = groups.get("m") or str(_MONTHS.index(groups["month"][:3].casefold()) + 1)
    return f"{int(month):02d}-{int(groups['d']):02d}"


def _tenths(written: str) -> float:
    digits = "".join(str(_NUMERAL.index(char)) if char in _NUMERAL else char for char in written)
    return float(digits) if len(digits) == 2 else 10 * float(digits)


def plain_number(written: str) -> str:
    """Spell a number without thousands separators and trailing zeros: `1,200.50` → `1200.5`."""
    text = written.rstrip(".,")
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        text = text.replace(",", "")
    elif re.fullmatch(r"\d+,\d{1,2}", text):
        text = text.replace(",", ".")
    try:
        return f"{float(text):.10g}"
    except ValueError:
        return text
