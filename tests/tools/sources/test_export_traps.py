"""Traps of the shop systems' exports beyond the everyday ones: each is written as the system writes it."""

# ruff: noqa: E501 -- lines are as long as the exports write them

import csv
import re
from pathlib import Path

import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import DataError
from tests.tools.sources import exports
from tests.tools.sources.test_shop_exports import dropped, loaded, reconciles, table


def shopify(*rows: dict[str, str]) -> str:
    base = {
        "Email": "ana@x.de", "Financial Status": "paid", "Currency": "EUR", "Shipping": "4.90", "Taxes": "3.00",
        "Discount Amount": "0.00", "Refunded Amount": "0.00", "Created at": "2026-05-01 23:30:00 +0200",
        "Payment Method": "Shopify Payments",
    }  # fmt: skip
    first = [{**base, **row} if "Subtotal" in row else row for row in rows]
    return exports.rows_of(exports.SHOPIFY_ORDER_HEADERS, first)


def line(order: str, price: str, quantity: int = 1, **more: str) -> dict[str, str]:
    named = {key.replace("_", " "): value for key, value in more.items()}
    return {
        "Name": order, "Lineitem name": f"Thing {price}", "Lineitem sku": f"S{price}", "Lineitem price": price,
        "Lineitem quantity": str(quantity), **named,
    }  # fmt: skip


def test_shopify_discounts_on_lines_count_once_whether_or_not_the_order_repeats_them(tmp_path: Path) -> None:
    text = shopify(
        line("#1", "25.00", Subtotal="30.00", Lineitem_discount="5.00") | {"Discount Amount": "0.00"},
        line("#1", "10.00", Lineitem_discount="0.00"),
        line("#2", "25.00", Subtotal="20.00", Lineitem_discount="5.00") | {"Discount Amount": "5.00"},
        line("#3", "20.00", 2, Subtotal="32.00", Lineitem_discount="4.00") | {"Discount Amount": "4.00"},
        line("#4", "20.00", Subtotal="18.00", Lineitem_discount="0.00") | {"Discount Amount": "2.00"},
    )
    orders = table(loaded(tmp_path, {"orders.csv": text}).dataset, "orders", "order_id")
    assert orders["gross_amount"].tolist() == [35, 25, 40, 20]
    assert orders["discount_amount"].tolist() == [5, 5, 8, 2]
    assert orders["net_amount"].tolist() == [30, 20, 32, 18]


def test_shopify_test_orders_are_known_by_their_tag_too(tmp_path: Path) -> None:
    text = shopify(
        line("#1", "10.00", Subtotal="10.00", Tags="vip, Test"),
        line("#2", "10.00", Subtotal="10.00", Tags="latest, contest"),
    )
    report = loaded(tmp_path, {"orders.csv": text})
    assert table(report.dataset, "orders", "order_id").index.tolist() == ["#2"]
    assert dropped(report)["orders", "test_order"] == (1, 10)


def test_shopify_gift_cards_beside_goods_leave_the_goods(tmp_path: Path) -> None:
    text = shopify(
        line("#1", "10.00", Subtotal="60.00"),
        line("#1", "50.00") | {"Lineitem name": "Gift Card"},
    )
    report = loaded(tmp_path, {"orders.csv": text})
    assert table(report.dataset, "orders", "order_id")["gross_amount"].tolist() == [10]
    assert dropped(report)["order_lines", "gift_card_line"] == (1, 50)
    assert reconciles(report)


def test_shopify_taxes_and_shipping_are_never_in_revenue(tmp_path: Path) -> None:
    text = shopify(
        line("#1", "10.00", Subtotal="10.00", Total="16.80")
        | {"Tax 1 Name": "DE VAT 19%", "Tax 1 Value": "1.90"}
    )
    order = table(loaded(tmp_path, {"orders.csv": text}).dataset, "orders", "order_id").iloc[0]
    assert (order["net_amount"], order["shipping_amount"], order["tax_amount"]) == (10, 4.9, 3)


