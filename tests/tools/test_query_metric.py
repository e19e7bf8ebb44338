from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.prompts.wording import word_finding
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import Finding, Subject, SubjectKind, Verdict
from marketeer.tools.core.running import CatalogRunner, run
from marketeer.tools.core.workspace import Ports, Workspace
from marketeer.tools.query_metric import TOOL
from marketeer.tools.sources.loading import load
from tests.shops import publish_shop, shop_frames, workspace_of


def ask(workspace: Workspace, **args: Any) -> Finding:
    return run(TOOL, args, workspace)


def values(finding: Finding, name: str, kind: SubjectKind) -> Mapping[str, float]:
    return {f.subject.name: f.value for f in finding.facts if f.name == name and f.subject.kind is kind}


@pytest.fixture
def orders() -> pd.DataFrame:
    frames = shop_frames()
    country = frames[Table.CUSTOMERS].set_index("customer_row")["country"]
    return frames[Table.ORDERS].assign(country=lambda o: o["customer_row"].map(country))


@pytest.fixture
def lines() -> pd.DataFrame:
    frames = shop_frames()
    return frames[Table.ORDER_LINES].merge(frames[Table.PRODUCTS], on="product_row")


def test_without_arguments_it_gives_the_totals(workspace: Workspace, orders: pd.DataFrame) -> None:
    finding = ask(workspace)
    got = {fact.name: fact.value for fact in finding.facts}
    assert got["net_revenue"] == pytest.approx(orders["net_amount"].sum())
    assert got["orders"] == len(orders)
    assert got["customers"] == orders["customer_row"].nunique()
    assert got["mean_order_amount"] == pytest.approx(orders["gross_amount"].mean())


def test_months_are_facts_about_periods(workspace: Workspace, orders: pd.DataFrame) -> None:
    finding = ask(workspace, measures=["net_revenue"], by="month")
    expected = orders.groupby(orders["ordered_at"].dt.strftime("%Y-%m"))["net_amount"].sum()
    got = values(finding, "net_revenue", SubjectKind.PERIOD)
    assert list(got) == expected.index.tolist()
    assert list(got.values()) == pytest.approx(expected.tolist())
    assert sum(values(finding, "share_of_revenue", SubjectKind.PERIOD).values()) == pytest.approx(100)


@pytest.mark.parametrize(
    ("grain", "code"),
    [("week", "%G-W%V"), ("day", "%Y-%m-%d"), ("year", "%Y")],
)
def test_every_grain_counts_what_pandas_counts(
    workspace: Workspace, orders: pd.DataFrame, grain: str, code: str
) -> None:
    period = {"period": "last_90_days"} if grain == "day" else {}
    finding = ask(workspace, measures=["orders"], by=grain, **period)
    inside = orders
    if period:
        last = orders["ordered_at"].max().normalize()
        inside = orders[orders["ordered_at"] >= last - pd.Timedelta(days=89)]
    named = inside["ordered_at"].dt.strftime(code)
    days = pd.date_range(inside["ordered_at"].min().normalize(), inside["ordered_at"].max())
    expected = named.groupby(named).size().reindex(days.strftime(code).unique(), fill_value=0)
    assert values(finding, "orders", SubjectKind.PERIOD) == expected.to_dict()


def test_the_biggest_countries_come_first(workspace: Workspace, orders: pd.DataFrame) -> None:
    finding = ask(workspace, measures=["net_revenue", "customers"], by="country", top=2)
    expected = orders.groupby("country")["net_amount"].sum().nlargest(2)
    assert list(values(finding, "net_revenue", SubjectKind.GROUP)) == expected.index.tolist()
    people = orders.groupby("country")["customer_row"].nunique()
    assert values(finding, "customers", SubjectKind.GROUP) == people[expected.index].to_dict()
    assert "more_groups" in {note.code for note in finding.notes}


def test_those_who_bought_once_and_their_share_of_revenue(workspace: Workspace, orders: pd.DataFrame) -> None:
    finding = ask(workspace, measures=["customers", "net_revenue"], max_orders=1)
    per = orders.groupby("customer_row").agg(n=("order_id", "size"), spend=("net_amount", "sum"))
    once = per[per["n"] == 1]
    subject = Subject(SubjectKind.GROUP, "one_time_buyers")
    assert finding.fact("customers", subject).value == len(once)
    assert finding.fact("share_of_customers", subject).value == pytest.approx(100 * len(once) / len(per))
    share = 100 * once["spend"].sum() / per["spend"].sum()
    assert finding.fact("share_of_revenue", subject).value == pytest.approx(share)


