"""WooCommerce, as the order-export plugins write it: one row per item, the order's own fields on each.

Plugins differ in spelling; the headers below are those of the common ones. Items given back stand beside
those sold, as `Quantity (- Refund)` and `Order Refund Amount`; the latter counts.
"""

from marketeer.tools.core import columns as col
from marketeer.tools.sources.source import Shape, Source, money, shape
from marketeer.tools.warehouse.feeds import CURRENCY, CUSTOMER_REF, STATUS, TOTAL_AMOUNT, Feed
from marketeer.tools.warehouse.rules import EXACT_DUPLICATE, OVERLAPPING_EXPORT, Rule

_ID = ("Order Number", "Order ID", "Order No")
_FIRST_ROW = "rowid IN (SELECT min(rowid) FROM {relation} GROUP BY {order_id})"
_REFUND = f"coalesce(abs({money('{refunded}')}), 0)"
_GOODS = f"{money('{subtotal}')} - coalesce({money('{discount_amount}')}, 0)"
_RETURNED = f"least({_REFUND}, coalesce({_GOODS}, {_REFUND}))"  # a refund may hold postage and tax, too
_ORDERS = Shape(
    feed=Feed.ORDERS,
    columns={
        col.ORDER_ID: _ID,
        STATUS: ("Order Status", "Status"),
        col.ORDERED_AT: ("Order Date", "Date"),
        CUSTOMER_REF: ("Customer User ID", "Customer ID"),
        col.EMAIL: ("Email (Billing)", "Billing Email", "Billing Email Address"),
        CURRENCY: ("Order Currency", "Currency"),
        col.COUNTRY: ("Country Code (Billing)", "Country Name (Billing)", "Billing Country"),
        "subtotal": ("Order Subtotal Amount", "Order Subtotal"),
        col.DISCOUNT_AMOUNT: ("Discount Amount", "Cart Discount Amount", "Order Discount"),
        col.SHIPPING_AMOUNT: ("Order Shipping Amount", "Shipping Cost", "Order Shipping"),
        "refunded": ("Order Refund Amount", "Order Refund"),
        col.TAX_AMOUNT: ("Order Total Tax Amount", "Order Tax"),
        TOTAL_AMOUNT: ("Order Total Amount", "Order Total"),
    },
    needed=(col.ORDER_ID, STATUS, col.ORDERED_AT, TOTAL_AMOUNT),
    expressions={
        CUSTOMER_REF: "CASE WHEN CAST({customer_id} AS VARCHAR) NOT IN ('', '0') "
        "THEN CAST({customer_id} AS VARCHAR) END",
        col.RETURNED_AMOUNT: _RETURNED,
    },
    where=_FIRST_ROW,
    rules=(
        OVERLAPPING_EXPORT,
        Rule("cancelled_order", "regexp_matches(lower(status), 'cancel|fail|trash')"),
        Rule("unpaid_order", "regexp_matches(lower(status), 'pending|on.hold|draft|checkout')"),
    ),
)
_LINES = Shape(
    feed=Feed.ORDER_LINES,
    columns={
        col.ORDER_ID: _ID,
        "item": ("Item #", "Item ID"),
        col.PRODUCT_ID: ("SKU", "Product Id", "Item SKU"),
        col.PRODUCT_NAME: ("Item Name", "Product Name", "Name"),
        col.CATEGORY: ("Category",),
        col.QUANTITY: ("Quantity", "Item Quantity", "Qty"),
        col.UNIT_PRICE: ("Item Cost", "Item Price", "Product Price"),
    },
    needed=(col.ORDER_ID, col.QUANTITY, col.UNIT_PRICE),
    rules=(OVERLAPPING_EXPORT, EXACT_DUPLICATE),
)
_BUYERS = Shape(
    feed=Feed.CUSTOMERS,
    columns={
        col.ORDER_ID: _ID,
        CUSTOMER_REF: ("Customer User ID", "Customer ID"),
        col.EMAIL: ("Email (Billing)", "Billing Email", "Billing Email Address"),
        col.FIRST_NAME: ("First Name (Billing)", "Billing First Name"),
        col.LAST_NAME: ("Last Name (Billing)", "Billing Last Name"),
        col.PHONE: ("Phone (Billing)", "Billing Phone"),
        col.ADDRESS: ("Address 1&2 (Billing)", "Address 1 (Billing)", "Billing Address 1"),
        col.CITY: ("City (Billing)", "Billing City"),
        col.COUNTRY: ("Country Code (Billing)", "Country Name (Billing)", "Billing Country"),
        col.NOTES: ("Customer Note",),
    },
    needed=(col.EMAIL,),
    expressions={
        CUSTOMER_REF: "CASE WHEN CAST({customer_id} AS VARCHAR) NOT IN ('', '0') "
        "THEN CAST({customer_id} AS VARCHAR) END"
    },
    where="{email} IS NOT NULL AND " + _FIRST_ROW,
)

SOURCE = Source(name="woocommerce", match=shape("orders", _ORDERS, _LINES, _BUYERS))
