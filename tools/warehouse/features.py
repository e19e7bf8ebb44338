"""The one per-customer table every capability uses, computed in DuckDB at any as-of date.

Nothing dated after the as-of day is read. Money is in the snapshot's currency, days are whole days. Every row
has the columns `customer_features` names; groups of further ones (`habits`) are computed when asked for.
"""

from collections.abc import Collection
from datetime import date, timedelta

import pandas as pd

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.warehouse.habits import SALES, Habit, habit_queries

RECENCY = "recency_days"
TENURE = "tenure_days"
ORDERS = "orders"
ITEMS = "items"
PRODUCTS = "products"
GROSS = "gross_revenue"
NET = "net_revenue"
MEAN_ORDER = "mean_order_amount"
MEAN_GAP = "mean_gap_days"
RETURN_SHARE = "return_share"
FIRST_ORDER = "first_order_at"

_NO_LINES = (
    "(SELECT 0 AS customer_row, 0 AS quantity, 0 AS product_row, '' AS line_kind, '' AS order_id, "
    "TIMESTAMP '2000-01-01' AS ordered_at LIMIT 0)"
)
_FEATURES = """
WITH bought AS (
    SELECT customer_row,
           count(*) FILTER (order_kind = 'sale')                        AS orders,
           count(DISTINCT ordered_at::DATE) FILTER (order_kind = 'sale') AS order_days,
           min(ordered_at) FILTER (order_kind = 'sale')                 AS first_order_at,
           max(ordered_at) FILTER (order_kind = 'sale')                 AS last_order_at,
           coalesce(sum(gross_amount) FILTER (order_kind = 'sale'), 0)::DOUBLE AS gross_revenue,
           sum(net_amount)::DOUBLE                                      AS net_revenue,
           coalesce(sum($returned), 0)::DOUBLE                          AS returned
    FROM orders
    WHERE customer_row IS NOT NULL AND ordered_at < $until
    GROUP BY customer_row
    HAVING orders > 0
), lines AS (
    SELECT customer_row,
           sum(quantity) FILTER (line_kind = 'sale')                AS items,
           count(DISTINCT product_row) FILTER (line_kind = 'sale')  AS products
    FROM $lines
    WHERE customer_row IS NOT NULL AND ordered_at < $until
    GROUP BY customer_row
)
SELECT customer_row, first_order_at, last_order_at,
       date_diff('day', last_order_at::DATE, $as_of)  AS recency_days,
       date_diff('day', first_order_at::DATE, $as_of) AS tenure_days,
       orders, coalesce(items, 0)::BIGINT AS items, coalesce(products, 0)::BIGINT AS products,
       gross_revenue, net_revenue,
       gross_revenue / orders AS mean_order_amount,
       CASE WHEN order_days > 1
            THEN date_diff('day', first_order_at::DATE, last_order_at::DATE) / (order_days - 1) END
            AS mean_gap_days,
       CASE WHEN gross_revenue > 0 THEN returned / gross_revenue ELSE 0 END AS return_share
FROM bought LEFT JOIN lines USING (customer_row)
ORDER BY customer_row
"""


def customer_features(
    dataset: Dataset, as_of: date | None = None, habits: Collection[Habit] = ()
) -> pd.DataFrame:
    """Compute one row per customer who had ordered by a date.

    Args:
        dataset: The snapshot.
        as_of: The last day that counts; None takes the data's last day.
        habits: Groups of further columns to add; those whose sources were not loaded are left out.

    Returns:
        Columns `customer_row`, `first_order_at`, `last_order_at`, `recency_days`, `tenure_days`, `orders`,
        `items`, `products`, `gross_revenue`, `net_revenue` (less discounts and returns), `mean_order_amount`,
        `mean_gap_days` (between order days; missing for one), `return_share` (0–1), by `customer_row`.

    Raises:
        Insufficient: The snapshot has no dated orders.
    """
    dataset.need(Table.ORDERS)
    day = as_of or dataset.need_as_of()
    lines = "order_lines" if dataset.has(Table.ORDER_LINES) else _NO_LINES
    until = day + timedelta(days=1)
    returned = "returned_amount"
    if not dataset.has(Table.ORDERS, returned):
        returned = "CASE WHEN order_kind = 'return' THEN -net_amount ELSE 0 END"
    sql = _FEATURES.replace("$lines", lines).replace("$returned", returned)
    if habits:
        timed = Habit.TIME in habits and _timed(dataset, until)
        sql = _with_habits(sql, habit_queries(dataset, habits, timed=timed), lines)
    return dataset.frame(sql, {"as_of": day, "until": until})


def _with_habits(features: str, queries: dict[Habit, str], lines: str) -> str:
    """Join the queries of further groups to the features."""
    named = "".join(f", {habit.value}_habit AS ({sql})" for habit, sql in queries.items())
    joined = "".join(f" LEFT JOIN {habit.value}_habit USING (customer_row)" for habit in queries)
    sales = SALES.replace("FROM order_lines", f"FROM {lines}")
    return (
        f"WITH features AS ({features}), {sales}{named} SELECT * FROM features{joined} ORDER BY customer_row"
    )


def _timed(dataset: Dataset, until: date) -> bool:
    """Tell whether any order so far has a time of day."""
    sql = "SELECT count(*) AS n FROM orders WHERE ordered_at < $until AND ordered_at <> ordered_at::DATE"
    return bool(dataset.frame(sql, {"until": until})["n"].iloc[0])
