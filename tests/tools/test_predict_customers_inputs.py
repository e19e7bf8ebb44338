"""Shops little or nothing can be forecast from: what is missing is said, and what would work."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from duckdb import ConversionException

from marketeer.tools import catalog
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.running import CatalogRunner, run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.predict_customers import TOOL
from marketeer.tools.sources.loading import load
from tests.shops import publish_shop, shop_frames, workspace_of

Frames = dict[Table, pd.DataFrame]


def opened(folder: Path, frames: Frames) -> Workspace:
    workspace = workspace_of(folder, publish_shop(folder, frames))
    return Workspace(
        folder, workspace.dataset, workspace.ledger, workspace.ports, CatalogRunner(catalog, workspace)
    )


def weekly(customers: int, *, amount: float = 20.0) -> Frames:
    """Everybody orders on the same day of every week for two years, at the same amount."""
    days = pd.date_range("2024-01-01", "2025-12-29", freq="7D")
    orders = pd.DataFrame(
        {
            "customer_row": np.tile(np.arange(customers), len(days)),
            "ordered_at": np.repeat(days.to_numpy(), customers),
            "order_kind": "sale",
            "gross_amount": amount,
            "net_amount": amount,
        }
    )
    orders["order_id"] = [f"O{n}" for n in range(len(orders))]
    people = pd.DataFrame(
        {"customer_row": range(customers), "customer_id": [f"C{n}" for n in range(customers)]}
    )
    return {Table.CUSTOMERS: people, Table.ORDERS: orders}


def one_customer() -> Frames:
    return weekly(1)


def all_identical() -> Frames:
    return weekly(300)


def everybody_comes_back() -> Frames:
    frames = weekly(300)
    orders, random = frames[Table.ORDERS], np.random.default_rng(3)
    orders["ordered_at"] += pd.to_timedelta(random.integers(0, 7, len(orders)), unit="D")
    return frames


@pytest.mark.parametrize("target", ["lapse", "spend", "orders"])
@pytest.mark.parametrize(
    ("shop", "missing"),
    [(one_customer, "customers 1 of 200"), (all_identical, "different histories 1 of 10")],
)
def test_one_customer_or_all_alike_is_too_little(
    tmp_path: Path, shop: Callable[[], Frames], missing: str, target: str
) -> None:
    with pytest.raises(Insufficient, match=missing) as told:
        run(TOOL, {"target": target}, opened(tmp_path, shop()))
    assert told.value.code == "too_little_to_forecast"
    assert "Use RFM segments or the repeat rate by cohort instead" in str(told.value)


@pytest.mark.parametrize("target", ["lapse", "buys_again"])
def test_a_target_with_one_class_is_told_how_many_of_the_other_it_needs(tmp_path: Path, target: str) -> None:
    with pytest.raises(Insufficient, match="customers who did not 0 of 50") as told:
        run(TOOL, {"target": target}, opened(tmp_path, everybody_comes_back()))
    assert told.value.code == "too_little_to_forecast"
    assert "load a longer history" in str(told.value)


def test_a_horizon_longer_than_the_history_names_the_longest_that_works(tmp_path: Path) -> None:
    workspace = opened(tmp_path, shop_frames(500))
    with pytest.raises(Insufficient) as told:
        run(TOOL, {"horizon_days": 729}, workspace)
    assert told.value.code == "history_too_short"
    longest = int(told.value.params["longest"])
    assert f"a shorter horizon, at most {longest} days" in str(told.value)
    with pytest.raises(Insufficient, match=f"at most {longest} days"):
        run(TOOL, {"horizon_days": longest + 1}, workspace)
    finding = run(TOOL, {"target": "orders", "horizon_days": longest}, workspace)
    assert finding.fact("horizon_days").value == longest  # type: ignore[union-attr]  # it is there


def test_columns_that_never_vary_or_are_missing_do_no_harm(tmp_path: Path) -> None:
    frames = shop_frames(250)
    orders = frames[Table.ORDERS].assign(gross_amount=20.0, net_amount=20.0)
    workspace = opened(tmp_path, {Table.CUSTOMERS: frames[Table.CUSTOMERS], Table.ORDERS: orders})
    finding = run(TOOL, {"target": "spend", "budget_seconds": 2}, workspace)
    total = finding.fact("expected_total")
    assert total is not None
    assert np.isfinite(float(total.value))
    assert "mean_order_amount" not in {fact.subject.name for fact in finding.facts}


def test_orders_of_nobody_in_particular_are_refused(tmp_path: Path) -> None:
    frames = shop_frames(250)
    frames[Table.ORDERS] = frames[Table.ORDERS].drop(columns="customer_row")
    with pytest.raises(Insufficient, match="customer_row"):
        run(TOOL, {}, opened(tmp_path, {Table.ORDERS: frames[Table.ORDERS]}))


def test_an_infinite_amount_reaches_neither_a_snapshot_nor_a_forecast(tmp_path: Path) -> None:
    frames = shop_frames(250)
    orders = frames[Table.ORDERS]
    orders.loc[5, "net_amount"] = np.inf
    with pytest.raises(ConversionException, match="inf"):
        publish_shop(tmp_path / "never", frames)
    export = pd.DataFrame(
        {
            "Customer": orders["customer_row"],
            "Order": orders["order_id"],
            "Date": orders["ordered_at"].dt.date,
        }
    )
    export["Amount"] = orders["net_amount"].astype(str)
    export.to_csv(tmp_path / "orders.csv", index=False)
    dataset = load([tmp_path / "orders.csv"], tmp_path).dataset
    assert dataset is not None
    workspace = workspace_of(tmp_path, dataset)
    workspace = Workspace(
        tmp_path, dataset, workspace.ledger, workspace.ports, CatalogRunner(catalog, workspace)
    )
    finding = run(TOOL, {"target": "spend", "budget_seconds": 2}, workspace)
    assert all(np.isfinite(f.value) for f in finding.facts if isinstance(f.value, float))


def test_less_than_two_years_of_history_carries_the_season_warning(tmp_path: Path) -> None:
    frames = shop_frames(300)
    orders = frames[Table.ORDERS]
    first = orders["ordered_at"].min() + timedelta(days=120)
    kept = orders[orders["ordered_at"] >= first]
    short = {**frames, Table.ORDERS: kept}
    short[Table.ORDER_LINES] = frames[Table.ORDER_LINES][
        frames[Table.ORDER_LINES]["order_id"].isin(kept["order_id"])
    ]
    finding = run(TOOL, {"target": "orders", "budget_seconds": 2}, opened(tmp_path, short))
    assert "season_unknown" in {note.code for note in finding.notes}
    needed, there = finding.fact("season_needs_days"), finding.fact("history_days")
    assert needed is not None
    assert there is not None
    assert float(there.value) < float(needed.value) == 730  # type: ignore[arg-type]  # numbers
