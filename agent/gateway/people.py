"""Finds people in a text: by pattern (e-mail, phone, card), and by the values the loaded data knows.

Of the known values only 64-bit digests are held, sorted: nothing personal is in memory, a million customers
cost some 40 MB, and a text is looked up in milliseconds.
"""

import calendar
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table, personal_columns
from marketeer.tools.core.dataset import Dataset


class Kind(StrEnum):
    """What of a person was found; the name of its pseudonyms."""

    EMAIL = "EMAIL"
    PHONE = "PHONE"
    CARD = "CARD"
    NAME = "NAME"
    ADDRESS = "ADDRESS"
    CUSTOMER = "CUSTOMER"


@dataclass(frozen=True, slots=True)
class Found:
    """One stretch of a text that names a person."""

    start: int
    end: int
    kind: Kind


_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(
    r"(?<![\w.,])(?:\+\d[\d\s().-]{7,17}\d|00\d[\d\s().-]{7,16}\d|\(\d{2,5}\)\s?\d[\d\s.-]{5,12}\d"
    r"|0\d{2,4}[\s./-]\d[\d\s.-]{4,10}\d|1[3-9]\d[\s-]?\d{4}[\s-]?\d{4})(?![\w,]|\.\d)"
)
_CARD = re.compile(r"(?<![\w.,-])\d(?:[ -]?\d){12,18}(?![\w,]|\.\d)")
_WORD = re.compile(r"[^\W_\u4e00-\u9fff]+|[\u4e00-\u9fff]+")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_CUSTOMER_WORD = re.compile(
    r"(?:customers?|clients?|buyers?|members?|account|id|no\.?|number|#|客户|顾客|会员|用户|买家|编号|号)\W{0,3}\Z",
    re.IGNORECASE,
)
_LONGEST_RUN = 8
_LONGEST_NAME = 4
_NO_NAME = re.compile(r"[@\d]")
_KINDS = {
    col.EMAIL: Kind.EMAIL,
    col.PHONE: Kind.PHONE,
    col.ADDRESS: Kind.ADDRESS,
    col.CUSTOMER_ID: Kind.CUSTOMER,
    col.FIRST_NAME: Kind.NAME,
    col.LAST_NAME: Kind.NAME,
}
_ORDINARY = frozenset(
    word.casefold()
    for words in (calendar.month_name, calendar.month_abbr, calendar.day_name)
    for word in words
)


def by_pattern(text: str) -> Iterator[Found]:
    """Find what looks like an e-mail address, a phone number or a payment card."""
    for kind, pattern in ((Kind.EMAIL, _EMAIL), (Kind.CARD, _CARD), (Kind.PHONE, _PHONE)):
        for match in pattern.finditer(text):
            if kind is not Kind.CARD or _is_card(match[0]):
                yield Found(*match.span(), kind)


def _is_card(text: str) -> bool:
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def folded(text: str) -> str:
    """Fold a value for comparison: case and everything between words do not count."""
    return " ".join(_WORD.findall(text.lower()))


class KnownPeople:
    """The people of one snapshot.

    Args:
        dataset: The snapshot.
        ordinary: Words that name a person only beside another name, such as those of the catalogue.
    """

    def __init__(self, dataset: Dataset, ordinary: Iterable[str] = ()) -> None:
        self._dataset = dataset
        self._ordinary = _ORDINARY | {word.casefold() for word in ordinary}

    def find(self, text: str) -> Iterator[Found]:
        """Find the people of the snapshot whom a text names, the longest stretch first."""
        runs = list(_runs(text))
        kinds = self._kinds([value for _, value in runs])
        known = [(start, end, kind) for ((start, end), _), kind in zip(runs, kinds, strict=True) if kind]
        taken: list[tuple[int, int]] = []
        for start, end, kind in sorted(known, key=lambda one: (one[0] - one[1], one[0])):
            free = all(start >= last or end <= first for first, last in taken)
            if free and self._names(text, start, end, kind):
                taken.append((start, end))
                yield Found(start, end, kind)

    def _names(self, text: str, start: int, end: int, kind: Kind) -> bool:
        """Tell whether a known value really names somebody here, and is no ordinary word or number."""
        said = text[start:end]
        if kind is Kind.CUSTOMER and said.isdecimal():
            return bool(_CUSTOMER_WORD.search(text, max(0, start - 24), start))
        if kind is Kind.NAME and " " not in said and not _HAN.fullmatch(said):
            return said[0].isupper() and len(said) > 1 and said.casefold() not in self._ordinary
        return kind is not Kind.NAME or len(said) > 1

    def _kinds(self, values: Sequence[str]) -> list[Kind | None]:
        """Give what each value is, None where the snapshot does not know it."""
        digests, codes = self._known
        if not len(digests):
            return [None] * len(values)
        wanted = np.fromiter((_digest(value) for value in values), dtype=np.uint64, count=len(values))
        at = np.minimum(np.searchsorted(digests, wanted), len(digests) - 1)
        every = list(Kind)
        return [
            every[codes[place]] if hit else None for place, hit in zip(at, digests[at] == wanted, strict=True)
        ]

    @cached_property
    def _known(self) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
        """The digests of all personal values, sorted, and the position of the kind of each."""
        present = set(self._dataset.columns.get(Table.CUSTOMERS, ())) & personal_columns(Table.CUSTOMERS)
        parts = [_one(name, kind) for name, kind in _KINDS.items() if name in present]
        if {col.FIRST_NAME, col.LAST_NAME} <= present:
            parts += _both(col.FIRST_NAME, col.LAST_NAME) + _both(col.LAST_NAME, col.FIRST_NAME)
        if not parts or not self._dataset.has(Table.CUSTOMERS):
            return np.empty(0, np.uint64), np.empty(0, np.uint8)
        frame = self._dataset.frame(
            "SELECT md5_number_lower(value) AS digest, min(kind)::UTINYINT AS kind "
            f"FROM ({' UNION ALL '.join(parts)}) WHERE value <> '' GROUP BY digest ORDER BY digest"
        )
        return frame["digest"].to_numpy(np.uint64), frame["kind"].to_numpy(np.uint8)


def _digest(value: str) -> int:
    """Give the same 64 bits that DuckDB's `md5_number_lower` gives."""
    return int.from_bytes(hashlib.md5(value.encode(), usedforsecurity=False).digest()[8:], "little")


def _one(expression: str, kind: Kind) -> str:
    folded_value = f"trim(regexp_replace(lower({expression}), '[^\\p{{L}}\\p{{N}}]+', ' ', 'g'))"
    return f"SELECT {folded_value} AS value, {list(Kind).index(kind)} AS kind FROM customers"


def _both(one: str, other: str) -> list[str]:
    return [_one(f"{one} || ' ' || {other}", Kind.NAME), _one(f"{one} || {other}", Kind.NAME)]


def _runs(text: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Give every run of words that could be a person's, and every two to four characters of Chinese, folded.

    A name has four words at most; an e-mail address or a street address may have eight.
    """
    words = [match.span() for match in _WORD.finditer(text)]
    for position, (start, _) in enumerate(words):
        for length, (_, end) in enumerate(words[position : position + _LONGEST_RUN], start=1):
            if length <= _LONGEST_NAME or _NO_NAME.search(text, start, end):
                yield (start, end), folded(text[start:end])
    for match in _HAN.finditer(text):
        for start in range(match.start(), match.end()):
            for end in range(start + 2, min(start + 4, match.end()) + 1):
                yield (start, end), text[start:end]
