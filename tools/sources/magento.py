"""Magento's (Adobe Commerce's) sales grid: one row per order, dates as `Jan 5, 2026, 3:01:02 PM`.

`Grand Total (Base)` and `Subtotal` are in the shop's own currency; the grid names no items.
"""

from marketeer.tools.core import columns as col
from marketeer.tools.sources.source import Shape, Source, money, shape
from marketeer.tools.warehouse.feeds import STATUS, TOTAL_AMOUNT, Feed
from marketeer.tools.warehouse.rules import EXACT_DUPLICATE, OVERLAPPING_EXPORT, Rule

_ORDERS = Shape(
    feed=Feed.ORDERS,
    columns={
        col.ORDER_ID: ("ID", "Order #", "increment_id"),
        col.ORDERED_AT: ("Purchase Date", "Purchased On"),
        col.EMAIL: ("Customer Email",),
        col.GROSS_AMOUNT: ("Subtotal",),
        TOTAL_AMOUNT: ("Grand Total (Base)", "G.T. (Base)"),
        col.SHIPPING_AMOUNT: ("Shipping and Handling",),
        "refunded": ("Total Refunded",),
        col.CHANNEL: ("Purchase Point", "Purchased From (Store)"),
        STATUS: ("Status",),
    },
    needed=(col.ORDER_ID, col.ORDERED_AT, TOTAL_AMOUNT, STATUS),
    expressions={
        col.RETURNED_AMOUNT: f"least(coalesce({money('{refunded}')}, 0), {money('{gross_amount}')})",
        col.CHANNEL: "trim(regexp_replace(CAST({channel} AS VARCHAR), '\\s+', ' ', 'g'))",
    },
    rules=(
        OVERLAPPING_EXPORT,
        EXACT_DUPLICATE,
        Rule("cancelled_order", "regexp_matches(lower(status), 'cancel')"),
        Rule("unpaid_order", "regexp_matches(lower(status), 'pending|holded|on hold')"),
    ),
)
_BUYERS = Shape(
    feed=Feed.CUSTOMERS,
    columns={
        col.EMAIL: ("Customer Email",),
        col.LAST_NAME: ("Customer Name", "Bill-to Name"),
        col.ADDRESS: ("Billing Address",),
    },
    needed=(col.EMAIL,),
    where="{email} IS NOT NULL",
)

SOURCE = Source(name="magento", match=shape("orders", _ORDERS, _BUYERS))
