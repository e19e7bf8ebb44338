"""Stripe's unified payments export: one row per payment, in UTC, with what was given back.

The converted amounts are in the account's own currency; the others are in the buyer's and are never summed.
"""

from marketeer.tools.core import columns as col
from marketeer.tools.sources.source import Shape, Source, shape
from marketeer.tools.warehouse.feeds import CURRENCY, CUSTOMER_REF, STATUS, Feed
from marketeer.tools.warehouse.rules import EXACT_DUPLICATE, Rule

_PAYMENTS = Shape(
    feed=Feed.ORDERS,
    columns={
        col.ORDER_ID: ("id",),
        col.ORDERED_AT: ("Created date (UTC)", "Created (UTC)"),
        col.GROSS_AMOUNT: ("Converted Amount", "Amount"),
        col.RETURNED_AMOUNT: ("Converted Amount Refunded", "Amount Refunded"),
        CURRENCY: ("Converted Currency", "Currency"),
        STATUS: ("Status",),
        "captured_as_written": ("Captured",),
        CUSTOMER_REF: ("Customer ID",),
        col.EMAIL: ("Customer Email",),
    },
    needed=(col.ORDER_ID, col.ORDERED_AT, col.GROSS_AMOUNT, STATUS, "captured_as_written"),
    expressions={CURRENCY: "upper({currency})"},
    helpers={"captured": "lower(CAST({captured_as_written} AS VARCHAR))"},
    rules=(
        EXACT_DUPLICATE,
        Rule(
            "failed_payment",
            "regexp_matches(lower(status), 'fail|declin|cancel|requires|incomplete|blocked')",
        ),
        Rule("uncaptured_payment", "captured IN ('false', '0', 'no')"),
    ),
)
_PAYERS = Shape(
    feed=Feed.CUSTOMERS,
    columns={CUSTOMER_REF: ("Customer ID",), col.EMAIL: ("Customer Email",)},
    needed=(CUSTOMER_REF, col.EMAIL),
    where="{customer_id} IS NOT NULL",
)

SOURCE = Source(name="stripe", match=shape("payments", _PAYMENTS, _PAYERS))
