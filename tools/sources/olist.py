"""Olist's Brazilian marketplace: nine files; `customer_id` names an order's customer record, not a person.

`customer_unique_id` is the person. An item row is one unit; freight is shipping, not revenue.
"""

from marketeer.tools.core import columns as col
from marketeer.tools.sources.source import Shape, Source, first_of, ignored, shape
from marketeer.tools.warehouse.feeds import ALIAS, CUSTOMER_REF, STATUS, Feed
from marketeer.tools.warehouse.rules import EXACT_DUPLICATE, Rule

_ORDERS = Shape(
    feed=Feed.ORDERS,
    columns={
        col.ORDER_ID: ("order_id",),
        CUSTOMER_REF: ("customer_id",),
        STATUS: ("order_status",),
        col.ORDERED_AT: ("order_purchase_timestamp",),
        "promised": ("order_estimated_delivery_date",),
    },
    needed=(col.ORDER_ID, CUSTOMER_REF, STATUS, col.ORDERED_AT, "promised"),
    rules=(EXACT_DUPLICATE, Rule("cancelled_order", "status IN ('canceled', 'unavailable')")),
)
_ITEMS = Shape(
    feed=Feed.ORDER_LINES,
    columns={
        col.ORDER_ID: ("order_id",),
        "item": ("order_item_id",),
        col.PRODUCT_ID: ("product_id",),
        "seller": ("seller_id",),
        col.UNIT_PRICE: ("price",),
        col.SHIPPING_AMOUNT: ("freight_value",),
    },
    needed=(col.ORDER_ID, "item", col.PRODUCT_ID, "seller", col.UNIT_PRICE),
    expressions={col.QUANTITY: "1"},
    rules=(EXACT_DUPLICATE,),
)
_CUSTOMERS = Shape(
    feed=Feed.CUSTOMERS,
    columns={
        CUSTOMER_REF: ("customer_unique_id",),
        ALIAS: ("customer_id",),
        col.CITY: ("customer_city",),
    },
    needed=(CUSTOMER_REF, ALIAS),
    expressions={col.COUNTRY: "'BR'", col.LANGUAGE: "'pt'"},
    attributes=True,
)
_PRODUCTS = Shape(
    feed=Feed.PRODUCTS,
    columns={
        col.PRODUCT_ID: ("product_id",),
        col.CATEGORY: ("product_category_name",),
        "photos": ("product_photos_qty",),
    },
    needed=(col.PRODUCT_ID, col.CATEGORY, "photos"),
    expressions={col.PRODUCT_NAME: "concat_ws(' ', replace({category}, '_', ' '), left({product_id}, 8))"},
)

SOURCE = Source(
    name="olist",
    match=first_of(
        shape("orders", _ORDERS),
        shape("order_items", _ITEMS),
        shape("customers", _CUSTOMERS),
        shape("products", _PRODUCTS),
        ignored("payments", "order_id", "payment_sequential", "payment_type"),
        ignored("reviews", "review_id", "order_id", "review_score"),
        ignored("sellers", "seller_id", "seller_zip_code_prefix"),
        ignored("geolocation", "geolocation_zip_code_prefix", "geolocation_lat"),
        ignored("translation", "product_category_name", "product_category_name_english"),
    ),
    currency="BRL",
)
