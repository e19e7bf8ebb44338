from datetime import date

import pytest

from marketeer.agent.grounding import Basis, Grounded, Releaser, Why, ground
from marketeer.prompts.wording import show_subject
from marketeer.tools.core.findings import Fact, Finding, Interval, Recipe, Subject, SubjectKind, Unit, segment

CHAMPIONS, LOYAL, AT_RISK = segment("champions"), segment("loyal"), segment("at_risk")
FINDING = Finding(
    "segments",
    (
        Fact("customers", 5000, Unit.CUSTOMERS),
        Fact("customers", 412, Unit.CUSTOMERS, CHAMPIONS),
        Fact("share", 8.24, Unit.PERCENT, CHAMPIONS),
        Fact("profit", 1204.5, Unit.MONEY, CHAMPIONS, Interval(900.0, 1500.0, 0.9)),
        Fact("customers", 380, Unit.CUSTOMERS, LOYAL),
        Fact("share", 7.6, Unit.PERCENT, LOYAL),
        Fact("lift", 4.9, Unit.POINTS, LOYAL, Interval(3.9, 5.9, 0.9)),
        Fact("customers", 731, Unit.CUSTOMERS, AT_RISK),
        Fact("share", 14.62, Unit.PERCENT, AT_RISK),
        Fact("gain", -23456.0, Unit.MONEY, AT_RISK),
        Fact("segments", 8, Unit.SEGMENTS),
        Fact("recency_days", 45, Unit.DAYS, AT_RISK),
    ),
    currency="EUR",
).filed("F1", Recipe("s", "segment_customers", {}, "1"))
QUESTION = "which segment should get a 15% spring offer? our margin is 40%, 八五折"


def names(subject: Subject) -> tuple[str, str]:
    return show_subject(subject, "en"), show_subject(subject, "zh")


def check(text: str) -> Grounded:
    return ground(text, [FINDING], QUESTION, names)


@pytest.mark.parametrize(
    "text",
    [
        "Champions are 412 customers [F1.2], 8.2 % [F1.3] of 5,000 customers [F1.1].",
        "The 15 % offer fits Loyal best: +4.90 pp (90 %: 3.90 to 5.90) [F1.7].",
        "At Risk lost €23.5k [F1.10] and last bought 45 days ago [F1.12].",
        "## Champions\n- 412 customers [F1.2]\n- €1,204.50 [F1.4] expected\n",
        "冠军客户有 412 位客户 [F1.2]，占 8.2% [F1.3]；忠诚客户有三百八十位客户 [F1.5]。",
        "共 8 个人群 [F1.11]，全店 5,000 位客户 [F1.1]。",
        "| Segment | Customers | Share | Source |\n|---|---|---|---|\n| Champions | 412 | 8.2 % | [F1] |\n",
        "Champions and Loyal have 412 and 380 customers [F1].",
        "412 [F1.2] Champions and 380 [F1.5] Loyal customers.",
        "1. Champions: about 410 customers [F1.2]\n2. Loyal: 380 customers [F1.5] (as of 9 December 2011)",
        "Champions, unlike Loyal, have 412 customers [F1.2] and €1,204.50 [F1.4].",
        "At Risk is bigger. It has 731 customers [F1.8].",
        "建议给忠诚客户打八五折，毛利率40%。",
    ],
)
def test_honest_words_pass(text: str) -> None:
    assert check(text).unverified == ()


