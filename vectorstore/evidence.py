"""Which of a customer's purchases made them rank: the evidence shown with a hit."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.vectorstore.embedders import Vectors
from marketeer.vectorstore.profiles import one_line
from marketeer.vectorstore.ranking import SCORE_DECIMALS, Rows

SHOWN = 2

_BOUGHT = """
SELECT customer_row, product_row, any_value({name}) AS name, sum(line_amount)::DOUBLE AS spend
FROM order_lines JOIN products USING (product_row)
WHERE line_kind = 'sale' AND list_contains($rows, customer_row) AND {name} IS NOT NULL
GROUP BY ALL
ORDER BY spend DESC, product_row
"""

Evidence = Mapping[int, tuple[str, ...]]
"""Customer row → product names, the most telling first."""


def favourite_purchases(dataset: Dataset, rows: Rows) -> Evidence:
    """Name the products each customer spent most on."""
    return _named(_bought(dataset, rows))


def nearest_purchases(dataset: Dataset, products: Vectors, query: Vectors, rows: Rows) -> Evidence:
    """Name the products each customer bought that are nearest to a vector; those unlike it are left out.

    Args:
        dataset: The snapshot.
        products: One vector per product row.
        query: What was asked for, shape (dimensions,).
        rows: The customers.
    """
    bought = _bought(dataset, rows)
    likeness = np.asarray(products[bought[col.PRODUCT_ROW].to_numpy()] @ query, dtype=np.float64)
    bought["likeness"] = likeness.round(SCORE_DECIMALS)
    like = bought.loc[bought["likeness"] > 0]
    return _named(like.sort_values("likeness", ascending=False, kind="stable"))


def _bought(dataset: Dataset, rows: Rows) -> pd.DataFrame:
    named = dataset.has(Table.PRODUCTS, col.PRODUCT_NAME)
    sql = _BOUGHT.format(name=col.PRODUCT_NAME if named else col.PRODUCT_ID)
    return dataset.frame(sql, {"rows": [int(row) for row in rows]})


def _named(bought: pd.DataFrame) -> Evidence:
    found: dict[int, tuple[str, ...]] = {}
    for row, name in zip(bought[col.CUSTOMER_ROW].tolist(), bought["name"].map(one_line), strict=True):
        known = found.get(row, ())
        if name not in known:
            found[row] = (*known, name)[:SHOWN]
    return found
