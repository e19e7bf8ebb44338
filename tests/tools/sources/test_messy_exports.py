"""Exports as they really come, with what people and programs put around and between the rows."""

# ruff: noqa: E501 -- lines are as long as the exports write them

import gzip
from pathlib import Path

import openpyxl
import pytest

from marketeer.prompts.words import readable, word
from marketeer.tools.core.errors import DataError
from marketeer.tools.sources.loading import LoadReport, load
from marketeer.tools.sources.who_bought import NOBODY
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
    assert sums(report) == dict(orders=2, customers=2, gross=30, discount=0, returned=10, net=20)
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


CONTINUED = (
    "Order No,Order Date,Customer Email,Product,Qty,Unit Price\n"
    "1001,2026-01-05,a@x.de,Tea,2,5.00\n{blank},,,Pot,1,10.00\n{blank},,,Pot,1,10.00\n"
    "1002,2026-02-16,b@x.de,Pot,1,10.00\n{other},,,Tea,1,5.00\n"
)


@pytest.mark.parametrize("named", [False, True])
def test_further_lines_of_an_order_may_leave_its_columns_blank(named: bool, tmp_path: Path) -> None:
    text = CONTINUED.format(blank="1001" if named else "", other="1002" if named else "")
    report = loaded(tmp_path, {"lines.csv": text}, keep=frozenset({"exact_duplicate"}))
    assert sums(report) == dict(orders=2, customers=2, gross=45, discount=0, returned=0, net=45)
    assert "orders_continued" in report.manifest.notes
    numbers = report.dataset.frame("SELECT order_id, line_number FROM order_lines ORDER BY 1, 2")
    assert numbers.to_numpy().tolist() == [["1001", 1], ["1001", 2], ["1001", 3], ["1002", 1], ["1002", 2]]
    assert (
        report.dataset.frame("SELECT count(*) AS n FROM orders WHERE customer_row IS NULL")["n"].item() == 0
    )


def test_equal_lines_of_two_continued_orders_are_no_copies(tmp_path: Path) -> None:
    text = (
        "Order No,Order Date,Customer Email,Product,Qty,Unit Price\n"
        "1001,2026-01-05,a@x.de,Tea,2,5.00\n,,,Pot,1,10.00\n1002,2026-02-16,b@x.de,Tea,2,5.00\n,,,Pot,1,10.00\n"
    )
    assert sums(loaded(tmp_path, {"lines.csv": text}))["gross"] == 40


def test_rows_without_an_order_of_their_own_but_with_a_date_belong_to_no_order(tmp_path: Path) -> None:
    text = CONTINUED.format(blank="", other="") + ",2026-02-17,c@x.de,Tea,1,5.00\n"
    report = loaded(tmp_path, {"lines.csv": text})
    assert "orders_continued" not in report.manifest.notes
    assert sums(report)["gross"] == 20
    assert reconciles(report)


REPEATED = (
    "Order ID,Order Date,Customer Email,SKU,Qty,Unit Price,Order Total,Discount\n"
    "1,2026-01-05,a@x.de,T,2,5.00,22.00,2.00\n1,2026-01-05,a@x.de,P,1,10.00,22.00,2.00\n"
    "2,2026-01-16,b@x.de,P,1,10.00,14.00,0\n"
    "3,2026-01-17,b@x.de,P,1,10.00,18.00,1.00\n3,2026-01-17,b@x.de,T,1,5.00,18.00,1.00\n"
)


def test_an_orders_total_and_discount_repeated_on_each_of_its_lines_count_once(tmp_path: Path) -> None:
    report = loaded(tmp_path, {"lines.csv": REPEATED})
    assert sums(report) == dict(orders=3, customers=2, gross=45, discount=3, returned=0, net=42)
    assert report.files[0].unused == ("Order Total",)


