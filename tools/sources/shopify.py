"""Shopify's exports: orders, customers and products.

An order takes one row per line item, and its own fields stand on the first of them only. Orders name
customers by e-mail; a customers export given with them says whose it is. Ids and phones carry a leading
apostrophe, and consent is `yes` or `no` per channel. `Cost per item` of the products export gives margins.
"""

from marketeer.tools.core import columns as col
from marketeer.tools.sources.source import Shape, Source, first_of, money, shape
from marketeer.tools.warehouse.feeds import CURRENCY, CUSTOMER_REF, STATUS, TOTAL_AMOUNT, Feed
from marketeer.tools.warehouse.rules import EXACT_DUPLICATE, OVERLAPPING_EXPORT, TEST_ORDER, Rule

_IS_TEST = (
    "coalesce(regexp_matches(lower({payment}), 'bogus|test gateway'), false) "
    "OR coalesce(regexp_matches(lower({tags}), '(^|,)\\s*test\\s*(,|$)'), false)"
)
_REDUCED = (  # of an order with a discount on a line: its lines' full price less its subtotal
    f"(SELECT sum({money('l.{price}')} * TRY_CAST(l.{{quantity}} AS DECIMAL(12,3))) "
    f"- max({money('l.{subtotal}')}) FROM {{relation}} AS l "
    "WHERE l.{order_id} = {relation}.{order_id} AND l.{order_id} IN "
    f"(SELECT d.{{order_id}} FROM {{relation}} AS d WHERE {money('d.{line_discount}')} > 0))"
)
_SUBTOTAL, _DISCOUNT, _REFUNDED = map(money, ("{subtotal}", "{discount_amount}", "{refunded}"))
_FIRST_ROW = "{status} IS NOT NULL"
_ORDER = {
    col.ORDER_ID: ("Name",),
    col.EMAIL: ("Email",),
    STATUS: ("Financial Status",),
    "payment": ("Payment Method",),
    "tags": ("Tags",),
    "cancelled": ("Cancelled at",),
}
ORDERS = Shape(
    feed=Feed.ORDERS,
    columns={
        **_ORDER,
        col.ORDERED_AT: ("Created at",),
        CURRENCY: ("Currency",),
        "subtotal": ("Subtotal",),
        col.DISCOUNT_AMOUNT: ("Discount Amount",),
        col.SHIPPING_AMOUNT: ("Shipping",),
        col.TAX_AMOUNT: ("Taxes",),
        TOTAL_AMOUNT: ("Total",),
        "price": ("Lineitem price",),
        "quantity": ("Lineitem quantity",),
        "line_discount": ("Lineitem discount",),
        "refunded": ("Refunded Amount",),
        col.CHANNEL: ("Source",),
        col.COUNTRY: ("Shipping Country", "Billing Country"),
    },
    needed=(col.ORDER_ID, STATUS, col.ORDERED_AT, TOTAL_AMOUNT),
    expressions={
        col.GROSS_AMOUNT: f"{_SUBTOTAL} + coalesce({_DISCOUNT}, 0)",
        col.DISCOUNT_AMOUNT: f"greatest(coalesce({_REDUCED}, {_DISCOUNT}), 0)",
        col.RETURNED_AMOUNT: f"least(coalesce({_REFUNDED}, 0), coalesce({_SUBTOTAL}, {_REFUNDED}))",
    },
    helpers={"is_test": _IS_TEST, "cancelled_at": "{cancelled}"},
    where=_FIRST_ROW,
    rules=(
        OVERLAPPING_EXPORT,
        EXACT_DUPLICATE,
        TEST_ORDER,
        Rule("cancelled_order", "lower(status) = 'voided' OR cancelled_at IS NOT NULL"),
        Rule("unpaid_order", "lower(status) IN ('pending', 'authorized', 'expired', 'unpaid')"),
    ),
)
LINES = Shape(
    feed=Feed.ORDER_LINES,
    columns={
        col.ORDER_ID: ("Name",),
        col.PRODUCT_ID: ("Lineitem sku",),
        col.PRODUCT_NAME: ("Lineitem name",),
        col.QUANTITY: ("Lineitem quantity",),
        col.UNIT_PRICE: ("Lineitem price",),
    },
    needed=(col.ORDER_ID, col.QUANTITY, col.UNIT_PRICE),
    rules=(
        OVERLAPPING_EXPORT,
        EXACT_DUPLICATE,
        Rule("gift_card_line", "regexp_matches(lower(product_name), 'gift card|gift voucher')"),
    ),
)
BUYERS = Shape(
    feed=Feed.CUSTOMERS,
    columns={
        col.EMAIL: ("Email",),
        STATUS: ("Financial Status",),
        col.CITY: ("Shipping City", "Billing City"),
        col.NOTES: ("Notes",),
    },
    needed=(col.EMAIL,),
    where="{email} IS NOT NULL AND {status} IS NOT NULL",
)
_CUSTOMERS = Shape(
    feed=Feed.CUSTOMERS,
    columns={
        CUSTOMER_REF: ("Customer ID",),
        col.EMAIL: ("Email",),
        col.FIRST_NAME: ("First Name",),
        col.LAST_NAME: ("Last Name",),
        "phone_as_written": ("Phone", "Default Address Phone"),
        "address_as_written": ("Default Address Address1", "Address1"),
        col.CITY: ("Default Address City", "City"),
        col.COUNTRY: ("Default Address Country Code", "Country Code", "Country"),
        col.EMAIL_CONSENT: ("Accepts Email Marketing", "Accepts Marketing"),
        col.SMS_CONSENT: ("Accepts SMS Marketing",),
        col.NOTES: ("Note",),
    },
    needed=(col.EMAIL, col.FIRST_NAME, col.EMAIL_CONSENT),
    expressions={
        col.PHONE: "nullif(ltrim({phone_as_written}, ''''), '')",
        col.ADDRESS: "nullif(trim({address_as_written}), '')",
    },
    attributes=True,
    unwanted=("Default Address Province Code", "Province Code", "Province"),
    late=("Total Spent", "Total Orders"),
)
_HANDLE = "PARTITION BY {handle} ORDER BY rowid ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
_PRODUCTS = Shape(
    feed=Feed.PRODUCTS,
    columns={
        "handle": ("Handle",),
        "title": ("Title",),
        "sku": ("Variant SKU",),
        "body": ("Body (HTML)",),
        "kind": ("Product Category", "Type"),
        "state": ("Status", "Published"),
        col.PRICE: ("Variant Price",),
        col.UNIT_COST: ("Cost per item",),
    },
    needed=("handle", "title", col.PRICE),
    expressions={
        col.PRODUCT_ID: "coalesce(nullif(trim(ltrim({sku}, '''')), ''), {handle})",
        col.PRODUCT_NAME: f"first_value({{title}} IGNORE NULLS) OVER ({_HANDLE})",
        col.DESCRIPTION: "trim(regexp_replace(regexp_replace("
        f"first_value({{body}} IGNORE NULLS) OVER ({_HANDLE}), "
        "'<[^>]*>|&nbsp;', ' ', 'g'), '\\s+', ' ', 'g'))",
        col.CATEGORY: f"first_value({{kind}} IGNORE NULLS) OVER ({_HANDLE})",
        col.AVAILABLE: f"lower(first_value({{state}} IGNORE NULLS) OVER ({_HANDLE})) IN ('active', 'true')",
    },
    where="{price} IS NOT NULL",
)

SOURCE = Source(
    name="shopify",
    match=first_of(
        shape("orders", ORDERS, LINES, BUYERS),
        shape("customers", _CUSTOMERS),
        shape("products", _PRODUCTS),
    ),
)
