from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from marketeer.prompts.wording import word_finding
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import Finding, Subject, SubjectKind, Unit
from marketeer.tools.core.running import run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.query_metric import TOOL
from marketeer.tools.sources.loading import load
from tests.shops import publish_shop, shop_frames, workspace_of


def shop_of(folder: Path, days: list[str], amounts: list[float] | None = None) -> Workspace:
    """A shop with one order on each of these days, of 10 unless said."""
    frames = shop_frames(30)
    orders = frames[Table.ORDERS].head(len(days)).assign(ordered_at=pd.to_datetime(days))
    orders["gross_amount"] = orders["net_amount"] = amounts or [10.0] * len(days)
    return workspace_of(folder, publish_shop(folder, {**frames, Table.ORDERS: orders}))


def ask(workspace: Workspace, **args: Any) -> Finding:
    return run(TOOL, {"measures": ["orders"], **args}, workspace)


def periods(finding: Finding, name: str) -> dict[str, float]:
    return {f.subject.name: f.value for f in finding.facts
            if f.name == name and f.subject.kind is SubjectKind.PERIOD}  # fmt: skip


def codes(finding: Finding) -> set[str]:
    return {note.code for note in finding.notes}


def test_a_month_without_orders_is_a_month_with_none(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, ["2025-01-01", "2025-02-10", "2025-04-03", "2025-04-20", "2025-05-31"])
    finding = ask(shop, by="month", compare="previous_period")
    orders = {"2025-01": 1, "2025-02": 1, "2025-03": 0, "2025-04": 2, "2025-05": 1}
    assert periods(finding, "orders") == orders
    assert periods(finding, "orders_before") == {"2025-02": 1, "2025-03": 1, "2025-04": 0, "2025-05": 2}
    growth = {"2025-02": 0.0, "2025-03": -100.0, "2025-05": -50.0}
    assert periods(finding, "growth_of_orders") == growth  # nothing grows from nothing
    assert periods(ask(shop, by="month", top=1, order="lowest"), "orders") == {"2025-03": 0}
    assert next(iter(periods(ask(shop, by="month", order="lowest"), "orders"))) == "2025-03"


def test_a_month_is_not_compared_with_one_the_data_does_not_cover_in_full(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, ["2025-01-20", "2025-02-10", "2025-03-01", "2025-03-31", "2025-04-09"])
    finding = ask(shop, by="month", compare="previous_period")
    assert periods(finding, "growth_of_orders") == {"2025-03": 100.0}
    partial = [note.params["name"] for note in finding.notes if note.code == "partial_period"]
    assert partial == ["2025-01", "2025-04"]


def test_a_series_can_be_compared_with_the_year_before(tmp_path: Path) -> None:
    days = ["2024-01-01", "2024-02-03", "2024-02-09", "2025-01-02", "2025-01-08", "2025-02-28"]
    finding = ask(shop_of(tmp_path, days), by="month", compare="previous_year")
    assert {k: v for k, v in periods(finding, "growth_of_orders").items() if v > -100} == {
        "2025-01": 100.0,
        "2025-02": -50.0,
    }


def test_the_months_of_two_years_stand_side_by_side(tmp_path: Path) -> None:
    days = ["2024-01-01", "2024-03-03", "2024-03-09", "2025-01-02", "2025-03-08", "2025-03-31"]
    finding = ask(shop_of(tmp_path, days), by="month", period="2025-Q1", compare="previous_year")
    assert periods(finding, "orders") == {"2025-01": 1, "2025-02": 0, "2025-03": 2, "2025-Q1": 3}
    assert periods(finding, "orders_before") == {"2025-01": 1, "2025-02": 0, "2025-03": 2, "2025-Q1": 3}


def test_two_years_and_the_two_before_share_a_year_which_counts_in_both(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, ["2023-01-01", "2023-05-01", "2024-05-01", "2024-06-01", "2025-12-31"])
    span = {"since": date(2024, 1, 1), "until": date(2025, 12, 31)}
    finding = ask(shop, **span, compare="previous_year")
    got = {f.name: f.value for f in finding.facts}
    assert (got["orders"], got["orders_before"]) == (3, 4)


