from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from marketeer.prompts.wording import word_finding
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import Finding, SubjectKind
from marketeer.tools.core.running import run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.query_metric import TOOL
from marketeer.tools.warehouse.periods import named_span
from tests.shops import publish_shop, shop_frames, workspace_of


def ask(workspace: Workspace, **args: Any) -> Finding:
    return run(TOOL, args, workspace)


def of(finding: Finding, name: str, kind: SubjectKind) -> dict[str, Any]:
    return {f.subject.name: f.value for f in finding.facts if f.name == name and f.subject.kind is kind}


@pytest.fixture
def orders() -> pd.DataFrame:
    return shop_frames()[Table.ORDERS]


def test_the_best_customers_are_people_ranked_by_what_they_spent(
    workspace: Workspace, orders: pd.DataFrame
) -> None:
    finding = ask(workspace, measures=["net_revenue", "orders"], by="customer", top=7)
    spent = orders.groupby("customer_row")["net_amount"].sum().astype(float)
    expected = (
        spent.reset_index().sort_values(["net_amount", "customer_row"], ascending=[False, True]).head(7)
    )
    got = of(finding, "net_revenue", SubjectKind.CUSTOMER)
    assert list(got.values()) == pytest.approx(expected["net_amount"].tolist())
    assert set(got) == {f"row {row}" for row in expected["customer_row"]}
    assert not of(finding, "net_revenue", SubjectKind.GROUP)


def test_customers_by_the_month_they_came_are_counted_once(
    workspace: Workspace, orders: pd.DataFrame
) -> None:
    finding = ask(workspace, measures=["customers", "revenue_per_customer"], by="first_order_month")
    first = orders.groupby("customer_row")["ordered_at"].min().dt.strftime("%Y-%m")
    spent = orders.groupby("customer_row")["net_amount"].sum().astype(float).groupby(first).mean()
    got = of(finding, "customers", SubjectKind.PERIOD)
    assert got == first.value_counts().sort_index().to_dict()
    assert of(finding, "revenue_per_customer", SubjectKind.PERIOD) == pytest.approx(spent.to_dict())


def test_days_between_orders_leave_out_the_first_and_take_a_day_as_one(
    workspace: Workspace, orders: pd.DataFrame
) -> None:
    days = orders.assign(day=orders["ordered_at"].dt.normalize())[["customer_row", "day"]].drop_duplicates()
    gaps = days.sort_values("day").groupby("customer_row")["day"].diff().dropna().dt.days
    finding = ask(workspace, column="median days_between_orders")
    value = finding.fact("median_value").value
    assert value == gaps.median()
    assert finding.fact("rows_counted").value == len(gaps)
    assert ask(workspace, column="days_between_orders").fact("mean_value").value == pytest.approx(gaps.mean())


def test_the_best_tenth_brings_what_a_sorted_list_says(workspace: Workspace, orders: pd.DataFrame) -> None:
    finding = ask(workspace, measures=["concentration"], top=15)
    spent = np.sort(orders.groupby("customer_row")["net_amount"].sum().astype(float).to_numpy())[::-1]
    shares = of(finding, "share_of_revenue", SubjectKind.GROUP)
    for percent in (1, 5, 10, 15, 20, 50):
        count = int(np.ceil(len(spent) * percent / 100))
        assert shares[f"best_{percent}_percent"] == pytest.approx(100 * spent[:count].sum() / spent.sum())
    half = int(np.argmax(np.cumsum(spent) >= spent.sum() / 2)) + 1
    assert [fact.value for fact in finding.facts if fact.name == "customers_bringing_half"] == [half]


def test_what_the_best_bring_is_asked_for_alone(workspace: Workspace) -> None:
    for args in ({"by": "month"}, {"measures": ["concentration", "orders"]}, {"top": 120}):
        with pytest.raises(Retry) as caught:
            ask(workspace, **{"measures": ["concentration"], **args})
        assert caught.value.code == "concentration_stands_alone"


def test_falling_products_include_those_nobody_buys_any_more(workspace: Workspace) -> None:
    frames = shop_frames()
    sold = frames[Table.ORDER_LINES]
    sold = sold[sold["line_kind"] == "sale"].merge(frames[Table.PRODUCTS], on="product_row")
    last = sold["ordered_at"].max().normalize()
    lately = sold["ordered_at"] > last - pd.Timedelta(days=89)
    earlier = ~lately & (sold["ordered_at"] >= last - pd.Timedelta(days=179))
    now = sold[lately].groupby("product_name")["quantity"].sum()
    before = sold[earlier].groupby("product_name")["quantity"].sum()
    change = now.sub(before, fill_value=0).sort_values()
    finding = ask(workspace, measures=["items"], by="product", order="falling", top=5)
    got = of(finding, "change_of_items", SubjectKind.PRODUCT)
    assert list(got.values()) == change.head(5).tolist()
    assert list(got.values()) == sorted(got.values())
    rising = ask(workspace, measures=["items"], by="product", order="rising", top=5)
    assert max(of(rising, "change_of_items", SubjectKind.PRODUCT).values()) == change.max()


