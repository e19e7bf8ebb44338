from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import DataError
from marketeer.tools.sources.loading import LoadOptions, LoadReport, load
from tests.tools.sources import exports


def loaded(folder: Path, files: dict[str, str], encoding: str = "utf-8", **options: object) -> LoadReport:
    paths = []
    for name, text in files.items():
        path = folder / name
        path.write_bytes(text.encode(encoding))
        paths.append(path)
    return load(paths, folder / "ws", LoadOptions(**options))


def table(data: Dataset, name: str, index: str) -> pd.DataFrame:
    return data.frame(f"SELECT * FROM {name}").set_index(index).sort_index()


def dropped(report: LoadReport) -> dict[tuple[str, str], tuple[int, float]]:
    return {
        (e.table, e.code): (e.rows, float(e.amount)) for e in report.manifest.rules if e.dropped and e.rows
    }


def reconciles(report: LoadReport) -> bool:
    paying = "order_lines" if any(e.table == "order_lines" for e in report.manifest.rules) else "orders"
    lost = sum((e.amount for e in report.manifest.rules if e.dropped and e.table == paying), Decimal(0))
    return report.manifest.raw_amount == report.manifest.kept_amount + lost


def test_shopify_orders_count_each_orders_fields_once(tmp_path: Path) -> None:
    report = loaded(tmp_path, {"orders_export.csv": exports.shopify_orders()})
    assert (report.files[0].source, report.files[0].shape) == ("shopify", "orders")
    assert report.files[0].mapping["orders.gross_amount"] == "Subtotal + Discount Amount"
    assert "Subtotal" not in report.files[0].unused
    data = report.dataset
    assert data.currency == "EUR"
    orders = table(data, "orders", "order_id")
    assert orders.index.tolist() == ["#1001", "#1002", "#1003", "#1007"]
    assert orders["gross_amount"].tolist() == [100, 40, 25, 10]
    assert orders["discount_amount"].tolist() == [10, 0, 0, 0]
    assert orders["returned_amount"].tolist() == [0, 15, 25, 0]
    assert orders["net_amount"].tolist() == [90, 25, 0, 10]
    assert orders["shipping_amount"].tolist() == [4.9] * 4
    assert orders["channel"].tolist() == ["web", "web", "web", "pos"]
    assert str(orders["ordered_at"].iloc[0]) == "2026-05-01 23:30:00"
    assert reconciles(report)
    assert dropped(report) == {
        ("orders", "test_order"): (1, 10),
        ("orders", "cancelled_order"): (2, 20),
        ("orders", "unpaid_order"): (1, 10),
        ("order_lines", "gift_card_line"): (1, 50),
        ("order_lines", "order_dropped"): (4, 40),
    }


def test_shopify_customers_and_products_join_their_orders(tmp_path: Path) -> None:
    report = loaded(
        tmp_path,
        {
            "orders.csv": exports.shopify_orders(),
            "customers.csv": exports.SHOPIFY_CUSTOMERS,
            "products.csv": exports.SHOPIFY_PRODUCTS,
        },
    )
    assert [file.shape for file in report.files] == ["orders", "customers", "products"]
    data = report.dataset
    people = table(data, "customers", "email")
    assert people["customer_id"].to_dict() == {
        "ana@x.de": "6001", "bo@x.de": "6002", "di@x.de": "6003", "cy@x.de": "cy@x.de",
        "test@shop.de": "test@shop.de",
    }  # fmt: skip
    assert people.loc["ana@x.de", ["email_consent", "sms_consent", "phone"]].tolist() == [
        "granted", "denied", "+49301234",
    ]  # fmt: skip
    assert people["email_consent"].to_dict()["di@x.de"] == "unknown"
    assert people.loc["ana@x.de", "notes"] == "VIP\n送礼, gift wrap please"
    assert data.attributes == {
        "attr_total_spent": False, "attr_total_orders": False, "attr_tax_exempt": True, "attr_tags": True,
        "attr_customer_shoe_size": True,
    }  # fmt: skip
    orders = table(data, "orders", "order_id").join(
        data.frame("SELECT customer_row, customer_id FROM customers").set_index("customer_row"),
        on="customer_row",
    )
    assert orders["customer_id"].fillna("").tolist() == ["6001", "6001", "6002", ""]
    products = table(data, "products", "product_id")
    assert products.loc["TEE-M", ["product_name", "description", "category"]].tolist() == [
        "Cotton Tee", "Soft cotton", "Apparel",
    ]  # fmt: skip
    assert products.loc[["TEE-M", "TEE-L", "MUG"], "unit_cost"].tolist() == [9.5, 9.75, 3.1]
    assert products.loc[["TEE-M", "MUG"], "available"].tolist() == [True, False]
    assert "Sticker" in products.index


