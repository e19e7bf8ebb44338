import pytest

from marketeer.agent.offline.mentions import Kind, Mention, find_mentions
from marketeer.agent.offline.text import language_of, normalise


def mentions(text: str, kind: Kind, names: dict[str, str] | None = None) -> list[Mention]:
    plain = normalise(text)
    return [one for one in find_mentions(plain, language_of(text), names) if one.kind is kind]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a 15% spring offer, our margin is 40%", [(15, "discount"), (40, "margin")]),
        ("with 30% margin and 20 percent off", [(30, "margin"), (20, "discount")]),
        ("毛利40%，打8折", [(40, "margin"), (20, "discount")]),
        ("转化率从2%到2.5%", [(2, "rate"), (2.5, "target_rate")]),
        ("百分之十五的折扣", [(15, "discount")]),
        ("half price", [(50, "discount")]),
        ("keep a 10% holdout", [(10, "holdout")]),
    ],
)
def test_percentages_are_told_apart_by_the_words_near_them(
    text: str, expected: list[tuple[float, str]]
) -> None:
    assert [(one.value, one.label) for one in mentions(text, Kind.PERCENT)] == expected


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("in the next 90 days", 90),
        ("within two weeks", 14),
        ("next quarter", 90),
        ("未来三个月", 90),
        ("半年内", 182.5),
        ("一周内", 7),
    ],
)
def test_spans_of_time_are_days(text: str, days: float) -> None:
    assert [one.value for one in mentions(text, Kind.DURATION)] == [days]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("until 31 May 2026", "2026-05-31"),
        ("by May 31st, 2026", "2026-05-31"),
        ("2026-05-31", "2026-05-31"),
        ("2026年5月31日截止", "2026-05-31"),
        ("valid until 31 May", "31 May"),
        ("5月31日截止", "5月31日"),
    ],
)
def test_days_are_iso_where_the_year_is_said_and_as_written_otherwise(text: str, value: str) -> None:
    assert [one.value for one in mentions(text, Kind.DAY)] == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("in November 2011", "2011-11"),
        ("2011年11月", "2011-11"),
        ("last quarter", "last_quarter"),
        ("去年", "last_year"),
        ("in 2011", "2011"),
        ("the March campaign", "March"),
    ],
)
def test_periods_are_codes(text: str, value: str) -> None:
    assert [one.value for one in mentions(text, Kind.PERIOD)] == [value]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("write to the At Risk customers", ["At Risk"]),
        ("Champions or Loyal?", ["Champions", "Loyal"]),
        ("who are my VIPs", ["VIPs"]),
        ("new products for promising ideas", []),
        ("what is new?", []),
        ("给流失风险客户和忠诚客户", ["流失风险客户", "忠诚客户"]),
        ("describe the Galactic segment", ["Galactic"]),
        ("which segment should get it", []),
        ("draft one for each segment", []),
        ("介绍一下土豪人群", ["土豪"]),
    ],
)
def test_segments_are_found_as_they_were_written(text: str, names: list[str]) -> None:
    assert [one.text for one in mentions(text, Kind.SEGMENT)] == names


def test_segments_of_the_conversation_are_known_too() -> None:
    assert mentions("and weekend gift buyers?", Kind.SEGMENT, {"weekend gift buyers": "weekend_gifts"})


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("code COMEBACK15 please", Kind.CODE, "COMEBACK15"),
        ("优惠码LOYAL15，谢谢", Kind.CODE, "LOYAL15"),
        ("like anna.berg@example.com", Kind.ADDRESS, "anna.berg@example.com"),
        ("use F3 for it", Kind.HANDLE, "F3"),
        ("a €5 voucher", Kind.MONEY, 5),
        ("送10元券", Kind.MONEY, 10),
        ("revenue in Germany", Kind.PLACE, "Germany"),
        ("into ./exports/may", Kind.PATH, "./exports/may"),
        ("放到 out 文件夹", Kind.PATH, "out"),
        ("never say 'cheap'", Kind.QUOTE, "cheap"),
        ("split it 90/10", Kind.SPLIT, "90/10"),
        ("we have 2,000 coupons", Kind.NUMBER, 2000),
        ("give me three of them", Kind.NUMBER, 3),
    ],
)
def test_other_things_are_found_too(text: str, kind: Kind, value: object) -> None:
    assert value in [one.value for one in mentions(text, kind)]


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("spent over 500", "min"),
        ("with at least 3 orders", "min"),
        ("under 200 euros in all", "max"),
        ("消费超过500", "min"),
        ("不到3次的", "max"),
        ("nothing for 180 days", "min"),
        ("in the last 30 days", "max"),
        ("最近30天内", "max"),
        ("一周没下单", "min"),
    ],
)
def test_bounds_are_told_from_the_words_around(text: str, side: str) -> None:
    numbers = [one for kind in (Kind.NUMBER, Kind.MONEY, Kind.DURATION) for one in mentions(text, kind)]
    assert [one.side for one in numbers] == [side]


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("revenue in Q1 2011", "2011-Q1"),
        ("sales of the third quarter of 2024", "2024-Q3"),
        ("orders in 2011 Q2", "2011-Q2"),
        ("revenue in Q4", "Q4"),
        ("2024年第三季度的收入", "2024-Q3"),
        ("二季度卖了多少", "Q2"),
    ],
)
def test_a_quarter_is_a_period(text: str, period: str) -> None:
    assert [one.value for one in mentions(text, Kind.PERIOD)] == [period]