def test_items_per_order_is_items_over_orders(workspace: Workspace) -> None:
    frames = shop_frames()
    lines = frames[Table.ORDER_LINES]
    items = lines[lines["line_kind"] == "sale"]["quantity"].sum()
    expected = items / frames[Table.ORDERS]["order_id"].nunique()
    assert ask(workspace, measures=["items_per_order"]).fact("items_per_order").value == pytest.approx(
        expected
    )


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "args",
    [
        {"measures": ["concentration"], "top": 20},
        {"measures": ["net_revenue"], "by": "customer", "top": 3},
        {"measures": ["customers"], "by": "first_order_month"},
        {"column": "median days_between_orders"},
        {"measures": ["net_revenue"], "by": "product", "order": "falling"},
        {"measures": ["items_per_order"], "by": "country"},
    ],
)
def test_every_answer_has_words_of_its_own(workspace: Workspace, language: Any, args: dict[str, Any]) -> None:
    text = word_finding(ask(workspace, **args), language)
    for code in ("best_", "change_of", "first_order_month", "days_between_orders", "items_per_order"):
        assert code not in text, text


def test_customers_are_chosen_by_when_they_first_or_last_ordered(
    workspace: Workspace, orders: pd.DataFrame
) -> None:
    by_customer = orders.groupby("customer_row")["ordered_at"]
    first, last = (day.dt.strftime("%Y-%m") for day in (by_customer.min(), by_customer.max()))
    month = last.mode()[0]
    came, gone = (
        ask(workspace, measures=["customers"], **{name: month}) for name in ("first_order", "last_order")
    )
    assert came.fact("customers").value == (first == month).sum()
    assert gone.fact("customers").value == (last == month).sum()
    assert {note.code for note in gone.notes} >= {"only_last_order"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("December 2010", "2010-12"),
        ("dec", "2010-12"),
        ("11月", "2011-11"),
        ("november of 2010", "2010-11"),
        ("Q3", "2011-Q3"),
        ("q4", "2011-Q4"),
        ("28 November 2010", "2010-11-28"),
        ("Nov 28th, 2010", "2010-11-28"),
        ("2010年11月28日", "2010-11-28"),
        ("2010/11/28", "2010-11-28"),
    ],
)
def test_a_month_by_name_is_the_latest_one_the_data_reaches(text: str, name: str) -> None:
    assert named_span(text, date(2011, 11, 9)).name == name


@pytest.mark.parametrize("compare", ["previous_year", "previous_period"])
def test_a_stretch_not_over_is_compared_with_as_many_days(
    workspace: Workspace, orders: pd.DataFrame, compare: str
) -> None:
    last = orders["ordered_at"].max().normalize()
    since = last - pd.Timedelta(days=9)
    finding = ask(
        workspace,
        measures=["orders"],
        since=since.date(),
        until=(last + pd.Timedelta(days=20)).date(),
        compare=compare,
    )
    shift = pd.DateOffset(years=1) if compare == "previous_year" else pd.DateOffset(days=30)
    first = since - shift
    days = orders["ordered_at"].dt.normalize()
    expected = int(days.between(first, first + pd.Timedelta(days=9)).sum())
    assert finding.fact("orders").value == int(days.between(since, last).sum())
    assert finding.fact("compared_until").value == (first + pd.Timedelta(days=9)).date()
    assert finding.fact("orders_before").value == expected


def test_what_products_bring_sums_to_what_orders_bring(tmp_path: Path) -> None:
    frames = shop_frames(60)
    orders = frames[Table.ORDERS]
    orders["discount_amount"] = orders["gross_amount"] / 10  # told beside amounts that are after it already
    shop = workspace_of(tmp_path, publish_shop(tmp_path, frames))
    by_product = ask(shop, measures=["net_revenue"], by="product", top=12)
    total = sum(of(by_product, "net_revenue", SubjectKind.PRODUCT).values())
    assert total == pytest.approx(orders["net_amount"].sum(), abs=0.01)
    mean = ask(shop, measures=["mean_order_amount"]).fact("mean_order_amount").value
    assert mean == pytest.approx(orders["net_amount"].mean())


def test_a_country_is_chosen_as_it_is_split_by_guests_and_all(tmp_path: Path) -> None:
    frames = shop_frames(60)
    orders = frames[Table.ORDERS]
    orders["country"] = np.where(orders.index % 3 == 0, "DE", "FR")
    orders["customer_row"] = orders["customer_row"].astype("Int32").where(orders.index % 5 != 0)
    shop = workspace_of(tmp_path, publish_shop(tmp_path, frames))
    measures = ["net_revenue", "orders", "customers", "repeat_rate"]
    split, chosen = ask(shop, measures=measures, by="country"), ask(shop, measures=measures, country="DE")
    for name in measures:
        values = [f.value for f in chosen.facts if f.name == name]
        assert values == [of(split, name, SubjectKind.GROUP)["DE"]]
    assert "only_country" in {note.code for note in chosen.notes}
    median = ask(shop, column="median net_amount", country="DE")
    assert [f.value for f in median.facts if f.name == "median_value"] == [
        orders.loc[orders["country"] == "DE", "net_amount"].median()
    ]
    own = (frames[Table.CUSTOMERS]["country"] == "DE").sum()
    filed = ask(shop, measures=["customers_on_file"], country="DE")
    assert filed.fact("customers_on_file").value == own