def test_two_currencies_are_asked_about_and_never_summed(tmp_path: Path) -> None:
    text = exports.shopify_orders().replace("partially_refunded,,,,,EUR", "partially_refunded,,,,,USD")
    with pytest.raises(DataError, match="--currency") as caught:
        loaded(tmp_path, {"orders.csv": text})
    assert next(iter(caught.value.params["questions"].values())).options == ("EUR", "USD")
    report = loaded(tmp_path, {"orders.csv": text}, currency="eur")
    assert report.dataset.currency == "EUR"
    assert "#1002" not in table(report.dataset, "orders", "order_id").index
    assert dropped(report)["order_lines", "other_currency"] == (1, 0)
    assert reconciles(report)


def test_two_overlapping_exports_count_an_order_once_as_the_later_has_it(tmp_path: Path) -> None:
    first = exports.shopify_orders()
    later = first.replace("#1001,ana@x.de,paid", "#1001,ana@x.de,refunded").replace(
        "#1002,Ana@X.de,partially_refunded", "#2002,Ana@X.de,partially_refunded"
    )
    report = loaded(tmp_path, {"may.csv": first, "june.csv": later})
    orders = table(report.dataset, "orders", "order_id")
    assert orders.index.tolist() == ["#1001", "#1002", "#1003", "#1007", "#2002"]
    assert orders["gross_amount"].tolist() == [100, 40, 25, 10, 40]
    assert dropped(report)["order_lines", "overlapping_export"][0] == 9
    assert reconciles(report)


def test_woocommerce_orders_repeat_their_fields_on_every_row(tmp_path: Path) -> None:
    report = loaded(tmp_path, {"orders.csv": exports.WOOCOMMERCE})
    assert report.files[0].source == "woocommerce"
    orders = table(report.dataset, "orders", "order_id")
    assert orders.index.tolist() == ["11", "12"]
    assert orders["gross_amount"].tolist() == [18, 5]
    assert orders["discount_amount"].tolist() == [2, 0]
    assert orders["returned_amount"].tolist() == [0, 5]
    assert orders["shipping_amount"].tolist() == [3, 0]
    people = table(report.dataset, "customers", "email")
    assert people.loc["ana@x.de", ["first_name", "country", "notes"]].tolist() == [
        "Ana",
        "DE",
        "Leave at door",
    ]
    assert dropped(report) == {
        ("orders", "cancelled_order"): (1, 45),
        ("orders", "unpaid_order"): (1, 8),
        ("order_lines", "order_dropped"): (2, 53),
    }


def test_stripe_payments_use_converted_amounts(tmp_path: Path) -> None:
    report = loaded(tmp_path, {"unified_payments.csv": exports.STRIPE})
    assert report.files[0].source == "stripe"
    data = report.dataset
    assert data.currency == "EUR"
    orders = table(data, "orders", "order_id")
    assert orders["net_amount"].to_dict() == {"ch_1": 110, "ch_2": 0, "ch_5": 20}
    ids = data.frame("SELECT customer_id FROM customers ORDER BY customer_row")["customer_id"].tolist()
    assert ids == ["cus_A", "cus_B", "c@x.de"]
    assert dropped(report) == {
        ("orders", "failed_payment"): (1, 70),
        ("orders", "uncaptured_payment"): (1, 70),
    }
    assert Table.ORDER_LINES not in data.rows


