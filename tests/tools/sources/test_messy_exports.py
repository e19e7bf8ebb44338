"""Exports as they really come, with what people and programs put around and between the rows."""

# ruff: noqa: E501 -- lines are as long as the exports write them

import gzip
from pathlib import Path

import openpyxl
import pytest

from marketeer.prompts.words import readable, word
from marketeer.tools.core.errors import DataError
from marketeer.tools.sources.loading import LoadReport, load
from tests.tools.sources.test_shop_exports import loaded, reconciles

LINES = "Order ID,Customer ID,Date,SKU,Product,Qty,Unit price\n1,7,2026-01-02,X,Tea,1,10.00\n2,8,2026-01-13,Y,Pot,2,4.50\n"


def sums(report: LoadReport) -> dict[str, float]:
    found = report.dataset.frame(
        "SELECT count(*) AS orders, count(DISTINCT customer_row) AS customers, sum(gross_amount)::DOUBLE AS gross, "
        "sum(discount_amount)::DOUBLE AS discount, sum(returned_amount)::DOUBLE AS returned, "
        "sum(net_amount)::DOUBLE AS net FROM orders"
    )
    return found.iloc[0].to_dict()


def mapped(report: LoadReport) -> dict[str, str]:
    return {key.partition(".")[2]: header for key, header in report.files[0].mapping.items()}


@pytest.mark.parametrize(
    "above",
    [
        "Sales report\nPeriod: 2026-01-01 to 2026-03-31\n\n",
        "\n\n",
        "Sales report,,,,,,\n,,,,,,\n",
        '"a, b"\n\r\n',
    ],
)
@pytest.mark.parametrize("kind", ["csv", "utf-16", "bom", "gz", ";"])
def test_titles_above_the_header_line_are_left_out_and_that_is_said(
    above: str, kind: str, tmp_path: Path
) -> None:
    text = (above + LINES).replace(",", ";" if kind == ";" else ",")
    content = text.encode({"utf-16": "utf-16", "bom": "utf-8-sig"}.get(kind, "utf-8"))
    file = tmp_path / ("report.csv.gz" if kind == "gz" else "report.csv")
    file.write_bytes(gzip.compress(content) if kind == "gz" else content)
    report = load([file], tmp_path / "ws")
    assert sums(report)["net"] == 19
    assert report.manifest.raw_rows == 2
    assert report.manifest.notes[-1] == "frame_left_out"
    assert report.files[0].file.name == file.name


def test_a_plain_file_has_nothing_left_out(tmp_path: Path) -> None:
    assert "frame_left_out" not in loaded(tmp_path, {"lines.csv": LINES}).manifest.notes


@pytest.mark.parametrize(
    "last", ["Total,,,,,3,19.00\n", ",,Grand total:,,,3,19.00\n", "合计,,,,,3,19\n,,,,,,\n"]
)
def test_a_row_of_totals_is_no_order(last: str, tmp_path: Path) -> None:
    report = loaded(tmp_path, {"lines.csv": LINES + last})
    assert (report.manifest.raw_rows, float(report.manifest.raw_amount)) == (2, 19)
    assert sums(report)["net"] == 19
    assert "frame_left_out" in report.manifest.notes


def test_a_product_called_total_is_a_product(tmp_path: Path) -> None:
    report = loaded(tmp_path, {"lines.csv": LINES + "3,7,2026-02-02,Z,Total,1,5.00\n"})
    assert report.manifest.raw_rows == 3


def test_totals_at_the_end_of_each_of_two_files_go(tmp_path: Path) -> None:
    later = LINES.replace("\n1,", "\n3,").replace("\n2,", "\n4,")
    report = loaded(
        tmp_path, {"a.csv": LINES + "Total,,,,,3,19.00\n", "b.csv": later + "Total,,,,,3,19.00\n"}
    )
    assert (report.manifest.raw_rows, sums(report)["net"]) == (4, 38)


def test_a_chinese_workbook_with_a_title_over_all_columns_units_and_a_total(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["2026年一季度销售明细表"])
    sheet.merge_cells("A1:I1")
    sheet.append(["导出时间：2026-04-01", "", "", "门店：旗舰店"])
    sheet.append(
        ["序号", "订单编号", "会员编号", "会员姓名", "下单日期", "商品名称", "数量", "单价(元)", "金额（元）"]
    )
    sheet.append([1, "D001", "u1", "王芳", "2026/1/5", "龙井茶", 2, 50.5, 101])
    sheet.append([2, "D001", "u1", "王芳", "2026/1/5", "茶杯", 1, 20, 20])
    sheet.append([3, "D002", "u2", "李雷", "2026/2/16", "红茶", 1, 80, 80])
    sheet.append(["合计", "", "", "", "", "", 4, "", 201])
    book.save(tmp_path / "销售.xlsx")
    report = load([tmp_path / "销售.xlsx"], tmp_path / "ws")
    assert sums(report) == dict(orders=2, customers=2, gross=201, discount=0, returned=0, net=201)
    assert mapped(report)["unit_price"] == "单价(元)"
    assert str(report.dataset.as_of) == "2026-02-16"


