"""Which products share baskets: support, confidence and lift, with counts and intervals.

For baskets n, n_a with product a, n_b with b and n_ab with both: support n_ab/n, confidence n_ab/n_a,
lift n·n_ab/(n_a·n_b) (Agrawal, Imieliński & Swami 1993, SIGMOD; Brin et al. 1997, SIGMOD, for lift).
Confidence has a Wilson interval (Wilson 1927, JASA 22), and lift the interval it implies.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.stats import norm

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient

LEVEL = 0.95
LEAST_TOGETHER = 10

_LINES = """
SELECT DISTINCT order_id, product_row FROM order_lines
WHERE line_kind = 'sale' AND ordered_at >= $since AND ordered_at < $until
"""


@dataclass(frozen=True, slots=True)
class Baskets:
    """Baskets as a 0/1 matrix.

    Attributes:
        matrix: Baskets × products.
        items: `product_row` of each column.
    """

    matrix: sp.csr_matrix
    items: np.ndarray


def read_baskets(dataset: Dataset, days: int = 365) -> Baskets:
    """Read the sales of the last days as baskets of distinct products, guests included.

    Raises:
        Insufficient: There are no order lines.
    """
    dataset.need(Table.ORDER_LINES)
    until = pd.Timestamp(dataset.need_as_of()) + pd.Timedelta(days=1)
    lines = dataset.frame(_LINES, {"since": until - pd.Timedelta(days=days), "until": until})
    if lines.empty:
        raise Insufficient("No baskets are in the last year of the data.", code="no_purchases")
    basket = pd.factorize(lines["order_id"], sort=True)[0]
    items, column = np.unique(lines["product_row"].to_numpy(dtype=np.int32), return_inverse=True)
    matrix = sp.csr_matrix((np.ones(len(lines), dtype=np.float32), (basket, column)))
    return Baskets(matrix, items)


def rules(baskets: Baskets, of: int | None = None, least: int = LEAST_TOGETHER) -> pd.DataFrame:
    """Give the association rules between pairs of products.

    Args:
        baskets: The baskets.
        of: Only rules from this `product_row`; None gives each pair once, from the rarer product.
        least: Fewest common baskets.

    Returns:
        `product_row`, `product_row_with`, `together` (baskets), `support`, `confidence`, `confidence_low`,
        `confidence_high`, `lift`, `lift_low`, `lift_high`; surest lift first.
    """
    pairs = _pairs(baskets, of, least)
    n = baskets.matrix.shape[0]
    low, high = wilson(pairs["together"].to_numpy(float), pairs["n_a"].to_numpy(float))
    base = pairs["n_b"] / n
    pairs = pairs.assign(
        support=pairs["together"] / n,
        confidence=pairs["together"] / pairs["n_a"],
        confidence_low=low,
        confidence_high=high,
        lift=pairs["together"] / pairs["n_a"] / base,
        lift_low=low / base,
        lift_high=high / base,
    )
    order = ["lift_low", "together", "product_row", "product_row_with"]
    ordered = pairs.sort_values(order, ascending=[False, False, True, True], ignore_index=True)
    return ordered.drop(columns=["n_a", "n_b"])


def _pairs(baskets: Baskets, of: int | None, least: int) -> pd.DataFrame:
    matrix, items = baskets.matrix, baskets.items
    counts = np.asarray(matrix.sum(axis=0)).ravel().astype(np.int64)
    if of is None:
        common = sp.coo_matrix(sp.triu(matrix.T @ matrix, k=1))
        swap = counts[common.row] > counts[common.col]
        first, second = np.where(swap, common.col, common.row), np.where(swap, common.row, common.col)
    else:
        column = np.flatnonzero(items == of)
        common = sp.coo_matrix(matrix[:, column].T @ matrix)
        first, second = np.repeat(column, common.nnz), common.col
    together = np.rint(common.data).astype(np.int64)
    kept = (together >= least) & (first != second)
    first, second = first[kept], second[kept]
    return pd.DataFrame(
        {
            "product_row": items[first],
            "product_row_with": items[second],
            "together": together[kept],
            "n_a": counts[first],
            "n_b": counts[second],
        }
    )


def wilson(hits: np.ndarray, n: np.ndarray, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Give the Wilson interval of a share."""
    z = norm.ppf(0.5 + level / 2)
    share = hits / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return centre - half, centre + half
