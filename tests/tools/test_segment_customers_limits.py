from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_moons
from sklearn.metrics import adjusted_rand_score

from marketeer.agent.assembly import display_names
from marketeer.agent.grounding import ground
from marketeer.prompts.wording import word_finding
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import SHOP, Note, Verdict, segment
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.running import run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segment_customers import TOOL
from tests.shops import publish_shop, shop_frames, workspace_of


def with_orders(folder: Path, orders: pd.DataFrame) -> Workspace:
    frames = shop_frames(customers=int(orders["customer_row"].max()) + 1)
    return workspace_of(
        folder, publish_shop(folder, {Table.CUSTOMERS: frames[Table.CUSTOMERS], Table.ORDERS: orders})
    )


def orders_of(rows: list[int], days: list[int], amounts: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order_id": [f"O{n}" for n in range(len(rows))],
            "customer_row": rows,
            "ordered_at": pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D"),
            "order_kind": "sale",
            "gross_amount": amounts,
            "net_amount": amounts,
        }
    )


ONE = orders_of([0], [0], [5])
ALIKE = orders_of([0, 1, 2], [0, 0, 0], [5, 5, 5])
THREE = orders_of([0, 1, 1, 2], [0, 1, 2, 2], [5, 6, 7, 8])


def test_a_default_feature_that_is_the_same_for_everybody_is_left_out(tmp_path: Path) -> None:
    once_each = orders_of([0, 1, 2, 3], [0, 1, 40, 41], [5, 6, 70, 80])
    finding = run(TOOL, {"method": "kmeans", "k": 2}, with_orders(tmp_path, once_each))
    assert finding.method_params["features"] == "recency_days, net_revenue"
    assert any(note.code == "feature_left_out" for note in finding.notes)


@pytest.mark.parametrize(
    ("orders", "args", "error", "code"),
    [
        (ONE, {}, Insufficient, "too_few_customers"),
        (ONE, {"method": "kmeans"}, Insufficient, "too_few_customers"),
        (ALIKE, {}, Insufficient, "no_variation"),
        (ALIKE, {"method": "kmeans"}, Insufficient, "no_variation"),
        (THREE, {"method": "kmeans", "features": ["orders", "return_share"]}, Retry, "unusable_features"),
        (THREE, {"method": "kmeans", "features": ["mean_gap_days", "orders"]}, Retry, "unusable_features"),
        (THREE, {"method": "kmeans", "features": ["orders", "tier"]}, Retry, "not_a_number"),
        (THREE, {"method": "kmeans", "features": ["colour"]}, Retry, "unknown_feature"),
        (THREE, {"method": "kmeans", "k": 4}, Retry, "k_too_large"),
        (THREE, {"method": "compare", "k": 4}, Retry, "k_too_large"),
        (ONE, {"method": "compare"}, Insufficient, "too_few_customers"),
        (ONE, {"method": "natural"}, Insufficient, "too_few_customers"),
        (ONE, {"method": "purchase_processes"}, Insufficient, "too_few_customers"),
        (ALIKE, {"method": "compare"}, Insufficient, "no_variation"),
        (ALIKE, {"method": "value_bands"}, Insufficient, "no_variation"),
        (THREE, {"moved_from": "the bored", "since": "2024-01-02"}, Retry, "unknown_segment"),
        (THREE, {"since": "the olden days"}, Retry, "unknown_period"),
        (THREE, {"method": "value_bands"}, Insufficient, "history_too_short"),
        (THREE, {"as_of": "1999-01-01"}, Insufficient, "too_few_customers"),
        (THREE, {"since": "2030-01-01"}, Retry, "not_earlier"),
        (THREE, {"since": "1999-01-01"}, Retry, "nobody_yet"),
        (THREE, {"since": "2024-01-01", "previous": "F1"}, Retry, "one_comparison"),
    ],
)
def test_what_cannot_work_says_what_would(
    tmp_path: Path, orders: pd.DataFrame, args: dict[str, object], error: type[Exception], code: str
) -> None:
    with pytest.raises(error) as caught:
        run(TOOL, args, with_orders(tmp_path, orders))
    assert caught.value.code == code  # type: ignore[attr-defined]  # every MarketeerError has one


