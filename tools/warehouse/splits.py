"""SQL for what group a customer is in, wherever customers are split: metrics, columns, counts, cohorts."""

from dataclasses import dataclass

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Retry
from marketeer.tools.warehouse.metrics import OF_CUSTOMERS, Dimension, MetricQuery
from marketeer.tools.warehouse.sql import quoted


@dataclass(frozen=True, slots=True)
class Split:
    """How a row `o` that has a `customer_row` gets its group.

    Attributes:
        sql: The name of the group, NULL where it is not known.
        join: The table it is in, joined to `o`; empty where `o` has it.
    """

    sql: str
    join: str = ""

    @property
    def named(self) -> str:
        """SQL for the group, with those whose is not known as one of their own."""
        return f"coalesce(CAST({self.sql} AS VARCHAR), 'unknown')"


def own_split(dataset: Dataset, query: MetricQuery) -> Split:
    """Split by what a customer is: country, city, language, segment or an attribute; not at all otherwise.

    Raises:
        Insufficient: The column was not loaded.
    """
    if query.by is None or query.by not in OF_CUSTOMERS:
        return Split("NULL")
    if query.by is Dimension.SEGMENT:
        return Split("s.segment", "LEFT JOIN segmentation AS s ON s.customer_row = o.customer_row ")
    column = query.attribute or query.by.value
    dataset.need(Table.CUSTOMERS, column)
    return Split(f"c.{quoted(column)}", "LEFT JOIN customers AS c ON c.customer_row = o.customer_row ")


def order_split(dataset: Dataset, query: MetricQuery) -> Split | None:
    """Split by what an order itself names: its channel, and its country where orders have one.

    Raises:
        Insufficient: Orders have no channel.
    """
    named = {Dimension.CHANNEL: col.CHANNEL, Dimension.COUNTRY: col.COUNTRY}.get(query.by or Dimension.DAY)
    if named is None or (named == col.COUNTRY and not dataset.has(Table.ORDERS, named)):
        return None
    dataset.need(Table.ORDERS, named)
    return Split(f"o.{named}")


def need_customers_only(query: MetricQuery, what: str) -> None:
    """Raise `Retry` when a question about customers on file is narrowed or split by what orders say."""
    if query.span or query.of_lines or query.channels or (query.by and query.by not in OF_CUSTOMERS):
        raise Retry(
            f"{what} can be split by country, city, language, segment or an attribute, and "
            "narrowed by conditions on customers only.",
            code="measures_do_not_mix",
        )
