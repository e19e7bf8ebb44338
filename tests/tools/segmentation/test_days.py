from datetime import date

import pytest

from marketeer.tools.core.errors import Retry
from marketeer.tools.segmentation.days import earlier_day

LAST = date(2011, 12, 9)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2011-06-30", date(2011, 6, 30)),
        ("30 June", date(2011, 6, 30)),
        ("June 30th", date(2011, 6, 30)),
        ("6月30日", date(2011, 6, 30)),
        ("6月30号", date(2011, 6, 30)),
        ("24 December", date(2010, 12, 24)),
        ("2011-06", date(2011, 5, 31)),
        ("2011", date(2010, 12, 31)),
        ("last_90_days", date(2011, 9, 10)),
    ],
)
def test_a_day_is_itself_and_a_period_stands_for_the_day_before_it(text: str, day: date) -> None:
    assert earlier_day(text, LAST) == day


@pytest.mark.parametrize("text", ["the olden days", "31 June", "2月30日"])
def test_what_is_no_day_is_asked_back(text: str) -> None:
    with pytest.raises(Retry):
        earlier_day(text, LAST)
