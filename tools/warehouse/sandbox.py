"""Read-only SQL over a snapshot: one SELECT over views without personal columns.

The query runs in a process of its own, on a locked in-memory database that may read the snapshot's Parquet
files and nothing else. Rows go to whoever sits at this machine; of a model's query (`query_sql`) the model
reads only groups of enough customers.
"""

from dataclasses import dataclass
from math import ceil
from typing import Any

from marketeer.tools.core.columns import ATTRIBUTE_PREFIX, personal_columns
from marketeer.tools.core.dataset import Dataset, parquet, sql_path
from marketeer.tools.core.errors import Refused, Retry
from marketeer.tools.warehouse.private import open_attributes
from marketeer.tools.warehouse.sql import quoted
from marketeer.tools.warehouse.workers import Limits, run_worker

ROWS = 1_000
SECONDS = 30.0
_WORKER = "marketeer.tools.warehouse.sql_worker"
_BYTES = 4 << 30
_THREADS = 2
_GRACE = 5.0
"""Seconds after the time limit until a process that does not stop by itself is ended."""


@dataclass(frozen=True, slots=True)
class SqlAnswer:
    """The rows of a query.

    Attributes:
        columns: Column names.
        types: Their DuckDB types.
        rows: Values; numbers, booleans and NULL as such, everything else as text.
        more: Whether there were more rows than the limit.
        sizes: Per row, the different customers behind it, where they were counted and that can be told.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool
    sizes: tuple[int, ...] = ()


def open_columns(dataset: Dataset) -> dict[str, tuple[str, ...]]:
    """Give the tables that may be asked and their columns: all but those that can name a person."""
    known = {table: dataset.columns[table] for table, count in dataset.rows.items() if count}
    attributes = open_attributes(dataset)
    return {
        table.value: tuple(
            column
            for column in columns
            if column not in personal_columns(table)
            and (not column.startswith(ATTRIBUTE_PREFIX) or column in attributes)
        )
        for table, columns in known.items()
    }


def ask_sql(
    dataset: Dataset, sql: str, *, rows: int = ROWS, seconds: float = SECONDS, sized: bool = False
) -> SqlAnswer:
    """Run one SELECT over a snapshot.

    Args:
        dataset: The snapshot; its tables are there under their canonical names.
        sql: One SELECT.
        rows: How many rows at most.
        seconds: How long it may take.
        sized: Whether to count the customers behind each row.

    Raises:
        Refused: The text is more than one plain SELECT over these tables.
        Retry: The query has a mistake, or takes too long or too much memory.
    """
    wall = seconds + _GRACE
    limits = Limits(memory=_BYTES, processor=ceil(_THREADS * wall), wall=wall)
    told = run_worker(
        _WORKER, {**job(dataset, sql), "rows": rows, "seconds": seconds, "sized": sized}, limits
    )
    if told.get("error"):
        raise _error(str(told["error"]), str(told.get("reason", "")), seconds)
    return SqlAnswer(
        tuple(told["columns"]),
        tuple(told["types"]),
        tuple(tuple(row) for row in told["rows"]),
        told["more"],
        tuple(told.get("sizes", ())),
    )


def job(dataset: Dataset, sql: str) -> dict[str, Any]:
    """Give what the worker needs to know of a snapshot: the query, its views, the files it may read."""
    files = [dataset.path(table) for table, count in dataset.rows.items() if count]
    spelt = [sql_path(file)[1:-1].replace("''", "'") for file in files]  # as the views name them
    paths = [*map(str, files), *spelt]
    return {"sql": sql, "views": _views(dataset), "paths": paths, "rows": ROWS, "seconds": SECONDS}


def _views(dataset: Dataset) -> dict[str, str]:
    files = {table.value: parquet(dataset.path(table)) for table in dataset.rows}
    return {
        name: f"SELECT {', '.join(map(quoted, columns))} FROM {files[name]}"
        for name, columns in open_columns(dataset).items()
    }


def _error(kind: str, reason: str, seconds: float) -> Refused | Retry:
    if kind == "refused":
        return Refused(
            f"This query is not run: {reason}. Ask one SELECT over the loaded tables; `marketeer sql` "
            "without a query lists them.",
            code="sql_refused",
            reason=reason,
        )
    if kind == "time":
        return Retry(
            f"The query was stopped after {seconds:g} seconds. Narrow it, or give it longer with --seconds.",
            code="sql_out_of_time",
            seconds=seconds,
        )
    if kind in ("memory", "died"):
        return Retry(
            "The query needs more memory than it may have. Group or narrow it first.",
            code="sql_out_of_memory",
        )
    return Retry(
        f"The query has a mistake: {reason}. `marketeer sql` without a query lists tables and columns.",
        code="sql_failed",
        reason=reason,
    )
