"""Which products may be recommended: the rules of the shop, as a mask over the product axis."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.core.columns import (
    AVAILABLE,
    CATEGORY,
    DESCRIPTION,
    PRICE,
    PRODUCT_NAME,
    UNIT_COST,
    Table,
)
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.recommendation.interactions import Rows

SOLD_WITHIN_DAYS = 120
"""A product nobody bought for this long counts as discontinued, where the shop is older than that."""

LEAST_COUNTRY_ORDERS = 50

_CATALOGUE = """
SELECT product_row, {name} AS product_name, {category} AS category, {text} AS text,
       coalesce({price}, sold.price) AS price, {unit_cost} AS unit_cost, {available} AS available,
       coalesce(sold.last_sold >= $since, FALSE) AS still_sold
FROM products LEFT JOIN (
    SELECT product_row, max(ordered_at) AS last_sold, median(unit_price)::DOUBLE AS price
    FROM order_lines WHERE line_kind = 'sale' AND ordered_at < $until GROUP BY product_row
) sold USING (product_row)
ORDER BY product_row
"""
_SHIPPED = """
SELECT DISTINCT product_row FROM order_lines JOIN orders USING (order_id)
WHERE orders.country = $country AND line_kind = 'sale'
"""


@dataclass(frozen=True, slots=True)
class Assortment:
    """The products on the axis of a recommender.

    Attributes:
        products: `product_row`, `product_name`, `category`, `text`, `price`, `unit_cost`, `available`,
            `still_sold`, one row per column of the score matrix.
    """

    products: pd.DataFrame

    @property
    def unit_margin(self) -> NDArray[np.float64]:
        """Price less unit cost; NaN where the cost is not known."""
        margin: NDArray[np.float64] = (self.products["price"] - self.products["unit_cost"]).to_numpy(float)
        return margin

    def allowed(self, min_margin_percent: float = 0.0) -> NDArray[np.bool_]:
        """Tell which products are in stock, still sold, and earn at least a margin (unknown costs pass)."""
        products = self.products
        share = 100 * self.unit_margin / products["price"].to_numpy(float)
        earns = ~(share < min_margin_percent) if min_margin_percent else np.ones(len(products), dtype=bool)
        allowed: NDArray[np.bool_] = (products["available"] & products["still_sold"]).to_numpy(bool) & earns
        return allowed


def read_assortment(dataset: Dataset, items: Rows, as_of: date) -> Assortment:
    """Read what is known of the products on an axis, in its order."""
    known = set(dataset.columns.get(Table.PRODUCTS, ()))

    def column(name: str, otherwise: str) -> str:
        return f"products.{name}" if name in known else otherwise

    parts = [column(name, "''") for name in (PRODUCT_NAME, CATEGORY, DESCRIPTION)]
    sql = _CATALOGUE.format(
        name=f"coalesce({column(PRODUCT_NAME, 'NULL')}, product_id)",
        category=column(CATEGORY, "''"),
        text=f"concat_ws(' ', {', '.join(parts)})",
        price=f"{column(PRICE, 'NULL')}::DOUBLE",
        unit_cost=f"{column(UNIT_COST, 'NULL')}::DOUBLE",
        available=f"coalesce({column(AVAILABLE, 'TRUE')}, TRUE)",
    )
    days = {"until": as_of + timedelta(days=1), "since": as_of - timedelta(days=SOLD_WITHIN_DAYS)}
    frame = dataset.frame(sql, days).set_index("product_row").loc[items].reset_index()
    return Assortment(frame)


def shipped_to(dataset: Dataset, items: Rows, country: str) -> NDArray[np.bool_]:
    """Tell which products were ever sold to a country; all, where too few orders went there to tell."""
    everything = np.ones(items.size, dtype=bool)
    if not dataset.has(Table.ORDERS, "country"):
        return everything
    count = dataset.frame("SELECT count(*) AS n FROM orders WHERE country = ?", [country])["n"].iloc[0]
    if count < LEAST_COUNTRY_ORDERS:
        return everything
    return np.isin(items, dataset.frame(_SHIPPED, {"country": country})["product_row"].to_numpy())
