from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.recommendation.assortment import SOLD_WITHIN_DAYS, read_assortment, shipped_to
from marketeer.tools.recommendation.interactions import read_interactions
from tests.shops import publish_shop, shop_frames

ITEMS = np.arange(12, dtype=np.int32)


def _with_products(folder: Path, **changed: object) -> Dataset:
    frames = shop_frames(150)
    return publish_shop(folder, {**frames, Table.PRODUCTS: frames[Table.PRODUCTS].assign(**changed)})


def test_what_nobody_bought_for_months_counts_as_discontinued(tmp_path: Path) -> None:
    frames = shop_frames(150)
    lines = frames[Table.ORDER_LINES]
    last = lines["ordered_at"].max()
    gone = (lines["product_row"] == 4) & (lines["ordered_at"] > last - timedelta(days=SOLD_WITHIN_DAYS + 5))
    dataset = publish_shop(tmp_path, {**frames, Table.ORDER_LINES: lines[~gone]})
    allowed = read_assortment(dataset, ITEMS, dataset.need_as_of()).allowed()
    assert np.flatnonzero(~allowed).tolist() == [4]


def test_what_is_out_of_stock_is_not_allowed(tmp_path: Path) -> None:
    dataset = _with_products(tmp_path, available=[n not in {2, 7} for n in range(12)])
    allowed = read_assortment(dataset, ITEMS, dataset.need_as_of()).allowed()
    assert np.flatnonzero(~allowed).tolist() == [2, 7]


@pytest.mark.parametrize("least", [0.0, 40.0, 59.0])
def test_a_margin_below_the_least_is_left_out_and_an_unknown_cost_passes(
    tmp_path: Path, least: float
) -> None:
    price, cost = 5 + 3.5 * ITEMS, 2 + 1.5 * ITEMS
    known = np.where(ITEMS == 5, np.nan, cost)
    dataset = _with_products(tmp_path, unit_cost=known)
    allowed = read_assortment(dataset, ITEMS, dataset.need_as_of()).allowed(least)
    earns = 100 * (price - cost) / price >= least
    np.testing.assert_array_equal(allowed, earns | (ITEMS == 5))


def test_a_country_with_few_orders_excludes_nothing(tmp_path: Path) -> None:
    frames = shop_frames(150)
    orders = frames[Table.ORDERS].assign(country="DE")
    orders.loc[orders.index[:10], "country"] = "FR"
    dataset = publish_shop(tmp_path, {**frames, Table.ORDERS: orders})
    assert shipped_to(dataset, ITEMS, "FR").all()


def test_a_return_takes_the_purchase_back(tmp_path: Path) -> None:
    frames = shop_frames(150)
    lines = frames[Table.ORDER_LINES]
    mine = lines[(lines["customer_row"] == 9)]
    product = int(mine["product_row"].iloc[0])
    of_it = mine[mine["product_row"] == product]
    back = of_it.assign(
        quantity=-of_it["quantity"],
        line_amount=-of_it["line_amount"],
        line_kind="return",
        line_number=of_it["line_number"] + 50,
        ordered_at=of_it["ordered_at"] + timedelta(days=1),
    )
    before = read_interactions(publish_shop(tmp_path / "a", frames))
    dataset = publish_shop(
        tmp_path / "b", {**frames, Table.ORDER_LINES: pd.concat([lines, back], ignore_index=True)}
    )
    after = read_interactions(dataset)
    assert before.owned().toarray()[9, product] == 1
    assert after.owned().toarray()[9, product] == 0
    changed = before.owned().toarray() != after.owned().toarray()
    assert changed.sum() == 1
