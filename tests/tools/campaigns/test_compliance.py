import pytest

from marketeer.tools.campaigns.ad_law import ad_law_hits
from marketeer.tools.campaigns.compliance import Ground, check_compliance
from marketeer.tools.core.copy import ChannelSpec, Obligation, PartLimit

EMAIL = ChannelSpec(
    "email",
    (PartLimit("body"), PartLimit("footer")),
    must_contain=(Obligation("missing_unsubscribe", ("{{unsubscribe_link}}",)),),
)
SMS = ChannelSpec(
    "sms",
    (PartLimit("text"),),
    encoding="sms",
    must_contain=(
        Obligation("missing_signature", ("【…】",), "start", ("zh",)),
        Obligation("missing_opt_out", ("拒收请回复R", "退订回复R"), "end", ("zh",)),
        Obligation("missing_opt_out", ("STOP",), languages=("en",)),
    ),
)


def rules(
    text: str, ground: Ground, spec: ChannelSpec | None = None, part: str = "body"
) -> list[tuple[str, str]]:
    return [(one.rule, one.severity) for one in check_compliance({part: text}, spec, ground)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A quiet, honest sentence.", []),
        ("HUGE SALE today", [("capitals", "review")]),
        ("Use CODE2024 at Linden", []),
        ("Buy now!!!", [("shouting", "error")]),
        ("Yes! And yes! And yes!", [("shouting", "review")]),
        ("Re: your order", [("false_reply", "error")]),
        ("Regarding your order", []),
        ("Take **15%** off", [("markdown", "error")]),
        ("Hi [Your Name], hello", [("placeholder", "error")]),
        ("Only 3 left in stock", [("scarcity", "error")]),
        ("While stocks last", [("scarcity", "error")]),
        ("Last chance to see it", [("urgency", "error")]),
        ("Hi {{firstname}}", [("unknown_merge_tag", "error")]),
        ("Hi {{first_name}}", [("merge_tag_without_fallback", "error")]),
        ("Hi {{first_name|there}}", []),
        ("Hi {{first_name|there}", [("broken_merge_tag", "error")]),
        ("so cheap", [("banned_word", "error")]),
        ("a cheapskate", []),
    ],
)
def test_wording_is_held_to_the_rules(text: str, expected: list[tuple[str, str]]) -> None:
    assert rules(text, Ground("en", banned=("cheap",))) == expected


def test_urgency_with_an_end_date_is_only_for_review() -> None:
    assert rules("Last chance", Ground("en", has_deadline=True)) == [("urgency", "review")]


def test_claims_may_stand_in_capitals() -> None:
    assert rules("Use SPRING SALE now", Ground("en", allowed=("SPRING SALE",))) == []


def test_an_email_must_let_people_unsubscribe() -> None:
    assert rules("Hello", Ground("en"), EMAIL) == [("missing_unsubscribe", "error")]
    assert rules("Hello {{unsubscribe_link}}", Ground("en"), EMAIL) == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("【菩提】新茶到店。拒收请回复R", []),
        ("新茶到店。拒收请回复R", ["missing_signature"]),
        ("【菩提】拒收请回复R，新茶到店", ["missing_opt_out"]),
        ("新茶到店", ["missing_signature", "missing_opt_out"]),
    ],
)
def test_a_chinese_text_message_is_signed_first_and_refusable_last(text: str, missing: list[str]) -> None:
    assert [rule for rule, _ in rules(text, Ground("zh"), SMS, "text")] == missing


def test_an_english_text_message_says_how_to_stop() -> None:
    assert rules("Tea for you. Reply STOP to opt out", Ground("en"), SMS, "text") == []
    assert rules("Tea for you.", Ground("en"), SMS, "text") == [("missing_opt_out", "error")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "全网最低价，史上最强，第一品牌",
            [("全网最低价", "error"), ("史上最强", "error"), ("第一品牌", "error")],
        ),
        ("国家级工艺，顶级享受", [("国家级", "error"), ("顶级", "error")]),
        ("销量第一的好茶", [("销量第一", "error")]),
        ("根治失眠，100%有效", [("根治", "error"), ("100%", "error")]),
        ("独家配方，最受欢迎", [("独家", "review"), ("最受欢迎", "review")]),
        ("随时涨价", [("随时涨价", "review")]),
        ("5月31日前有效，随时涨价", []),
        ("最近新到的茶，最新款茶具，最后一天", []),
        ("第一次来的朋友，第一时间告诉您，最低消费50元，最多可减", []),
        ("100%纯棉茶巾", []),
        ("最好提前预约，最佳赏味期见包装", []),
    ],
)
def test_absolute_terms_are_judged_in_context(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(hit.text, hit.level) for hit in ad_law_hits(text)] == expected


def test_the_advertising_law_of_china_is_not_applied_to_english() -> None:
    assert rules("the 第一 of its kind", Ground("en")) == []