def test_older_shopify_customers_name_their_columns_otherwise(tmp_path: Path) -> None:
    text = (
        "First Name,Last Name,Email,Accepts Email Marketing,Company,Address1,Address2,City,Province,Province Code,"
        "Country,Country Code,Zip,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Tags,Note,Tax Exempt\r\n"
        "Ana,Alba,ana@x.de,yes,,Weg 1,,Berlin,Berlin,BE,Germany,DE,'10115,'+4930123456,yes,130.00,2,vip,likes tea,no\r\n"
    )
    report = loaded(tmp_path, {"customers.csv": text})
    assert (report.files[0].source, report.files[0].shape) == ("shopify", "customers")
    ana = table(report.dataset, "customers", "email").loc["ana@x.de"]
    assert ana[["address", "city", "country", "phone", "notes"]].tolist() == [
        "Weg 1", "Berlin", "DE", "+4930123456", "likes tea",
    ]  # fmt: skip
    assert ana[["email_consent", "sms_consent"]].tolist() == ["granted", "granted"]


def test_another_woocommerce_plugin_spells_its_columns_otherwise_and_id_0_is_a_guest(tmp_path: Path) -> None:
    text = (
        "Order ID,Order Status,Order Date,Customer User ID,Billing Email Address,Billing First Name,Billing Last Name,"
        "Billing Country,Order Currency,Cart Discount Amount,Order Subtotal,Order Shipping,Order Refund,Order Tax,Order Total,"
        "Item ID,Item SKU,Product Name,Item Quantity,Item Price\r\n"
        "21,wc-completed,2026-03-01 10:15,0,guest@x.de,Gus,Gast,DE,EUR,0,20.00,3.00,8.00,3.19,23.00,1,A,Tea,4,5.00\r\n"
        "22,wc-completed,2026-03-02 10:15,7,ana@x.de,Ana,Alba,DE,EUR,0,8.00,0.00,0,1.28,8.00,1,B,Pot,1,8.00\r\n"
        "23,wc-failed,2026-03-02 10:15,7,ana@x.de,Ana,Alba,DE,EUR,0,8.00,0.00,0,1.28,8.00,1,B,Pot,1,8.00\r\n"
        "24,wc-on-hold,2026-03-02 10:15,7,ana@x.de,Ana,Alba,DE,EUR,0,8.00,0.00,0,1.28,8.00,1,B,Pot,1,8.00\r\n"
    )
    report = loaded(tmp_path, {"orders.csv": text})
    assert report.files[0].source == "woocommerce"
    orders = table(report.dataset, "orders", "order_id")
    assert orders[["gross_amount", "returned_amount", "net_amount", "tax_amount"]].to_numpy().tolist() == [
        [20, 8, 12, 3.19], [8, 0, 8, 1.28],
    ]  # fmt: skip
    ids = report.dataset.frame("SELECT customer_id FROM customers ORDER BY customer_row")["customer_id"]
    assert ids.tolist() == ["7", "guest@x.de"]


def test_stripe_currencies_without_cents_are_whole_units(tmp_path: Path) -> None:
    text = exports.STRIPE.splitlines()[0] + (
        "\r\nch_1,2026-01-05 08:00:00,12000,2000,jpy,true,12000,2000,jpy,,,3,,SHOP,Paid,,0,card_1,cus_A,,a@x.jp,,"
        "\r\nch_2,2026-01-06 08:00:00,80.50,0,usd,true,12500,0,jpy,,,3,,SHOP,Paid,,0,card_1,cus_A,,a@x.jp,,\r\n"
    )
    report = loaded(tmp_path, {"payments.csv": text})
    assert report.dataset.currency == "JPY"
    orders = table(report.dataset, "orders", "order_id")
    assert orders["net_amount"].to_dict() == {"ch_1": 10000, "ch_2": 12500}


