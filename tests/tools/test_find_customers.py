from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from marketeer.agent.grounding import ground
from marketeer.prompts.wording import show_subject, word_finding
from marketeer.tools import load_tool
from marketeer.tools.core.columns import Table, personal_columns
from marketeer.tools.core.contract import Args, Example, Outcome, Tool
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import SHOP, Finding, Subject, SubjectKind, Unit, Verdict, segment
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.ports import PlainVocabulary
from marketeer.tools.core.running import CatalogRunner, replay, run
from marketeer.tools.core.workspace import Ports, Workspace
from marketeer.tools.find_customers import TOOL
from marketeer.vectorstore import open_index
from tests.shops import publish_shop, workspace_of
from tests.vectorstore.tastes import NOBODY, rows_of, taste_frames


def split_customers(args: Args, workspace: Workspace) -> Outcome:
    """Put the first forty customers in one segment, the others in another."""
    rows = range(workspace.dataset.rows[Table.CUSTOMERS])
    frame = pd.DataFrame({"customer_row": pd.array(rows, dtype="int32")})
    frame["segment"] = ["at_risk" if row < 40 else "loyal" for row in rows]
    return Outcome(Finding("split"), Segmentation(frame, {"segments": ["loyal", "at_risk"]}))


SPLIT = Tool(split_customers, Args, (Example("split"),), produces=Segmentation)
VOCABULARY = PlainVocabulary(
    {"segment": {"流失风险客户": "at_risk"}, "country": {"德国": "DE", "germany": "DE"}}
)


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    dataset = publish_shop(tmp_path, taste_frames())
    ports = Ports(index=open_index(dataset, None, "lexical"), vocabulary=VOCABULARY)
    plain = workspace_of(tmp_path, dataset, ports)
    return replace(plain, runner=CatalogRunner(lambda: (SPLIT, TOOL), plain))


def shown(finding: Finding) -> list[int]:
    return [int(subject.name.removeprefix("row ")) for subject in finding.views[0].rows]


def matched(finding: Finding, subject: Subject = SHOP) -> object:
    fact = finding.fact("matched_customers", subject)
    return fact and fact.value


def test_without_arguments_it_shows_typical_customers(shop: Workspace) -> None:
    finding = run(TOOL, {}, shop)
    assert finding.title == "customers_typical"
    assert matched(finding) == NOBODY + 1
    assert len(shown(finding)) == 5


def test_a_text_ranks_and_the_count_is_that_of_the_conditions(shop: Workspace) -> None:
    finding = run(TOOL, {"text": "cake", "country": "france", "limit": 4}, shop)
    assert matched(finding) == NOBODY // 2 + 1
    assert all(row in rows_of("baking") and row % 2 == 0 for row in shown(finding))
    scores = [finding.fact("similarity", subject).value for subject in finding.views[0].rows]
    assert scores == sorted(scores, reverse=True)


def test_each_customer_shown_has_behaviour_evidence_and_a_profile(shop: Workspace) -> None:
    finding = run(TOOL, {"text": "garden", "limit": 1}, shop)
    (subject,) = finding.views[0].rows
    lines = taste_frames()[Table.ORDER_LINES]
    spent = lines.loc[lines["customer_row"] == shown(finding)[0], "line_amount"].sum()
    assert finding.fact("net_revenue", subject).value == pytest.approx(spent)
    assert finding.fact("recency_days", subject).value == NOBODY - 1 - shown(finding)[0]
    assert finding.fact("orders", subject).value == 1
    assert "garden" in finding.fact("closest_purchases", subject).value
    assert finding.fact("profile", subject).unit is Unit.TEXT


@pytest.mark.parametrize("name", ["C45", "c45", "vera45@example.com", "Vera45 Secret", "row 45"])
def test_somebody_is_found_by_any_of_their_names_and_only_the_row_is_filed(
    shop: Workspace, name: str
) -> None:
    finding = run(TOOL, {"similar_to": name, "limit": 10}, shop)
    assert set(shown(finding)) <= set(rows_of("baking")) - {45}
    assert finding.recipe.args["similar_to"] == "row 45"
    assert matched(finding) == NOBODY
    assert finding.fact("orders", Subject(SubjectKind.CUSTOMER, "row 45")).value == 1


