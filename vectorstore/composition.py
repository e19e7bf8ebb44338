"""Customer vectors composed from product vectors: one sparse product for all customers.

A customer is the sum of the vectors of what they bought, each weighted by log spend × smoothed inverse
document frequency (Salton and Buckley 1988, "Term-weighting approaches in automatic text retrieval", with
products as terms and customers as documents). Measured in `docs/profiles.md`.
"""

from typing import TYPE_CHECKING

import numpy as np

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.vectorstore.embedders import Vectors, unit_rows

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_SPEND = """
SELECT customer_row, product_row, sum(line_amount)::DOUBLE AS spend
FROM order_lines
WHERE line_kind = 'sale' AND customer_row IS NOT NULL
GROUP BY ALL
HAVING spend > 0
ORDER BY customer_row, product_row
"""
_TEXT_COLUMNS = (col.PRODUCT_NAME, col.CATEGORY, col.DESCRIPTION)


def product_texts(dataset: Dataset) -> list[str]:
    """Give one text per product row: its name, category and description, those there are.

    Raises:
        Insufficient: The snapshot has no products.
    """
    dataset.need(Table.PRODUCTS)
    chosen = [name for name in _TEXT_COLUMNS if dataset.has(Table.PRODUCTS, name)] or [col.PRODUCT_ID]
    text = f"concat_ws('. ', {', '.join(f'nullif(trim({name}), $empty)' for name in chosen)})"
    frame = dataset.frame(f"SELECT {text} AS text FROM products ORDER BY product_row", {"empty": ""})
    return frame["text"].fillna("").tolist()


def spend_weights(dataset: Dataset) -> "csr_matrix":
    """Weigh what each customer bought: log(1 + spend) × (log((1 + n) / (1 + buyers)) + 1).

    Returns:
        Shape (customers, products), float32; customers who bought nothing have empty rows.

    Raises:
        Insufficient: The snapshot has no order lines.
    """
    # composing happens once per snapshot; importing it at the top would slow every session
    from scipy.sparse import coo_matrix

    dataset.need(Table.ORDER_LINES)
    shape = (dataset.rows[Table.CUSTOMERS], dataset.rows[Table.PRODUCTS])
    spend = dataset.frame(_SPEND)
    customers, products = (spend[name].to_numpy(np.int64) for name in (col.CUSTOMER_ROW, col.PRODUCT_ROW))
    buyers = np.bincount(products, minlength=shape[1])
    rarity = np.log((1 + np.unique(customers).size) / (1 + buyers)) + 1
    weights = np.log1p(spend["spend"].to_numpy()) * rarity[products]
    return coo_matrix((weights.astype(np.float32), (customers, products)), shape=shape).tocsr()


def compose(weights: "csr_matrix", products: Vectors) -> Vectors:
    """Compose customers (customers, dimensions) from products (products, dimensions), rows of unit length."""
    composed: Vectors = weights @ products
    return unit_rows(composed)
