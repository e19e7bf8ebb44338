from decimal import Decimal
from pathlib import Path

import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import DataError
from marketeer.tools.sources.loading import LoadOptions, load
from marketeer.tools.warehouse.snapshots import open_dataset

CUSTOMERS = (
    "Customer ID,Email,First Name,Country,Accepts Email Marketing,Tier,Notes\n"
    "1,a@x.de,Ana,DE,yes,gold,送礼用\n2,b@x.de,Bo,FR,,basic,\n3,c@x.de,Cy,FR,no,basic,late\n"
)
ORDERS = (
    "order_id;customer;order_date;total;shipping;status\n"
    "A1;1;31.12.2024 10:00;25,50;5,00;paid\nA2;2;02.01.2025 11:30;1.010,00;0,00;paid\n"
    "A3;;03.01.2025 09:00;5,00;0,00;cancelled\nA4;b@x.de;04.01.2025 09:00;7,00;0;paid\n"
)
LINES = (
    "order_id,sku,product name,qty,unit price\nA1,P1,Mug,2,10.25\nA2,P2,Chair,1,1010\nA2,P2,Chair,1,1010\n"
    "A3,P1,Mug,1,5\nA4,P1,Mug,1,7\nA9,P1,Mug,1,9\n"
)


@pytest.fixture
def shop(tmp_path: Path) -> list[Path]:
    files = {"customers.csv": CUSTOMERS, "orders.csv": ORDERS, "lines.csv": LINES}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [tmp_path / name for name in files]


def effects(report) -> dict[tuple[str, str], tuple[int, Decimal]]:
    return {(e.table, e.code): (e.rows, e.amount) for e in report.manifest.rules}


def test_several_plain_tables_become_one_snapshot(shop: list[Path], tmp_path: Path) -> None:
    report = load(shop, tmp_path / "ws")
    data = report.dataset
    assert data.rows == {Table.CUSTOMERS: 3, Table.ORDERS: 3, Table.ORDER_LINES: 3, Table.PRODUCTS: 2}
    customers = data.frame("SELECT * FROM customers ORDER BY customer_row")
    assert customers["customer_id"].tolist() == ["1", "2", "3"]
    assert customers["email_consent"].tolist() == ["granted", "unknown", "denied"]
    assert customers["attr_tier"].tolist() == ["gold", "basic", "basic"]
    orders = data.frame("SELECT * FROM orders ORDER BY order_id")
    assert orders["customer_row"].tolist() == [0, 1, 1]
    assert orders["gross_amount"].tolist() == [20.5, 1010.0, 7.0]
    assert orders["shipping_amount"].tolist() == [5.0, 0.0, 0.0]
    assert str(data.as_of) == "2025-01-04"


def test_every_dropped_line_is_counted_with_its_revenue(shop: list[Path], tmp_path: Path) -> None:
    manifest = load(shop, tmp_path / "ws").manifest
    report = {(e.table, e.code): (e.rows, e.amount) for e in manifest.rules if e.dropped}
    assert report == {
        ("orders", "cancelled_order"): (1, Decimal(5)),
        ("order_lines", "exact_duplicate"): (1, Decimal(1010)),
        ("order_lines", "order_dropped"): (1, Decimal(5)),
        ("order_lines", "line_without_order"): (1, Decimal(9)),
    }
    assert (manifest.raw_rows, manifest.raw_amount) == (6, Decimal("2061.5"))
    assert (manifest.kept_rows, manifest.kept_amount) == (3, Decimal("1037.5"))


def test_a_rule_that_is_turned_off_keeps_its_rows(shop: list[Path], tmp_path: Path) -> None:
    report = load(shop, tmp_path / "ws", LoadOptions(keep=frozenset({"exact_duplicate"})))
    assert report.rows[Table.ORDER_LINES] == 4
    assert effects(report)["order_lines", "exact_duplicate"] == (1, Decimal(1010))
    assert not next(e for e in report.manifest.rules if e.code == "exact_duplicate").dropped


def test_loading_twice_gives_the_same_snapshot(shop: list[Path], tmp_path: Path) -> None:
    first, second = load(shop, tmp_path / "one"), load(shop, tmp_path / "two")
    assert first.manifest == second.manifest
    assert not first.unchanged
    assert load(shop, tmp_path / "one").unchanged


def test_a_dry_run_reports_and_writes_nothing(shop: list[Path], tmp_path: Path) -> None:
    report = load(shop, tmp_path / "ws", LoadOptions(dry_run=True))
    assert report.dataset is None
    assert report.rows[Table.ORDERS] == 3
    assert [path.name for path in (tmp_path / "ws").iterdir()] == [".load.lock"]


def test_the_snapshot_is_readable_by_its_owner_only(shop: list[Path], tmp_path: Path) -> None:
    data = load(shop, tmp_path / "ws").dataset
    assert {path.stat().st_mode & 0o777 for path in data.folder.iterdir()} == {0o600}
    assert data.folder.stat().st_mode & 0o777 == 0o700


def test_dates_that_read_both_ways_are_asked_about_and_the_answer_is_used(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("order_id,customer_id,date,amount\n1,7,03/04/2025,10\n2,8,05/06/2025,20\n")
    with pytest.raises(DataError, match="--date-order") as caught:
        load([file], tmp_path / "ws")
    assert caught.value.code == "needs_answer"
    (question,) = caught.value.params["questions"].values()
    assert (question.code, question.options, question.flag) == ("date_order", ("dmy", "mdy"), "--date-order")
    dmy = load([file], tmp_path / "ws", LoadOptions(date_order="dmy")).dataset
    mdy = load([file], tmp_path / "ws", LoadOptions(date_order="mdy")).dataset
    assert (str(dmy.as_of), str(mdy.as_of)) == ("2025-06-05", "2025-05-06")


def test_one_day_above_twelve_settles_the_order_of_day_and_month(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("order_id,customer_id,date,amount\n1,7,03/04/2025,10\n2,8,05/26/2025,20\n")
    assert str(load([file], tmp_path / "ws").dataset.as_of) == "2025-05-26"


def test_chinese_headers_in_gb18030_are_read(tmp_path: Path) -> None:
    file = tmp_path / "订单.csv"
    text = (
        "订单编号,会员编号,下单时间,商品名称,数量,单价\n"
        "1001,u1,2025-03-01 10:00:00,红茶,2,35.5\n1002,u2,2025-03-02 11:00:00,绿茶,1,20\n"
    )
    file.write_bytes(text.encode("gb18030"))
    data = load([file], tmp_path / "ws").dataset
    assert data.frame("SELECT product_name FROM products ORDER BY 1")["product_name"].tolist() == [
        "红茶",
        "绿茶",
    ]
    assert data.frame("SELECT sum(net_amount) AS s FROM orders")["s"].tolist() == [91.0]


def test_a_failed_load_leaves_the_previous_snapshot_current(shop: list[Path], tmp_path: Path) -> None:
    before = load(shop, tmp_path / "ws").dataset
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n")
    with pytest.raises(DataError):
        load([bad], tmp_path / "ws")
    assert open_dataset(tmp_path / "ws") == before
    assert not list((tmp_path / "ws").glob("**/.staging-*"))
    assert not list((tmp_path / "ws").glob(".scratch-*"))
