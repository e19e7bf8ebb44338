"""One frozen snapshot of a shop's data, read through DuckDB.

A `Dataset` is a folder of Parquet files (one per canonical table) and its manifest. It never changes.
It knows how to be read, not how it came to be: that is `tools/warehouse`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from marketeer.tools.core.columns import ATTRIBUTE_PREFIX, Table
from marketeer.tools.core.errors import Insufficient, unknown_name

MEMORY_LIMIT = "1500MB"


def sql_path(path: Path) -> str:
    """Quote the path of a file DuckDB reads; it would else take `[`, `*` and `?` in it for a pattern."""
    return sql_target(Path(re.sub(r"([\[*?])", r"[\1]", str(path))))


def sql_target(path: Path) -> str:
    """Quote the path of a file DuckDB writes, where nothing in it is a pattern.

    It is made absolute: a relative one that begins with `~` or `s3:` would be another place.
    """
    return "'" + str(path.absolute()).replace("'", "''") + "'"


def parquet(path: Path) -> str:
    """Give SQL that reads a Parquet file, and nothing else from a folder called `year=2025`."""
    return f"read_parquet({sql_path(path)}, hive_partitioning=false)"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A validated, immutable snapshot.

    Attributes:
        snapshot: The snapshot's id (SHA-256 of input hashes, mapping and rule version).
        folder: Where its Parquet files are.
        name: The shop's or file's name, for people.
        rows: Rows per table that is there.
        columns: Column names per table that is there.
        currency: ISO code of all its money, or empty when unknown.
        as_of: The last day of the data; every recency is counted from it. None without dates.
        attributes: Extra customer columns (`attr_*`) → whether known before the outcome.
    """

    snapshot: str
    folder: Path
    name: str
    rows: Mapping[Table, int]
    columns: Mapping[Table, tuple[str, ...]]
    currency: str = ""
    as_of: date | None = None
    attributes: Mapping[str, bool] = field(default_factory=dict)

    def has(self, table: Table, *columns: str) -> bool:
        """Tell whether a table is there, holds rows, and has these columns."""
        return self.rows.get(table, 0) > 0 and set(columns) <= set(self.columns.get(table, ()))

    def need(self, table: Table, *columns: str) -> None:
        """Raise `Insufficient` when a table or column that a tool rests on is missing."""
        if not self.rows.get(table, 0):
            raise Insufficient(
                f"This needs {table.value}, and the loaded data has none. Load a file with them.",
                code="missing_table",
                table=table.value,
            )
        missing = [column for column in columns if column not in self.columns[table]]
        if missing:
            raise Insufficient(
                f"This needs the column {', '.join(missing)} of {table.value}, which was not loaded. "
                "Load a file that has it, or map it with --map.",
                code="missing_column",
                table=table.value,
                columns=missing,
            )

    def need_as_of(self) -> date:
        """Give the as-of date, or raise `Insufficient` where the data has no dates."""
        if self.as_of is None:
            raise Insufficient("This needs dated orders, and the loaded data has none.", code="missing_dates")
        return self.as_of

    def path(self, table: Table) -> Path:
        """Give the Parquet file of a table."""
        return self.folder / f"{table.value}.parquet"

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Open an in-memory connection with one view per table of this snapshot."""
        connection = duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "threads": 2})
        for table, count in self.rows.items():
            if count:
                connection.execute(f"CREATE VIEW {table.value} AS SELECT * FROM {parquet(self.path(table))}")
        return connection

    def frame(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> pd.DataFrame:
        """Run one query over the canonical tables and give its rows as a frame.

        DECIMAL columns arrive as float64.
        """
        with self.connect() as connection:
            relation = connection.execute(sql, parameters or None)
            decimals = [d[0] for d in relation.description or () if str(d[1]).startswith("DECIMAL")]
            frame: pd.DataFrame = relation.df()
        return frame.astype(dict.fromkeys(decimals, "float64")) if decimals else frame

    def attribute(self, name: str) -> str:
        """Give the full column name of a customer attribute, or raise `Retry` with the nearest."""
        full = name if name.startswith(ATTRIBUTE_PREFIX) else f"{ATTRIBUTE_PREFIX}{name}"
        if full not in self.attributes:
            raise unknown_name("attribute", name, [a.removeprefix(ATTRIBUTE_PREFIX) for a in self.attributes])
        return full


NO_DATA = Dataset(snapshot="", folder=Path(), name="", rows={}, columns={})
"""Stands for "nothing is loaded": tools that need no data run on it, all others say what to load."""
