"""Squarespace's orders: one row per item, as Shopify's, with the order's own fields on its first row only."""

from dataclasses import replace

from marketeer.tools.core import columns as col
from marketeer.tools.sources.shopify import BUYERS, LINES, ORDERS
from marketeer.tools.sources.source import Shape, Source, shape

_ID = ("Order ID",)


def _of(shopify: Shape, **more: tuple[str, ...]) -> Shape:
    """Give one of Shopify's shapes under the names Squarespace has for its columns."""
    renamed = {
        name: headers for name, headers in {col.ORDER_ID: _ID, **more}.items() if name in shopify.columns
    }
    return replace(shopify, columns={**shopify.columns, **renamed})


SOURCE = Source(
    name="squarespace",
    match=shape("orders", _of(ORDERS, refunded=("Amount Refunded",)), _of(LINES), BUYERS),
)
