import pytest

from marketeer.tools.campaigns.offers import Day, Offer, parse_day, written_discount
from marketeer.tools.core.errors import Retry


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31 May", Day(5, 31)),
        ("May 31st", Day(5, 31)),
        ("2026-05-31", Day(5, 31, 2026)),
        ("05-31", Day(5, 31)),
        ("31 May 2026", Day(5, 31, 2026)),
        ("5月31日", Day(5, 31)),
        ("2026年5月31日", Day(5, 31, 2026)),
        ("29 February", Day(2, 29)),
    ],
)
def test_a_day_is_read_as_people_write_it(text: str, day: Day) -> None:
    assert parse_day(text) == day


@pytest.mark.parametrize("text", ["soon", "31 June", "2026-02-29", "13-01", ""])
def test_a_day_nobody_can_read_is_asked_for_again(text: str) -> None:
    with pytest.raises(Retry):
        parse_day(text)


def test_a_day_is_written_in_both_languages() -> None:
    assert (Day(5, 31).written("en"), Day(5, 31).written("zh")) == ("31 May", "5月31日")
    assert (Day(5, 31).code, Day(5, 31, 2026).code) == ("05-31", "2026-05-31")


@pytest.mark.parametrize(
    ("percent", "chinese"), [(15, "85折"), (20, "8折"), (50, "5折"), (12.5, "12.5%"), (95, "95%")]
)
def test_a_discount_is_written_as_chinese_shops_do(percent: float, chinese: str) -> None:
    assert written_discount(percent, "zh") == chinese
    assert written_discount(percent, "en") == f"{percent:g}%"


def test_everything_in_an_offer_must_be_stated() -> None:
    offer = Offer(discount_percent=15, code="A15", expires=Day(5, 31), free_shipping=True)
    claims = list(offer.claims("en"))
    assert [claim.text for claim in claims] == ["15%", "free shipping", "A15", "31 May"]
    assert all(claim.required for claim in claims)
    assert not list(Offer().claims("en"))
