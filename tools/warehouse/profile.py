"""What a snapshot holds and how good it is, counted in DuckDB.

All figures are whole counts over the canonical tables; the money sums are in the snapshot's currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.warehouse.drift import DRIFT_DAYS, Drift, drift_of

_AGE = "(SELECT max(ordered_at)::DATE FROM orders) - ordered_at::DATE"
_ORDERS = f"""
WITH sales AS (SELECT *, {_AGE} AS age FROM orders WHERE order_kind = 'sale'),
per AS (SELECT customer_row, count(*) AS n FROM sales WHERE customer_row IS NOT NULL GROUP BY customer_row),
days AS (SELECT DISTINCT ordered_at::DATE AS day FROM sales),
gaps AS (SELECT day - lag(day) OVER (ORDER BY day) AS gap FROM days)
SELECT (SELECT count(*) FROM sales) AS orders,
       (SELECT count(*) FROM orders WHERE order_kind = 'return') AS returns,
       (SELECT count(*) FROM sales WHERE customer_row IS NULL) AS guest_orders,
       (SELECT min(ordered_at)::DATE FROM orders) AS first_day,
       (SELECT max(ordered_at)::DATE FROM orders) AS last_day,
       (SELECT sum(gross_amount)::DOUBLE FROM sales) AS gross,
       (SELECT sum(net_amount)::DOUBLE FROM orders) AS net,
       (SELECT coalesce(sum(net_amount) FILTER (customer_row IS NULL), 0)::DOUBLE FROM orders) AS guest_net,
       (SELECT count(*) FROM per) AS buyers,
       (SELECT count(*) FROM per WHERE n > 1) AS repeat_buyers,
       (SELECT coalesce(max(gap), 0) FROM gaps) AS longest_gap,
       (SELECT max(gross_amount)::DOUBLE FROM sales) AS largest_order,
       (SELECT median(gross_amount)::DOUBLE FROM sales) AS median_order,
       (SELECT count(*) FROM sales WHERE age < {DRIFT_DAYS}) AS recent_orders,
       (SELECT count(*) FROM sales WHERE age >= {DRIFT_DAYS} AND age < 2 * {DRIFT_DAYS}) AS earlier_orders,
       (SELECT median(gross_amount) FILTER (age < {DRIFT_DAYS})::DOUBLE FROM sales) AS recent_median,
       (SELECT median(gross_amount) FILTER (age >= {DRIFT_DAYS} AND age < 2 * {DRIFT_DAYS})::DOUBLE
        FROM sales) AS earlier_median
"""
_LINES = """
SELECT count(DISTINCT product_row) AS sold_products,
       (SELECT count(*) FROM (SELECT customer_row FROM order_lines
                              WHERE line_kind = 'sale' AND customer_row IS NOT NULL
                              GROUP BY customer_row HAVING count(DISTINCT product_row) > 1)) AS multi_buyers
FROM order_lines WHERE line_kind = 'sale'
"""
_ARMS = """
SELECT c.campaign_id, c.assignment, count(DISTINCT s.arm) AS arms,
       count(*) FILTER (s.arm = 'control') AS control, count(*) FILTER (s.arm <> 'control') AS treated
FROM campaigns AS c LEFT JOIN sends AS s USING (campaign_id) GROUP BY ALL ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class DataProfile:
    """The figures of a snapshot.

    Attributes:
        customers: Customers on file.
        orders: Figures of the orders (`_ORDERS`), empty without any.
        lines: Figures of the order lines (`_LINES`), empty without any.
        filled: `table.column` → how many rows have a value.
        consents: Channel → consent → customers.
        campaigns: One row per campaign: id, assignment, arms, sizes of control and treated.
        drift: How sure a change in the last ninety days is.
    """

    customers: int
    orders: Mapping[str, Any]
    lines: Mapping[str, Any]
    filled: Mapping[str, int]
    consents: Mapping[str, Mapping[str, int]]
    campaigns: tuple[Mapping[str, Any], ...]
    drift: Drift

    @property
    def first_day(self) -> date | None:
        """The first day with an order."""
        return _day(self.orders.get("first_day"))

    @property
    def last_day(self) -> date | None:
        """The last day with an order."""
        return _day(self.orders.get("last_day"))

    @property
    def days(self) -> int:
        """How many days the orders span."""
        if self.first_day is None or self.last_day is None:
            return 0
        return (self.last_day - self.first_day).days + 1


def _day(value: Any) -> date | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()


def profile_data(dataset: Dataset) -> DataProfile:
    """Count what a snapshot holds."""
    return DataProfile(
        customers=dataset.rows.get(Table.CUSTOMERS, 0),
        orders=_row(dataset, _ORDERS) if dataset.has(Table.ORDERS) else {},
        lines=_row(dataset, _LINES) if dataset.has(Table.ORDER_LINES) else {},
        filled=_filled(dataset),
        consents=_consents(dataset),
        campaigns=_campaigns(dataset),
        drift=drift_of(dataset) if dataset.has(Table.ORDERS) else Drift(1.0, 1.0),
    )


def _row(dataset: Dataset, sql: str) -> Mapping[str, Any]:
    return {str(name): value for name, value in dataset.frame(sql).iloc[0].items()}


_CHECKED = {
    Table.CUSTOMERS: (col.EMAIL, col.PHONE, col.COUNTRY, col.LANGUAGE, col.NOTES),
    Table.PRODUCTS: (col.PRODUCT_NAME, col.DESCRIPTION, col.CATEGORY, col.PRICE, col.UNIT_COST),
    Table.ORDERS: (col.CHANNEL, col.COUNTRY),
}


def _filled(dataset: Dataset) -> dict[str, int]:
    counts: dict[str, int] = {}
    for table, names in _CHECKED.items():
        there = [name for name in names if dataset.has(table, name)]
        if there:
            chosen = ", ".join(f"count({name}) AS {name}" for name in there)
            row = _row(dataset, f"SELECT {chosen} FROM {table.value}")
            counts |= {f"{table.value}.{name}": int(row[name]) for name in there}
    return counts


def _consents(dataset: Dataset) -> dict[str, dict[str, int]]:
    counted: dict[str, dict[str, int]] = {}
    for channel, name in (("email", col.EMAIL_CONSENT), ("sms", col.SMS_CONSENT)):
        if dataset.has(Table.CUSTOMERS, name):
            frame = dataset.frame(f"SELECT {name} AS consent, count(*) AS n FROM customers GROUP BY 1")
            counted[channel] = {str(k): int(n) for k, n in zip(frame["consent"], frame["n"], strict=True)}
    return counted


def _campaigns(dataset: Dataset) -> tuple[Mapping[str, Any], ...]:
    if not (dataset.has(Table.CAMPAIGNS) and dataset.has(Table.SENDS)):
        return ()
    rows = dataset.frame(_ARMS).to_dict("records")
    return tuple({str(name): value for name, value in row.items()} for row in rows)
