from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from marketeer.prompts.wording import word_finding
from marketeer.tools import catalog
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import SubjectKind, Verdict
from marketeer.tools.core.payloads import Forecast
from marketeer.tools.core.running import CatalogRunner, replay, run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.predict_customers import TOOL
from marketeer.tools.sources.demo_shop.people import DAYS
from marketeer.tools.sources.demo_shop.shop import DemoShop, make_shop
from tests.shops import publish_shop, shop_frames, workspace_of
from tests.tools.prediction.demo_oracle import expected_rate


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    return _shop().people.set_index("customer_row")


@cache
def _shop() -> DemoShop:
    return make_shop(customers=1000, seed=3)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("predict")
    workspace = workspace_of(folder, publish_shop(folder, _shop().frames))
    return replace(workspace, runner=CatalogRunner(catalog, workspace))


def test_expected_orders_follow_the_planted_rates(demo: Workspace, truth: pd.DataFrame) -> None:
    finding = run(TOOL, {"target": "orders"}, demo)
    table = Forecast.load(demo.payload_folder(finding.id)).frame.set_index("customer_row")
    rows = truth.loc[table.index]
    true = rows["rate"] * (rows["left"] > DAYS)
    # by Bayes' rule from the planted parameters and the orders observed: who has left is as hidden from it
    best = expected_rate(_shop()).loc[table.index]
    assert best.sum() == pytest.approx(true.sum(), rel=0.05)
    ours, theirs = (np.corrcoef(one, true)[0, 1] for one in (table["predicted"], best))
    assert ours >= 0.9 * theirs
    assert finding.verdict is Verdict.OK


def test_lapse_chances_rank_those_who_have_left_first(demo: Workspace, truth: pd.DataFrame) -> None:
    finding = run(TOOL, {"target": "lapse"}, demo)
    table = Forecast.load(demo.payload_folder(finding.id)).frame.set_index("customer_row")
    left = (truth["left"] <= 730).loc[table.index]
    assert roc_auc_score(left, table["predicted"]) > 0.75
    counted = finding.fact("customers_likely_to_lapse")
    assert counted is not None
    assert counted.value == (table["predicted"] >= 0.5).sum()


def test_segment_totals_add_up_to_the_shop(demo: Workspace) -> None:
    finding = run(TOOL, {"target": "spend"}, demo)
    whole = finding.fact("expected_total")
    parts = [
        f.value for f in finding.facts if f.name == "expected_total" and f.subject.kind is SubjectKind.SEGMENT
    ]
    assert whole is not None
    assert sum(map(float, parts)) == pytest.approx(float(whole.value))


def test_a_forecast_replays(demo: Workspace) -> None:
    finding = run(TOOL, {"target": "buys_again", "budget_seconds": 1}, demo)
    assert replay(finding, TOOL, demo).agrees


def test_another_question_about_the_same_forecast_reuses_it(demo: Workspace) -> None:
    made = run(TOOL, {"target": "buys_again"}, demo)
    longer = run(TOOL, {"target": "buys_again", "limit": 20}, demo)
    assert longer.recipe is not None
    assert longer.recipe.parents["forecast"] == made.id
    assert longer.fact("expected_customers").value == made.fact("expected_customers").value  # type: ignore[union-attr]  # both are there
    row = next(made.subjects(SubjectKind.CUSTOMER)).name
    one = run(TOOL, {"target": "buys_again", "customer": row}, demo)
    assert [subject.name for subject in one.subjects(SubjectKind.CUSTOMER)] == [row]
    assert replay(longer, TOOL, demo).agrees


@pytest.fixture(scope="module")
def two_snapshots(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Workspace, pd.DataFrame]:
    """A workspace as it was 90 days ago, the same workspace with all orders, and those of the 90 days."""
    folder = tmp_path_factory.mktemp("scored")
    frames = dict(_shop().frames)
    day = pd.Timestamp("2025-10-02")
    dated = {table: "sent_at" if table is Table.CAMPAIGNS else "ordered_at" for table in frames}
    then_frames = {
        table: frame[frame[dated[table]] < day] if dated[table] in frame else frame
        for table, frame in frames.items()
    }
    then = publish_shop(folder, then_frames, snapshot="then", as_of=date(2025, 10, 1))
    before = workspace_of(folder, then)
    before = replace(before, runner=CatalogRunner(catalog, before))
    after = replace(before, dataset=publish_shop(folder, frames, snapshot="now", as_of=date(2025, 12, 31)))
    orders = frames[Table.ORDERS]
    until = day + pd.Timedelta(days=90)
    return before, after, orders[(orders["ordered_at"] >= day) & (orders["ordered_at"] < until)]


def test_a_kept_forecast_is_scored_by_what_happened(
    two_snapshots: tuple[Workspace, Workspace, pd.DataFrame],
) -> None:
    before, after, came = two_snapshots
    made = run(TOOL, {"target": "lapse"}, before)
    table = Forecast.load(before.payload_folder(made.id)).frame
    scored = run(TOOL, {"target": "lapse", "score": "last"}, after)
    lapsed = ~table["customer_row"].isin(came.loc[came["order_kind"] == "sale", "customer_row"])
    values = {fact.name: fact.value for fact in scored.facts if fact.subject.kind is SubjectKind.SHOP}
    assert values["auc"] == pytest.approx(roc_auc_score(lapsed, table["predicted"]))
    assert values["brier"] == pytest.approx(((table["predicted"] - lapsed) ** 2).mean())
    assert values["actual_total"] == lapsed.sum()
    assert values["forecast_total"] == pytest.approx(table["predicted"].sum())
    assert values["customers_scored"] == len(table)
    assert "promised_auc" in values
    assert run(TOOL, {"target": "lapse", "score": made.id}, after).id == scored.id
    for language in ("en", "zh"):
        assert "_" not in word_finding(scored, language)


