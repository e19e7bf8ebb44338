import gzip
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.sources.loading import LoadOptions, LoadReport, load

HEADERS_I = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
HEADERS_II = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
ROWS = """536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom
536365,85123a,WHITE HANGING HEART T-LIGHT HOLDER,2,12/1/2010 8:26,2.55,17850,United Kingdom
536365,85123a,WHITE HANGING HEART T-LIGHT HOLDER,2,12/1/2010 8:26,2.55,17850,United Kingdom
536365,POST,POSTAGE,1,12/1/2010 8:26,18,17850,United Kingdom
536366,22423,REGENCY CAKESTAND,1,12/13/2010 9:00,12.75,12347,Iceland
536366,22423,,1,12/13/2010 9:00,12.75,12347,Norway
536366,BANK CHARGES,Bank Charges,1,12/13/2010 9:00,-5.5,12347,Iceland
C536379,85123A,WHITE HANGING HEART T-LIGHT HOLDER,-3,12/14/2010 9:41,2.55,17850,United Kingdom
C536380,22423,REGENCY CAKESTAND,-9,12/14/2010 9:49,12.75,12347,Iceland
536414,22139,,56,12/15/2010 11:52,0,,United Kingdom
536415,22139,RETRO SPOT,4,12/15/2010 11:53,1.125,,United Kingdom
A563185,B,Adjust bad debt,1,12/15/2010 14:50,-11062.06,,United Kingdom"""


def written(folder: Path, kind: str, headers: str = HEADERS_I) -> Path:
    table = [line.split(",") for line in (headers + "\n" + ROWS).splitlines()]
    path = folder / f"online_retail.{kind}"
    if kind == "csv":
        path.write_text(headers + "\n" + ROWS + "\n")
    elif kind == "csv.gz":
        path.write_bytes(gzip.compress((headers + "\n" + ROWS + "\n").encode()))
    elif kind == "xlsx":
        book = openpyxl.Workbook()
        for row in table:
            book.active.append([float(v) if v.replace(".", "", 1).isdecimal() else v or None for v in row])
        book.save(path)
    else:
        columns = {name: [row[at] or None for row in table[1:]] for at, name in enumerate(table[0])}
        columns["Quantity"] = [int(value) for value in columns["Quantity"]]
        price = next(name for name in columns if "Price" in name)
        columns[price] = [float(value) for value in columns[price]]
        pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "xlsx", "parquet"])
@pytest.mark.parametrize("headers", [HEADERS_I, HEADERS_II], ids=["I", "II"])
def test_every_file_kind_and_both_spellings_give_the_same_shop(
    tmp_path: Path, kind: str, headers: str
) -> None:
    report = load([written(tmp_path, kind, headers)], tmp_path / "ws")
    assert report.files[0].source == "uci_retail"
    assert report.rows == {Table.CUSTOMERS: 2, Table.ORDERS: 5, Table.ORDER_LINES: 7, Table.PRODUCTS: 3}
    data = report.dataset
    assert data.currency == "GBP"
    assert str(data.as_of) == "2010-12-15"
    orders = data.frame("SELECT * FROM orders ORDER BY order_id").set_index("order_id")
    assert orders["net_amount"].round(4).to_dict() == {
        "536365": 20.4, "536366": 25.5, "536415": 4.5, "C536379": -7.65, "C536380": -114.75,
    }  # fmt: skip
    assert orders["order_kind"].tolist() == ["sale", "sale", "sale", "return", "return"]
    assert orders["shipping_amount"].fillna(0).tolist() == [18, 0, 0, 0, 0]
    assert orders["customer_row"].fillna(-1).tolist() == [1, 0, -1, 1, 0]
    products = data.frame("SELECT product_id, product_name FROM products ORDER BY 1")
    assert products["product_id"].tolist() == ["22139", "22423", "85123A"]
    assert products["product_name"].tolist()[1] == "REGENCY CAKESTAND"


def test_a_return_is_matched_to_the_sale_that_covers_it(tmp_path: Path) -> None:
    data = load([written(tmp_path, "csv")], tmp_path / "ws").dataset
    returns = data.frame(
        "SELECT quantity, return_of FROM order_lines WHERE line_kind = 'return' ORDER BY order_id"
    )
    assert returns["return_of"].fillna("").tolist() == ["536365", ""]
    assert returns["quantity"].tolist() == [-3, -9]


def test_rules_name_rows_and_revenue(tmp_path: Path) -> None:
    manifest = load([written(tmp_path, "csv")], tmp_path / "ws").manifest
    rules = {e.code: (e.rows, e.amount, e.dropped) for e in manifest.rules}
    assert rules == {
        "exact_duplicate": (1, Decimal("5.1"), True),
        "bad_debt_adjustment": (1, Decimal("-11062.06"), True),
        "postage_line": (1, Decimal(18), True),
        "non_product_line": (1, Decimal("-5.5"), True),
        "price_not_positive": (1, Decimal(0), True),
        "cancellation": (2, Decimal("-122.4"), False),
        "product_code_case": (1, Decimal("5.1"), False),
        "return_line": (2, Decimal("-122.4"), False),
        "guest_customer": (1, Decimal("4.5"), False),
    }
    dropped = sum(e.amount for e in manifest.rules if e.dropped)
    assert manifest.raw_amount == manifest.kept_amount + dropped


@pytest.fixture(scope="module")
def online_retail(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> LoadReport:
    return load([real_data / "online_retail.csv.gz"], tmp_path_factory.mktemp("uci"))


@pytest.mark.real
def test_the_real_file_reconciles_with_the_published_counts(online_retail: LoadReport) -> None:
    manifest = online_retail.manifest
    assert manifest.raw_rows == 541_909
    assert manifest.raw_amount == Decimal("9747747.934")
    matched = {e.code: e.matched for e in manifest.rules}
    assert matched["exact_duplicate"] == 5_268
    assert matched["cancellation"] == 9_288
    assert matched["guest_customer"] == 135_080
    assert matched["bad_debt_adjustment"] == 3
    assert matched["non_product_line"] == 2_995
    assert matched["price_not_positive"] == 2_517
    dropped = sum(e.amount for e in manifest.rules if e.dropped)
    assert manifest.raw_amount == manifest.kept_amount + dropped


@pytest.mark.real
def test_the_real_snapshot_holds_exactly_the_kept_revenue(online_retail: LoadReport) -> None:
    data = online_retail.dataset
    sums = data.frame(
        "SELECT (SELECT sum(line_amount)::DOUBLE FROM order_lines) AS lines, "
        "(SELECT sum(net_amount)::DOUBLE FROM orders) AS orders, "
        "(SELECT count(*) FROM order_lines) AS n"
    )
    kept = float(online_retail.manifest.kept_amount)
    assert sums.iloc[0].tolist() == [kept, kept, online_retail.manifest.kept_rows]


@pytest.mark.real
def test_with_every_rule_off_the_real_file_is_all_there(real_data: Path, tmp_path: Path) -> None:
    dropping = {
        "exact_duplicate",
        "bad_debt_adjustment",
        "postage_line",
        "non_product_line",
        "price_not_positive",
    }
    report = load([real_data / "online_retail.csv.gz"], tmp_path, LoadOptions(keep=frozenset(dropping)))
    rows = report.dataset.rows
    assert rows[Table.ORDER_LINES] == 541_909
    assert rows[Table.ORDERS] == 25_900
    assert rows[Table.CUSTOMERS] == 4_372
    assert report.manifest.kept_amount == Decimal("9747747.934")
