"""eBay's orders report: one row per item sold, amounts with a dollar sign, dates as `Jan-05-26`.

A blank line stands above its header line, and remarks on the download under its rows. An order of several
items has a row of its own without an item, whose amounts repeat those of its items.
"""

from marketeer.tools.core import columns as col
from marketeer.tools.sources.source import Shape, Source, shape
from marketeer.tools.warehouse.feeds import CUSTOMER_REF, Feed
from marketeer.tools.warehouse.rules import EXACT_DUPLICATE, OVERLAPPING_EXPORT

_ITEMS = Shape(
    feed=Feed.ORDER_LINES,
    columns={
        col.ORDER_ID: ("Order Number",),
        CUSTOMER_REF: ("Buyer Username",),
        col.ORDERED_AT: ("Sale Date",),
        "item": ("Item Number",),
        "label": ("Custom Label", "Custom Label (SKU)"),
        col.PRODUCT_NAME: ("Item Title",),
        col.QUANTITY: ("Quantity",),
        col.UNIT_PRICE: ("Sold For",),
        col.SHIPPING_AMOUNT: ("Shipping And Handling",),
        col.COUNTRY: ("Ship To Country", "Buyer Country"),
    },
    needed=(col.ORDER_ID, CUSTOMER_REF, col.ORDERED_AT, "item", col.QUANTITY, col.UNIT_PRICE),
    expressions={col.PRODUCT_ID: "coalesce(nullif(trim({label}), ''), {item})"},
    where="{item} IS NOT NULL",
    rules=(OVERLAPPING_EXPORT, EXACT_DUPLICATE),
)
_BUYERS = Shape(
    feed=Feed.CUSTOMERS,
    columns={
        CUSTOMER_REF: ("Buyer Username",),
        col.EMAIL: ("Buyer Email",),
        col.LAST_NAME: ("Buyer Name",),
        col.CITY: ("Ship To City", "Buyer City"),
        col.COUNTRY: ("Ship To Country", "Buyer Country"),
    },
    needed=(CUSTOMER_REF, col.EMAIL),
)

SOURCE = Source(name="ebay", match=shape("items", _ITEMS, _BUYERS))
