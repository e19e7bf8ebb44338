from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation.outcome import explained, past_periods
from tests.shops import shop_frames


def test_explained_is_the_share_of_variance_between_groups() -> None:
    values = np.array([1.0, 1.0, 3.0, 3.0])
    assert explained(np.array([0, 0, 1, 1]), values) == pytest.approx(1.0)
    assert explained(np.array([0, 1, 0, 1]), values) == pytest.approx(0.0)
    random = np.random.default_rng(0)
    labels, values = random.integers(0, 4, 200), random.normal(size=200)
    within = sum(((values[labels == g] - values[labels == g].mean()) ** 2).sum() for g in range(4))
    total = ((values - values.mean()) ** 2).sum()
    assert explained(labels, values) == pytest.approx(1 - within / total)


def test_a_past_period_holds_what_was_known_then_and_what_came_after(workspace: Workspace) -> None:
    as_of = workspace.dataset.need_as_of()
    newest, older = past_periods(workspace.dataset, as_of)
    assert newest.cut_off == as_of - timedelta(days=91)
    assert older.cut_off == as_of - timedelta(days=182)
    orders = shop_frames()[Table.ORDERS]
    day = orders["ordered_at"].dt.date
    spent = orders[(day > newest.cut_off) & (day <= as_of)].groupby("customer_row")["gross_amount"].sum()
    rows = newest.features["customer_row"]
    np.testing.assert_allclose(newest.log_spend, np.log1p(spent.reindex(rows, fill_value=0)))
    assert set(rows) == set(orders.loc[day <= newest.cut_off, "customer_row"])


def test_a_short_history_has_a_shorter_period_or_none(workspace: Workspace) -> None:
    first = pd.Timestamp(shop_frames()[Table.ORDERS]["ordered_at"].min()).date()
    assert past_periods(workspace.dataset, first + timedelta(days=30)) == ()
    shorter = past_periods(workspace.dataset, first + timedelta(days=150))
    assert {period.horizon_days for period in shorter} == {50}
    assert past_periods(workspace.dataset, date(1999, 1, 1)) == ()