def test_two_people_with_one_name_are_asked_about(shop: Workspace) -> None:
    with pytest.raises(Retry) as caught:
        run(TOOL, {"similar_to": "twin@example.com"}, shop)
    assert caught.value.code == "ambiguous_customer"
    assert "row 3" in caught.value.message
    assert "row 4" in caught.value.message


def test_nothing_personal_is_in_any_fact_or_recipe(shop: Workspace) -> None:
    people = taste_frames()[Table.CUSTOMERS]
    secrets = {
        str(value) for column in personal_columns(Table.CUSTOMERS) & set(people) for value in people[column]
    }
    for args in ({"similar_to": "vera45@example.com", "limit": 20}, {"text": "cake", "limit": 20}, {}):
        finding = run(TOOL, args, shop)
        said = " ".join(
            [*(str(fact.value) for fact in finding.facts), str(finding.recipe), str(finding.notes)]
        )
        assert not [secret for secret in secrets if f" {secret} " in f" {said} " or f"'{secret}'" in said]


def test_a_segment_is_named_in_any_language_and_made_when_there_is_none(shop: Workspace) -> None:
    finding = run(TOOL, {"segment": "流失风险客户", "mode": "typical", "limit": 3}, shop)
    assert matched(finding, segment("at_risk")) == 40
    assert all(row < 40 for row in shown(finding))
    assert finding.recipe.parents == {"segmentation": "F1"}
    orders = finding.fact("median_orders", segment("at_risk"))
    assert orders.value == 1


def test_typical_customers_are_in_the_middle_of_the_group(shop: Workspace) -> None:
    finding = run(TOOL, {"segment": "at risk", "limit": 3}, shop)
    recency = pd.Series([NOBODY - 1 - row for row in range(40)])
    for subject in finding.views[0].rows:
        days = finding.fact("recency_days", subject).value
        assert recency.quantile(0.25) <= days <= recency.quantile(0.75)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"country": "德国"}, [n for n in range(NOBODY + 1) if n % 2]),
        ({"consent": "email"}, [n for n in range(NOBODY + 1) if n % 4 and n != 5]),
        ({"min_recency_days": 50}, range(10)),
        ({"max_recency_days": 4}, range(NOBODY - 5, NOBODY)),
        ({"min_orders": 2}, []),
        ({"max_orders": 1}, range(NOBODY)),
    ],
)
def test_each_condition_counts_exactly_those_who_meet_it(
    shop: Workspace, args: dict[str, object], expected: list[int]
) -> None:
    finding = run(TOOL, args, shop)
    assert matched(finding) == len(expected)
    if expected:
        assert set(shown(finding)) <= set(expected)


@pytest.mark.parametrize("args", [{"min_spend": 70}, {"max_spend": 70}, {"min_spend": 60, "max_spend": 80}])
def test_spend_is_compared_with_net_revenue(shop: Workspace, args: dict[str, float]) -> None:
    spend = taste_frames()[Table.ORDER_LINES].groupby("customer_row")["line_amount"].sum()
    spend[NOBODY] = 0
    low, high = args.get("min_spend", 0), args.get("max_spend", 1e9)
    finding = run(TOOL, args, shop)
    assert matched(finding) == int(spend.between(low, high).sum())
    assert {fact.name for fact in finding.facts if fact.kind == "given"} == set(args)


@pytest.mark.parametrize(
    ("text", "products"),
    [("cake tin round", [8]), ("P8", [8]), ("cakes", [8, 9]), ("christmas", [0, 1, 2, 3])],
)
def test_buyers_and_non_buyers_of_a_product_add_up(shop: Workspace, text: str, products: list[int]) -> None:
    lines = taste_frames()[Table.ORDER_LINES]
    buyers = lines.loc[lines["product_row"].isin(products), "customer_row"].nunique()
    assert matched(run(TOOL, {"bought": text}, shop)) == buyers
    assert matched(run(TOOL, {"not_bought": text}, shop)) == NOBODY + 1 - buyers


def test_conditions_hold_together(shop: Workspace) -> None:
    finding = run(TOOL, {"segment": "loyal", "country": "Germany", "bought": "cake stand"}, shop)
    lines = taste_frames()[Table.ORDER_LINES].query("product_row == 9")
    expected = {row for row in lines["customer_row"] if row >= 40 and row % 2}
    assert matched(finding, segment("loyal")) == len(expected)