def test_products_and_categories_are_counted_from_lines(workspace: Workspace, lines: pd.DataFrame) -> None:
    by_product = ask(workspace, measures=["items", "orders"], by="product", top=3)
    expected = lines.groupby("product_name").agg(items=("quantity", "sum"), orders=("order_id", "nunique"))
    best = expected.nlargest(3, "items")
    assert values(by_product, "items", SubjectKind.PRODUCT) == best["items"].to_dict()
    assert values(by_product, "orders", SubjectKind.PRODUCT) == best["orders"].to_dict()
    by_category = ask(workspace, measures=["net_revenue"], by="category")
    sums = lines.groupby("category")["line_amount"].sum()
    assert values(by_category, "net_revenue", SubjectKind.CATEGORY) == pytest.approx(sums.to_dict())


def test_a_category_can_be_a_condition(workspace: Workspace, lines: pd.DataFrame) -> None:
    finding = ask(workspace, measures=["net_revenue"], category="Category 1")
    wanted = lines.loc[lines["category"] == "category 1", "line_amount"].sum()
    subject = Subject(SubjectKind.CATEGORY, "category 1")
    assert finding.fact("net_revenue", subject).value == pytest.approx(wanted)
    share = finding.fact("share_of_revenue", subject).value
    assert share == pytest.approx(100 * wanted / lines["line_amount"].sum())


def test_bought_but_not_the_other(workspace: Workspace, lines: pd.DataFrame) -> None:
    finding = ask(workspace, measures=["customers"], bought="product 3", not_bought="category 1")
    has = set(lines.loc[lines["product_row"] == 3, "customer_row"])
    other = set(lines.loc[lines["category"] == "category 1", "customer_row"])
    assert finding.fact("customers").value == len(has - other)


def test_the_last_days_are_counted_back_from_the_datas_last_day(
    workspace: Workspace, orders: pd.DataFrame
) -> None:
    finding = ask(workspace, measures=["orders", "customers"], period="last_30_days")
    first = orders["ordered_at"].max().normalize() - pd.Timedelta(days=29)
    within = orders[orders["ordered_at"] >= first]
    got = {fact.name: fact.value for fact in finding.facts}
    assert got["orders"] == len(within)
    assert got["customers"] == within["customer_row"].nunique()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_only_each_customers_nth_order_counts(
    workspace: Workspace, orders: pd.DataFrame, number: int
) -> None:
    finding = ask(workspace, measures=["net_revenue", "orders", "mean_order_amount"], order_number=number)
    ranked = orders.sort_values(["ordered_at", "order_id"])
    nth = ranked[ranked.groupby("customer_row").cumcount() == number - 1]
    got = {fact.name: fact.value for fact in finding.facts}
    assert got["net_revenue"] == pytest.approx(nth["net_amount"].sum())
    assert got["orders"] == len(nth)
    assert got["mean_order_amount"] == pytest.approx(nth["gross_amount"].mean())


def test_a_period_is_compared_with_the_one_before(workspace: Workspace, orders: pd.DataFrame) -> None:
    finding = ask(workspace, measures=["net_revenue"], period="2025-Q2", compare="previous_period")
    quarter = orders.groupby(orders["ordered_at"].dt.to_period("Q").astype(str))["net_amount"].sum()
    subject = Subject(SubjectKind.PERIOD, "2025-Q2")
    assert finding.fact("net_revenue", subject).value == pytest.approx(quarter["2025Q2"])
    assert finding.fact("net_revenue_before", subject).value == pytest.approx(quarter["2025Q1"])
    growth = 100 * (quarter["2025Q2"] / quarter["2025Q1"] - 1)
    assert finding.fact("growth_of_net_revenue", subject).value == pytest.approx(growth)