def test_a_range_of_days_is_scored_once_it_is_over(
    two_snapshots: tuple[Workspace, Workspace, pd.DataFrame],
) -> None:
    before, after, _ = two_snapshots
    run(TOOL, {"target": "next_order"}, before)
    scored = run(TOOL, {"target": "next_order", "score": "last"}, after)
    shares = [scored.fact(name) for name in ("interval_coverage", "came_earlier", "came_later")]
    assert sum(float(fact.value) for fact in shares if fact) == pytest.approx(100)
    for language in ("en", "zh"):
        assert "_" not in word_finding(scored, language)


def test_a_forecast_whose_days_are_not_over_is_not_scored(
    two_snapshots: tuple[Workspace, Workspace, pd.DataFrame],
) -> None:
    before, after, _ = two_snapshots
    made = run(TOOL, {"target": "buys_again", "horizon_days": 120, "budget_seconds": 1}, before)
    with pytest.raises(Insufficient, match="Load data that reaches to 2026-01-29"):
        run(TOOL, {"score": made.id}, after)


def test_what_is_no_forecast_is_not_scored(demo: Workspace) -> None:
    run(TOOL, {"target": "buys_again", "budget_seconds": 1}, demo)
    segments = demo.ledger.payloads("segmentation", demo.dataset.snapshot)[0]
    with pytest.raises(Retry, match="is no forecast"):
        run(TOOL, {"score": segments}, demo)
    with pytest.raises(Insufficient, match="No earlier forecast"):
        run(TOOL, {"score": "last"}, demo)


def test_one_customer_gets_a_range_for_the_next_order(demo: Workspace) -> None:
    often = demo.dataset.frame(
        "SELECT customer_row FROM orders GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
    )["customer_row"].iloc[0]
    finding = run(TOOL, {"target": "next_order", "customer": f"row {often}"}, demo)
    days = finding.fact("days_to_next_order")
    assert days is not None
    assert days.interval is not None
    assert days.interval.low <= float(days.value) <= days.interval.high


def test_a_customer_with_one_order_gets_no_estimate(demo: Workspace) -> None:
    once = demo.dataset.frame(
        "SELECT customer_row FROM orders WHERE order_kind = 'sale' GROUP BY 1 "
        "HAVING count(DISTINCT ordered_at::DATE) = 1 ORDER BY 1 LIMIT 1"
    )["customer_row"].iloc[0]
    with pytest.raises(Insufficient, match="fewer than two days"):
        run(TOOL, {"target": "next_order", "customer": f"row {once}"}, demo)


def test_buying_anyway_is_not_called_being_persuadable(demo: Workspace) -> None:
    finding = run(TOOL, {"target": "buys_again"}, demo)
    assert "buying_is_not_being_moved" in {note.code for note in finding.notes}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("target", ["lapse", "buys_again", "spend", "orders", "next_order"])
def test_every_answer_is_worded(demo: Workspace, target: str, language: str) -> None:
    text = word_finding(run(TOOL, {"target": target}, demo), language)
    assert "_" not in text


def test_too_few_customers_are_refused_with_what_is_missing(tmp_path: Path) -> None:
    small = workspace_of(tmp_path, publish_shop(tmp_path, shop_frames(customers=80)))
    with pytest.raises(Insufficient, match=r"customers \d+ of 200"):
        run(TOOL, {}, small)


def test_a_history_too_short_for_the_horizon_is_refused(demo: Workspace) -> None:
    with pytest.raises(Insufficient, match="shorter horizon"):
        run(TOOL, {"horizon_days": 700}, demo)


def test_data_without_orders_is_refused(tmp_path: Path) -> None:
    frames = {Table.CUSTOMERS: shop_frames(50)[Table.CUSTOMERS]}
    empty = workspace_of(tmp_path, publish_shop(tmp_path, frames))
    with pytest.raises(Insufficient, match="orders"):
        run(TOOL, {}, empty)


def test_an_unknown_customer_is_asked_back(demo: Workspace) -> None:
    with pytest.raises(Retry, match="No customer"):
        run(TOOL, {"customer": "nobody@example.org"}, demo)


@pytest.mark.parametrize("target", ["lapse", "buys_again"])
def test_chances_stand_beside_what_came_of_them_with_a_wilson_interval(demo: Workspace, target: str) -> None:
    finding = run(TOOL, {"target": target}, demo)
    assert {"brier", "average_precision", "auc"} <= set(finding.quality.measures)
    view = next(view for view in finding.views if view.code == "calibration")
    rows = [[finding.fact(name, row) for name in view.columns] for row in view.rows]
    n = np.array([float(customers.value) for _, _, customers in rows if customers])  # type: ignore[arg-type]  # numbers
    share = np.array([float(observed.value) / 100 for _, observed, _ in rows if observed])  # type: ignore[arg-type]  # numbers
    predicted = np.array([float(one.value) for one, _, _ in rows if one])  # type: ignore[arg-type]  # numbers
    assert (np.diff(predicted) <= 0).all()
    z = 1.959964
    middle, half = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    bands = [observed.interval for _, observed, _ in rows if observed and observed.interval]
    np.testing.assert_allclose(
        [band.low for band in bands], 100 * (middle - half) / (1 + z**2 / n), atol=1e-4
    )
    np.testing.assert_allclose(
        [band.high for band in bands], 100 * (middle + half) / (1 + z**2 / n), atol=1e-4
    )
    gap = (n * np.abs(predicted / 100 - share)).sum() / n.sum()
    assert 100 * finding.quality.measures["calibration_error"] == pytest.approx(100 * gap, abs=0.2)