def test_a_lines_own_total_and_discount_are_taken(tmp_path: Path) -> None:
    text = (
        "Order ID,Order Date,Customer Email,SKU,Qty,Unit Price,Total,Discount\n"
        "1,2026-01-05,a@x.de,T,2,5.00,9.00,1.00\n1,2026-01-05,a@x.de,P,1,10.00,10.00,0\n"
        "3,2026-01-17,b@x.de,P,1,10.00,9.50,0.50\n3,2026-01-17,b@x.de,T,1,5.00,4.00,1.00\n"
    )
    assert sums(loaded(tmp_path, {"lines.csv": text}))["discount"] == 2.5


ONLY_TOTALS = (
    "Order ID,Order Date,Customer Email,SKU,Qty,Total\n"
    "1,2026-01-05,a@x.de,T,2,22.00\n1,2026-01-05,a@x.de,P,1,22.00\n2,2026-01-16,b@x.de,P,1,14.00\n"
    "2,2026-01-16,b@x.de,T,1,14.00\n3,2026-01-17,b@x.de,P,1,18.00\n3,2026-01-17,b@x.de,T,1,18.00\n"
)


def test_whose_amount_a_repeated_one_is_is_asked_where_nothing_tells(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"--map orders\.total_amount='Total'") as caught:
        loaded(tmp_path, {"lines.csv": ONLY_TOTALS})
    assert caught.value.code == "needs_answer"
    assert list(caught.value.params["questions"]) == ["each line", "the whole order"]
    lines = loaded(tmp_path, {"lines.csv": ONLY_TOTALS}, mapping={"order_lines.line_amount": "Total"})
    assert sums(lines)["gross"] == 108
    orders = loaded(tmp_path, {"lines.csv": ONLY_TOTALS}, mapping={"orders.total_amount": "Total"})
    assert sums(orders) == dict(orders=3, customers=2, gross=54, discount=0, returned=0, net=54)
    assert reconciles(orders)


def test_an_order_whose_row_stands_in_the_orders_several_times_counts_once(tmp_path: Path) -> None:
    text = (
        "Order ID,Order Date,Customer Email,Order Total,Courier\n"
        "1,2026-01-05,a@x.de,22.00,A\n1,2026-01-05,a@x.de,22.00,B\n2,2026-01-16,b@x.de,14.00,A\n"
    )
    report = loaded(tmp_path, {"orders.csv": text})
    assert sums(report)["gross"] == 36
    assert {e.code: e.rows for e in report.manifest.rules if e.rows} == {"repeated_order": 1}
    assert reconciles(report)


def test_parts_of_an_order_with_amounts_of_their_own_are_summed(tmp_path: Path) -> None:
    text = "Order ID,Order Date,Customer Email,Amount\n1,2026-01-05,a@x.de,22.00\n1,2026-01-06,a@x.de,-5.00\n"
    assert sums(loaded(tmp_path, {"orders.csv": text}))["net"] == 17


def test_discounts_and_refunds_written_as_negative_numbers_are_discounts_and_refunds(tmp_path: Path) -> None:
    text = (
        "Date,Item,Qty,SKU,Gross Sales,Discounts,Net Sales,Transaction ID,Customer ID\n"
        "01/05/26,Green tea,2.0,GT,$20.00,-$2.00,$18.00,T1,C1\n01/05/26,Mug,1.0,MG,$8.00,$0.00,$8.00,T1,C1\n"
        "02/16/26,Green tea,-1.0,GT,-$10.00,$1.00,-$9.00,T2,C1\n02/17/26,Green tea,1.0,GT,$10.00,($1.00),$9.00,T3,\n"
    )
    report = loaded(tmp_path, {"items.csv": text})
    assert sums(report) == dict(orders=3, customers=1, gross=38, discount=2, returned=10, net=26)
    orders = "Order ID,Order Date,Customer Email,Order Total,Refunds\n1,2026-01-05,a@x.de,22.00,-5.00\n2,2026-01-05,a@x.de,9.00,0\n"
    assert sums(loaded(tmp_path, {"o.csv": orders}))["returned"] == 5


