from datetime import date
from typing import Any

import pytest
from jinja2 import UndefinedError

from marketeer.prompts import fill
from marketeer.prompts.wording import (
    FindingWords,
    cite,
    format_fact,
    format_number,
    show_subject,
    title,
    word_finding,
)
from marketeer.prompts.words import languages, readable, word, word_tables
from marketeer.tools.core.copy import Language
from marketeer.tools.core.findings import (
    Fact,
    Finding,
    Interval,
    Note,
    Recipe,
    Subject,
    SubjectKind,
    Unit,
    Value,
    View,
    segment,
)

CHAMPIONS, AT_RISK = segment("champions"), segment("at_risk")


@pytest.fixture
def finding() -> Finding:
    facts = (
        Fact("customers", 1412, Unit.CUSTOMERS, CHAMPIONS),
        Fact("customers", 1, Unit.CUSTOMERS, AT_RISK),
        Fact("lift", 4.9, Unit.POINTS, AT_RISK, Interval(3.9, 5.9, 0.9), decimals=1),
        Fact("spend", -1204.5, Unit.MONEY, CHAMPIONS, Interval(-1300, -1100, 0.95)),
        Fact("as_of", date(2011, 12, 9), Unit.DATE),
    )
    views = (View("segments", (CHAMPIONS, AT_RISK), ("customers", "lift")),)
    bare = Finding("some_title", facts, views=views, currency="EUR", notes=(Note("mind_this"),))
    return bare.filed("F3", Recipe("snapshot", "no_such_tool", {}, "1"))


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (1412, Unit.CUSTOMERS, "1,412 customers", "1,412 位客户"),
        (1, Unit.CUSTOMERS, "1 customer", "1 位客户"),
        (12.44, Unit.PERCENT, "12.4 %", "12.4%"),
        (1204.5, Unit.MONEY, "€1,204.50", "€1,204.50"),
        (-0.5, Unit.MONEY, "-€0.50", "-€0.50"),
        (4.9, Unit.POINTS, "+4.90 pp", "+4.90 个百分点"),
        (-4.9, Unit.POINTS, "-4.90 pp", "-4.90 个百分点"),
        (-0.001, Unit.POINTS, "+0.00 pp", "+0.00 个百分点"),
        (90, Unit.DAYS, "90 days", "90 天"),
        (date(2011, 12, 9), Unit.DATE, "9 December 2011", "2011年12月9日"),
        ("2011-12-09", Unit.DATE, "9 December 2011", "2011年12月9日"),
        ("as it is", Unit.TEXT, "as it is", "as it is"),
    ],
)
def test_a_fact_is_shown_as_people_of_the_language_write_it(
    value: Value, unit: Unit, en: str, zh: str
) -> None:
    fact = Fact("x", value, unit)
    assert [format_fact(fact, "EUR", language) for language in ("en", "zh")] == [en, zh]


def test_declared_decimals_win_over_those_of_the_unit() -> None:
    assert format_fact(Fact("x", 4.96, Unit.PERCENT, decimals=2), "", "en") == "4.96 %"


def test_an_unknown_currency_is_named_by_its_code_and_none_leaves_the_number() -> None:
    fact = Fact("x", 5, Unit.MONEY)
    assert [format_fact(fact, currency, "en") for currency in ("CHF", "")] == ["5.00 CHF", "5.00"]


def test_zero_has_no_sign() -> None:
    assert format_number(-0.004, 2) == "0.00"


def test_a_number_that_is_said_carries_the_fact_it_comes_from(finding: Finding) -> None:
    words = FindingWords(finding, "en")
    assert words.say("customers", CHAMPIONS) == "1,412 customers [F3.1]"
    assert words.say("customers", "at_risk") == "1 customer [F3.2]"


def test_an_interval_says_its_level_and_both_ends(finding: Finding) -> None:
    assert FindingWords(finding, "en").say_interval("lift") == "+4.9 pp (90 %: 3.9 to 5.9) [F3.3]"
    assert FindingWords(finding, "zh").say_interval("lift") == "+4.9 个百分点（90% 区间：3.9 至 5.9） [F3.3]"


