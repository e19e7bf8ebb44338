"""CDNOW: one row per purchase of a customer, with the number of CDs and the dollars paid.

Columns are customer, date as YYYYMMDD (or YYMMDD), CDs, dollars, often without a header line; the published
sample has its own id second. All CDs are one product, so nothing can be recommended. Rows that are alike are
different purchases and stay.
"""

import re

from marketeer.tools.core import columns as col
from marketeer.tools.sources.source import Match, Source
from marketeer.tools.warehouse.feeds import CUSTOMER_REF, Feed, FeedMap
from marketeer.tools.warehouse.reading import RawTable
from marketeer.tools.warehouse.sql import quoted

_NAMED = ("customer_id", "date", "number_of_cds", "dollar_value")
_SHAPES = {4: (0, 1, 2, 3), 5: (0, 2, 3, 4)}
_DAY = re.compile(r"(19)?9[78](0[1-9]|1[0-2])([0-2]\d|3[01])")
_AMOUNT = re.compile(r"\d+\.\d\d(00)?")


def _match(table: RawTable) -> Match | None:
    columns = _named(table) or _bare(table)
    if columns is None:
        return None
    customer, day, count, dollars = columns
    date = f"lpad({quoted(day)}, 8, '19')"
    mapping = FeedMap(
        Feed.ORDER_LINES,
        {CUSTOMER_REF: customer, col.QUANTITY: count, col.LINE_AMOUNT: dollars},
        expressions={
            col.ORDER_ID: "printf('row %d', rowid + 1)",
            col.ORDERED_AT: f"try_strptime({date}, '%Y%m%d')",
            col.PRODUCT_ID: "'CD'",
            col.PRODUCT_NAME: "'CD'",
        },
    )
    return Match("purchases", 1.0, (mapping,))


def _named(table: RawTable) -> tuple[str, ...] | None:
    found = tuple(header for name in _NAMED if (header := table.header(name)))
    return found if len(found) == len(_NAMED) else None


def _bare(table: RawTable) -> tuple[str, ...] | None:
    headers = tuple(table.columns)
    if headers != tuple(f"column {n}" for n in range(1, len(headers) + 1)) or len(headers) not in _SHAPES:
        return None
    chosen = tuple(headers[position] for position in _SHAPES[len(headers)])
    days, dollars = table.examples[chosen[1]], table.examples[chosen[3]]
    fits = all(_DAY.fullmatch(day) for day in days) and all(_AMOUNT.fullmatch(paid) for paid in dollars)
    return chosen if fits else None


SOURCE = Source(name="cdnow", match=_match, currency="USD")
