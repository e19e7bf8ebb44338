"""Days on which each segment is contacted, so that no person is contacted more often than allowed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from marketeer.tools.core.errors import unknown_name


@dataclass(frozen=True, slots=True)
class Caps:
    """How often one person may be contacted.

    Attributes:
        per_week: Channel → most contacts in any seven days.
        gap_days: Fewest days between two contacts, whatever the channel.
    """

    per_week: Mapping[str, int]
    gap_days: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """One contact of a segment: a day and a channel."""

    day: date
    segment: str
    channel: str


_FIXED = {
    "618": (6, 18),
    "double_11": (11, 11),
    "double_12": (12, 12),
    "christmas": (12, 24),
    "valentine": (2, 14),
}
_EVENTS = (*_FIXED, "black_friday")


def find_event(name: str, after: date) -> date:
    """Give the next day of a shopping event after a day; raises `Retry` with the events there are."""
    code = name.casefold().replace(" ", "_")
    if code not in _EVENTS:
        raise unknown_name("event", name, _EVENTS)
    this_year, next_year = (_event_day(code, year) for year in (after.year, after.year + 1))
    return this_year if this_year > after else next_year


def _event_day(code: str, year: int) -> date:
    if code in _FIXED:
        return date(year, *_FIXED[code])
    first = date(year, 11, 1)
    fourth_thursday = first + timedelta(days=(3 - first.weekday()) % 7 + 21)
    return fourth_thursday + timedelta(days=1)


def plan_contacts(
    segments: Sequence[str], start: date, end: date, caps: Caps, *, quiet_weekends: bool = False
) -> tuple[Slot, ...]:
    """Give the contacts of each segment, by day.

    Segments take turns, so that not everybody is written to on one day: the n-th segment may begin on the
    n-th day that is not quiet. Each then gets the earliest day the caps allow, on the channel that was used
    least.
    A person is in one segment only, so caps that hold for a segment hold for the person.

    Args:
        segments: The segments, the most important first.
        start: First day.
        end: Last day, which counts.
        caps: How often one person may be contacted.
        quiet_weekends: Whether nobody is written to on Saturdays and Sundays.
    """
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    days = [day for day in days if not (quiet_weekends and day.isoweekday() > 5)]
    spread = max(caps.gap_days, 1) + 1
    slots: list[Slot] = []
    for place, segment in enumerate(segments):
        made: list[Slot] = []
        for day in days[place % spread :]:
            channel = _channel(made, day, caps)
            if channel:
                made.append(Slot(day, segment, channel))
        slots += made
    order = {segment: place for place, segment in enumerate(segments)}
    return tuple(sorted(slots, key=lambda slot: (slot.day, order[slot.segment])))


def _channel(made: Sequence[Slot], day: date, caps: Caps) -> str:
    if made and (day - made[-1].day).days < max(caps.gap_days, 1):
        return ""
    week = [slot.channel for slot in made if (day - slot.day).days < 7]
    free = [channel for channel, most in caps.per_week.items() if week.count(channel) < most]
    used = [slot.channel for slot in made]
    return min(free, key=used.count) if free else ""