def test_nobody_matching_is_an_answer(shop: Workspace) -> None:
    finding = run(TOOL, {"min_spend": 1e6, "text": "cake"}, shop)
    assert finding.title == "customers_none"
    assert matched(finding) == 0
    assert [note.code for note in finding.notes] == ["nobody_matches"]


def test_a_text_nothing_is_like_is_insufficient(shop: Workspace) -> None:
    with pytest.raises(Insufficient) as caught:
        run(TOOL, {"text": "chess with dice"}, shop)
    assert caught.value.code == "text_not_understood"


def test_a_text_that_only_strangers_to_it_match_is_weak(shop: Workspace) -> None:
    finding = run(TOOL, {"text": "garden", "not_bought": "garden", "limit": 1}, shop)
    assert finding.fact("similarity").value < 0.25
    assert finding.verdict is Verdict.WEAK


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"country": "Germny"}, "unknown_country"),
        ({"bought": "wrench"}, "unknown_product"),
        ({"segment": "royal"}, "unknown_segment"),
        ({"similar_to": "nobody@example.com"}, "unknown_customer"),
        ({"min_spend": 9, "max_spend": 3}, "empty_range"),
        ({"mode": "search"}, "bad_argument"),
        ({"limit": 21}, "bad_argument"),
        ({"field": "notes"}, "bad_argument"),
    ],
)
def test_what_cannot_be_is_sent_back_with_a_way_on(
    shop: Workspace, args: dict[str, object], code: str
) -> None:
    with pytest.raises(Retry) as caught:
        run(TOOL, args, shop)
    assert caught.value.code == code


def test_notes_are_quoted_masked_and_the_text_says_who_has_one(tmp_path: Path) -> None:
    frames = taste_frames()
    notes = {
        3: "Late delivery! Vera3 wrote from vera3@example.com",
        8: "late delivery",
        11: "wants tea",
        12: " ",
    }
    frames[Table.CUSTOMERS]["notes"] = [notes.get(row) for row in range(NOBODY + 1)]
    dataset = publish_shop(tmp_path, frames)
    shop = workspace_of(tmp_path, dataset, Ports(index=open_index(dataset, None, "lexical")))
    finding = run(TOOL, {"text": "late delivery", "field": "notes", "country": "Germany"}, shop)
    assert shown(finding)[0] == 3
    assert finding.fact("note", finding.views[0].rows[0]).value == "Late delivery! ▮ wrote from ▮"
    assert finding.fact("customers_with_notes").value == 2
    for language in ("en", "zh"):
        assert "▮" in word_finding(finding, language)


def test_a_condition_on_data_that_is_missing_is_insufficient(shop: Workspace) -> None:
    with pytest.raises(Insufficient, match="sms_consent"):
        run(TOOL, {"consent": "sms"}, shop)


def test_a_replay_agrees(shop: Workspace) -> None:
    for args in ({"similar_to": "C45"}, {"text": "cake"}, {"segment": "at_risk"}):
        assert replay(run(TOOL, args, shop), TOOL, shop).agrees


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "args",
    [
        {},
        {"text": "cake"},
        {"text": "garden", "not_bought": "garden"},
        {"similar_to": "C45"},
        {"segment": "at_risk"},
        {"min_spend": 1e6},
    ],
)
def test_every_number_of_the_wording_rests_on_its_fact(
    shop: Workspace, args: dict[str, object], language: str
) -> None:
    finding = run(TOOL, args, shop)
    text = word_finding(finding, language)
    checked = ground(text, [finding], "", lambda subject: [show_subject(subject, language, "find_customers")])
    assert checked.bound
    assert not checked.unverified


@pytest.mark.parametrize(
    "args",
    [
        {"country": "德国", "min_spend": 60},
        {"bought": "cake tin round", "max_recency_days": 60},
        {"not_bought": "cake stand"},
        {"first_order": "last_90_days"},
        {"last_order": "last_30_days", "consent": "email"},
    ],
)
def test_the_same_conditions_choose_the_same_customers_as_an_audience(
    shop: Workspace, args: dict[str, object]
) -> None:
    audience = run(load_tool("build_audience"), args, shop)
    found = run(TOOL, args, shop)
    assert [fact.value for fact in audience.facts if fact.name == "customers"] == [matched(found)]
    assert matched(found) > 0
