from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.prompts.wording import word_finding
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import NO_DATA
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import FactKind, Finding, Subject, SubjectKind
from marketeer.tools.core.running import CatalogRunner, run
from marketeer.tools.core.workspace import Ports, Workspace
from marketeer.tools.offer_economics import TOOL
from marketeer.tools.segment_customers import TOOL as SEGMENT
from tests.shops import publish_shop, shop_frames, workspace_of


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    return workspace_of(tmp_path, NO_DATA)


def _of(finding: Finding, name: str, offer: str) -> object:
    fact = finding.fact(name, Subject(SubjectKind.OFFER, offer))
    assert fact is not None
    return fact.value


def test_the_chinese_example_needs_six_points_without_any_data(empty: Workspace) -> None:
    args = {"margin_percent": 40, "discount_percent": 20, "base_rate_percent": 6, "order_value": 200}
    finding = run(TOOL, args, empty)
    assert _of(finding, "break_even_lift", "percent") == pytest.approx(6.0)
    assert _of(finding, "rate_needed", "percent") == pytest.approx(12.0)
    assert _of(finding, "break_even_increase", "percent") == pytest.approx(100)
    assert _of(finding, "subsidy_per_1000", "percent") == pytest.approx(2400)


def test_figures_given_are_marked_as_given_and_the_rest_as_assumed(empty: Workspace) -> None:
    finding = run(TOOL, {"margin_percent": 30, "base_rate_percent": 5}, empty)
    kinds = {fact.name: fact.kind for fact in finding.facts}
    assert kinds["margin_percent"] is FactKind.GIVEN
    assert kinds["discount_percent"] is FactKind.ASSUMED
    assert kinds["order_value"] is FactKind.ASSUMED
    codes = {note.code for note in finding.notes}
    assert {"assumed_discount_percent", "assumed_order_value", "assumed_contact_cost"} <= codes


def test_a_discount_above_the_margin_never_pays(empty: Workspace) -> None:
    finding = run(TOOL, {"margin_percent": 20, "discount_percent": 25, "base_rate_percent": 5}, empty)
    assert "never_pays" in [note.code for note in finding.notes]
    assert finding.fact("break_even_lift", Subject(SubjectKind.OFFER, "percent")) is None


def test_a_lift_out_of_reach_is_said_so(empty: Workspace) -> None:
    args = {"margin_percent": 40, "discount_percent": 35, "base_rate_percent": 40}
    assert "out_of_reach" in [note.code for note in run(TOOL, args, empty).notes]


def test_two_offers_are_compared_by_what_they_cost_an_order(empty: Workspace) -> None:
    args = {"offer": "free_shipping", "against": "percent", "discount_percent": 10, "amount": 6}
    finding = run(TOOL, args | {"order_value": 50, "base_rate_percent": 10, "margin_percent": 40}, empty)
    assert finding.fact("cheaper_offer").value == "percent"  # type: ignore[union-attr]  # always there
    assert finding.fact("cheaper_by_per_order").value == pytest.approx(1)  # type: ignore[union-attr]  # same


def test_the_profit_follows_from_an_expected_rate(empty: Workspace) -> None:
    args = {"margin_percent": 40, "discount_percent": 10, "order_value": 100, "contact_cost": 0.1}
    finding = run(TOOL, args | {"base_rate_percent": 5, "treated_rate_percent": 8}, empty)
    assert _of(finding, "profit_per_contact", "percent") == pytest.approx(0.08 * 30 - 0.05 * 40 - 0.1)


@pytest.mark.parametrize(
    "args",
    [
        {"margin_percent": -10},
        {"contact_cost": -0.1},
        {"base_rate_percent": 120},
        {"offer": "gift"},
        {"discount_percent": 0},
    ],
)
def test_impossible_figures_are_refused(empty: Workspace, args: dict[str, object]) -> None:
    with pytest.raises(Retry):
        run(TOOL, args, empty)


