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
from marketeer.tools.sources.demo_shop.shop import DemoShop, make_shop
from tests.shops import publish_shop, shop_frames, workspace_of


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    return _shop().people.set_index("customer_row")


@cache
def _shop() -> DemoShop:
    return make_shop(customers=1500, seed=3)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("predict")
    workspace = workspace_of(folder, publish_shop(folder, _shop().frames))
    return replace(workspace, runner=CatalogRunner(catalog, workspace))


def test_expected_orders_follow_the_planted_rates(demo: Workspace, truth: pd.DataFrame) -> None:
    finding = run(TOOL, {"target": "orders"}, demo)
    table = Forecast.load(demo.payload_folder(finding.id)).frame.set_index("customer_row")
    alive = truth["left"] > (date(2025, 12, 31) - date(2024, 1, 1)).days
    true = (truth["rate"] * alive).loc[table.index]
    actual = np.random.default_rng(0).poisson(90 * true)
    ours = np.corrcoef(table["predicted"], actual)[0, 1]
    oracle = np.corrcoef(true, actual)[0, 1]
    assert ours >= 0.8 * oracle
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
    finding = run(TOOL, {"target": "buys_again"}, demo)
    assert replay(finding, TOOL, demo).agrees


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
