"""Stretches of time as people name them, counted from the data's last day, never from today.

Days are inclusive. Names are `2011-03` (month), `2011-Q2` (quarter), `2011-W07` (ISO week), `2011` (year) and
`2011-03-05`.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from marketeer.tools.core.errors import Retry
from marketeer.tools.warehouse.sql import literal

GRAINS = ("day", "week", "month", "quarter", "year")
_MONTH = re.compile(r"(\d{4})[-/年](\d{1,2})月?")
_QUARTER = re.compile(r"(\d{4})[-\s]?[Qq]([1-4])|[Qq]([1-4])\s?(\d{4})")
_YEAR = re.compile(r"(\d{4})年?")
_DAY = re.compile(r"(\d{4})(?:年|[-/.])(\d{1,2})(?:月|[-/.])(\d{1,2})[日号]?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAME = re.compile(
    rf"({'|'.join(_MONTHS)})[a-z]*\.?(?:[\s_,]+(?:of\s+)?(\d{{4}}))?|(0?[1-9]|1[0-2])月份?"
)
_DAY_NAME = re.compile(
    rf"(?:(\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?({'|'.join(_MONTHS)})[a-z]*\.?"
    rf"|({'|'.join(_MONTHS)})[a-z]*\.?\s(\d{{1,2}})(?:st|nd|rd|th)?),?\s(\d{{4}})"
)
_QUARTER_NAME = re.compile(r"q([1-4])")
_LAST_DAYS = re.compile(r"last_(\d+)_(day|week|month|year)s?")
_LENGTHS = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of whole days.

    Attributes:
        since: First day.
        until: Last day.
        name: Its name where it has one, such as `2011-03`; empty otherwise.
    """

    since: date
    until: date
    name: str = ""

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.until - self.since).days + 1

    def previous(self) -> "Span":
        """Give the stretch of the same kind right before."""
        for grain in ("day", "month", "quarter", "year", "week"):
            if self == span_of(self.since, grain):
                return span_of(self.since - timedelta(days=1), grain)
        return Span(self.since - timedelta(days=self.days), self.since - timedelta(days=1))

    def year_before(self) -> "Span":
        """Give the same dates a year earlier; of an ISO week, the week 52 before it."""
        if self == span_of(self.since, "week"):
            return span_of(self.since - timedelta(weeks=52), "week")
        for grain in ("day", "month", "quarter", "year"):
            if self == span_of(self.since, grain):
                return span_of(_shift(self.since, -12), grain)
        return Span(_shift(self.since, -12), _shift(self.until, -12))

    def as_far_as(self, other: "Span", as_of: date) -> "Span":
        """Give as many of its first days as another stretch has had by the end of the data."""
        missing = max((other.until - as_of).days, 0)
        until = (
            min(self.until, self.since + timedelta(days=other.days - missing - 1)) if missing else self.until
        )
        return Span(self.since, until, "" if missing else self.name)


def span_of(day: date, grain: str) -> Span:
    """Give the whole day, week, month, quarter or year a day falls in."""
    if grain == "day":
        return Span(day, day, day.isoformat())
    if grain == "week":
        monday = day - timedelta(days=day.weekday())
        year, week, _ = day.isocalendar()
        return Span(monday, monday + timedelta(days=6), f"{year}-W{week:02d}")
    if grain == "year":
        return Span(date(day.year, 1, 1), date(day.year, 12, 31), str(day.year))
    if grain == "quarter":
        quarter = (day.month - 1) // 3
        first = date(day.year, 3 * quarter + 1, 1)
        return Span(first, _shift(first, 3) - timedelta(days=1), f"{day.year}-Q{quarter + 1}")
    last = calendar.monthrange(day.year, day.month)[1]
    return Span(day.replace(day=1), day.replace(day=last), f"{day.year}-{day.month:02d}")


def span_between(since: date, until: date) -> Span:
    """Give a stretch by its days, under its name where they are a whole day, month, quarter or year."""
    named = (span_of(since, grain) for grain in ("day", "month", "quarter", "year"))
    return next((span for span in named if (span.since, span.until) == (since, until)), Span(since, until))


def stretches(since: date, until: date, grain: str) -> Iterator[Span]:
    """Give the whole stretches that some days fall into, the earliest first."""
    while since <= until:
        stretch = span_of(since, grain)
        yield stretch
        since = stretch.until + timedelta(days=1)