def test_older_stripe_payments_have_no_converted_amounts_and_several_currencies_are_asked_about(
    tmp_path: Path,
) -> None:
    text = (
        (
            "id,Description,Created (UTC),Amount,Amount Refunded,Currency,Converted Amount,Status,Captured,Customer ID,Customer Email\r\n"
            "ch_1,,2019-01-05 08:00,20.00,5.00,eur,,Paid,true,cus_A,a@x.de\r\n"
            "ch_2,,2019-01-05 09:00,30.00,0.00,usd,,Paid,true,cus_A,a@x.de\r\n"
            "ch_3,,2019-01-06 09:00,40.00,0.00,eur,,requires_payment_method,true,cus_A,a@x.de\r\n"
        )
        .replace("Converted Amount,", "")
        .replace(",,Paid", ",Paid")
        .replace(",,requires", ",requires")
    )
    with pytest.raises(DataError, match="--currency"):
        loaded(tmp_path, {"payments.csv": text})
    report = loaded(tmp_path, {"payments.csv": text}, currency="EUR")
    assert table(report.dataset, "orders", "order_id")["net_amount"].to_dict() == {"ch_1": 15}
    assert dropped(report)["orders", "failed_payment"] == (1, 40)
    assert reconciles(report)


def test_all_nine_olist_files_load_together(tmp_path: Path) -> None:
    more = {
        "olist_order_reviews_dataset.csv": "review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,review_answer_timestamp\nr1,o1,4,,ok,2018-01-18 00:00:00,2018-01-18 21:46:59\n",
        "olist_sellers_dataset.csv": "seller_id,seller_zip_code_prefix,seller_city,seller_state\ns1,13023,campinas,SP\n",
        "olist_geolocation_dataset.csv": "geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,geolocation_city,geolocation_state\n01037,-23.54,-46.63,sao paulo,SP\n",
        "product_category_name_translation.csv": "product_category_name,product_category_name_english\nperfumaria,perfumery\n",
    }
    report = loaded(tmp_path, {**exports.OLIST, **more})
    assert len(report.files) == 9
    assert report.rows[Table.ORDERS] == 2
    assert table(report.dataset, "customers", "customer_id").index.tolist() == ["person_a", "person_b"]


def test_a_taobao_export_opened_in_a_spreadsheet_has_lost_its_ids_and_is_refused(tmp_path: Path) -> None:
    text = exports.TAOBAO.replace('="1230000000000000001"', "1.23E+18")
    with pytest.raises(DataError, match=r"1\.23E\+18") as caught:
        loaded(tmp_path, {"orders.csv": text}, encoding="gb18030")
    assert caught.value.code == "id_lost_digits"
    assert caught.value.params["column"] == "订单编号"


def test_a_taobao_refund_counts_as_returned(tmp_path: Path) -> None:
    head, first, *_ = exports.TAOBAO.split("\r\n")
    text = f"{head},退款金额\r\n{first},20.00\r\n"
    orders = table(loaded(tmp_path, {"o.csv": text}, encoding="gb18030").dataset, "orders", "order_id")
    assert orders[["gross_amount", "returned_amount", "net_amount"]].to_numpy().tolist() == [[100, 20, 65]]


def test_generic_orders_in_english_hold_every_common_trap(tmp_path: Path) -> None:
    text = (
        "\ufeffOrder No;Customer ID;Order Date;Total;Currency;Status\r\n"
        "007.0;12.0;03/04/2026;€ 1.234,50;EUR;paid\r\n"
        "008.0;;13/04/2026;10,00;EUR;paid\r\n"
        "009.0;12.0;14/04/2026;99,00;EUR;Cancelled\r\n"
        "009.0;12.0;14/04/2026;99,00;EUR;Cancelled\r\n"
        "010.0;13.0;15/04/2026;(5,00);EUR;refunded\r\n"
    )
    report = loaded(tmp_path, {"orders.csv": text})
    orders = table(report.dataset, "orders", "order_id")
    assert orders.index.tolist() == ["007", "008", "010"]
    assert orders["net_amount"].tolist() == [1234.5, 10, -5]
    assert orders["order_kind"].tolist() == ["sale", "sale", "return"]
    assert [str(at)[:10] for at in orders["ordered_at"]] == ["2026-04-03", "2026-04-13", "2026-04-15"]
    assert orders["customer_row"].isna().tolist() == [False, True, False]
    assert dropped(report) == {("orders", "exact_duplicate"): (1, 99), ("orders", "cancelled_order"): (1, 99)}
    assert reconciles(report)


