"""A change in the last ninety days is told where it is more than chance, and large."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from marketeer.tools.core.columns import Table
from marketeer.tools.warehouse.drift import WEEKS, Drift, compare, drift_of
from tests.shops import publish_shop, shop_frames


def weeks(chance: np.random.Generator, daily: float, dearer: float = 0.5, more: float = 1.0) -> pd.DataFrame:
    """Two stretches of weeks; of the last one's orders, `dearer` are above the common median in the mean."""
    counts = chance.poisson(7 * daily * np.repeat([more, 1.0], WEEKS))
    shares = [
        chance.binomial(n, p) / n if n else np.nan
        for n, p in zip(counts, np.repeat([dearer, 1 - dearer], WEEKS), strict=True)
    ]
    table = {
        "earlier": np.repeat([0, 1], WEEKS),
        "week": [*range(WEEKS)] * 2,
        "orders": counts,
        "above": shares,
    }
    return pd.DataFrame(table)


def test_steady_shops_of_every_size_rarely_look_changed() -> None:
    chance = np.random.default_rng(0)
    for daily in (0.5, 3, 40):
        found = [compare(weeks(chance, daily)) for _ in range(300)]
        false = sum(drift.orders < 0.025 or drift.median < 0.025 for drift in found)
        assert false <= stats.binom.ppf(0.999, 300, 0.05)


def test_a_planted_change_of_a_busy_shop_is_nearly_always_certain() -> None:
    chance = np.random.default_rng(1)
    assert sum(compare(weeks(chance, 30, dearer=0.58)).median < 0.025 for _ in range(100)) >= 95
    assert sum(compare(weeks(chance, 30, more=1.4)).orders < 0.025 for _ in range(100)) >= 95


def test_a_change_is_told_only_where_it_is_certain_and_large() -> None:
    assert Drift(0.001, 1).told(0.5, 0)
    assert Drift(0.001, 1).told(-0.4, 0)
    assert not Drift(0.001, 1).told(0.1, 0.5)
    assert not Drift(0.2, 0.2).told(2, 2)
    assert Drift(1, 0.001).told(0, 0.2)
    assert not Drift(1, 0.001).told(0, 0.05)


def test_the_figures_are_what_scipy_says_of_pandas_own_weeks(tmp_path: Path) -> None:
    frames = shop_frames()
    dataset = publish_shop(tmp_path, frames)
    sales = frames[Table.ORDERS].query("order_kind == 'sale'")
    last = frames[Table.ORDERS]["ordered_at"].max().normalize()
    age = (last - sales["ordered_at"].dt.normalize()).dt.days
    lately = sales[age < 180].assign(earlier=age >= 90, week=age % 90 // 7)
    lately["above"] = lately["gross_amount"] > lately["gross_amount"].median()
    table = lately[lately["week"] < WEEKS].groupby(["earlier", "week"])
    counts, shares = table.size().unstack(fill_value=0), table["above"].mean().unstack()
    drift = drift_of(dataset)
    assert drift.orders == pytest.approx(stats.ttest_ind(*counts.to_numpy(), equal_var=False).pvalue)
    assert drift.median == pytest.approx(
        stats.ttest_ind(*shares.to_numpy(), equal_var=False, nan_policy="omit").pvalue
    )


def test_stretches_without_orders_are_no_change_of_the_median() -> None:
    empty = pd.DataFrame({"earlier": [0], "week": [0], "orders": [1], "above": [1.0]})
    assert compare(empty).median == 1
    nothing = compare(empty.head(0))
    assert (nothing.orders, nothing.median) == (1, 1)
