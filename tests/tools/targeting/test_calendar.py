from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketeer.tools.core.errors import Retry
from marketeer.tools.targeting.calendar import Caps, find_event, plan_contacts

START = date(2026, 6, 1)


@given(email=st.integers(0, 4), sms=st.integers(0, 3), gap=st.integers(0, 6), weekends=st.booleans())
def test_no_person_is_contacted_more_often_than_the_caps_allow(
    email: int, sms: int, gap: int, weekends: bool
) -> None:
    caps = Caps({"email": email, "sms": sms}, gap)
    slots = plan_contacts(["a", "b", "c"], START, START + timedelta(days=40), caps, quiet_weekends=weekends)
    for segment in ("a", "b", "c"):
        own = [slot for slot in slots if slot.segment == segment]
        for one, next_ in pairwise(own):
            assert (next_.day - one.day).days >= max(gap, 1)
        for slot in own:
            week = [s.channel for s in own if timedelta() <= s.day - slot.day < timedelta(days=7)]
            assert week.count("email") <= email
            assert week.count("sms") <= sms
    assert not weekends or all(slot.day.isoweekday() <= 5 for slot in slots)


def test_segments_take_turns() -> None:
    slots = plan_contacts(["a", "b"], START, START + timedelta(days=6), Caps({"email": 1}, 2))
    assert [(slot.segment, slot.day.day) for slot in slots] == [("a", 1), ("b", 2)]


@pytest.mark.parametrize(
    ("name", "day"),
    [("618", date(2026, 6, 18)), ("black friday", date(2026, 11, 27)), ("valentine", date(2027, 2, 14))],
)
def test_events_are_found_on_their_next_day(name: str, day: date) -> None:
    assert find_event(name, START) == day


def test_an_unknown_event_is_answered_with_those_there_are() -> None:
    with pytest.raises(Retry, match="black_friday"):
        find_event("blackest friday ever", START)