def test_generic_orders_in_chinese_hold_every_common_trap(tmp_path: Path) -> None:
    text = (
        "订单号,会员编号,手机号,下单时间,实付金额,运费,订单状态\r\n"
        '="0012",u1,13800000001,2026年3月4日 10:30,"¥1,234.50",10,已完成\r\n'
        '="0013",u1,13800000001,2026年3月5日 11:00,20元,0,已取消\r\n'
        '="0014",,,2026年3月6日 12:00,30,0,待付款\r\n'
        '="0015",,,2026年3月6日 12:00,30,0,已完成\r\n'
    )
    report = loaded(tmp_path, {"订单.csv": text}, encoding="gb18030")
    orders = table(report.dataset, "orders", "order_id")
    assert orders.index.tolist() == ["0012", "0015"]
    assert orders["net_amount"].tolist() == [1224.5, 30]  # what was paid holds the postage
    assert str(orders["ordered_at"].iloc[0]) == "2026-03-04 10:30:00"
    assert dropped(report) == {("orders", "cancelled_order"): (1, 20), ("orders", "unpaid_order"): (1, 30)}


def test_a_campaign_table_without_arms_holds_responses_of_one_arm(tmp_path: Path) -> None:
    text = (
        "campaign,customer_id,sent_at,channel,offer,cost,opened,clicked,converted,revenue,unsubscribed\n"
        "spring,a@x.de,2025-03-01,email,15% off,0.01,1,1,1,80.50,0\n"
        "spring,b@x.de,2025-03-01,email,15% off,0.01,,,0,0,1\n"
    )
    report = loaded(tmp_path, {"history.csv": text})
    sends = report.dataset.frame("SELECT * FROM sends ORDER BY customer_row")
    assert sends["arm"].tolist() == ["sent", "sent"]
    assert sends["ordered"].tolist() == [True, False]
    assert sends["unsubscribed"].tolist() == [False, True]
    assert report.dataset.frame("SELECT DISTINCT assignment FROM campaigns")["assignment"].tolist() == [
        "unknown"
    ]


def test_a_shopify_export_saved_again_by_a_european_spreadsheet_loses_nothing(tmp_path: Path) -> None:
    text = shopify(
        line("#1", "1200.00", Subtotal="1234.50", Lineitem_discount="0.00")
        | {"Discount Amount": "5.50", "Refunded Amount": "100.00", "Financial Status": "partially_refunded"},
        line("#1", "40.00", Lineitem_discount="0.00"),
        line("#2", "25.00", 2, Subtotal="45.00", Lineitem_discount="5.00") | {"Discount Amount": "5.00"},
    )
    plain = table(loaded(tmp_path, {"orders.csv": text}).dataset, "orders", "order_id")
    cells = [
        ";".join(re.sub(r"^(\d+)\.(\d\d)$", r"\1,\2", cell) for cell in row)
        for row in csv.reader(text.splitlines())
    ]
    report = loaded(tmp_path, {"orders.csv": "\r\n".join(cells)}, encoding="cp1252")
    orders = table(report.dataset, "orders", "order_id")
    assert orders[["gross_amount", "discount_amount", "returned_amount", "net_amount"]].to_numpy().tolist() == [
        [1240, 5.5, 100, 1134.5], [50, 5, 0, 45],
    ]  # fmt: skip
    assert orders["net_amount"].tolist() == plain["net_amount"].tolist()
    assert reconciles(report)


def test_shopify_orders_not_paid_yet_go_and_columns_of_newer_exports_are_no_hindrance(tmp_path: Path) -> None:
    rows = [
        line("#1", "10.00", Subtotal="10.00"),
        *(line(f"#{n}", "10.00", Subtotal="10.00") | {"Financial Status": status}
          for n, status in enumerate(("authorized", "expired", "PENDING", "Partially_Refunded"), start=2)),
    ]  # fmt: skip
    head, *body = shopify(*rows).splitlines()
    newer = [
        f"{head},Duties,Billing Province Name,Payment Terms Name",
        *(f"{row},,Berlin,Net 30" for row in body),
    ]
    report = loaded(tmp_path, {"orders.csv": "\r\n".join(newer)})
    assert report.files[0].source == "shopify"
    assert table(report.dataset, "orders", "order_id").index.tolist() == ["#1", "#5"]
    assert dropped(report)["orders", "unpaid_order"] == (3, 30)


