from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketeer.tools.core.columns import Table
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.warehouse.features import customer_features
from marketeer.tools.warehouse.habits import Habit
from tests.shops import publish_shop, shop_frames
from tests.tools.warehouse.plain_metrics import Frames, mixed_shop
from tests.tools.warehouse.random_conditions import shop


def test_features_equal_plain_pandas_at_an_earlier_date(workspace: Workspace) -> None:
    day = date(2025, 3, 1)
    features = customer_features(workspace.dataset, day).set_index("customer_row")
    orders = shop_frames()[Table.ORDERS]
    before = orders[orders["ordered_at"] < pd.Timestamp("2025-03-02")]
    expected = before.groupby("customer_row").agg(
        orders=("order_id", "count"), gross=("gross_amount", "sum"), last=("ordered_at", "max")
    )
    assert features.index.tolist() == expected.index.tolist()
    assert features["orders"].tolist() == expected["orders"].tolist()
    pd.testing.assert_series_equal(
        features["gross_revenue"], expected["gross"], check_names=False, check_index_type=False
    )
    recency = (pd.Timestamp(day) - expected["last"].dt.normalize()).dt.days
    assert features["recency_days"].tolist() == recency.tolist()


def plain_features(frames: Frames, day: date) -> pd.DataFrame:
    """Every plain feature once more, in pandas, with guests, discounts, refunds and credit notes about."""
    until = pd.Timestamp(day) + pd.Timedelta(days=1)
    orders, lines = (
        frames[table][frames[table]["ordered_at"] < until] for table in (Table.ORDERS, Table.ORDER_LINES)
    )
    orders, lines = orders.dropna(subset="customer_row"), lines[lines["line_kind"] == "sale"]
    sales = orders[orders["order_kind"] == "sale"]
    per, all_of = sales.groupby("customer_row"), orders.groupby("customer_row")
    days = sales["ordered_at"].dt.normalize().groupby(sales["customer_row"])
    first, last, ordered = days.min(), days.max(), per.size()
    gross = per["gross_amount"].sum()
    sold = lines.groupby("customer_row")
    between = days.nunique() - 1
    return pd.DataFrame(
        {
            "first_order_at": per["ordered_at"].min(),
            "last_order_at": per["ordered_at"].max(),
            "recency_days": (pd.Timestamp(day) - last).dt.days,
            "tenure_days": (pd.Timestamp(day) - first).dt.days,
            "orders": ordered,
            "items": sold["quantity"].sum().reindex(gross.index).fillna(0).astype("int64"),
            "products": sold["product_row"].nunique().reindex(gross.index).fillna(0).astype("int64"),
            "gross_revenue": gross,
            "net_revenue": all_of["net_amount"].sum().reindex(gross.index),
            "mean_order_amount": gross / ordered,
            "mean_gap_days": (last - first).dt.days / between.where(between > 0),
            "return_share": all_of["returned_amount"].sum().reindex(gross.index) / gross,
        }
    )


@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2), day=st.dates(date(2024, 4, 1), date(2026, 1, 31)))
def test_every_feature_equals_plain_pandas_on_any_day(seed: int, day: date) -> None:
    workspace, plain = shop(seed)
    features = customer_features(workspace.dataset, day).set_index("customer_row")
    expected = plain_features(plain.frames, day)
    expected.index = expected.index.astype("int64")
    pd.testing.assert_frame_equal(
        features, expected, check_index_type=False, check_dtype=False, check_names=False, rtol=1e-9, atol=1e-9
    )


@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2), day=st.dates(date(2024, 6, 1), date(2025, 12, 31)))
def test_a_shop_that_ends_on_the_day_has_the_same_features(
    tmp_path_factory: pytest.TempPathFactory, seed: int, day: date
) -> None:
    whole, frames = shop(seed)[0].dataset, mixed_shop(seed)
    until = pd.Timestamp(day) + pd.Timedelta(days=1)
    for table in (Table.ORDERS, Table.ORDER_LINES):
        frames[table] = frames[table][frames[table]["ordered_at"] < until]
    folder: Path = tmp_path_factory.mktemp("cut")
    cut = publish_shop(folder, frames)
    pd.testing.assert_frame_equal(
        customer_features(cut, day, tuple(Habit)), customer_features(whole, day, tuple(Habit))
    )


def test_a_discount_is_no_return(tmp_path: Path) -> None:
    frames = shop_frames(30)
    orders = frames[Table.ORDERS]
    orders["discount_amount"] = orders["gross_amount"] / 4
    orders["net_amount"] = orders["gross_amount"] - orders["discount_amount"]
    features = customer_features(publish_shop(tmp_path, frames))
    assert set(features["return_share"]) == {0.0}
