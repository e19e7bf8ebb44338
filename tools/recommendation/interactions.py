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

    Sorted by customer, product and age, so that each pair's purchases lie together, the latest first.

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
        first = self._firsts()
        return self._matrix(first, np.ones(first.size, dtype=np.float32))

    def decayed(self, days: float) -> sp.csr_matrix:
        """Give Σ exp(−age / days) per customer and product; infinite days counts purchases."""
        weight = np.exp(-self.age / days) if np.isfinite(days) else np.ones_like(self.age)
        first = self._firsts()
        summed = np.add.reduceat(weight, first) if first.size else weight
        return self._matrix(first, summed.astype(np.float32))

    def latest(self, days: float) -> sp.csr_matrix:
        """Give exp(−age / days) of the latest purchase per customer and product."""
        first = self._firsts()
        return self._matrix(first, np.exp(-self.age[first] / np.float32(days)))

    def recent_buyers(self, days: float) -> Scores:
        """Count each product's distinct buyers within the last days."""
        first = self._firsts()
        recent = first[self.age[first] <= days]
        return np.bincount(self.item[recent], minlength=self.items.size).astype(np.float32)

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
        buyers = np.bincount(self.item[self._firsts()], minlength=self.items.size)
        keep = buyers >= least_buyers
        kept = keep[self.item]
        users, user = _axis(self.user[kept])
        column = np.cumsum(keep, dtype=np.int32) - 1
        item = column[self.item[kept]].astype(np.int32)
        return Interactions(self.users[users], self.items[keep], user, item, self.age[kept])

    def _firsts(self) -> NDArray[np.intp]:
        """Give where each customer and product's purchases begin: at the latest one."""
        new = np.ones(self.user.size, dtype=bool)
        new[1:] = (self.user[1:] != self.user[:-1]) | (self.item[1:] != self.item[:-1])
        return np.flatnonzero(new)

    def _matrix(self, first: NDArray[np.intp], values: Scores) -> sp.csr_matrix:
        ends = np.cumsum(np.bincount(self.user[first], minlength=self.users.size))
        pointers = np.concatenate([[0], ends]).astype(np.int32)
        matrix = sp.csr_matrix((values, self.item[first], pointers), shape=self.shape)
        matrix.has_canonical_format = True
        return matrix


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
    """Index rows of (`customer_row`, `product_row`, `age_days`), in any order."""
    customer = frame["customer_row"].to_numpy(dtype=np.int32)
    product = frame["product_row"].to_numpy(dtype=np.int32)
    age = frame["age_days"].to_numpy(dtype=np.float32)
    if not _is_sorted(customer, product, age):
        order = np.lexsort((age, product, customer))
        customer, product, age = customer[order], product[order], age[order]
    users, user = _axis(customer)
    items, item = _axis(product)
    return Interactions(users, items, user, item, age)


def _axis(rows: Rows) -> tuple[Rows, Rows]:
    """Give the distinct rows, ascending, and the position of each row among them."""
    there = np.bincount(rows) > 0
    position = np.cumsum(there, dtype=np.int32) - 1
    return np.flatnonzero(there).astype(np.int32), position[rows].astype(np.int32)


def _is_sorted(customer: Rows, product: Rows, age: NDArray[np.float32]) -> bool:
    same = customer[1:] == customer[:-1]
    if (customer[1:] < customer[:-1]).any() or (product[1:] < product[:-1])[same].any():
        return False
    return not (age[1:] < age[:-1])[same & (product[1:] == product[:-1])].any()
