"""What a shop's own data say about the money in an offer: order values, margin, contact cost, base rates."""

from datetime import date, timedelta

import pandas as pd

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.targeting.effects import Proportion
from marketeer.tools.targeting.trials import GROUP

YEAR_DAYS = 365

_LIST_VALUE = "gross_amount::DOUBLE + {discount}"
_VALUES = """
SELECT customer_row, {value} AS order_value FROM orders
WHERE customer_row IS NOT NULL AND order_kind = 'sale' AND ordered_at >= $since AND ordered_at < $until
  AND {value} > 0
"""
_MARGIN = """
SELECT sum(l.line_amount + {discount})::DOUBLE AS sold,
       sum(l.quantity * p.unit_cost)::DOUBLE AS cost,
       count(*) AS lines,
       (SELECT count(*) FROM order_lines WHERE line_kind = 'sale') AS all_lines
FROM order_lines l JOIN products p USING (product_row)
WHERE l.line_kind = 'sale' AND p.unit_cost IS NOT NULL
"""
_BUYERS = """
SELECT DISTINCT customer_row FROM orders
WHERE customer_row IS NOT NULL AND order_kind = 'sale' AND ordered_at >= $since AND ordered_at < $until
"""


def order_values(dataset: Dataset, until: date, days: int = YEAR_DAYS) -> pd.DataFrame:
    """Give the values of orders before any discount, over a period that ends on a day.

    Returns:
        One row per sale: `customer_row`, `order_value`.
    """
    discount = _discount(dataset, Table.ORDERS)
    since = until - timedelta(days=days - 1)
    sql = _VALUES.format(value=_LIST_VALUE.format(discount=discount))
    return dataset.frame(sql, {"since": since, "until": until + timedelta(days=1)})


def margin_percent(dataset: Dataset) -> tuple[float, float] | None:
    """Give the margin before discounts, percent of what was sold, and the share of lines it rests on (0-1).

    None where no product cost is known.
    """
    if not (dataset.has(Table.PRODUCTS, col.UNIT_COST) and dataset.has(Table.ORDER_LINES)):
        return None
    sql = _MARGIN.format(discount=_discount(dataset, Table.ORDER_LINES, "l."))
    row = dataset.frame(sql).iloc[0]
    if not row["lines"] or not row["sold"] > 0:
        return None
    return 100 * (1 - float(row["cost"]) / float(row["sold"])), float(row["lines"] / row["all_lines"])


def _discount(dataset: Dataset, table: Table, prefix: str = "") -> str:
    known = dataset.has(table, col.DISCOUNT_AMOUNT)
    return f"coalesce({prefix}{col.DISCOUNT_AMOUNT}, 0)::DOUBLE" if known else "0"


def base_rates(dataset: Dataset, membership: pd.DataFrame, after: date, days: int) -> dict[str, Proportion]:
    """Count who ordered within some days after a day, by group on that day.

    Args:
        dataset: The snapshot.
        membership: `customer_row`, `group` on the day.
        after: The cut-off; the horizon starts on the next day.
        days: Length of the horizon.
    """
    since = after + timedelta(days=1)
    bought = dataset.frame(_BUYERS, {"since": since, "until": since + timedelta(days=days)})
    did = membership[col.CUSTOMER_ROW].isin(bought[col.CUSTOMER_ROW])
    counts = did.groupby(membership[GROUP]).agg(["sum", "count"])
    return {str(group): Proportion(int(row["sum"]), int(row["count"])) for group, row in counts.iterrows()}
