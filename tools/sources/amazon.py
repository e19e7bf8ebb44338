"""Amazon's order reports (flat files): one row per item of an order.

`item-price` is what all units of the item cost together, not one of them (developer-docs.amazon.com, Orders
API: "ItemPrice is equal to the selling price of the item multiplied by the quantity ordered"). A cancelled
item has no price. Buyers are known by the address Amazon gives them, which not every report has.
"""

from marketeer.tools.core import columns as col
from marketeer.tools.sources.source import Shape, Source, shape
from marketeer.tools.warehouse.feeds import CURRENCY, STATUS, Feed
from marketeer.tools.warehouse.rules import EXACT_DUPLICATE, OVERLAPPING_EXPORT, Rule

_ITEMS = Shape(
    feed=Feed.ORDER_LINES,
    columns={
        col.ORDER_ID: ("amazon-order-id", "order-id"),
        col.EMAIL: ("buyer-email",),
        col.ORDERED_AT: ("purchase-date",),
        col.PRODUCT_ID: ("sku",),
        col.PRODUCT_NAME: ("product-name",),
        col.QUANTITY: ("quantity", "quantity-purchased"),
        col.LINE_AMOUNT: ("item-price",),
        col.DISCOUNT_AMOUNT: ("item-promotion-discount",),
        col.SHIPPING_AMOUNT: ("shipping-price",),
        col.CHANNEL: ("sales-channel",),
        col.COUNTRY: ("ship-country",),
        STATUS: ("item-status", "order-status"),
        CURRENCY: ("currency",),
    },
    needed=(col.ORDER_ID, col.ORDERED_AT, col.PRODUCT_ID, col.QUANTITY, col.LINE_AMOUNT),
    rules=(
        OVERLAPPING_EXPORT,
        EXACT_DUPLICATE,
        Rule("cancelled_order", "regexp_matches(lower(status), 'cancel')"),
        Rule("unpaid_order", "regexp_matches(lower(status), 'pending|unshippable')"),
    ),
)

SOURCE = Source(name="amazon", match=shape("items", _ITEMS))