def test_a_series_is_compared_stretch_by_stretch(workspace: Workspace, orders: pd.DataFrame) -> None:
    finding = ask(workspace, measures=["orders"], by="month", compare="previous_period")
    months = orders.groupby(orders["ordered_at"].dt.strftime("%Y-%m")).size()
    growth = values(finding, "growth_of_orders", SubjectKind.PERIOD)
    assert list(growth) == months.index.tolist()[1:-1]  # the last one ends a day before its month
    expected = (100 * months.pct_change().dropna()).tolist()[:-1]
    assert list(growth.values()) == pytest.approx(expected)
    assert {"partial_period"} == {note.code for note in finding.notes}


def test_the_repeat_rate_is_that_of_the_period(workspace: Workspace, orders: pd.DataFrame) -> None:
    finding = ask(workspace, measures=["repeat_rate"], period="2024")
    counts = orders[orders["ordered_at"].dt.year == 2024].groupby("customer_row").size()
    assert finding.fact("repeat_rate").value == pytest.approx(100 * (counts > 1).mean())


def test_attributes_split_and_narrow(workspace: Workspace, orders: pd.DataFrame) -> None:
    tier = shop_frames()[Table.CUSTOMERS].set_index("customer_row")["attr_tier"]
    split = ask(workspace, measures=["net_revenue"], attribute="tier")
    expected = orders.groupby(orders["customer_row"].map(tier))["net_amount"].sum().to_dict()
    assert values(split, "net_revenue", SubjectKind.GROUP) == pytest.approx(expected)
    narrowed = ask(workspace, measures=["net_revenue"], where={"tier": "Gold"})
    assert narrowed.fact("net_revenue").value == pytest.approx(expected["gold"])


@pytest.mark.parametrize(("grain", "code"), [("month", "M"), ("quarter", "Q")])
def test_retention_is_what_pandas_counts_cohort_by_cohort(
    workspace: Workspace, orders: pd.DataFrame, grain: str, code: str
) -> None:
    finding = ask(workspace, measures=["retention"], by=grain)
    period = orders["ordered_at"].dt.to_period(code)
    first = period.groupby(orders["customer_row"]).transform("min")
    later = (period - first).map(lambda offset: offset.n)
    table = orders.groupby([first, later])["customer_row"].nunique().unstack(fill_value=0)
    complete = pd.Period(workspace.dataset.need_as_of() + pd.Timedelta(days=1), code) - 1
    sizes, pooled = {}, 0
    for cohort, row in table.iterrows():
        name = str(cohort).replace("Q", "-Q")
        sizes[name] = row[0]
        got = {f.name: f.value for f in finding.facts if f.subject.name == name}
        for step in range(1, {"month": 12, "quarter": 8}[grain] + 1):
            seen = got.get(f"retained_{grain}_{step}")
            if cohort + step > complete:
                assert seen is None
            else:
                assert seen == pytest.approx(100 * row.get(step, 0) / row[0])
        pooled += row.get(1, 0) if cohort + 1 <= complete else 0
    shown = values(finding, "cohort_customers", SubjectKind.PERIOD)
    assert shown == {name: sizes[name] for name in list(sizes)[-24:]}
    followed = table[0][[cohort + 1 <= complete for cohort in table.index]].sum()
    assert finding.fact(f"retained_{grain}_1").value == pytest.approx(100 * pooled / followed)
    assert "date_diff" in finding.query


def test_a_month_without_any_return_is_zero_and_one_not_over_is_empty(tmp_path: Path) -> None:
    frames = shop_frames(4)
    days = pd.to_datetime(["2025-01-10", "2025-01-20", "2025-03-05", "2025-04-10"])
    orders = frames[Table.ORDERS].head(4).assign(customer_row=[0, 1, 0, 2], ordered_at=days)
    workspace = workspace_of(tmp_path, publish_shop(tmp_path, {**frames, Table.ORDERS: orders}))
    got = {
        f.name: f.value for f in ask(workspace, measures=["retention"]).facts if f.subject.name == "2025-01"
    }
    assert got == {"cohort_customers": 2, "retained_month_1": 0.0, "retained_month_2": 50.0}


def test_cohorts_are_narrowed_by_period_and_customers(workspace: Workspace, orders: pd.DataFrame) -> None:
    finding = ask(workspace, measures=["retention"], country="DE", period="2024-Q1")
    first = orders[orders["country"] == "DE"].groupby("customer_row")["ordered_at"].min()
    months = first[first < "2024-04-01"].dt.strftime("%Y-%m").value_counts().sort_index()
    assert values(finding, "cohort_customers", SubjectKind.PERIOD) == months.to_dict()
    everybody = Subject(SubjectKind.GROUP, "selection")
    assert finding.fact("cohort_customers", everybody).value == months.sum()


