"""The process that somebody's own SQL runs in: it can be stopped at any time, and its memory has an end.

Nothing but DuckDB is imported. `tools/warehouse/sandbox.py` starts it.
"""

import math
import threading
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import duckdb

from marketeer.tools.warehouse.sql_groups import counting_customers
from marketeer.tools.warehouse.sql_rules import Refusal, check
from marketeer.tools.warehouse.workers import serve

MOST_CHARACTERS = 20_000_000
_LONGEST_CELL = 10_000
_TELLING_VALUES = (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.InvalidInputException)
"""Errors whose text repeats a value of the data."""
_BEFOREHAND: dict[str, str | int | float | list[str]] = {
    "memory_limit": "1GB",
    "threads": 2,
    "temp_directory": "",
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


def answer(job: Mapping[str, Any]) -> dict[str, Any]:
    """Run one job.

    Args:
        job: `sql`; `views`, name → the SELECT it stands for; `paths`, the only files that may be read;
            `rows`, how many at most; `seconds`, how long at most; `sized`, whether to count customers.

    Returns:
        `columns`, `types`, `rows`, `more` (whether there were more rows), and `sizes` (the customers behind
        each row) where that was wanted and can be told; or `error` (`refused`, `failed`, `time` or `memory`)
        and `reason`, which repeats no value where `sized`.
    """
    try:
        with duckdb.connect() as parser:
            check(parser, str(job["sql"]), frozenset(job["views"]))
        with locked(job["views"], job["paths"]) as connection:
            timer = threading.Timer(float(job["seconds"]), connection.interrupt)
            timer.start()
            try:
                return _told(connection, job)
            finally:
                timer.cancel()
    except Refusal as refusal:
        return {"error": "refused", "reason": str(refusal)}
    except duckdb.InterruptException:
        return {"error": "time", "reason": ""}
    except (duckdb.OutOfMemoryException, MemoryError):
        return {"error": "memory", "reason": ""}
    except duckdb.Error as error:
        hidden = bool(job.get("sized")) and isinstance(error, _TELLING_VALUES)
        reason = "a value does not fit what is asked of it" if hidden else str(error).partition("\n\nLINE")[0]
        return {"error": "failed", "reason": reason}


def locked(views: Mapping[str, str], paths: Sequence[str]) -> duckdb.DuckDBPyConnection:
    """Open a connection that reads these files only and takes no more settings."""
    connection = duckdb.connect(config=_BEFOREHAND)
    for name, select in views.items():
        connection.execute(f"CREATE VIEW {name} AS {select}")
    connection.execute("SET allowed_paths = ?", [list(paths)])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _told(connection: duckdb.DuckDBPyConnection, job: Mapping[str, Any]) -> dict[str, Any]:
    sql, most = str(job["sql"]), int(job["rows"])
    with duckdb.connect() as parser:
        counting = counting_customers(parser, sql) if job.get("sized") else None
    if counting:
        try:
            told = _rows(connection, counting, most)
        except (duckdb.BinderException, duckdb.ParserException):
            return _rows(connection, sql, most)
        sizes = [row.pop() for row in told["rows"]]
        return {**told, "columns": told["columns"][:-1], "types": told["types"][:-1], "sizes": sizes}
    return _rows(connection, sql, most)


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, most: int) -> dict[str, Any]:
    result = connection.execute(sql)
    described = result.description or []
    rows: list[list[Any]] = []
    characters = 0
    while (row := result.fetchone()) is not None:
        cells = [_cell(value) for value in row]
        characters += sum(len(cell) if isinstance(cell, str) else 8 for cell in cells)
        if len(rows) == most or characters > MOST_CHARACTERS:
            break
        rows.append(cells)
    return {
        "columns": [str(column[0]) for column in described],
        "types": [str(column[1]) for column in described],
        "rows": rows,
        "more": row is not None,
    }


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float | Decimal):
        number = float(value)
        return number if math.isfinite(number) else str(number)
    text = str(value)
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…"


def main() -> None:
    """Answer one job in this process."""
    serve(answer)


if __name__ == "__main__":
    main()
