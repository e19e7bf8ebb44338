"""What a person's own SQL may say: one SELECT over named tables, judged on DuckDB's own syntax tree.

Everything is refused that is not known to be harmless: statements, kinds of tables, functions. A name counts
as a table only where a view of the snapshot or a `WITH` in scope has it, so no file or catalogue is reached.
"""

import json
import re
from collections.abc import Set
from typing import Any

import duckdb

LONGEST = 20_000
_QUERIES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE"})
_TABLES = frozenset({"BASE_TABLE", "SUBQUERY", "JOIN", "EXPRESSION_LIST", "EMPTY", "TABLE_FUNCTION"})
_TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})
_CHANGING = frozenset(
    {"now", "today", "current_date", "get_current_timestamp", "get_current_time", "random", "setseed"}
)
_MACROS = re.compile(
    r"list_.+|array_.+|json_group_.+|fdiv|fmod|geo(metric_)?mean|(weighted_avg|wavg)|nullif|if|split_part"
    r"|date_add|days_in_month|ago"
)
_OF_QUERIES = frozenset({"json_serialize_sql", "json_deserialize_sql", "json_serialize_plan"})
"""Functions that read SQL in their arguments. A plan holds values, folded from a file's statistics."""
_PLAIN = re.compile(r"[^\W\d]\w*")


class Refusal(Exception):
    """A query says something that is not allowed; the text tells what."""


def check(connection: duckdb.DuckDBPyConnection, sql: str, tables: Set[str]) -> None:
    """Raise `Refusal` unless a text is one SELECT that touches nothing but these tables.

    Args:
        connection: Parses; the query is not run on it.
        sql: The text.
        tables: Names of the tables it may read, in lower case.
    """
    if len(sql) > LONGEST:
        raise Refusal(f"it is longer than {LONGEST:,} characters")
    try:
        _walk(statement(connection, sql), tables, _forbidden(connection))
    except RecursionError:
        raise Refusal("it is nested too deeply") from None


def statement(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    """Give the syntax tree of one SELECT; raises `Refusal` for anything else."""
    row = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    parsed = json.loads(row[0]) if row else {}
    if parsed.get("error_type") == "not implemented":
        raise Refusal("it is no SELECT")
    if parsed.get("error", True):
        raise Refusal(f"it cannot be read: {parsed.get('error_message', 'no statement')}")
    statements = parsed["statements"]
    if len(statements) != 1:
        raise Refusal(f"it has {len(statements)} statements, and one SELECT is what can be asked")
    return statements[0]["node"]


def _forbidden(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Functions that look outside their arguments: settings, sequences, sessions, sleep, plans of queries."""
    rows = connection.execute(
        "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN ('scalar', 'macro') "
        "AND coalesce(stability, '') <> 'CONSISTENT'"
    ).fetchall()
    names = {str(name) for (name,) in rows}
    return _OF_QUERIES.union(name for name in names - _CHANGING if not _MACROS.fullmatch(name))


def _walk(node: Any, tables: Set[str], forbidden: Set[str]) -> None:
    """Judge a node and all below it; `tables` grows by the names that a WITH brings into scope."""
    if isinstance(node, list):
        for item in node:
            _walk(item, tables, forbidden)
        return
    if not isinstance(node, dict):
        return
    kind = str(node.get("type", ""))
    if "class" in node:
        _judge_expression(node, forbidden)
    elif kind.endswith("_NODE"):
        _judge_query(node, kind, tables, forbidden)
        return
    elif "sample" in node:
        _judge_table(node, kind, tables)
    for value in node.values():
        _walk(value, tables, forbidden)


def _judge_query(node: dict[str, Any], kind: str, tables: Set[str], forbidden: Set[str]) -> None:
    if kind not in _QUERIES:
        raise Refusal("a part of it is no SELECT")
    for entry in node["cte_map"]["map"]:
        name = str(entry["key"])
        if not _PLAIN.fullmatch(name):
            raise Refusal(f"WITH names a table '{name}'; use letters, digits and _")
        _walk(entry["value"]["query_node"], tables, forbidden)
        tables = tables | {name.casefold()}
    for key, value in node.items():
        inside = tables
        if kind == "RECURSIVE_CTE_NODE" and key == "right":
            inside = tables | {str(node["cte_name"]).casefold()}
        if key != "cte_map":
            _walk(value, inside, forbidden)


def _judge_table(node: dict[str, Any], kind: str, tables: Set[str]) -> None:
    if kind not in _TABLES:
        raise Refusal(f"{kind.lower().replace('_', ' ')} is not allowed as a table")
    if kind == "TABLE_FUNCTION":
        called = str(node["function"]["function_name"]).casefold()
        if called not in _TABLE_FUNCTIONS:
            raise Refusal(f"the table function {called} is not allowed")
    if kind == "BASE_TABLE":
        path = [str(part) for part in node["qualified_name"]["path"]]
        if len(path) != 1 or path[0].casefold() not in tables or node["at_clause"]:
            raise Refusal(f"there is no table '{'.'.join(path)}'; there are {', '.join(sorted(tables))}")


def _judge_expression(node: dict[str, Any], forbidden: Set[str]) -> None:
    called = str(node.get("function_name", "")).casefold()
    if called in forbidden:
        raise Refusal(f"the function {called} is not allowed")
