import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketeer.tools.campaigns.mentions import Stated, mentions, values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15% off", [(Stated.PERCENT, "15")]),
        ("12.5 percent", [(Stated.PERCENT, "12.5")]),
        ("half price", [(Stated.PERCENT, "50")]),
        ("享85折", [(Stated.PERCENT, "15")]),
        ("享8折", [(Stated.PERCENT, "20")]),
        ("享8.5折", [(Stated.PERCENT, "15")]),
        ("八五折", [(Stated.PERCENT, "15")]),
        ("七折", [(Stated.PERCENT, "30")]),
        ("半价", [(Stated.PERCENT, "50")]),
        ("立减８５％", [(Stated.PERCENT, "85")]),
        ("€1,200.50", [(Stated.MONEY, "1200.5")]),
        ("12,50 €", [(Stated.MONEY, "12.5")]),
        ("满300元减50元", [(Stated.MONEY, "300"), (Stated.MONEY, "50")]),
        ("31 May", [(Stated.DATE, "05-31")]),
        ("May 31st, 2026", [(Stated.DATE, "05-31")]),
        ("2026-05-31", [(Stated.DATE, "05-31")]),
        ("5月31日", [(Stated.DATE, "05-31")]),
        ("2026年5月3号", [(Stated.DATE, "05-03")]),
        ("码COMEBACK15，", [(Stated.CODE, "COMEBACK15")]),
        ("use code SPRING now", [(Stated.CODE, "SPRING")]),
        ("优惠码：SPRING", [(Stated.CODE, "SPRING")]),
        ("free shipping", [(Stated.OFFER, "ship")]),
        ("全场包邮", [(Stated.OFFER, "ship")]),
        ("buy one get one", [(Stated.OFFER, "bogo")]),
        ("买一送一", [(Stated.OFFER, "bogo")]),
        ("see https://x.example/a?b=15", [(Stated.LINK, "https://x.example/a?b=15")]),
        ("over 2,000 cups", [(Stated.NUMBER, "2000")]),
        ("Hi {{first_name|99}}, thanks", []),
        ("Reply STOP to opt out", []),
        ("拒收请回复R", []),
        ("enter the code at checkout", []),
    ],
)
def test_what_a_text_states_is_read(text: str, expected: list[tuple[Stated, str]]) -> None:
    assert list(values(text)) == expected


@given(st.integers(1, 99))
def test_a_discount_reads_the_same_in_english_and_chinese(percent: int) -> None:
    rest = 100 - percent
    if rest >= 10:
        zhe = f"{rest}折" if rest % 10 else f"{rest // 10}折"
        assert list(values(f"{percent}%")) == list(values(zhe))


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    found = mentions(text)
    assert [mention.start for mention in found] == sorted(mention.start for mention in found)
