"""An offer as the person gave it, and how it may be written in each language."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from marketeer.tools.campaigns.mentions import Stated, mentions
from marketeer.tools.core.copy import Claim, Language
from marketeer.tools.core.errors import Retry

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MONTH_DAY = re.compile(r"(\d{1,2})-(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Day:
    """A day as people name it, with or without its year."""

    month: int
    day: int
    year: int | None = None

    def written(self, language: Language) -> str:
        """Write it as copy does: `31 May`, `5月31日`."""
        if language == "zh":
            return f"{self.month}月{self.day}日"
        return f"{self.day} {_MONTHS[self.month - 1]}"

    @property
    def code(self) -> str:
        """Spell it as `2026-05-31` or `05-31`."""
        tail = f"{self.month:02d}-{self.day:02d}"
        return f"{self.year}-{tail}" if self.year else tail


@dataclass(frozen=True, slots=True)
class Offer:
    """What the person said the offer is. Nothing here is ever invented."""

    discount_percent: float | None = None
    code: str = ""
    expires: Day | None = None
    free_shipping: bool = False
    text: str = ""

    @property
    def is_given(self) -> bool:
        """Whether there is anything to offer."""
        return bool(self.discount_percent or self.free_shipping or self.text)

    def claims(self, language: Language) -> Iterator[Claim]:
        """Give the claims a draft must state, as a language writes them."""
        if self.discount_percent:
            written = written_discount(self.discount_percent, language)
            yield Claim("discount", written, "discount_percent", required=True)
        if self.free_shipping:
            words = {"en": "free shipping", "zh": "包邮"}[language]
            yield Claim("free_shipping", words, "free_shipping", required=True)
        if self.text:
            yield Claim("offer_text", self.text, "offer_text", required=True)
        if self.code:
            yield Claim("code", self.code, "offer_code", required=True)
        if self.expires:
            yield Claim("expires", self.expires.written(language), "offer_expires", required=True)


def written_discount(percent: float, language: Language) -> str:
    """Write a discount: `15%`; in Chinese `85折` where the rest is a whole number of hundredths."""
    rest = 100 - percent
    if language == "zh" and rest == int(rest) and rest >= 10:
        return f"{int(rest) // 10}折" if rest % 10 == 0 else f"{int(rest)}折"
    return f"{percent:g}%"


def parse_day(text: str) -> Day:
    """Read a day in English, Chinese or ISO spelling, with or without a year.

    Raises:
        Retry: It is not a day anybody can read.
    """
    plain = text.strip()
    if short := _MONTH_DAY.fullmatch(plain):
        return _day(int(short[1]), int(short[2]), None, plain)
    for seen in mentions(plain):
        if seen.kind is Stated.DATE:
            month, day = (int(number) for number in seen.value.split("-"))
            year = re.search(r"\b(20\d{2})", plain)
            return _day(month, day, int(year[1]) if year else None, plain)
    raise _unreadable(plain)


def _day(month: int, day: int, year: int | None, text: str) -> Day:
    try:
        date(year or 2000, month, day)
    except ValueError as error:
        raise _unreadable(text) from error
    return Day(month, day, year)


def _unreadable(text: str) -> Retry:
    return Retry(
        f"'{text}' is not a day that can be read. Write it as 31 May, 2026-05-31 or 5月31日.",
        code="bad_date",
        text=text,
    )