def test_a_list_of_orders_whose_columns_are_not_all_known_is_never_taken_for_customers(
    tmp_path: Path,
) -> None:
    text = "Order ID,Order Date,Buyer Email,Worth\n1,2026-01-05,a@x.de,10\n2,2026-01-16,b@x.de,20\n"
    with pytest.raises(DataError) as caught:
        loaded(tmp_path, {"orders.csv": text})
    assert caught.value.code == "unknown_table"
    assert list(caught.value.params["questions"]) == ["orders"]
    assert sums(loaded(tmp_path, {"orders.csv": text}, mapping={"orders.total_amount": "Worth"}))["net"] == 30


def test_customers_that_name_their_last_order_are_customers(tmp_path: Path) -> None:
    text = "Email,First name,Last order ID,Last order date,Total spent\na@x.de,Ana,1001,2026-01-05,10\nb@x.de,Bo,1002,2026-01-16,20\n"
    assert loaded(tmp_path, {"people.csv": text}).files[0].shape == "customers"


def test_of_an_order_id_and_a_transaction_id_the_order_id_is_meant(tmp_path: Path) -> None:
    text = (
        "Sale Date,Item Name,Buyer,Quantity,Price,Discount Amount,Item Total,Currency,Transaction ID,Date Paid,Order ID,SKU\n"
        '01/05/26,"Mug, blue",annA,2,10.00,0.00,20.00,EUR,9001,01/05/2026,5001,MUG\n'
        "01/05/26,Plate,annA,1,15.00,0.00,15.00,EUR,9002,01/05/2026,5001,PLA\n"
        "02/16/26,Plate,bobB,1,15.00,1.50,15.00,EUR,9003,02/16/2026,5002,PLA\n"
    )
    report = loaded(tmp_path, {"EtsySoldOrderItems2026.csv": text})
    assert mapped(report)["order_id"] == "Order ID"
    assert mapped(report)["ordered_at"] == "Sale Date"
    assert sums(report) == dict(orders=2, customers=2, gross=50, discount=1.5, returned=0, net=48.5)


def test_of_an_orders_value_and_its_total_the_total_is_meant_which_shipping_and_tax_leave(
    tmp_path: Path,
) -> None:
    text = (
        "Sale Date,Order ID,Buyer,Order Value,Discount Amount,Shipping,Sales Tax,Order Total,Status,Order Net,Currency\n"
        "01/05/26,5001,annA,35.00,0.00,4.00,2.00,41.00,,37.14,EUR\n02/16/26,5002,bobB,15.00,1.50,4.00,0.00,17.50,,16.5,EUR\n"
    )
    assert sums(loaded(tmp_path, {"EtsySoldOrders2026.csv": text})) == dict(
        orders=2, customers=2, gross=50, discount=1.5, returned=0, net=48.5
    )


def test_taxes_in_brackets_and_refunds_in_a_column_are_understood(tmp_path: Path) -> None:
    text = (
        "Order ID,Customer ID,Customer Name,Customer Email,Order Date,Order Status,Subtotal (ex tax),Subtotal (inc tax),Tax Total,"
        "Shipping Cost (ex tax),Shipping Cost (inc tax),Refund Amount,Order Total (ex tax),Order Total (inc tax),Currency Code\n"
        "100,5,Ann A,a@x.com,05/01/2026,Completed,20.00,24.00,4.80,4.00,4.80,0.00,24.00,28.80,GBP\n"
        "101,6,Bob B,b@x.com,16/01/2026,Refunded,10.00,12.00,2.00,0.00,0.00,12.00,10.00,12.00,GBP\n"
        "103,5,Ann A,a@x.com,18/02/2026,Declined,10.00,12.00,2.00,0.00,0.00,0.00,10.00,12.00,GBP\n"
    )
    report = loaded(tmp_path, {"orders.csv": text})
    assert sums(report) == dict(orders=2, customers=2, gross=30, discount=0, returned=12, net=18)
    assert reconciles(report)


@pytest.mark.parametrize(
    "note",
    [
        "currency_unknown",
        "no_customer_column",
        "hidden_sheets",
        "tables_left_out",
        "mixed_offsets",
        "times_in_utc",
        "frame_left_out",
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_note_of_a_load_has_words(note: str, language: str) -> None:
    assert word("note", note, language, "describe_data") != readable(note)


def test_lines_in_the_chinese_of_jingdong_and_pinduoduo(tmp_path: Path) -> None:
    jd = (
        "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,订单状态,下单帐号,客户姓名\n"
        '="30001",111,龙井茶,2,在线支付,2026-01-05 10:00:00,50.00,100.00,95.00,完成,jd_a,王芳\n'
        '="30002",112,红茶,1,在线支付,2026-02-16 10:00:00,80.00,80.00,80.00,(删除)等待付款,jd_b,李雷\n'
        '="30003",112,红茶,1,在线支付,2026-02-17 10:00:00,80.00,80.00,80.00,完成,jd_a,王芳\n'
    )
    report = loaded(tmp_path, {"jd.csv": jd}, encoding="gb18030")
    assert sums(report) == dict(orders=2, customers=1, gross=180, discount=0, returned=0, net=180)
    assert reconciles(report)