def test_both_ends_of_an_amount_are_money(finding: Finding) -> None:
    shown = FindingWords(finding, "en").say_interval("spend")
    assert shown == "-€1,204.50 (95 %: -€1,300.00 to -€1,100.00) [F3.4]"


def test_a_missing_fact_is_an_error_that_names_those_there_are(finding: Finding) -> None:
    with pytest.raises(LookupError, match=r"no fact 'profit'.*customers, lift, spend, as_of"):
        FindingWords(finding, "en").say("profit")


def test_a_missing_view_is_an_error_that_names_those_there_are(finding: Finding) -> None:
    with pytest.raises(LookupError, match="no view 'profits'; it has: segments"):
        FindingWords(finding, "en").table("profits")


def test_a_missing_value_in_a_template_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        fill("{{ nothing }}")


def test_a_table_has_a_row_per_subject_and_cites_the_finding_in_each(finding: Finding) -> None:
    lines = FindingWords(finding, "en").table("segments").splitlines()
    assert lines[0] == "| Segment | Customers | Lift | Source |"
    assert lines[2:] == [
        "| Champions | 1,412 |  | [F3] |",
        "| At Risk | 1 | +4.9 pp (90 %: 3.9 to 5.9) | [F3] |",
    ]


def test_a_bar_in_a_name_does_not_break_the_table() -> None:
    odd = Subject(SubjectKind.PRODUCT, "tea | coffee")
    facts = (Fact("items", 3, Unit.ITEMS, odd),)
    table = FindingWords(Finding("t", facts, views=(View("v", (odd,), ("items",)),)), "en").table("v")
    assert table.splitlines()[2].startswith("| tea \\| coffee | 3 |")


@pytest.mark.parametrize(
    ("subject", "en", "zh"),
    [
        (CHAMPIONS, "Champions", "冠军客户"),
        (Subject(SubjectKind.SHOP), "the whole shop", "全店"),
        (Subject(SubjectKind.CUSTOMER, "row 17"), "customer #17", "客户 #17"),
        (Subject(SubjectKind.PERIOD, "2011-11"), "November 2011", "2011年11月"),
        (Subject(SubjectKind.PRODUCT, "RED MUG 0.5l"), "RED MUG 0.5l", "RED MUG 0.5l"),
        (Subject(SubjectKind.SCENARIO, "odd_one", CHAMPIONS), "Champions · Odd one", "冠军客户 · Odd one"),
    ],
)
def test_a_subject_has_a_display_name(subject: Subject, en: str, zh: str) -> None:
    assert [show_subject(subject, language) for language in ("en", "zh")] == [en, zh]


@pytest.mark.parametrize("language", languages())
def test_a_tool_without_a_page_is_worded_all_the_same(finding: Finding, language: Language) -> None:
    text = word_finding(finding, language)
    assert "1,412" in text
    assert "[F3]" in text
    assert "\n\n\n" not in text


def test_nothing_is_cited_before_it_is_filed() -> None:
    assert cite(Fact("x", 1, Unit.COUNT)) == ""


def test_a_title_without_words_is_made_readable(finding: Finding) -> None:
    assert title(finding, "en") == "Some title"


def test_names_that_are_no_codes_stay_as_they_are() -> None:
    assert [readable(text) for text in ("at_risk", "Spring offer 2025", "RED MUG")] == [
        "At risk",
        "Spring offer 2025",
        "RED MUG",
    ]


def test_every_unit_subject_month_and_pattern_has_words_in_every_language() -> None:
    wanted: dict[str, set[Any]] = {
        "unit": {unit.value for unit in Unit} - {"money", "date", "text"},
        "kind": {kind.value for kind in SubjectKind},
        "month": {str(month) for month in range(1, 13)},
        "pattern": set(word_tables("en")["pattern"]),
    }
    for language in languages():
        for table, codes in wanted.items():
            assert codes <= set(word_tables(language)[table]), (language, table)


def test_both_languages_name_the_same_segments_terms_and_facts() -> None:
    for table in ("segment", "term", "fact", "view", "level"):
        assert set(word_tables("en")[table]) == set(word_tables("zh")[table]), table


def test_a_tools_own_words_win_over_the_shared_ones() -> None:
    assert word("segment", "champions", "en") == "Champions"
    assert word("segment", "no_such", "en") == "No such"
