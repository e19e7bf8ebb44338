"""How many customers stand behind each row of a query, so that groups too small stay with the person.

The query is written again with one more column, the number of different customers in each of its groups.
Where that cannot be told, every row stays with the person. This guards against carelessness; who may write
any query can still narrow a sum down to one customer, as with every such floor.
"""

import json
from typing import Any

import duckdb

from marketeer.tools.warehouse.sql_rules import statement

_SUMMING = frozenset(
    {"count", "count_star", "sum", "avg", "mean", "median", "stddev", "stddev_samp", "stddev_pop"}
)
"""Aggregates whose value is that of no single row."""
_COUNT = "SELECT count(DISTINCT customer_row)"


def counting_customers(parser: duckdb.DuckDBPyConnection, sql: str) -> str | None:
    """Give a query with the number of customers in each of its groups as a further, last column.

    Args:
        parser: Reads and writes SQL; the query is not run on it.
        sql: One SELECT that was allowed.

    Returns:
        The query; None where it is no plain SELECT, or tells of single rows as greatest values and lists do.
        Running it fails to bind where it does not group, or its tables have no customer.
    """
    node = statement(parser, sql)
    singling = _aggregates(parser) - _SUMMING
    if node["type"] != "SELECT_NODE" or _calls(node["select_list"], singling):
        return None
    node["select_list"] += statement(parser, _COUNT)["select_list"]
    tree = json.dumps({"error": False, "statements": [{"node": node}]})
    row = parser.execute("SELECT json_deserialize_sql(?::JSON)", [tree]).fetchone()
    return str(row[0]) if row else None


def _aggregates(parser: duckdb.DuckDBPyConnection) -> frozenset[str]:
    rows = parser.execute(
        "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'"
    ).fetchall()
    return frozenset(str(name) for (name,) in rows)


def _calls(node: Any, names: frozenset[str]) -> bool:
    """Tell whether an expression calls one of these functions, or any over a window or a query of its own."""
    if isinstance(node, list):
        return any(_calls(item, names) for item in node)
    if not isinstance(node, dict):
        return False
    if node.get("class") in {"WINDOW", "SUBQUERY"}:
        return True
    called = str(node.get("function_name", "")).casefold()
    return called in names or any(_calls(value, names) for value in node.values())
