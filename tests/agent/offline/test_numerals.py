import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketeer.agent.offline.numerals import discount_of_zhe, parse

DIGITS = "零一二三四五六七八九"


def spelled(number: int) -> str:
    text, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            text += ("零" if zero and text else "") + DIGITS[digit] + name
        zero = digit == 0
    return text


@given(st.integers(1, 9999))
def test_chinese_numerals_below_ten_thousand_are_read(number: int) -> None:
    assert parse(spelled(number)) == number


@given(st.integers(0, 10**9))
def test_separators_change_nothing(number: int) -> None:
    assert parse(f"{number:,}") == parse(str(number)) == number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2.5", 2.5),
        ("3k", 3000),
        ("2万", 20_000),
        ("三万五千", 35_000),
        ("一亿", 1e8),
        ("两", 2),
        ("twelve", 12),
        ("x", None),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, value: float | None) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("text", "discount"),
    [("8", 20), ("85", 15), ("八五", 15), ("七", 30), ("9.5", 5), ("十", None), ("0", None)],
)
def test_zhe_says_what_is_paid_not_what_is_off(text: str, discount: float | None) -> None:
    assert discount_of_zhe(text) == discount