def test_guests_who_share_an_address_with_a_customer_are_that_customer(tmp_path: Path) -> None:
    head = "Order ID,Order Status,Order Date,Customer User ID,Billing Email Address,Billing First Name,Order Total,Item SKU,Product Name,Item Quantity,Item Price\r\n"
    row = "{},wc-completed,2026-03-0{} 10:15,{},{},Ana,8.00,B,Pot,1,8.00\r\n"
    text = head + "".join(
        row.format(n, n, who, mail)
        for n, (who, mail) in enumerate(
            [("7", "ana@x.de"), ("0", "Ana@X.de"), ("0", "guest@x.de"), ("0", "GUEST@x.de"), ("0", "")],
            start=1,
        )
    )
    data = loaded(tmp_path, {"orders.csv": text}).dataset
    found = data.frame(
        "SELECT customer_id FROM orders LEFT JOIN customers USING (customer_row) ORDER BY order_id"
    )["customer_id"]
    assert found.fillna("").tolist() == ["7", "7", "guest@x.de", "guest@x.de", ""]


def test_stripe_times_are_utc_and_said_to_be_unless_the_zone_is_given(tmp_path: Path) -> None:
    text = exports.STRIPE.replace("2026-02-01 10:00:00", "2026-01-31 23:30:00")
    report = loaded(tmp_path, {"payments.csv": text})
    assert "times_in_utc" in report.manifest.notes
    local = loaded(tmp_path, {"payments.csv": text}, timezone="Europe/Berlin")
    at = table(local.dataset, "orders", "order_id").loc["ch_5", "ordered_at"]
    assert str(at) == "2026-02-01 00:30:00"
    assert {e.code: e.rows for e in local.manifest.rules}["time_zone_month"] == 1


def test_olist_orders_that_came_to_nothing_go_and_misspelt_columns_are_expected(tmp_path: Path) -> None:
    orders = exports.OLIST["olist_orders_dataset.csv"].replace("o2,rec2,delivered", "o2,rec2,unavailable")
    report = loaded(tmp_path, {**exports.OLIST, "olist_orders_dataset.csv": orders})
    assert table(report.dataset, "orders", "order_id").index.tolist() == ["o1"]
    assert reconciles(report)


def test_klaviyo_consent_is_what_each_channel_says_however_it_is_written(tmp_path: Path) -> None:
    text = exports.KLAVIYO.replace(
        ",SUBSCRIBED,2025-01-01 10:00:00,SUBSCRIBED,", ",subscribed,2025-01-01 10:00:00,Unsubscribed,"
    )
    people = table(loaded(tmp_path, {"profiles.csv": text}).dataset, "customers", "email")
    assert people.loc["Ana@x.de", ["email_consent", "sms_consent"]].tolist() == ["granted", "denied"]
    assert people.loc["cy@x.de", "email_consent"] == "unknown"


def test_totals_with_tax_and_postage_in_them_leave_both(tmp_path: Path) -> None:
    text = (
        "order_no,customer_email,order_date,total,vat,shipping,discount_amount\n"
        "1,a@x.de,2026-01-20,128.90,19.00,9.90,5.00\n2,b@x.de,2026-01-21,11.90,1.90,0,0\n"
    )
    orders = table(loaded(tmp_path, {"orders.csv": text}).dataset, "orders", "order_id")
    assert orders["net_amount"].tolist() == [100, 10]
    assert orders["gross_amount"].tolist() == [105, 10]
    assert orders["tax_amount"].tolist() == [19, 1.9]


def test_no_telling_column_of_a_chinese_shop_is_lost_to_a_byte_order_mark_or_full_width_space(
    tmp_path: Path,
) -> None:
    text = "\ufeff订单编号,会员编号,下单时间,实付金额\n\u30001001\u3000,u1,2026-03-01 10:00,88\n1002,u2,2026-03-02 10:00,12\n"
    report = loaded(tmp_path, {"订单.csv": text})
    assert report.dataset.frame("SELECT sum(net_amount) AS s FROM orders")["s"].item() == 100