def test_first_orders_and_repeat_orders_add_up(workspace: Workspace, orders: pd.DataFrame) -> None:
    finding = ask(workspace, measures=["orders"], by="new_or_returning")
    people = orders["customer_row"].nunique()
    assert values(finding, "orders", SubjectKind.GROUP) == {
        "first_order": people,
        "repeat_order": len(orders) - people,
    }


def test_segments_come_from_the_current_segmentation(workspace: Workspace, orders: pd.DataFrame) -> None:
    from marketeer.tools import load_tool

    tools = (load_tool("segment_customers"), TOOL)
    whole = Workspace(
        workspace.folder,
        workspace.dataset,
        workspace.ledger,
        Ports(vocabulary=PromptVocabulary()),
        CatalogRunner(lambda: tools, workspace),
    )
    finding = ask(whole, measures=["net_revenue", "customers"], by="segment")
    assert finding.recipe.parents == {"segmentation": "F1"}
    total = sum(values(finding, "net_revenue", SubjectKind.SEGMENT).values())
    assert total == pytest.approx(orders["net_amount"].sum())
    one = ask(whole, measures=["customers"], segment="Champions")
    assert one.fact("customers").value == values(finding, "customers", SubjectKind.SEGMENT)["champions"]


@pytest.fixture
def noted(tmp_path: Path) -> Workspace:
    frames = shop_frames(40)
    notes = ["送礼用" if n % 5 == 0 else "late delivery" if n % 3 == 0 else None for n in range(40)]
    frames[Table.CUSTOMERS]["notes"] = notes
    frames[Table.PRODUCTS].loc[:1, "product_name"] = ["green tea 茶", "coffee 咖啡"]
    return workspace_of(tmp_path, publish_shop(tmp_path, frames))


def test_notes_are_searched_letter_for_letter_over_everybody(noted: Workspace) -> None:
    finding = ask(noted, measures=["customers_on_file"], notes_contain="送礼")
    assert finding.fact("customers_on_file").value == 8
    assert finding.fact("share_of_customers_on_file").value == pytest.approx(20.0)


def test_order_discounts_and_refunds_are_spread_over_lines_exactly(tmp_path: Path) -> None:
    frames = shop_frames(60)
    orders = frames[Table.ORDERS]
    orders["discount_amount"] = (orders["gross_amount"] * 0.1).round(2)
    orders["returned_amount"] = (orders["gross_amount"] * 0.25).round(2)
    orders["net_amount"] = orders["gross_amount"] - orders["discount_amount"] - orders["returned_amount"]
    workspace = workspace_of(tmp_path, publish_shop(tmp_path, frames))
    finding = ask(workspace, measures=["net_revenue", "discount_amount", "returned_amount"], by="category")
    for name in ("discount_amount", "returned_amount"):
        total = sum(values(finding, name, SubjectKind.CATEGORY).values())
        assert total == pytest.approx(orders[name].sum(), abs=0.01)
    total = sum(values(finding, "net_revenue", SubjectKind.CATEGORY).values())
    assert total == pytest.approx(orders["net_amount"].sum(), abs=0.01)


def test_orders_without_customer_count_as_revenue_but_as_nobody(tmp_path: Path) -> None:
    frames = shop_frames(60)
    orders = frames[Table.ORDERS]
    orders["customer_row"] = orders["customer_row"].astype("Int32").where(orders.index % 4 != 0)
    workspace = workspace_of(tmp_path, publish_shop(tmp_path, frames))
    finding = ask(workspace, measures=["net_revenue", "customers"])
    assert finding.fact("net_revenue").value == pytest.approx(orders["net_amount"].sum())
    assert finding.fact("customers").value == orders["customer_row"].nunique()
    share = 100 * orders.loc[orders.index % 4 == 0, "net_amount"].sum() / orders["net_amount"].sum()
    assert finding.fact("guest_share_of_revenue").value == pytest.approx(share)


def test_a_partly_covered_month_is_named(workspace: Workspace) -> None:
    finding = ask(workspace, measures=["orders"], by="quarter", until=date(2025, 12, 31))
    partial = [note.params["name"] for note in finding.notes if note.code == "partial_period"]
    last = workspace.dataset.as_of
    assert partial == ([] if (last.month, last.day) == (12, 31) else ["2025-Q4"])