def named_span(text: str, as_of: date) -> Span:
    """Read a named stretch of time.

    Args:
        text: `this_month`, `last_quarter`, `last_90_days`, `2011-03`, `2011-Q2`, `2011`, `2011-03-05`.
        as_of: The last day of the data, which `this` and `last` count from.

    Raises:
        Retry: The text names no stretch of time.
    """
    name = text.strip().casefold().replace(" ", "_")
    if name.startswith(("this_", "last_")):
        side, _, grain = name.partition("_")
        if grain in GRAINS:
            current = span_of(as_of, grain)
            return current if side == "this" else span_of(current.since - timedelta(days=1), grain)
    if found := _LAST_DAYS.fullmatch(name):
        return _last(int(found[1]), found[2], as_of)
    for day, grain in _dated(text.strip()):
        return span_of(day, grain)
    if found := _MONTH_NAME.fullmatch(text.strip().casefold()):
        month = _MONTHS.index((found[1] or "")[:3]) + 1 if found[1] else int(found[3])
        return _month(month, int(found[2]) if found[2] else None, as_of)
    if found := _QUARTER_NAME.fullmatch(text.strip().casefold()):
        last = _month(3 * int(found[1]) - 2, None, as_of)
        return span_of(last.since, "quarter")
    raise Retry(
        f"'{text}' names no period. Write 2011-03, 2011-Q2, 2011, last_month, this_quarter or last_90_days.",
        code="unknown_period",
        name=text,
    )


def _month(month: int, year: int | None, as_of: date) -> Span:
    """Give a month of a year, or the latest one of that name which the data reaches."""
    latest = as_of.year if month <= as_of.month else as_of.year - 1
    return span_of(date(year or latest, month, 1), "month")


def _last(count: int, grain: str, as_of: date) -> Span:
    if grain in _LENGTHS:
        return Span(as_of - timedelta(days=count * _LENGTHS[grain] - 1), as_of)
    months = count * (12 if grain == "year" else 1)
    return Span(_shift(as_of, -months) + timedelta(days=1), as_of)


def _dated(text: str) -> list[tuple[date, str]]:
    try:
        if found := _MONTH.fullmatch(text):
            return [(date(int(found[1]), int(found[2]), 1), "month")]
        if found := _QUARTER.fullmatch(text):
            year, quarter = int(found[1] or found[4]), int(found[2] or found[3])
            return [(date(year, 3 * quarter - 2, 1), "quarter")]
        if found := _YEAR.fullmatch(text):
            return [(date(int(found[1]), 1, 1), "year")]
        return [(_day(text), "day")]
    except ValueError:
        return []


def _day(text: str) -> date:
    """Read a day; raises `ValueError` where there is none."""
    if found := _DAY.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY_NAME.fullmatch(text.casefold()):
        month = _MONTHS.index(found[2] or found[3]) + 1
        return date(int(found[5]), month, int(found[1] or found[4]))
    return date.fromisoformat(text)


def _shift(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def bucket_sql(grain: str, column: str) -> str:
    """Give SQL for the name of the stretch a timestamp falls in."""
    names = {
        "day": f"strftime({column}, '%Y-%m-%d')",
        "week": f"concat(isoyear({column}), '-W', lpad(CAST(weekofyear({column}) AS VARCHAR), 2, '0'))",
        "month": f"strftime({column}, '%Y-%m')",
        "quarter": f"concat(year({column}), '-Q', quarter({column}))",
        "year": f"CAST(year({column}) AS VARCHAR)",
    }
    return names[grain]


def moved_sql(before: Span, span: Span, grain: str, column: str) -> str:
    """Give SQL that moves a timestamp of one stretch to its place in another.

    Months go by months where both begin on the same day of theirs, weeks by whole weeks, all else by days.
    """
    days = (span.since - before.since).days
    if grain == "week":
        return f"{column} + INTERVAL {7 * round(days / 7)} DAY"
    if grain != "day" and span.since.day == before.since.day:
        months = 12 * (span.since.year - before.since.year) + span.since.month - before.since.month
        return f"{column} + INTERVAL {months} MONTH"
    return f"{column} + INTERVAL {days} DAY"


def within_sql(span: Span, column: str) -> str:
    """Give SQL for whether a timestamp falls in a stretch."""
    return (
        f"{column} >= DATE {literal(span.since.isoformat())} "
        f"AND {column} < DATE {literal(span.until.isoformat())} + 1"
    )