@pytest.mark.parametrize(("base", "lift"), [(0, 0.0667), (100, None)])
def test_base_rates_of_nobody_and_everybody_are_answered(
    empty: Workspace, base: float, lift: float | None
) -> None:
    args = {"order_value": 50, "margin_percent": 40, "discount_percent": 10, "contact_cost": 0.01}
    finding = run(TOOL, {**args, "base_rate_percent": base}, empty)
    found = [f.value for f in finding.facts if f.name == "break_even_lift" and f.subject.name == "percent"]
    assert found == ([pytest.approx(lift, abs=1e-3)] if lift else [])
    assert ("out_of_reach" in [note.code for note in finding.notes]) is (lift is None)


def test_free_shipping_costs_nothing_on_orders_that_ship_free_anyway(tmp_path: Path) -> None:
    frames = shop_frames(customers=200)
    orders = frames[Table.ORDERS]
    orders["shipping_amount"] = np.where(orders["gross_amount"] >= 60, 0.0, 4.0)
    workspace = workspace_of(tmp_path, publish_shop(tmp_path, frames))
    for threshold in (0, 30):
        finding = run(TOOL, {"offer": "free_shipping", "threshold": threshold}, workspace)
        cost = next(f.value for f in finding.facts if f.name == "cost_per_order")
        sales = orders[orders["order_kind"] == "sale"]
        by_hand = (sales["shipping_amount"] * (sales["gross_amount"] >= threshold)).mean()
        assert cost == pytest.approx(by_hand, rel=0.02)


def test_a_segment_needs_orders(empty: Workspace) -> None:
    with pytest.raises(Insufficient, match="orders"):
        run(TOOL, {"segment": "Loyal"}, empty)


def _whole(workspace: Workspace) -> Workspace:
    ports = Ports(vocabulary=PromptVocabulary())
    return replace(workspace, ports=ports, runner=CatalogRunner(lambda: (SEGMENT, TOOL), workspace))


def test_a_threshold_offer_uses_the_values_of_the_orders_and_not_their_mean(workspace: Workspace) -> None:
    args = {"offer": "threshold", "threshold": 150, "amount": 30, "margin_percent": 40}
    finding = run(TOOL, args, _whole(workspace))
    day = workspace.dataset.need_as_of()
    share = workspace.dataset.frame(
        "SELECT avg((gross_amount >= 150)::INT) AS s FROM orders "
        "WHERE ordered_at > $day::DATE + 1 - INTERVAL 365 DAY",
        {"day": day},
    )["s"].iloc[0]
    assert 0 < share < 1
    assert _of(finding, "cost_per_order", "threshold") == pytest.approx(30 * share, rel=0.01)


def test_costs_of_products_give_the_margin(workspace: Workspace) -> None:
    finding = run(TOOL, {}, _whole(workspace))
    row = workspace.dataset.frame(
        "SELECT sum(line_amount)::DOUBLE AS sold, sum(quantity * unit_cost)::DOUBLE AS cost "
        "FROM order_lines JOIN products USING (product_row)"
    ).iloc[0]
    margin = finding.fact("margin_percent")
    assert margin is not None
    assert margin.kind is FactKind.MEASURED
    assert margin.value == pytest.approx(100 * (1 - row["cost"] / row["sold"]))


def test_a_finding_made_from_data_belongs_to_its_snapshot(workspace: Workspace) -> None:
    finding = run(TOOL, {}, _whole(workspace))
    assert finding.recipe is not None
    assert finding.recipe.snapshot == workspace.dataset.snapshot


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "args",
    [
        {},
        {"base_rate_percent": 5, "treated_rate_percent": 9},
        {"margin_percent": 10, "discount_percent": 20, "base_rate_percent": 5},
        {"offer": "free_shipping", "against": "percent", "base_rate_percent": 5},
        {"offer": "none"},
    ],
)
def test_every_answer_can_be_worded(empty: Workspace, language: str, args: dict[str, object]) -> None:
    assert "[F1" in word_finding(run(TOOL, args, empty), language)  # type: ignore[arg-type]  # parametrised


@pytest.mark.parametrize("language", ["en", "zh"])
def test_answers_about_a_segment_can_be_worded(workspace: Workspace, language: str) -> None:
    finding = run(TOOL, {"segment": "champions", "offer": "free_shipping"}, _whole(workspace))
    assert "[F" in word_finding(finding, language)  # type: ignore[arg-type]  # parametrised
