"""Amounts that are written and are no number set their row aside; blank ones keep their meaning."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from marketeer.tools.core.errors import DataError
from marketeer.tools.sources.loading import LoadReport, load
from tests.tools.sources.test_messy_exports import sums
from tests.tools.sources.test_shop_exports import dropped, loaded, reconciles

NO_NUMBERS = ("inf", "Infinity", "-inf", "nan", "NaN", "1e400", "free")
ORDERS = (
    "Order ID,Customer ID,Date,Total\n1,a,2026-01-05,10.00\n2,b,2026-01-16,{amount}\n3,a,2026-01-17,4.50\n"
)


def set_aside(report: LoadReport) -> int:
    found = [rule.rows for rule in report.manifest.rules if rule.code == "unreadable_number" and rule.dropped]
    assert report.manifest.raw_rows == report.manifest.kept_rows + sum(found)
    assert reconciles(report)
    return sum(found)


@pytest.mark.parametrize("amount", NO_NUMBERS)
def test_an_order_whose_amount_is_no_number_is_set_aside_and_counted(amount: str, tmp_path: Path) -> None:
    report = loaded(tmp_path, {"orders.csv": ORDERS.format(amount=amount)})
    assert dropped(report) == {("orders", "unreadable_number"): (1, 0)}
    assert set_aside(report) == 1
    assert sums(report) == dict(orders=2, customers=1, gross=14.5, discount=0, returned=0, net=14.5)


@pytest.mark.parametrize("amount", ["", " ", "0", "0.00"])
def test_an_order_with_a_blank_amount_or_none_stays_one_of_nothing(amount: str, tmp_path: Path) -> None:
    report = loaded(tmp_path, {"orders.csv": ORDERS.format(amount=amount)})
    assert set_aside(report) == 0
    assert sums(report)["orders"] == 3


@pytest.mark.parametrize("amount", ["inf", "nan", "1e400"])
@pytest.mark.parametrize("column", ["Discount Amount", "Refund Amount", "Shipping", "Tax"])
def test_an_order_with_an_infinite_amount_beside_its_total_is_set_aside(
    column: str, amount: str, tmp_path: Path
) -> None:
    rows = f"1,a,2026-01-05,10.00,1.00\n2,b,2026-01-16,20.00,{amount}\n3,a,2026-01-17,4.50,\n"
    report = loaded(tmp_path, {"orders.csv": f"Order ID,Customer ID,Date,Total,{column}\n{rows}"})
    assert dropped(report) == {("orders", "unreadable_number"): (1, 20)}
    assert set_aside(report) == 1
    assert sums(report)["orders"] == 2


def test_a_dash_for_no_discount_is_no_reason_to_set_an_order_aside(tmp_path: Path) -> None:
    text = (
        "Order ID,Customer ID,Date,Total,Discount Amount\n1,a,2026-01-05,10.00,-\n2,b,2026-01-16,20.00,2.00\n"
    )
    report = loaded(tmp_path, {"orders.csv": text})
    assert set_aside(report) == 0
    assert sums(report)["gross"] == 32


@pytest.mark.parametrize("where", ["price", "quantity", "discount"])
@pytest.mark.parametrize("amount", ["inf", "nan", "-inf", "1e400"])
def test_a_line_with_an_infinite_number_is_set_aside(where: str, amount: str, tmp_path: Path) -> None:
    odd = {"quantity": "2", "price": "5.00", "discount": "1.00"} | {where: amount}
    text = (
        "Order ID,Customer ID,Date,SKU,Qty,Unit price,Line discount\n1,a,2026-01-05,X,1,10.00,0.50\n"
        f"2,b,2026-01-16,Y,{odd['quantity']},{odd['price']},{odd['discount']}\n"
    )
    report = loaded(tmp_path, {"lines.csv": text})
    assert set_aside(report) == 1
    assert sums(report) == dict(orders=1, customers=1, gross=10, discount=0.5, returned=0, net=9.5)


TYPED: dict[str, Callable[[str], str]] = {
    "orders": lambda odd: (
        f"SELECT * FROM (VALUES ('1', 'a', DATE '2026-01-05', 10.0::DOUBLE), "
        f"('2', 'b', DATE '2026-01-16', {odd}), ('3', 'a', DATE '2026-01-17', NULL)) "
        "AS t(order_id, customer_id, date, total)"
    ),
    "lines": lambda odd: (
        f"SELECT * FROM (VALUES ('1', 'a', DATE '2026-01-05', 'X', 1, 10.0::DOUBLE), "
        f"('2', 'b', DATE '2026-01-16', 'Y', 2, {odd})) "
        "AS t(order_id, customer_id, date, sku, qty, price)"
    ),
}


@pytest.mark.parametrize("kind", TYPED)
@pytest.mark.parametrize("odd", ["'inf'::DOUBLE", "'-inf'::DOUBLE", "'nan'::DOUBLE", "1e300::DOUBLE"])
def test_numbers_of_a_typed_file_that_are_not_finite_or_beyond_all_money_are_set_aside(
    kind: str, odd: str, tmp_path: Path
) -> None:
    path = tmp_path / "sales.parquet"
    duckdb.execute(f"COPY ({TYPED[kind](odd)}) TO '{path}' (FORMAT parquet)")
    report = load([path], tmp_path / "ws")
    assert set_aside(report) == 1
    assert sums(report)["gross"] == 10


def test_the_lines_of_an_order_say_its_amount_where_its_own_cannot_be_read(tmp_path: Path) -> None:
    files = {
        "orders.csv": ORDERS.format(amount="n/a") + "4,c,2026-01-18,n/a\n",
        "lines.csv": "Order ID,SKU,Qty,Unit price\n1,X,1,10.00\n2,Y,3,7.00\n3,X,1,4.50\n",
    }
    report = loaded(tmp_path, files)
    assert dropped(report) == {("orders", "unreadable_number"): (1, 0)}
    assert sums(report) == dict(orders=3, customers=2, gross=35.5, discount=0, returned=0, net=35.5)
    assert reconciles(report)


def test_a_file_none_of_whose_amounts_can_be_read_is_no_shop_that_sold_for_nothing(tmp_path: Path) -> None:
    text = ORDERS.replace("10.00", "paid").replace("4.50", "open").format(amount="paid")
    with pytest.raises(DataError, match=r"unreadable_number \(3\)") as caught:
        loaded(tmp_path, {"orders.csv": text})
    assert caught.value.code == "nothing_left"


def test_discounts_as_negative_numbers_in_scientific_notation_are_read(tmp_path: Path) -> None:
    text = "Order ID,Customer ID,Date,Total,Discounts\n1,a,2026-01-05,2000,-1e3\n2,b,2026-01-16,20,-$2.00\n"
    assert sums(loaded(tmp_path, {"orders.csv": text}))["discount"] == 1002
