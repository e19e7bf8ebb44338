from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.sources.demo import TRUTH, load_demo
from marketeer.tools.sources.demo_shop.shop import make_shop


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Path]:
    folder = tmp_path_factory.mktemp("demo")
    return load_demo(folder), folder


def test_the_shop_has_the_promised_size(demo: tuple[Dataset, Path]) -> None:
    dataset, _ = demo
    assert dataset.rows[Table.CUSTOMERS] == 6000
    assert dataset.rows[Table.PRODUCTS] == 250
    assert dataset.rows[Table.CAMPAIGNS] == 3
    span = dataset.frame("SELECT min(ordered_at) AS first, max(ordered_at) AS last FROM orders").iloc[0]
    assert (span["last"] - span["first"]).days in range(725, 732)


def test_the_same_seed_gives_the_same_shop_and_another_seed_another() -> None:
    one, same, other = make_shop(200, 1), make_shop(200, 1), make_shop(200, 2)
    for table, frame in one.frames.items():
        pd.testing.assert_frame_equal(frame, same.frames[table])
    assert not one.frames[Table.ORDERS].equals(other.frames[Table.ORDERS])


def test_orders_are_the_sum_of_their_lines(demo: tuple[Dataset, Path]) -> None:
    off = demo[0].frame(
        "SELECT count(*) AS n FROM orders JOIN (SELECT order_id, sum(line_amount) AS lines FROM order_lines "
        "GROUP BY order_id) USING (order_id) WHERE net_amount <> lines"
    )
    assert off["n"].iloc[0] == 0


def test_arms_do_not_depend_on_who_the_customer_is(demo: tuple[Dataset, Path]) -> None:
    dataset, folder = demo
    sends = dataset.frame("SELECT campaign_id, customer_row, arm FROM sends")
    people = pd.read_parquet(folder / TRUTH / "people.parquet")
    joined = sends.merge(people, on="customer_row")
    overall = joined.groupby("campaign_id")["arm"].agg(lambda arm: (arm == "control").mean())
    for (campaign, _), share in joined.groupby(["campaign_id", "group"])["arm"]:
        expected = overall[campaign]
        spread = np.sqrt(expected * (1 - expected) / len(share))
        assert abs((share == "control").mean() - expected) < 4 * spread


def test_the_measured_lift_is_the_planted_one(demo: tuple[Dataset, Path]) -> None:
    dataset, folder = demo
    sends = dataset.frame("SELECT campaign_id, customer_row, arm, ordered FROM sends")
    effects = pd.read_parquet(folder / TRUTH / "effects.parquet")
    joined = sends.merge(effects, on=["campaign_id", "customer_row"])
    for _, campaign in joined.groupby("campaign_id"):
        rate = campaign.groupby("arm")["ordered"].agg(["mean", "size"])
        lift = rate.loc["treated", "mean"] - rate.loc["control", "mean"]
        spread = np.sqrt((rate["mean"] * (1 - rate["mean"]) / rate["size"]).sum())
        # the planted effect acts on those who would not have ordered anyway
        planted = (1 - rate.loc["control", "mean"]) * campaign["effect"].mean() / 100
        assert abs(lift - planted) < 3.5 * spread


def test_planted_complements_share_baskets_and_the_trap_is_everywhere(demo: tuple[Dataset, Path]) -> None:
    dataset, folder = demo
    pairs = pd.read_parquet(folder / TRUTH / "complements.parquet")
    lines = dataset.frame("SELECT order_id, product_row FROM order_lines WHERE line_kind = 'sale'")
    baskets = lines["order_id"].nunique()
    beside = lines.merge(pairs, on="product_row").merge(
        lines.rename(columns={"product_row": "product_row_with"}), on=["order_id", "product_row_with"]
    )
    together = beside.drop_duplicates(["order_id", "product_row"])
    having = lines[lines["product_row"].isin(pairs["product_row"])]
    assert len(together) / len(having) > 0.5
    trap = dataset.frame(
        "SELECT count(DISTINCT order_id) AS n FROM order_lines JOIN products USING (product_row) "
        "WHERE product_name = ? AND line_kind = 'sale'",
        [pairs["trap"].iloc[0]],
    )["n"].iloc[0]
    assert trap / baskets > 0.25


def test_no_planted_column_reaches_the_snapshot(demo: tuple[Dataset, Path]) -> None:
    columns = {column for names in demo[0].columns.values() for column in names}
    assert columns.isdisjoint({"group", "rate", "effect", "left", "joined", "appeal", "repeat"})
