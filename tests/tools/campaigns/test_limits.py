import math
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketeer.tools.campaigns.limits import SmsSize, check_limits, shown_width, sms_size
from marketeer.tools.core.copy import ChannelSpec, PartLimit

# 3GPP TS 23.038 table 6.2.1, row by row, written down apart from the code under test.
_TABLE = [
    "@Δ 0¡P¿p", "£_!1AQaq", '$Φ"2BRbr', "¥Γ#3CScs", "èΛ¤4DTdt", "éΩ%5EUeu", "ùΠ&6FVfv", "ìΨ'7GWgw",
    "òΣ(8HXhx", "ÇΘ)9IYiy", "\nΞ*:JZjz", "Ø\x00+;KÄkä", "øÆ,<LÖlö", "\ræ-=MÑmñ", "Åß.>NÜnü", "åÉ/?O§oà",
]  # fmt: skip
_SEPTETS = {char for row in _TABLE for char in row} - {"\x00"}
_ESCAPED = set("^{}\\[~]|€\f")

texts = st.text(st.sampled_from(sorted(_SEPTETS | _ESCAPED)) | st.sampled_from("中文😀’ë"), max_size=400)


def fewest_parts(costs: tuple[int, ...], alone: int, joined: int) -> int:
    """Solve the packing exactly, by trying every place to cut."""
    if sum(costs) <= alone:
        return 1

    @cache
    def parts_from(start: int) -> float:
        best, size = math.inf, 0
        if start == len(costs):
            return 0
        for end in range(start, len(costs)):
            size += costs[end]
            if size > joined:
                break
            best = min(best, 1 + parts_from(end + 1))
        return best

    for start in range(len(costs), -1, -1):
        parts_from(start)
    return int(parts_from(0))


def oracle(text: str) -> SmsSize:
    if set(text) <= _SEPTETS | _ESCAPED:
        costs = tuple(2 if char in _ESCAPED else 1 for char in text)
        return SmsSize("gsm7", sum(costs), fewest_parts(costs, 160, 153))
    costs = tuple(2 if ord(char) > 0xFFFF else 1 for char in text)
    return SmsSize("ucs2", sum(costs), fewest_parts(costs, 70, 67))


@given(texts)
def test_a_text_message_is_counted_as_the_standard_says(text: str) -> None:
    assert sms_size(text) == oracle(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", SmsSize("gsm7", 0, 1)),
        ("a" * 160, SmsSize("gsm7", 160, 1)),
        ("a" * 161, SmsSize("gsm7", 161, 2)),
        ("a" * 306, SmsSize("gsm7", 306, 2)),
        ("€" * 80, SmsSize("gsm7", 160, 1)),
        ("a" * 152 + "€" + "a" * 152, SmsSize("gsm7", 306, 3)),
        ("汉" * 70, SmsSize("ucs2", 70, 1)),
        ("汉" * 71, SmsSize("ucs2", 71, 2)),
        ("汉" * 66 + "😀" + "汉" * 66, SmsSize("ucs2", 134, 3)),
        ("it’s", SmsSize("ucs2", 4, 1)),
        ("【示例】王女士，您的专属8折券将于5月31日到期，点 a.cn/x 使用。拒收请回复R", SmsSize("ucs2", 43, 1)),
    ],
)
def test_known_messages_have_known_sizes(text: str, expected: SmsSize) -> None:
    assert sms_size(text) == expected


def test_chinese_characters_and_full_width_marks_count_twice_where_the_channel_says_so() -> None:
    assert shown_width("春天的茶，ab", "double") == 12
    assert shown_width("春天的茶，ab") == 7


def spec(**limit: object) -> ChannelSpec:
    return ChannelSpec("x", (PartLimit("subject", **limit),))  # type: ignore[arg-type]  # test helper


@pytest.mark.parametrize(
    ("text", "limit", "rules"),
    [
        ("a" * 50, {"advised": 50, "hard": 60}, []),
        ("a" * 51, {"advised": 50, "hard": 60}, ["long"]),
        ("a" * 61, {"advised": 50, "hard": 60}, ["too_long"]),
        ("a" * 39, {"least": 40}, ["short"]),
        ("", {}, ["missing_part"]),
        ("", {"required": False}, []),
        ("one\ntwo", {"fewest": 3, "most": 5}, ["few_lines"]),
        ("1\n2\n3", {"fewest": 1, "most": 2}, ["many_lines"]),
        ("one\nOne", {"fewest": 1, "most": 5}, ["repeated_line"]),
        ("ok\n" + "a" * 31, {"fewest": 1, "most": 5, "hard": 30}, ["too_long"]),
    ],
)
def test_a_part_is_held_to_its_limits(text: str, limit: dict[str, object], rules: list[str]) -> None:
    found = check_limits({"subject": text}, spec(**limit), "en")
    assert [problem.rule for problem in found] == rules


def test_a_merge_tag_counts_at_its_longest_value() -> None:
    text = "{{first_name|there}}" + "a" * 30
    assert not check_limits({"subject": text}, spec(hard=50), "en")
    assert check_limits({"subject": text}, spec(hard=46), "en")[0].detail == "47 > 46"
    known = check_limits({"subject": "{{shop_name}}"}, spec(hard=10), "en", values={"shop_name": "Linden"})
    assert not known


def test_a_part_the_channel_does_not_have_is_an_error() -> None:
    found = check_limits({"subject": "hello", "headline": "x"}, spec(), "en")
    assert [(problem.part, problem.rule) for problem in found] == [("headline", "unknown_part")]


def test_more_sms_parts_than_wanted_is_an_error() -> None:
    sms = ChannelSpec("sms", (PartLimit("text"),), encoding="sms")
    assert not check_limits({"text": "汉" * 70}, sms, "zh", max_parts=1)
    assert check_limits({"text": "汉" * 71}, sms, "zh", max_parts=1)[0].rule == "too_many_sms_parts"
    assert not check_limits({"text": "汉" * 71}, sms, "zh")
