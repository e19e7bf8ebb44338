"""UCI Online Retail I and II: one table of order lines of a UK gift shop, in pounds.

An invoice number starting with `C` is a cancellation: its lines have negative quantities and become a return.
One starting with `A` adjusts bad debt and is no trade at all. Stock codes that do not start with five digits
are postage, fees, vouchers, samples and manual entries. Dates are month/day/year. The sheets of II overlap.
"""

from marketeer.tools.core import columns as col
from marketeer.tools.sources.source import Shape, Source, shape
from marketeer.tools.warehouse.feeds import CUSTOMER_REF, Feed
from marketeer.tools.warehouse.rules import (
    EXACT_DUPLICATE,
    OVERLAPPING_EXPORT,
    POSTAGE_LINE,
    PRICE_NOT_POSITIVE,
    Rule,
)

_LINES = Shape(
    feed=Feed.ORDER_LINES,
    columns={
        col.ORDER_ID: ("InvoiceNo", "Invoice"),
        col.PRODUCT_ID: ("StockCode",),
        col.PRODUCT_NAME: ("Description",),
        col.QUANTITY: ("Quantity",),
        col.ORDERED_AT: ("InvoiceDate",),
        col.UNIT_PRICE: ("UnitPrice", "Price"),
        CUSTOMER_REF: ("CustomerID", "Customer ID"),
        col.COUNTRY: ("Country",),
    },
    needed=(col.ORDER_ID, col.PRODUCT_ID, col.QUANTITY, col.ORDERED_AT, col.UNIT_PRICE, CUSTOMER_REF),
    expressions={col.PRODUCT_ID: "upper(trim(CAST({product_id} AS VARCHAR)))"},
    helpers={"code_as_written": "trim(CAST({product_id} AS VARCHAR))"},
    rules=(
        OVERLAPPING_EXPORT,
        EXACT_DUPLICATE,
        Rule("bad_debt_adjustment", "starts_with(order_id, 'A')"),
        Rule(POSTAGE_LINE, "product_id IN ('POST', 'DOT', 'C2')"),
        Rule("non_product_line", "NOT product_id GLOB '[0-9][0-9][0-9][0-9][0-9]*'"),
        PRICE_NOT_POSITIVE,
        Rule("cancellation", "starts_with(order_id, 'C')", drops=False),
        Rule("product_code_case", "product_id <> code_as_written", drops=False),
    ),
    date_order="mdy",
)

SOURCE = Source(name="uci_retail", match=shape("order_lines", _LINES), currency="GBP")
