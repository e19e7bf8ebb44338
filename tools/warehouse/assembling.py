"""From cleaned feeds to the canonical tables, all inside DuckDB, written as Parquet.

One builder per group of tables: `trade` (products, orders, order lines), `people` (customers) and `contacts`
(campaigns, sends). Each makes tables named `canonical_<table>` in the load's connection.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import SCHEMA, Assignment, Table
from marketeer.tools.core.dataset import sql_target
from marketeer.tools.warehouse import contacts, people, trade
from marketeer.tools.warehouse.cleanfeeds import CleanFeed, CleanFeeds
from marketeer.tools.warehouse.sql import literal, one


def assemble(
    connection: duckdb.DuckDBPyConnection, feeds: Sequence[CleanFeed], declared: Assignment
) -> dict[Table, int]:
    """Create one table per canonical table that the feeds can fill; gives the rows of those that have any.

    Args:
        connection: Holds the cleaned feeds.
        feeds: All of them.
        declared: How the arms of past campaigns were chosen, as the person said.
    """
    clean = CleanFeeds(connection, tuple(feeds))
    trade.build_products(clean)
    people.build_people(clean)
    people.build_customers(clean)
    trade.build_orders(clean)
    trade.build_order_lines(clean)
    contacts.build_campaigns(clean, declared)
    contacts.build_sends(clean)
    counted = {table: _count(connection, canonical(table)) for table in Table}
    return {table: count for table, count in counted.items() if count}


def canonical(table: Table) -> str:
    """Give the name of a canonical table inside the load's connection."""
    return f"canonical_{table.value}"


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    there = one(
        connection, f"SELECT count(*) FROM information_schema.tables WHERE table_name = {literal(relation)}"
    )
    return int(one(connection, f"SELECT count(*) FROM {relation}")) if there else 0


def write_tables(connection: duckdb.DuckDBPyConnection, tables: Sequence[Table], folder: Path) -> None:
    """Write canonical tables as Parquet with the schema's types, each in a fixed order.

    An ENUM is text in the file, too; the writer is spared finding its few values.
    """
    for table in tables:
        relation = canonical(table)
        there = {str(row[0]): str(row[1]) for row in connection.execute(f"DESCRIBE {relation}").fetchall()}
        types = {column.name: column.type for column in SCHEMA[table] if column.name in there}
        chosen = [
            name if there[name].startswith("ENUM") else f"CAST({name} AS {kind}) AS {name}"
            for name, kind in types.items()
        ]
        chosen += [f'"{name}"' for name in there if name.startswith(col.ATTRIBUTE_PREFIX)]
        path = sql_target(folder / f"{table.value}.parquet")
        connection.execute(
            f"COPY (SELECT {', '.join(chosen)} FROM {relation} {_ORDERED[table]}) "
            f"TO {path} (FORMAT parquet, COMPRESSION zstd)"
        )


_ORDERED = {  # `place` numbers orders by time, then id
    Table.CUSTOMERS: f"ORDER BY {col.CUSTOMER_ROW}",
    Table.ORDERS: "ORDER BY place",
    Table.ORDER_LINES: "",  # are made in order of place and line number
    Table.PRODUCTS: f"ORDER BY {col.PRODUCT_ROW}",
    Table.CAMPAIGNS: f"ORDER BY {col.CAMPAIGN_ID}",
    Table.SENDS: f"ORDER BY {col.CAMPAIGN_ID}, {col.CUSTOMER_ROW}, {col.ARM}",
}