def test_nothing_matched_is_said(workspace: Workspace) -> None:
    finding = ask(workspace, measures=["orders"], period="2030-01")
    assert finding.verdict is Verdict.INSUFFICIENT
    assert "nothing_matched" in {note.code for note in finding.notes}


@pytest.mark.parametrize(
    ("args", "names"),
    [
        ({"country": "Germny", "measures": ["orders"]}, "DE"),
        ({"category": "categry 1"}, "category 1"),
        ({"attribute": "tear"}, "tier"),
        ({"period": "smarch"}, "last_month"),
        ({"by": "attribute"}, "tier"),
        ({"min_orders": 3, "max_orders": 2}, "Swap"),
        ({"measures": ["customers_on_file"], "by": "month"}, "country"),
        ({"compare": "previous_period"}, "period"),
        ({"measures": ["reveneu"]}, "measures"),
        ({"measures": ["retention", "orders"]}, "alone"),
        ({"measures": ["retention"], "by": "week"}, "quarter"),
        ({"measures": ["retention"], "category": "category 1"}, "customers only"),
    ],
)
def test_a_wrong_argument_is_answered_with_what_would_work(
    workspace: Workspace, args: dict[str, Any], names: str
) -> None:
    with pytest.raises(Retry, match=names):
        ask(workspace, **args)


def test_what_was_not_loaded_is_named(workspace: Workspace) -> None:
    with pytest.raises(Insufficient, match="channel"):
        ask(workspace, by="channel")
    with pytest.raises(Insufficient, match="notes"):
        ask(workspace, measures=["customers_on_file"], notes_contain="gift")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("example", TOOL.examples, ids=lambda e: e.text)
def test_every_example_computes_and_is_worded(noted: Workspace, example: Any, language: str) -> None:
    if {"segment", "channel"} & {example.args.get("by")}:
        pytest.skip("needs a segmentation or a channel column")
    text = word_finding(ask(noted, **example.args), language)
    assert "[F1" in text


@pytest.mark.real
def test_real_totals_equal_plain_pandas(real_data: Path, tmp_path: Path) -> None:
    raw = pd.read_csv(real_data / "online_retail.csv.gz", dtype=str).drop_duplicates()
    raw["StockCode"] = raw["StockCode"].str.upper()
    price, quantity = raw["UnitPrice"].astype(float), raw["Quantity"].astype(int)
    kept = raw["StockCode"].str.match(r"^\d{5}") & (price > 0) & ~raw["InvoiceNo"].str.startswith("A")
    raw["amount"] = price * quantity
    lines = raw[kept]
    workspace = workspace_of(tmp_path, load([real_data / "online_retail.csv.gz"], tmp_path).dataset)
    finding = ask(workspace, measures=["net_revenue"], by="month")
    first = lines.groupby("InvoiceNo")["InvoiceDate"].min()
    month = pd.to_datetime(first, format="%m/%d/%Y %H:%M").dt.strftime("%Y-%m")
    expected = lines.groupby(lines["InvoiceNo"].map(month))["amount"].sum()
    assert values(finding, "net_revenue", SubjectKind.PERIOD) == pytest.approx(expected.to_dict(), abs=0.005)
    sales = lines[~lines["InvoiceNo"].str.startswith("C")].dropna(subset="CustomerID")
    orders = sales.groupby("CustomerID")["InvoiceNo"].nunique()
    once = ask(workspace, measures=["customers"], max_orders=1)
    assert once.fact("customers").value == (orders == 1).sum()
    when = sales["InvoiceNo"].map(month)
    firsts = when.groupby(sales["CustomerID"]).transform("min")
    december = sales.loc[firsts == "2010-12", "CustomerID"]
    again = sales.loc[(firsts == "2010-12") & (when == "2011-01"), "CustomerID"].nunique()
    cohort = Subject(SubjectKind.PERIOD, "2010-12")
    kept = ask(workspace, measures=["retention"])
    assert kept.fact("cohort_customers", cohort).value == december.nunique()
    assert kept.fact("retained_month_1", cohort).value == pytest.approx(100 * again / december.nunique())
    assert kept.fact("retained_month_12", cohort) is None  # the data ends on 9 December 2011