def test_what_the_data_does_not_reach_is_said_and_nothing_grows_from_it(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, ["2024-01-20", "2025-02-10", "2025-03-01"])
    part = ask(shop, period="2025", compare="previous_year")
    assert not [f for f in part.facts if f.name.startswith("growth")]
    assert {"compared_in_part"} <= codes(part)
    none = ask(shop, period="2024-01", compare="previous_year")
    assert {"nothing_to_compare"} <= codes(none)
    assert not [f for f in none.facts if f.name.endswith("_before")]
    assert none.fact("since", Subject(SubjectKind.PERIOD, "2024-01")).value == date(2024, 1, 20)


def test_months_cut_by_the_question_are_named(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, ["2025-01-01", "2025-02-10", "2025-03-31"])
    finding = ask(shop, by="month", since=date(2025, 1, 15))
    assert [n.params["name"] for n in finding.notes if n.code == "cut_period"] == ["2025-01"]


@pytest.mark.parametrize(
    ("args", "kind", "name"),
    [
        ({"since": date(2025, 2, 10), "until": date(2025, 2, 10)}, SubjectKind.PERIOD, "2025-02-10"),
        ({"period": "2025-02-10"}, SubjectKind.PERIOD, "2025-02-10"),
        ({"since": date(2025, 2, 1), "until": date(2025, 2, 28)}, SubjectKind.PERIOD, "2025-02"),
        ({"period": "2025-02", "since": date(2025, 2, 5)}, SubjectKind.SHOP, ""),
    ],
)
def test_a_total_is_called_by_the_days_it_counts(
    tmp_path: Path, args: dict[str, Any], kind: SubjectKind, name: str
) -> None:
    shop = shop_of(tmp_path, ["2025-01-01", "2025-02-10", "2025-02-10", "2025-03-31"])
    finding = ask(shop, **args)
    assert finding.fact("orders", Subject(kind, name)).value == 2


def test_days_after_the_data_are_no_mistake_but_have_no_orders(tmp_path: Path) -> None:
    finding = ask(shop_of(tmp_path, ["2025-01-01", "2025-02-10"]), since=date(2026, 1, 1))
    days = {fact.name: fact.value for fact in finding.facts if fact.unit is Unit.DATE}
    assert days == {
        **dict.fromkeys(("since", "until"), date(2026, 1, 1)),
        "data_since": date(2025, 1, 1),
        "data_until": date(2025, 2, 10),
    }
    assert "on 1 January 2026 [F1.1]. It covers 1 January 2025" in word_finding(finding, "en")


def test_orders_without_times_are_not_split_by_the_hour(tmp_path: Path) -> None:
    with pytest.raises(Insufficient) as caught:
        ask(shop_of(tmp_path, ["2025-01-01", "2025-02-10"]), by="hour")
    assert caught.value.code == "missing_times"


def test_a_column_grows_from_stretch_to_stretch_too(tmp_path: Path) -> None:
    days = ["2025-01-01", "2025-01-20", "2025-02-10", "2025-02-28"]
    shop = shop_of(tmp_path, days, [10.0, 30.0, 25.0, 25.0])
    finding = ask(shop, column="mean gross_amount", by="month", compare="previous_period", measures=[])
    assert periods(finding, "growth_of_mean_value") == {"2025-02": pytest.approx(25.0)}
    with pytest.raises(Retry) as caught:
        ask(shop, column="mean gross_amount", by="month", order="rising", measures=[])
    assert caught.value.code == "column_by_change"


