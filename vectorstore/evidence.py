"""Which of a customer's purchases made them rank: the evidence shown with a hit."""

from collections.abc import Mapping

import numpy as np

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
"""


def nearest_purchases(
    dataset: Dataset, products: Vectors, query: Vectors, rows: Rows
) -> Mapping[int, tuple[str, ...]]:
    """Name the products each customer bought that are nearest to a vector, nearest first.

    Args:
        dataset: The snapshot.
        products: One vector per product row.
        query: What was asked for, shape (dimensions,).
        rows: The customers.

    Returns:
        Customer row → up to two product names; products with nothing in common are left out.
    """
    named = dataset.has(Table.PRODUCTS, col.PRODUCT_NAME)
    sql = _BOUGHT.format(name=col.PRODUCT_NAME if named else col.PRODUCT_ID)
    bought = dataset.frame(sql, {"rows": [int(row) for row in rows]})
    likeness = np.asarray(products[bought[col.PRODUCT_ROW].to_numpy()] @ query, dtype=np.float64)
    bought["likeness"] = likeness.round(SCORE_DECIMALS)
    order = bought.loc[bought["likeness"] > 0].sort_values(
        ["likeness", "spend", col.PRODUCT_ROW], ascending=[False, False, True]
    )
    names = order.assign(name=order["name"].map(one_line)).drop_duplicates([col.CUSTOMER_ROW, "name"])
    found: dict[int, tuple[str, ...]] = {}
    for row, name in zip(names[col.CUSTOMER_ROW].tolist(), names["name"].tolist(), strict=True):
        found[row] = (*found.get(row, ()), name)[:SHOWN]
    return found
