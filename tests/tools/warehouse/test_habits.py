from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.warehouse.features import customer_features
from marketeer.tools.warehouse.habits import Habit
from tests.shops import publish_shop, shop_frames

DAY = date(2025, 3, 1)
UNTIL = pd.Timestamp("2025-03-02")


def full_frames(seed: int = 0) -> dict[Table, pd.DataFrame]:
    """A shop whose orders also have channels, discounts and returns."""
    frames = shop_frames(80, seed)
    random = np.random.default_rng(seed + 1)
    orders = frames[Table.ORDERS]
    orders["channel"] = random.choice(["web", "store", "app"], len(orders))
    orders["discount_amount"] = np.round(orders["gross_amount"] * random.choice([0, 0, 0.1], len(orders)), 2)
    orders["returned_amount"] = np.round(orders["gross_amount"] * random.choice([0, 0, 0.5], len(orders)), 2)
    orders["net_amount"] -= orders["discount_amount"] + orders["returned_amount"]
    return frames


@pytest.fixture(scope="module")
def frames() -> dict[Table, pd.DataFrame]:
    return full_frames()


@pytest.fixture(scope="module")
def features(frames: dict[Table, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    dataset = publish_shop(tmp_path_factory.mktemp("shop"), frames)
    return customer_features(dataset, DAY, tuple(Habit)).set_index("customer_row")


@pytest.fixture
def orders(frames: dict[Table, pd.DataFrame]) -> pd.DataFrame:
    table = frames[Table.ORDERS]
    return table[table["ordered_at"] < UNTIL]


@pytest.fixture
def lines(frames: dict[Table, pd.DataFrame]) -> pd.DataFrame:
    table = frames[Table.ORDER_LINES].merge(frames[Table.PRODUCTS][["product_row", "category"]])
    return table[table["ordered_at"] < UNTIL]


def shares(table: pd.DataFrame, holds: pd.Series) -> list[float]:
    return holds.groupby(table["customer_row"]).mean().tolist()


def test_the_favourite_category_is_the_one_most_was_spent_on(
    features: pd.DataFrame, lines: pd.DataFrame
) -> None:
    spent = lines.pivot_table(index="customer_row", columns="category", values="line_amount", aggfunc="sum")
    assert features["favourite_category"].tolist() == spent.idxmax(axis=1).tolist()
    assert features["favourite_category_share"].tolist() == pytest.approx(
        (spent.max(axis=1) / spent.sum(axis=1)).tolist()
    )
    assert features["categories"].tolist() == spent.notna().sum(axis=1).tolist()


def test_the_main_channel_is_the_most_frequent_and_the_first_in_the_alphabet_on_a_tie(
    features: pd.DataFrame, orders: pd.DataFrame
) -> None:
    counts = pd.crosstab(orders["customer_row"], orders["channel"])
    assert features["main_channel"].tolist() == counts.idxmax(axis=1).tolist()
    assert features["main_channel_share"].tolist() == pytest.approx(
        (counts.max(axis=1) / counts.sum(axis=1)).tolist()
    )


def test_discounts_and_returns_are_shares_of_gross_revenue(
    features: pd.DataFrame, orders: pd.DataFrame
) -> None:
    sums = orders.groupby("customer_row")[["gross_amount", "discount_amount", "returned_amount"]].sum()
    gross = sums["gross_amount"]
    assert features["discount_share"].tolist() == pytest.approx((sums["discount_amount"] / gross).tolist())
    assert features["returned_share"].tolist() == pytest.approx((sums["returned_amount"] / gross).tolist())
    assert features["discounted_order_share"].tolist() == pytest.approx(
        shares(orders, orders["discount_amount"] > 0)
    )
    returned = (orders["returned_amount"] > 0).groupby(orders["customer_row"]).sum()
    assert features["orders_with_returns"].tolist() == returned.tolist()


def test_seasons_and_hours_share_out_the_orders(features: pd.DataFrame, orders: pd.DataFrame) -> None:
    at = orders["ordered_at"].dt
    quarters = ("first", "second", "third", "fourth")
    for number, name in enumerate(quarters, start=1):
        assert features[f"{name}_quarter_share"].tolist() == pytest.approx(
            shares(orders, at.quarter == number)
        )
    coming = shares(orders, at.month.isin([3, 4, 5]))
    assert features["coming_season_share"].tolist() == pytest.approx(coming)
    assert features["evening_share"].tolist() == pytest.approx(shares(orders, at.hour > 17))
    assert features["weekend_share"].tolist() == pytest.approx(shares(orders, at.day_of_week > 4))
    hours = features[["night_share", "morning_share", "afternoon_share", "evening_share"]]
    assert hours.sum(axis=1).tolist() == pytest.approx([1.0] * len(features))


def test_rhythm_is_that_of_the_gaps_between_order_days(features: pd.DataFrame, orders: pd.DataFrame) -> None:
    days = orders.assign(day=orders["ordered_at"].dt.normalize()).drop_duplicates(["customer_row", "day"])
    gaps = days.sort_values("day").groupby("customer_row")["day"].diff().dt.days.dropna()
    grouped = gaps.groupby(days.loc[gaps.index, "customer_row"])
    for name, expected in (("median", grouped.median()), ("sd", grouped.std()), ("longest", grouped.max())):
        found = features[f"{name}_gap_days"].reindex(expected.index)
        pd.testing.assert_series_equal(found, expected, check_names=False, check_index_type=False)
    assert features["median_gap_days"].isna().sum() == len(features) - len(grouped)


def test_baskets_are_means_over_orders(features: pd.DataFrame, lines: pd.DataFrame) -> None:
    baskets = lines.groupby(["customer_row", "order_id"]).agg(
        units=("quantity", "sum"), different=("product_row", "nunique")
    )
    means = baskets.groupby("customer_row").mean()
    assert features["mean_basket_items"].tolist() == pytest.approx(means["units"].tolist())
    assert features["mean_basket_products"].tolist() == pytest.approx(means["different"].tolist())
    sums = lines.groupby("customer_row")[["line_amount", "quantity"]].sum()
    assert features["mean_item_price"].tolist() == pytest.approx(
        (sums["line_amount"] / sums["quantity"]).tolist()
    )


@pytest.mark.parametrize("seed", range(4))
def test_nothing_after_the_as_of_day_changes_any_feature(seed: int, tmp_path: Path) -> None:
    frames = full_frames(seed)
    day = date(2024, 6, 1) if seed % 2 else DAY
    until = pd.Timestamp(day) + pd.Timedelta(days=1)
    dated = (Table.ORDERS, Table.ORDER_LINES)
    cut = {
        table: frame[frame["ordered_at"] < until] if table in dated else frame
        for table, frame in frames.items()
    }
    past = customer_features(publish_shop(tmp_path / "past", cut), day, tuple(Habit))
    whole = customer_features(publish_shop(tmp_path / "whole", frames), day, tuple(Habit))
    assert len(past)
    pd.testing.assert_frame_equal(past, whole)


def test_columns_without_a_source_are_absent_and_plain_features_stay_as_they_are(tmp_path: Path) -> None:
    frames = shop_frames(30)
    frames[Table.ORDERS]["ordered_at"] = frames[Table.ORDERS]["ordered_at"].dt.normalize()
    del frames[Table.ORDER_LINES], frames[Table.PRODUCTS]
    dataset = publish_shop(tmp_path, frames)
    plain, extended = customer_features(dataset), customer_features(dataset, None, tuple(Habit))
    pd.testing.assert_frame_equal(plain, extended[plain.columns])
    added = set(extended.columns) - set(plain.columns)
    assert not added & {"main_channel", "favourite_category", "discount_share", "returned_share"}
    assert not added & {"mean_basket_items", "evening_share"}
    assert {"weekend_share", "first_quarter_share", "median_gap_days"} <= added