def test_more_given_back_than_sold_is_explained(tmp_path: Path) -> None:
    frames = shop_frames(30)
    orders = (
        frames[Table.ORDERS]
        .head(3)
        .assign(ordered_at=pd.to_datetime(["2025-01-02", "2025-02-03", "2025-02-04"]))
    )
    orders["order_kind"] = ["sale", "sale", "return"]
    orders["gross_amount"], orders["net_amount"] = [70.0, 10.0, 0.0], [70.0, 10.0, -70.0]
    shop = workspace_of(tmp_path, publish_shop(tmp_path, {**frames, Table.ORDERS: orders}))
    february = ask(shop, measures=["return_share"], period="2025-02")
    assert february.fact("return_share", Subject(SubjectKind.PERIOD, "2025-02")).value == 700.0
    assert "returns_of_earlier_sales" in codes(february)
    assert "returns_of_earlier_sales" not in codes(ask(shop, measures=["return_share"]))


@pytest.mark.parametrize(
    ("args", "english", "chinese"),
    [
        ({"by": "customer", "top": 3}, "Those with less are not shown; ask for more customers", "较小的客户"),
        ({"by": "product", "order": "falling", "top": 2}, "changed less are not shown", "变化较小的商品"),
        ({"by": "country", "order": "lowest", "top": 1}, "Those with more are not shown", "较大的国家"),
    ],
)
def test_what_is_not_shown_is_called_what_it_is(
    workspace: Workspace, args: dict[str, Any], english: str, chinese: str
) -> None:
    finding = run(TOOL, {"measures": ["net_revenue"], **args}, workspace)
    assert english in word_finding(finding, "en")
    assert chinese in word_finding(finding, "zh")


def test_nothing_is_left_out_where_all_that_is_left_has_nothing(workspace: Workspace) -> None:
    assert "more_groups" not in codes(ask(workspace, by="country", country="DE", top=1))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("compare", ["previous_period", "previous_year"])
@pytest.mark.parametrize("period", ["2024-12", "2025", "2025-02"])
def test_every_comparison_is_worded(tmp_path: Path, period: str, compare: str, language: Any) -> None:
    shop = shop_of(tmp_path, ["2024-12-20", "2025-01-03", "2025-02-10", "2025-03-01"])
    text = word_finding(ask(shop, by="month", period=period, compare=compare), language)
    assert "_" not in text.replace("/why", "")


@pytest.mark.real
def test_a_day_a_country_and_half_a_month_of_a_real_shop_equal_plain_pandas(
    real_data: Path, tmp_path: Path
) -> None:
    raw = pd.read_csv(real_data / "online_retail.csv.gz", dtype=str).drop_duplicates()
    price, quantity = raw["UnitPrice"].astype(float), raw["Quantity"].astype(int)
    product = raw["StockCode"].str.upper().str.match(r"^\d{5}")
    lines = raw[product & (price > 0) & ~raw["InvoiceNo"].str.startswith("A")].assign(amount=price * quantity)
    times = pd.to_datetime(lines["InvoiceDate"], format="%m/%d/%Y %H:%M")
    day = times.groupby(lines["InvoiceNo"]).transform("min").dt.normalize()
    net = lines["amount"].groupby(day).sum()
    shop = workspace_of(tmp_path, load([real_data / "online_retail.csv.gz"], tmp_path).dataset)

    def revenue(name: str = "net_revenue", **args: Any) -> list[float]:
        finding = run(TOOL, {"measures": ["net_revenue"], **args}, shop)
        return [fact.value for fact in finding.facts if fact.name == name]

    assert revenue(period="28 November 2011") == pytest.approx([net["2011-11-28"]], abs=0.005)
    british = lines.loc[lines["Country"] == "United Kingdom", "amount"].sum()
    assert revenue(country="United Kingdom") == pytest.approx([british], abs=0.005)
    half = {"period": "this_month", "compare": "previous_period"}
    expected = 100 * (net["2011-12-01":"2011-12-09"].sum() / net["2011-11-01":"2011-11-09"].sum() - 1)
    assert revenue("growth_of_net_revenue", **half) == pytest.approx([expected], abs=1e-6)
