"""Who bought what, and how long ago: the one input of every recommender.

Returns are netted against the same customer's purchases of the same product; guests are left out.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient

Rows = NDArray[np.int32]
Scores = NDArray[np.float32]

_PURCHASES = """
SELECT customer_row, product_row, date_diff('day', ordered_at::DATE, $until) AS age_days
FROM order_lines
WHERE customer_row IS NOT NULL AND ordered_at >= $since AND ordered_at < $until
GROUP BY customer_row, product_row, ordered_at::DATE
HAVING sum(quantity) > 0
ORDER BY customer_row, product_row, age_days
"""
_KEPT = """
WITH bought AS ({purchases}), kept AS (
    SELECT customer_row, product_row FROM order_lines
    WHERE customer_row IS NOT NULL AND ordered_at >= $since AND ordered_at < $until
    GROUP BY customer_row, product_row HAVING sum(quantity) > 0
)
SELECT bought.* FROM bought JOIN kept USING (customer_row, product_row)
ORDER BY customer_row, product_row, age_days
"""


@dataclass(frozen=True, slots=True)
class Interactions:
    """Purchases as parallel arrays, one entry per customer, product and day.

    Attributes:
        users: `customer_row` of each matrix row, ascending.
        items: `product_row` of each matrix column, ascending.
        user: Matrix row of each purchase.
        item: Matrix column of each purchase.
        age: Days before the cut-off, at least 1.
    """

    users: Rows
    items: Rows
    user: Rows
    item: Rows
    age: NDArray[np.float32]

    @property
    def shape(self) -> tuple[int, int]:
        """Customers × products."""
        return self.users.size, self.items.size

    def owned(self) -> sp.csr_matrix:
        """Give the 0/1 matrix of what each customer has ever bought."""
        return self._gather(np.ones(self.user.size, dtype=np.float32), binary=True)

    def decayed(self, days: float) -> sp.csr_matrix:
        """Give Σ exp(−age / days) per customer and product; infinite days counts purchases."""
        weight = np.exp(-self.age / days) if np.isfinite(days) else np.ones_like(self.age)
        return self._gather(weight.astype(np.float32), binary=False)

    def latest(self, days: float) -> sp.csr_matrix:
        """Give exp(−age / days) of the latest purchase per customer and product."""
        matrix = self.owned()
        newest = np.full(matrix.nnz, np.inf, dtype=np.float32)
        at = self._position(matrix)
        np.minimum.at(newest, at, self.age)
        matrix.data = np.exp(-newest / days).astype(np.float32)
        return matrix

    def recent_buyers(self, days: float) -> Scores:
        """Count each product's distinct buyers within the last days."""
        recent = self.age <= days
        pairs = np.unique(self.user[recent].astype(np.int64) * self.items.size + self.item[recent])
        counts = np.bincount(pairs % self.items.size, minlength=self.items.size)
        return counts.astype(np.float32)

    def before(self, days: int) -> "Interactions":
        """Give the purchases older than some days, aged from that earlier cut-off, on the same axes."""
        old = self.age > days
        return Interactions(self.users, self.items, self.user[old], self.item[old], self.age[old] - days)

    def within(self, days: int) -> sp.csr_matrix:
        """Give the 0/1 matrix of the purchases of the last days."""
        new = self.age <= days
        part = Interactions(self.users, self.items, self.user[new], self.item[new], self.age[new])
        return part.owned()

    def only(self, least_buyers: int) -> "Interactions":
        """Keep products with enough distinct buyers, and the customers who bought any of them."""
        buyers = np.asarray(self.owned().sum(axis=0)).ravel()
        return self._restrict(buyers >= least_buyers)

    def _restrict(self, keep: NDArray[np.bool_]) -> "Interactions":
        kept = keep[self.item]
        users, user = np.unique(self.user[kept], return_inverse=True)
        column = np.cumsum(keep) - 1
        return Interactions(
            self.users[users],
            self.items[keep],
            user.astype(np.int32),
            column[self.item[kept]].astype(np.int32),
            self.age[kept],
        )

    def _gather(self, weight: NDArray[np.float32], *, binary: bool) -> sp.csr_matrix:
        matrix = sp.csr_matrix((weight, (self.user, self.item)), shape=self.shape, dtype=np.float32)
        if binary:
            matrix.data[:] = 1.0
        return matrix

    def _position(self, matrix: sp.csr_matrix) -> NDArray[np.int64]:
        wide = np.int64(self.items.size)
        rows = np.repeat(np.arange(self.users.size, dtype=np.int64), np.diff(matrix.indptr))
        keys = rows * wide + matrix.indices
        return np.searchsorted(keys, self.user.astype(np.int64) * wide + self.item)


def read_interactions(dataset: Dataset, as_of: date | None = None, history_days: int = 3650) -> Interactions:
    """Read the purchases of identified customers up to a day.

    Args:
        dataset: The snapshot; needs `order_lines`.
        as_of: The last day that counts; None takes the data's last day.
        history_days: How far back purchases are read.

    Returns:
        All purchases; products and customers without any are not on the axes.

    Raises:
        Insufficient: There are no lines of identified customers.
    """
    dataset.need(Table.ORDER_LINES)
    until = (as_of or dataset.need_as_of()) + timedelta(days=1)
    sql = _KEPT.format(purchases=_PURCHASES.replace("ORDER BY customer_row, product_row, age_days", ""))
    frame = dataset.frame(sql, {"until": until, "since": until - timedelta(days=history_days)})
    if frame.empty:
        raise Insufficient(
            "No purchases of identified customers are in this period, so there is nothing to recommend from.",
            code="no_purchases",
        )
    return from_frame(frame)


def from_frame(frame: pd.DataFrame) -> Interactions:
    """Index rows of (`customer_row`, `product_row`, `age_days`)."""
    users, user = np.unique(frame["customer_row"].to_numpy(dtype=np.int32), return_inverse=True)
    items, item = np.unique(frame["product_row"].to_numpy(dtype=np.int32), return_inverse=True)
    age = frame["age_days"].to_numpy(dtype=np.float32)
    return Interactions(users, items, user.astype(np.int32), item.astype(np.int32), age)
