from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from marketeer.tools.core.columns import Table
from marketeer.tools.core.findings import SHOP
from marketeer.tools.targeting.revenue_test import (
    Spread,
    detectable_difference,
    revenue_spread,
    size_facts,
)
from marketeer.tools.targeting.sizing import Design, mean_test_size
from tests.shops import publish_shop


def test_the_people_needed_can_just_show_the_difference() -> None:
    design = Design(control_share=0.2)
    total = mean_test_size(40.0, 1.5, design).total
    assert detectable_difference(total, 40.0, design) == pytest.approx(1.5, rel=1e-3)


def test_sizes_equal_the_closed_form() -> None:
    z = norm.ppf(0.975) + norm.ppf(0.8)
    facts = {fact.name: fact.value for fact in size_facts(Spread(30.0, 5.0, 0.36), 2.0, Design(), SHOP)}
    assert facts["control_needed"] == np.ceil(2 * (z * 30 / 2) ** 2)
    assert facts["people_needed_adjusted"] == 2 * np.ceil(2 * (z * 30 * 0.8 / 2) ** 2)


def test_spread_and_what_earlier_revenue_tells_are_counted_over_everybody(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = np.arange(400)
    usual = np.where(random.random(400) < 0.3, random.gamma(3, 20, 400), 0.0)
    now = np.where(usual > 0, usual + random.normal(0, 5, 400).clip(-10, 10), 0.0).clip(0)
    orders = pd.DataFrame(
        {
            "customer_row": np.concatenate([rows, rows]),
            "ordered_at": [pd.Timestamp("2026-01-20")] * 400 + [pd.Timestamp("2026-02-10")] * 400,
            "order_id": [f"O{n}" for n in range(800)],
            "order_kind": "sale",
            "gross_amount": np.concatenate([usual, now]).round(2),
            "net_amount": np.concatenate([usual, now]).round(2),
        }
    )
    customers = pd.DataFrame({"customer_row": rows, "customer_id": rows.astype(str)})
    dataset = publish_shop(tmp_path, {Table.CUSTOMERS: customers, Table.ORDERS: orders})
    spread = revenue_spread(dataset, pd.Series(rows), pd.Timestamp("2026-01-31").date(), 30)
    assert spread.mean == pytest.approx(now.mean(), abs=0.01)
    assert spread.sd == pytest.approx(now.std(ddof=1), abs=0.01)
    assert spread.explained == pytest.approx(np.corrcoef(usual, now)[0, 1] ** 2, abs=1e-3)