def test_amounts_with_signs_of_several_currencies_are_never_summed(tmp_path: Path) -> None:
    text = (
        "Order ID,Customer Email,Order Date,Order Total\n"
        "1,a@x.de,2026-01-05,€10.00\n2,b@x.de,2026-01-16,$20.00\n3,a@x.de,2026-02-05,£30.00\n"
    )
    with pytest.raises(DataError, match=r"EUR, GBP, USD.*--currency") as caught:
        loaded(tmp_path, {"orders.csv": text})
    assert next(iter(caught.value.params["questions"].values())).options == ("EUR", "GBP", "USD")
    report = loaded(tmp_path, {"orders.csv": text}, currency="GBP")
    assert sums(report)["net"] == 30
    assert reconciles(report)


@pytest.mark.parametrize(
    ("sign", "header", "currency"),
    [
        ("€{}", "Total", "EUR"),
        ("{} €", "Total", "EUR"),
        ("￥{}", "Total", "CNY"),
        ("${}", "Total", ""),
        ("¥{}", "金额", "CNY"),
    ],
)
def test_a_sign_beside_every_amount_names_the_currency_where_it_is_only_one(
    sign: str, header: str, currency: str, tmp_path: Path
) -> None:
    text = f"Order ID,Customer Email,Order Date,{header}\n1,a@x.de,2026-01-05,{sign.format('10.00')}\n"
    report = loaded(tmp_path, {"orders.csv": text})
    assert report.manifest.currency == currency
    assert ("currency_unknown" in report.manifest.notes) == (not currency)


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("Purchased by", ("Ann Smith", "Bob Jones", "Ann Smith", "Cy Young")),
        ("Kunde", ("K1", "K2", "K1", "K3")),
        ("会员手机", ("13800000001", "13800000002", "13800000001", "13800000003")),
        ("Wer", ("Ann Smith", "Bob Jones", "Ann Smith", "Cy Young")),
        ("Kontakt", ("a@x.de", "b@x.de", "a@x.de", "c@x.de")),
    ],
)
def test_who_bought_is_asked_where_a_column_may_say_it(
    header: str, values: tuple[str, ...], tmp_path: Path
) -> None:
    rows = "".join(f"{n},{who},2026-01-0{n},{n}.00\n" for n, who in enumerate(values, start=1))
    files = {"orders.csv": f"Order ID,{header},Order Date,Order Total\n{rows}"}
    with pytest.raises(DataError) as caught:
        loaded(tmp_path, files)
    assert caught.value.code == "needs_answer"
    assert f"--map orders.customer_id='{header}'" in caught.value.message
    assert f"(such as '{min(values)}')" in caught.value.message
    assert caught.value.params["questions"]["orders"].options == (header, NOBODY)
    assert sums(loaded(tmp_path, files, mapping={"orders.customer_id": header}))["customers"] == 3
    without = loaded(tmp_path, files, mapping={"orders.customer_id": ""})
    assert sums(without) == dict(orders=4, customers=0, gross=10, discount=0, returned=0, net=10)
    assert "no_customer_column" in without.manifest.notes


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("Payment method", ("Credit card", "Bank transfer", "Credit card", "Credit card")),
        ("收货人", ("王*", "李*", "王*", "赵*")),
        ("用户实付金额", ("10.00", "20.00", "10.00", "30.00")),
        ("Customer country", ("DE", "FR", "DE", "NO")),
        ("Till", ("1", "2", "1", "2")),
    ],
)
def test_who_bought_is_not_asked_where_no_column_can_say_it(
    header: str, values: tuple[str, ...], tmp_path: Path
) -> None:
    rows = "".join(f"{n},{who},2026-01-0{n},{n}.00\n" for n, who in enumerate(values, start=1))
    report = loaded(tmp_path, {"orders.csv": f"Order ID,{header},Order Date,Order Total\n{rows}"})
    assert "no_customer_column" in report.manifest.notes


def test_who_bought_is_not_asked_of_lines_whose_orders_say_it(tmp_path: Path) -> None:
    orders = "Order ID,Customer Email,Order Date,Total\n1,a@x.de,2026-01-05,10\n2,b@x.de,2026-01-06,20\n"
    lines = "Order ID,SKU,Qty,Unit price,Recipient\n1,T,1,10,Ann Smith\n2,P,1,20,Bob Jones\n"
    assert sums(loaded(tmp_path, {"orders.csv": orders, "lines.csv": lines}))["customers"] == 2