def of_columns(folder: Path, **columns: list[float]) -> Workspace:
    rows = len(next(iter(columns.values())))
    customers = pd.DataFrame(
        {"customer_row": range(rows), "customer_id": [f"C{n}" for n in range(rows)]}
        | {f"attr_{name}": values for name, values in columns.items()}
    )
    return workspace_of(folder, publish_shop(folder, {Table.CUSTOMERS: customers}))


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        ([1.0, 2.0, float("inf"), 4.0], "1 infinite"),
        ([1.0, 2.0, float("-inf"), 4.0], "1 infinite"),
        ([float("nan")] * 4, "is missing"),
        ([7.0] * 4, "is the same"),
    ],
)
def test_a_column_that_cannot_be_used_is_named_with_one_that_can(
    tmp_path: Path, bad: list[float], fault: str
) -> None:
    workspace = of_columns(tmp_path, age=[20.0, 30.0, 40.0, 50.0], bad=bad)
    with pytest.raises(Retry, match=fault) as caught:
        run(TOOL, {"method": "kmeans", "k": 2, "features": ["age", "bad"]}, workspace)
    assert caught.value.params == {"columns": ["attr_bad"], "usable": ["attr_age"]}
    with pytest.raises(Insufficient, match="Load more history, or name other features") as hopeless:
        run(TOOL, {"method": "kmeans", "k": 2, "features": ["bad"]}, workspace)
    assert hopeless.value.code == "no_variation"
    assert run(TOOL, {"method": "kmeans", "k": 2, "features": ["age"]}, workspace).fact("segments").value == 2


@pytest.mark.parametrize(("gap", "stable"), [(6.0, True), (0.0, False)])
def test_groups_that_change_when_few_customers_are_missing_are_called_not_stable(
    tmp_path: Path, gap: float, stable: bool
) -> None:
    random = np.random.default_rng(0)
    centres = gap * np.repeat(np.arange(4), 60)
    columns = {name: (centres + random.normal(0, 1, 240)).tolist() for name in ("x", "y", "z")}
    workspace = of_columns(tmp_path, **columns)
    args = {"method": "kmeans", "k": 4, "features": ["x", "y", "z"], "scaling": "raw"}
    finding = run(TOOL, args, workspace)
    codes = {note.code for note in finding.notes}
    assert ("not_stable" not in codes) == stable
    assert finding.verdict is (Verdict.OK if stable else Verdict.WEAK)
    assert (finding.fact("changed_on_resample").value < 10) == stable
    assert (finding.fact("stability").value >= 0.8) == stable
    assert ("clear_clusters" in codes) == stable
    assert ("no_clear_clusters" in codes) == (not stable)


def test_only_a_sample_is_fitted_where_all_would_be_too_many_and_the_finding_says_so(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    centres = np.where(np.arange(12_000) % 3 == 0, 8.0, 0.0)
    columns = {name: (centres + random.normal(0, 1, 12_000)).tolist() for name in ("x", "y")}
    workspace = of_columns(tmp_path, **columns)
    args = {"method": "dbscan", "features": ["x", "y"], "scaling": "raw"}
    finding = run(TOOL, args, workspace)
    assert finding.fact("fitted_on").value == 10_000
    assert finding.fact("judged_on").value == 10_000
    assert {"fitted_on_sample", "judged_on_sample"} <= {note.code for note in finding.notes}
    assert finding.fact("customers", SHOP).value == 12_000
    payload = workspace.require(Segmentation)
    assert len(payload.frame) == 12_000
    kept = payload.frame["segment"].to_numpy() != "unassigned"
    assert kept.mean() > 0.85
    assert adjusted_rand_score(centres[kept], payload.frame["segment"][kept]) > 0.97
    for language in ("en", "zh"):
        assert not ground(word_finding(finding, language), [finding], "", display_names).unverified


def test_planted_dense_groups_are_found_and_those_in_none_are_named_as_such(tmp_path: Path) -> None:
    moons, truth = make_moons(600, noise=0.05, random_state=0)
    stray = np.random.default_rng(0).uniform(-3, 4, (40, 2))
    stray = stray[np.linalg.norm(stray[:, None] - moons[None], axis=2).min(axis=1) > 0.6]
    places = np.vstack([moons, stray])
    workspace = of_columns(tmp_path, x=places[:, 0].tolist(), y=places[:, 1].tolist())
    for method in ("dbscan", "hdbscan"):
        args = {"method": method, "features": ["x", "y"], "scaling": "raw"}
        finding = run(TOOL, args, workspace)
        segments = workspace.require(Segmentation, finding.id).frame["segment"].to_numpy()
        noise = segments == "unassigned"
        assert noise[len(moons) :].mean() > 0.9
        assert noise[: len(moons)].mean() < 0.1
        kept = ~noise[: len(moons)]
        assert adjusted_rand_score(truth[kept], segments[: len(moons)][kept]) > 0.95
        assert Note("noise", {"segment": "unassigned"}) in finding.notes
        assert finding.fact("customers", segment("unassigned")).value == noise.sum()