@pytest.mark.parametrize(
    ("text", "number", "why"),
    [
        ("Champions are 413 customers [F1.2].", "413", Why.VALUE),
        ("Champions have 380 customers [F1.5].", "380", Why.SUBJECT),
        ("Champions have 380 customers [F1].", "380", Why.SUBJECT),
        ("Champions have 412 orders [F1.2].", "412", Why.UNIT),
        ("Champions hold 8.24 pp [F1.3].", "8.24 pp", Why.UNIT),
        ("Together Champions and Loyal have 792 customers [F1].", "792", Why.VALUE),
        ("Champions have 5,000 customers [F1.1].", "5,000", Why.SUBJECT),
        ("Loyal gain 4.8 pp [F1.7].", "4.8 pp", Why.VALUE),
        ("Champions earn $1,204.50 [F1.4].", "$1,204.50", Why.UNIT),
        ("Champions: 412 customers.", "412", Why.UNCITED),
        ("冠军客户占三成 [F1.3]。", "三成", Why.VALUE),
        ("冠军客户有 380 位客户 [F1.5]。", "380", Why.SUBJECT),
        ("## Champions\n- 380 customers [F1.5]\n", "380", Why.SUBJECT),
        ("| Segment | Customers |  |\n|---|---|---|\n| Champions | 380 | [F1] |\n", "380", Why.SUBJECT),
        ("Loyal (95 %: 3.90 to 5.90) [F1.7].", "95 %", Why.UNIT),
        ("Champions are twice as large [F1.2].", "twice", Why.VALUE),
        ("Champions have 412 customers [F9.2].", "412", Why.UNKNOWN_ID),
        ("Champions should get a 20 % discount.", "20 %", Why.UNCITED),
        ("Use the code SAVE30.", "SAVE30", Why.UNCITED),
    ],
)
def test_a_number_that_rests_on_nothing_is_marked_and_told_why(text: str, number: str, why: Why) -> None:
    found = check(text)
    assert [bad.text for bad in found.unverified] == [number]
    if number != "95 %":
        assert found.unverified[0].why is why
    assert f"{number}⚠" in found.text


def test_each_bound_number_names_its_fact() -> None:
    bound = check("Champions have 412 customers [F1.2] and get the 15 % offer.").bound
    assert [(b.text, b.basis, b.fact) for b in bound if b.basis is not Basis.ID] == [
        ("412", Basis.FACT, "F1.2"),
        ("15 %", Basis.GIVEN, ""),
    ]


def _over_years(text: str) -> Grounded:
    year, month, other = (
        Subject(SubjectKind.PERIOD, "2011"),
        Subject(SubjectKind.PERIOD, "2011-01"),
        Subject(SubjectKind.PERIOD, "2010"),
    )
    facts = (
        Fact("net_revenue", 9_012_895.34, Unit.MONEY, year),
        Fact("net_revenue", 578_836.94, Unit.MONEY, month),
        Fact("net_revenue", 748_957.02, Unit.MONEY, other),
        Fact("since", date(2011, 1, 1), Unit.DATE, year),
    )
    finding = Finding("metric_by_month", facts, currency="GBP")
    return ground(text, [finding.filed("F1", Recipe("s", "query_metric", {}, "1"))], "", names)


def test_a_year_in_a_heading_is_what_its_figures_are_about() -> None:
    text = "**2011**, 1 January 2011 [F1.4]:\n\n- Revenue: £9,012,895.34 [F1.1]\n"
    assert _over_years(text).unverified == ()
    assert _over_years("In 2011 revenue was £9,012,895.34 [F1.1].").unverified == ()
    assert _over_years("2011年收入 £9,012,895.34 [F1.1]。").unverified == ()


def test_a_figure_of_one_year_is_not_given_to_another() -> None:
    (wrong,) = _over_years("In 2010 revenue was £9,012,895.34 [F1.1].").unverified
    assert (wrong.text, wrong.why) == ("£9,012,895.34", Why.SUBJECT)


@pytest.mark.parametrize(
    ("offered", "ok"), [(["PACK OF 72 CAKE CASES"], True), ([], False), (["TEAPOT"], False)]
)
def test_a_name_that_a_tool_offered_may_hold_digits(offered: list[str], ok: bool) -> None:
    releaser = Releaser((), "who bought cake cases", names, offered)
    pieces = [*releaser.feed("Did you mean PACK OF 72 CAKE CASES?"), *releaser.close()]
    assert all(piece.ok for piece in pieces) is ok
