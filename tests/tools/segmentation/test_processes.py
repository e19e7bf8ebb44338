from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import Verdict
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.running import run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segment_customers import TOOL
from marketeer.tools.segmentation.natural import find_processes
from marketeer.tools.segmentation.processes import Histories, Processes
from marketeer.tools.warehouse.features import customer_features
from tests.shops import publish_shop, workspace_of
from tests.tools.segmentation.planted import DAYS, OVERLAPPING, Group, Planted, plant

HEAVILY_OVERLAPPING = (
    Group(0.5, 1 / 200, 1 / 400, 3.5, 0.6),
    Group(0.3, 1 / 50, 1 / 700, 3.8, 0.6),
    Group(0.2, 1 / 20, 1 / 900, 4.6, 0.6),
)


def shop_of(planted: Planted, folder: Path) -> Dataset:
    rows = np.arange(planted.truth.size)
    customers = pd.DataFrame({"customer_row": rows, "customer_id": rows.astype(str)})
    return publish_shop(folder, {Table.CUSTOMERS: customers, Table.ORDERS: planted.orders})


def features_of(planted: Planted, folder: Path) -> pd.DataFrame:
    return customer_features(shop_of(planted, folder))


@pytest.mark.parametrize(("groups", "seed"), [(OVERLAPPING, 0), (OVERLAPPING, 1), (HEAVILY_OVERLAPPING, 2)])
def test_planted_groups_are_found_nearly_as_well_as_with_their_parameters_known(
    tmp_path: Path, groups: tuple[Group, ...], seed: int
) -> None:
    planted = plant(groups, 1_500, seed)
    features = features_of(planted, tmp_path)
    found = find_processes(features)
    assert found.clear
    assert found.fit.processes.groups == len(groups)
    recovered = adjusted_rand_score(planted.truth, found.fit.processes.assign(features))
    possible = adjusted_rand_score(planted.truth, planted.best)
    assert possible < 0.9
    assert recovered >= 0.9 * possible


def test_the_planted_rates_are_recovered(tmp_path: Path) -> None:
    planted = plant(OVERLAPPING, 3_000, 5)
    processes = find_processes(features_of(planted, tmp_path)).fit.processes
    order = np.argsort(processes.rate)
    expected = sorted(group.rate for group in OVERLAPPING)
    np.testing.assert_allclose(processes.rate[order], expected, rtol=0.2)


def test_a_spread_of_habits_without_gaps_is_cut_into_slices(workspace: Workspace) -> None:
    finding = run(TOOL, {"method": "natural"}, workspace)
    codes = {note.code for note in finding.notes}
    assert "clear_groups" not in codes
    assert "no_clear_clusters" in codes


@pytest.mark.parametrize(("groups", "seed"), [(OVERLAPPING, 4), (HEAVILY_OVERLAPPING, 0)])
def test_planted_groups_are_taken_as_natural_by_the_tool(
    tmp_path: Path, groups: tuple[Group, ...], seed: int
) -> None:
    planted = plant(groups, 1_500, seed)
    workspace = workspace_of(tmp_path, shop_of(planted, tmp_path))
    finding = run(TOOL, {"method": "natural"}, workspace)
    assert finding.fact("segments").value == len(groups)
    assert finding.verdict is Verdict.OK
    assert "clear_groups" in {note.code for note in finding.notes}
    segments = workspace.require(Segmentation).frame["segment"]
    recovered = adjusted_rand_score(planted.truth, segments)
    assert recovered >= 0.9 * adjusted_rand_score(planted.truth, planted.best)


def test_the_density_of_one_customer_is_the_closed_form() -> None:
    rate, drop, mean, between, within = 0.02, 0.005, 3.0, 0.1, 0.3
    one = Processes(*(np.array([v]) for v in (1.0, rate, drop, mean, between, within)))
    x, last, watched, level = 4.0, 90.0, 200.0, 3.4
    seen = Histories(*(np.array([v]) for v in (x, last, watched, level)))
    alive = rate**x * np.exp(-(rate + drop) * watched)
    grid = np.linspace(last, watched, 200_001)
    gone = np.trapezoid(rate**x * np.exp(-rate * grid) * drop * np.exp(-drop * grid), grid)
    variance = between + within / (x + 1)
    spend = np.exp(-0.5 * (level - mean) ** 2 / variance) / np.sqrt(2 * np.pi * variance)
    assert one.log_density(seen)[0, 0] == pytest.approx(np.log((alive + gone) * spend), rel=1e-6)


def test_the_best_assignment_is_no_better_than_the_truth_allows() -> None:
    planted = plant(OVERLAPPING, 500, 0)
    assert planted.orders["ordered_at"].max() <= pd.Timestamp("2024-01-01") + pd.Timedelta(days=DAYS)
    assert 0.7 < adjusted_rand_score(planted.truth, planted.best) < 0.95
