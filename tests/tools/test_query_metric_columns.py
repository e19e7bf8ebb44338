from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from marketeer.prompts.wording import word_finding
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import Finding
from marketeer.tools.core.running import run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.query_metric import TOOL
from tests.shops import publish_shop, shop_frames, workspace_of

Frames = dict[Table, pd.DataFrame]


@pytest.fixture
def frames() -> Frames:
    frames = shop_frames()
    frames[Table.CUSTOMERS]["attr_age"] = [20.0 + n % 50 if n % 7 else None for n in range(300)]
    frames[Table.CUSTOMERS]["attr_summer_visits"] = [n % 4 for n in range(300)]
    returned = (
        frames[Table.ORDERS]
        .tail(20)
        .assign(order_kind="return", gross_amount=0.0, net_amount=-5.0, order_id=[f"R{n}" for n in range(20)])
    )
    frames[Table.ORDERS] = pd.concat([frames[Table.ORDERS], returned], ignore_index=True)
    return frames


@pytest.fixture
def shop(tmp_path: Path, frames: Frames) -> Workspace:
    return workspace_of(tmp_path, publish_shop(tmp_path, frames))


def ask(shop: Workspace, column: str, **args: Any) -> Finding:
    return run(TOOL, {"column": column, **args}, shop)


def values(finding: Finding, name: str) -> Mapping[str, float]:
    return {fact.subject.name: fact.value for fact in finding.facts if fact.name == name}


@pytest.mark.parametrize(
    ("column", "fact", "table", "expected"),
    [
        ("median unit_price", "median_value", Table.ORDER_LINES, lambda f: f["unit_price"].median()),
        ("Mean of Quantity", "mean_value", Table.ORDER_LINES, lambda f: f["quantity"].mean()),
        ("max line amount", "largest_value", Table.ORDER_LINES, lambda f: f["line_amount"].max()),
        ("sum gross_amount", "sum_value", Table.ORDERS, lambda f: f["gross_amount"].sum()),
        ("smallest age", "smallest_value", Table.CUSTOMERS, lambda f: f["attr_age"].min()),
        ("age", "mean_value", Table.CUSTOMERS, lambda f: f["attr_age"].mean()),
        ("summer visits", "mean_value", Table.CUSTOMERS, lambda f: f["attr_summer_visits"].mean()),
        ("sum summer_visits", "sum_value", Table.CUSTOMERS, lambda f: f["attr_summer_visits"].sum()),
        ("中位数age", "median_value", Table.CUSTOMERS,
         lambda f: f["attr_age"].median()),
    ],
)  # fmt: skip
def test_a_column_is_aggregated_as_pandas_does(
    shop: Workspace, frames: Frames, column: str, fact: str, table: Table, expected: Any
) -> None:
    frame = frames[table]
    sales = frame[frame["order_kind"] == "sale"] if table is Table.ORDERS else frame
    assert list(values(ask(shop, column), fact).values()) == [pytest.approx(expected(sales))]


def test_it_is_split_and_narrowed_like_any_measure(shop: Workspace, frames: Frames) -> None:
    lines = frames[Table.ORDER_LINES].merge(frames[Table.PRODUCTS], on="product_row")
    got = values(ask(shop, "median quantity", by="month", category="category 1"), "median_value")
    chosen = lines[lines["category"] == "category 1"]
    expected = chosen.groupby(chosen["ordered_at"].dt.strftime("%Y-%m"))["quantity"].median()
    assert [got[month] for month in expected.index] == expected.tolist()
    ages = values(ask(shop, "mean age", by="country"), "mean_value")
    assert {k: ages[k] for k in ("DE", "FR", "CN")} == pytest.approx(
        frames[Table.CUSTOMERS].groupby("country")["attr_age"].mean().to_dict()
    )
    tiers = values(ask(shop, "max gross_amount", attribute="tier"), "largest_value")
    sales = frames[Table.ORDERS].query("order_kind == 'sale'").merge(frames[Table.CUSTOMERS])
    assert {k: tiers[k] for k in ("gold", "basic")} == sales.groupby("attr_tier")[
        "gross_amount"
    ].max().to_dict()


def test_two_periods_are_compared(shop: Workspace, frames: Frames) -> None:
    finding = ask(shop, "median gross_amount", period="2025-06", compare="previous_period")
    sales = frames[Table.ORDERS].query("order_kind == 'sale'")
    by_month = sales.groupby(sales["ordered_at"].dt.strftime("%Y-%m"))["gross_amount"].median()
    now, before = by_month["2025-06"], by_month["2025-05"]
    assert list(values(finding, "median_value").values()) == [pytest.approx(now)]
    assert list(values(finding, "median_value_before").values()) == [pytest.approx(before)]
    growth = 100 * (now / before - 1)
    assert list(values(finding, "growth_of_median_value").values()) == [pytest.approx(growth)]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "args", [{"by": "product"}, {}, {"period": "2025-06", "compare": "previous_year"}, {"period": "1999"}]
)
def test_it_is_worded(shop: Workspace, args: dict[str, Any], language: Any) -> None:
    words = word_finding(ask(shop, "mean unit_price", **args), language)
    assert "unit_price" in words
    assert "order_lines" in words


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"column": "median unit_prise"}, "unknown_column"),
        ({"column": "email"}, "unknown_column"),
        ({"column": "customer_row"}, "unknown_column"),
        ({"column": "gross_amount", "by": "product"}, "column_of_orders"),
        ({"column": "age", "by": "month"}, "measures_do_not_mix"),
    ],
)
def test_what_does_not_go_together_is_said(shop: Workspace, args: dict[str, Any], code: str) -> None:
    with pytest.raises(Retry) as caught:
        run(TOOL, args, shop)
    assert caught.value.code == code
