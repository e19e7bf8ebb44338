"""The earlier day that segments are compared with, as people name it."""

import re
from datetime import date, timedelta

from marketeer.tools.warehouse.periods import named_span

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMES = "|".join(_MONTHS)
_YEARLESS = re.compile(
    r"(?P<m1>\d{1,2})月(?P<d1>\d{1,2})[日号]?"
    rf"|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)? (?P<m2>{_NAMES})[a-z]*\.?"
    rf"|(?P<m3>{_NAMES})[a-z]*\.? (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?"
)


def earlier_day(text: str, last: date) -> date:
    """Read a day or period before the last day of the data.

    Args:
        text: A day, with or without a year (2011-06-30, 30 June, 6月30日), or a period; a period stands for
            the day before it, so that all of it has passed since.
        last: The last day that counts.

    Returns:
        The day; without a year the latest one before `last`.

    Raises:
        Retry: The text names neither a day nor a period.
    """
    if day := _yearless(text.strip().casefold(), last):
        return day
    span = named_span(text, last)
    return span.until if span.days == 1 else span.since - timedelta(days=1)


def _yearless(text: str, last: date) -> date | None:
    found = _YEARLESS.fullmatch(text)
    if found is None:
        return None
    month = found["m1"] or found["m2"] or found["m3"]
    number = int(month) if month.isdecimal() else _MONTHS.index(month) + 1
    day = int(found["d1"] or found["d2"] or found["d3"])
    for year in (last.year, last.year - 1):
        try:
            named = date(year, number, day)
        except ValueError:
            return None
        if named < last:
            return named
    return None
