"""One clock for all times: the shop's own.

A file may print an offset beside each time (`2026-05-01 10:00:00 +0200`), or write in UTC. What is printed
with the shop's own offset already is its clock time, summer and winter alike. Other rows are moved: exactly
where the person has said the time zone (`--timezone Europe/Berlin`), else by the offset most rows carry. A
column all in UTC stays so unless the zone was said.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import available_timezones

import duckdb

from marketeer.tools.core.errors import DataError, unknown_name
from marketeer.tools.warehouse.rules import Rule
from marketeer.tools.warehouse.sql import listed, literal

OFFSET = "(:\\d{2}(?:\\.\\d+)?)\\s*(Z|UTC|GMT|[+-]\\d{2}(?::?\\d{2})?)$"
"""A clock time and the offset after it."""
AS_WRITTEN = "as-written"
"""The time zone that keeps every time as its file prints it."""
TIME_ZONE, OTHER_MONTH = "time_zone", "time_zone_month"
_CHANGES_A_YEAR = 3
"""Days a year on which both offsets of a zone with summer time may be seen: two, and one to spare."""
_SUMMER_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Clock:
    """How the times of a column become the shop's.

    Attributes:
        minutes: Offset as printed → how many minutes it is ahead of UTC; none where no offset is printed.
        moves: Offset as printed → minutes to add to the time as printed, for those that are not the shop's.
        zone: The shop's time zone, where the person has said it; then `moves` is empty.
        utc: Whether all times are UTC.
    """

    minutes: Mapping[str, int] = field(default_factory=dict)
    moves: Mapping[str, int] = field(default_factory=dict)
    zone: str = ""
    utc: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """Give what a person should know: `times_in_utc`, `mixed_offsets`."""
        everywhere = self.utc or (bool(self.minutes) and not any(self.minutes.values()))
        doubts = {"times_in_utc": everywhere and not self.zone, "mixed_offsets": bool(self.moves)}
        return tuple(code for code, holds in doubts.items() if holds)

    def local(self, printed: str, written: str) -> str:
        """Give SQL for the shop's time.

        Args:
            printed: SQL for the time as printed, without its offset.
            written: SQL for the text, with its offset.
        """
        offset = _offset(written)
        if not self.zone:
            return _shifted(printed, offset, self.moves)
        since = printed if self.utc else _shifted(printed, offset, {o: -m for o, m in self.minutes.items()})
        local = f"timezone({literal(self.zone)}, timezone('UTC', {since}))"
        return local if self.utc else f"CASE WHEN {offset} = '' THEN {printed} ELSE {local} END"

    @property
    def moving(self) -> bool:
        """Whether any row's time may become another."""
        return bool(self.zone or self.moves)


def clock_rules(printed: str, local: str) -> dict[str, tuple[str, Rule]]:
    """Give the rules that count what a clock moves, as helper column → its SQL and its rule.

    Args:
        printed: SQL for the time as printed.
        local: SQL for the shop's time.
    """
    moved = f"({local}) <> ({printed})"
    month = f"date_trunc('month', {local}) <> date_trunc('month', {printed})"
    return {
        "time_moved": (moved, Rule(TIME_ZONE, "time_moved", drops=False)),
        "month_moved": (month, Rule(OTHER_MONTH, "month_moved", drops=False)),
    }


def check_zone(zone: str) -> None:
    """Refuse a time zone nobody knows; the nearest names are given."""
    if zone and zone != AS_WRITTEN and zone not in (known := available_timezones()):
        near = unknown_name("time zone", zone, sorted(known)).message
        raise DataError(f"{near} Write it as Europe/Berlin.", code="unknown_timezone", name=zone)


def has_offsets(sample: Sequence[str]) -> bool:
    """Tell whether any time of a sample is printed with an offset."""
    return any(re.search(OFFSET, text) for text in sample)


def utc_clock(zone: str) -> Clock:
    """Give the clock of a column whose times are all UTC."""
    return Clock() if zone == AS_WRITTEN else Clock(zone=zone, utc=True)


@dataclass(frozen=True, slots=True)
class PrintedTimes:
    """A column of times printed with offsets.

    Attributes:
        connection: Holds the raw table.
        relation: The raw table, quoted.
        written: SQL for the text.
        printed: SQL for the time without its offset.
    """

    connection: duckdb.DuckDBPyConnection
    relation: str
    written: str
    printed: str

    def clock(self, zone: str) -> Clock:
        """Look at all offsets of the column and settle on which are the shop's."""
        rows = self.connection.execute(
            f"SELECT o, count(*) AS n FROM (SELECT {_offset(self.written)} AS o FROM {self.relation}) "
            "WHERE o <> '' GROUP BY o ORDER BY n DESC, o"
        ).fetchall()
        minutes = {str(text): _minutes(str(text)) for text, _ in rows}
        if zone == AS_WRITTEN or not rows:
            return Clock()
        if zone:
            return Clock(minutes, zone=zone)
        seen: dict[int, int] = {}
        for text, count in rows:
            seen[minutes[text]] = seen.get(minutes[text], 0) + int(count)
        main = max(seen, key=lambda offset: (seen[offset], offset))
        near = sorted((o for o in seen if abs(o - main) == _SUMMER_MINUTES), key=lambda o: -seen[o])
        summer = next((o for o in near if self._seasons(_of(minutes, main), _of(minutes, o))), main)
        moves = {text: main - offset for text, offset in minutes.items() if offset not in {main, summer}}
        return Clock(minutes, moves)

    def _seasons(self, ours: Collection[str], theirs: Collection[str]) -> bool:
        """Tell whether two offsets are those of one place in summer and winter: never on the same day.

        The days on which clocks change are the exception.
        """
        row = self.connection.execute(
            "SELECT count(*) FILTER (a AND b), max(day) - min(day) FROM (SELECT day, "
            f"bool_or(o IN ({listed(ours)})) AS a, bool_or(o IN ({listed(theirs)})) AS b FROM ("
            f"SELECT ({self.printed})::DATE AS day, {_offset(self.written)} AS o FROM {self.relation}) "
            "WHERE day IS NOT NULL GROUP BY day)"
        ).fetchone()
        both, span = row or (0, 0)
        return int(both) <= _CHANGES_A_YEAR * (1 + int(span or 0) // 365)


def _of(minutes: Mapping[str, int], offset: int) -> list[str]:
    return [text for text, own in minutes.items() if own == offset]


def _offset(written: str) -> str:
    return f"regexp_extract({written}, {literal(OFFSET)}, 2)"


def _shifted(printed: str, offset: str, moves: Mapping[str, int]) -> str:
    whens = " ".join(f"WHEN {literal(text)} THEN {shift}" for text, shift in moves.items() if shift)
    return f"({printed} + to_minutes(CASE {offset} {whens} ELSE 0 END))" if whens else printed


def _minutes(offset: str) -> int:
    if not offset.startswith(("+", "-")):
        return 0
    digits = offset[1:].replace(":", "").ljust(4, "0")
    return (-1 if offset.startswith("-") else 1) * (60 * int(digits[:2]) + int(digits[2:]))
