"""How dates are written: the formats that are known, and which of them read a sample of a column."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import duckdb

from marketeer.tools.warehouse.sql import listed, literal

DateOrder = Literal["dmy", "mdy", "ymd"]
SPACES = r"[\s\x{a0}\x{202f}]+"
"""Blanks of all kinds, also those programs print before AM and PM."""
_ENOUGH = 0.9
_HOURS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%I:%M:%S%p")
_TIMES = ("", *(joint + hours for joint in (" ", ", ") for hours in _HOURS), "T%H:%M:%S")
_DATES: dict[DateOrder, tuple[str, ...]] = {
    "ymd": ("%Y年%m月%d日", "%Y.%m.%d", "%Y%m%d", "%Y-%m-%d", "%Y/%m/%d"),
    "mdy": (
        *("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%m/%d/%y", "%m-%d-%y"),
        *("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%b-%d-%y", "%b-%d-%Y"),
        *("%a, %b %d, %Y", "%A, %B %d, %Y"),
    ),
    "dmy": (
        *("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%d.%m.%y", "%d-%m-%y"),
        *("%d %b %Y", "%d %B %Y", "%d %b %y", "%d-%b-%Y", "%d-%b-%y", "%d/%b/%Y", "%a, %d %b %Y"),
    ),
}
_NOON = re.compile(r"\d\s*[ap]\.?\s?m\b|[上下]午", re.IGNORECASE)
_NAMED = ("%a", "%A", "%b", "%B")


@dataclass(frozen=True)
class DateSample:
    """Dates of a column, each as it is written, with single blanks.

    Attributes:
        connection: Where expressions are evaluated.
        texts: The dates.
    """

    connection: duckdb.DuckDBPyConnection
    texts: list[str]

    @cached_property
    def all_digits(self) -> bool:
        """Whether each date is one number."""
        return bool(self.texts) and all(text.replace(".", "", 1).isdecimal() for text in self.texts)

    @cached_property
    def plain(self) -> bool:
        """Whether DuckDB itself reads nearly all of them; it would leave out AM and PM."""
        doubtful = self.all_digits or self._noon
        return not doubtful and self._share("TRY_CAST(t AS TIMESTAMP)") >= _ENOUGH

    def numeric(self) -> str:
        """Give the reading of `$v` as a date written as one number; empty where it is none.

        YYYYMMDD, Unix seconds, milliseconds and Excel days are known.
        """
        if not self.all_digits:
            return ""
        low, high = min(map(float, self.texts)), max(map(float, self.texts))
        if low >= 19_000_101 and high <= 21_001_231:
            return "try_strptime($v, '%Y%m%d')"
        if low > 2e8 and high < 4.2e9:
            return "make_timestamp((TRY_CAST($v AS DOUBLE) * 1000000)::BIGINT)"
        if low > 2e11 and high < 4.2e12:
            return "make_timestamp((TRY_CAST($v AS DOUBLE) * 1000)::BIGINT)"
        if low > 20_000 and high < 80_000:
            return "(TIMESTAMP '1899-12-30' + to_seconds(round(TRY_CAST($v AS DOUBLE) * 86400)::BIGINT))"
        return ""

    def fitting(self) -> dict[DateOrder, tuple[str, ...]]:
        """Find, per order of day and month, the formats that read nearly all of the sample."""
        fitting: dict[DateOrder, tuple[str, ...]] = {}
        for order, days in _DATES.items():
            for day in days:
                formats = [day + time for time in _TIMES if self._may_fit(day + time)]
                used = [f for f in formats if self._share(_plausible(literal(f))) > 0]
                whole = _plausible(f"[{listed(used)}]")
                if used and order not in fitting and self._share(whole) >= _ENOUGH:
                    fitting[order] = tuple(used)
        return fitting

    def worst(self) -> str:
        """Give a date that no known format reads; the first one where each reads in some way."""
        formats = [day + time for days in _DATES.values() for day in days for time in _TIMES]
        known = f"coalesce(TRY_CAST(t AS TIMESTAMP), {_plausible(f'[{listed(formats)}]')})"
        one_by_one = (DateSample(self.connection, [text]) for text in self.texts[:50])
        return next((one.texts[0] for one in one_by_one if not one._share(known)), self.texts[0])

    @cached_property
    def _noon(self) -> bool:
        return any(map(_NOON.search, self.texts))

    @cached_property
    def _named(self) -> bool:
        return any(re.search("[A-Za-z]{3}", text) for text in self.texts)

    @cached_property
    def _signs(self) -> frozenset[str]:
        return frozenset("".join(self.texts))

    def _may_fit(self, format_: str) -> bool:
        """Tell whether a format is worth trying: its signs, names and AM or PM are in the sample."""
        named, noon = any(name in format_ for name in _NAMED), "%p" in format_
        signs = set(re.sub(r"%\w|\s", "", format_))
        return self._named >= named and self._noon >= noon and signs <= self._signs

    def _share(self, expression: str) -> float:
        """Tell of which share of the sample an expression over `t` is not NULL."""
        row = self.connection.execute(
            f"SELECT avg(({expression} IS NOT NULL)::INT) FROM (SELECT unnest(?) AS t)", [self.texts]
        ).fetchone()
        return float(row[0]) if row else 0.0


def _plausible(formats: str) -> str:
    """Read a date, but not 3/25/25 as one of the year 25."""
    read = f"try_strptime(t, {formats})"
    return f"CASE WHEN year({read}) BETWEEN 1900 AND 2100 THEN {read} END"