def test_klaviyo_profiles_bring_consents_and_suppressions(tmp_path: Path) -> None:
    report = loaded(tmp_path, {"profiles.csv": exports.KLAVIYO})
    assert report.files[0].source == "klaviyo"
    people = table(report.dataset, "customers", "email")
    assert people["email_consent"].to_dict() == {
        "Ana@x.de": "granted",
        "bo@x.de": "denied",
        "cy@x.de": "unknown",
    }
    assert people["sms_consent"].tolist() == ["granted", "unknown", "unknown"]
    assert people["suppressed"].tolist() == [False, True, False]
    assert people.loc["Ana@x.de", "phone"] == "+491"
    attributes = report.dataset.attributes
    assert attributes["attr_favourite_colour"]
    assert not attributes["attr_historic_customer_lifetime_value"]
    assert not any("zip" in name or "address" in name or "organization" in name for name in attributes)


def test_mailchimp_files_differ_in_status(tmp_path: Path) -> None:
    report = loaded(tmp_path, exports.MAILCHIMP)
    assert [(f.source, f.shape) for f in report.files] == [
        ("mailchimp", "subscribed"), ("mailchimp", "unsubscribed"), ("mailchimp", "cleaned"),
    ]  # fmt: skip
    people = table(report.dataset, "customers", "email")
    assert people["email_consent"].tolist() == ["granted", "denied", "denied"]
    assert people["suppressed"].tolist() == [False, False, True]
    assert not any("ip" in name.split("_") for name in report.dataset.attributes)


def test_a_refusal_in_any_file_wins_over_consent_in_another(tmp_path: Path) -> None:
    files = {"customers.csv": exports.SHOPIFY_CUSTOMERS, "profiles.csv": exports.KLAVIYO}
    people = table(loaded(tmp_path, files).dataset, "customers", "customer_id")
    assert people["email_consent"].to_dict() == {
        "6001": "granted", "6002": "denied", "6003": "unknown", "cy@x.de": "unknown",
    }  # fmt: skip
    assert people["sms_consent"]["6001"] == "denied"


def test_olist_people_are_not_their_order_records(tmp_path: Path) -> None:
    report = loaded(tmp_path, exports.OLIST)
    assert [file.shape for file in report.files] == [
        "orders",
        "order_items",
        "customers",
        "products",
        "payments",
    ]
    data = report.dataset
    assert data.currency == "BRL"
    ids = data.frame("SELECT customer_id FROM customers ORDER BY customer_row")["customer_id"].tolist()
    assert ids == ["person_a", "person_b"]
    orders = table(data, "orders", "order_id")
    assert orders["customer_row"].tolist() == [0, 0]
    assert orders["gross_amount"].tolist() == [59.98, 118.7]
    assert orders["shipping_amount"].tolist() == [17.44, 22.76]
    assert dropped(report)["order_lines", "order_dropped"] == (1, 159.9)
    assert list(data.attributes) == ["attr_customer_state"]
    names = table(data, "products", "product_id")["product_name"].tolist()
    assert names == ["utilidades domesticas p1", "perfumaria p2"]


def test_taobao_orders_in_gb18030_keep_ids_and_leave_masked_buyers_unknown(tmp_path: Path) -> None:
    report = loaded(tmp_path, {"ExportOrderList.csv": exports.TAOBAO}, encoding="gb18030")
    assert (report.files[0].source, report.files[0].encoding) == ("taobao", "gb18030")
    data = report.dataset
    assert data.currency == "CNY"
    orders = table(data, "orders", "order_id")
    assert orders.index.tolist() == ["1230000000000000001", "1230000000000000002"]
    assert orders["net_amount"].tolist() == [85, 50]
    assert orders["shipping_amount"].tolist() == [10, 0]
    assert orders["customer_row"].isna().tolist() == [False, True]
    people = table(data, "customers", "customer_id")
    assert people.index.tolist() == ["小明", "小红"]
    assert people.loc["小明", ["last_name", "phone", "notes"]].tolist() == [
        "王小明", "13800000001", "请包装好，送礼用",
    ]  # fmt: skip
    lines = data.frame("SELECT product_name, quantity FROM order_lines JOIN products USING (product_row)")
    assert lines.to_numpy().tolist() == [["龙井茶250g", 2]]
    assert report.manifest.raw_amount == Decimal(260)
    assert report.manifest.kept_amount == Decimal(150)
