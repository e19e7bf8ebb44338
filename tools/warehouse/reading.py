"""Input files as raw tables in a DuckDB connection, nothing interpreted yet.

Text columns stay text until a mapping says what they mean; Parquet columns keep their types.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from marketeer.tools.core.errors import DataError
from marketeer.tools.warehouse.manifest import SourceFile
from marketeer.tools.warehouse.sheets import workbook_to_csv
from marketeer.tools.warehouse.sql import literal, quoted
from marketeer.tools.warehouse.texts import PlainText, plain_text

_TEXT_ENDINGS = {"csv", "tsv", "txt", "tab"}


@dataclass(frozen=True, slots=True)
class RawTable:
    """One input table as it stands in the connection.

    Attributes:
        relation: Its name there.
        file: The file it came from.
        columns: Raw header → DuckDB type.
        examples: Raw header → some of its values, as text; no more than 20 of the first thousand rows.
        parts: First row of each file stacked in it.
        encoding: What its text was written in, empty for typed formats.
        delimiter: What separated its columns, empty for typed formats.
    """

    relation: str
    file: SourceFile
    columns: Mapping[str, str]
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parts: tuple[int, ...] = (0,)
    encoding: str = ""
    delimiter: str = ""

    def header(self, name: str) -> str | None:
        """Find a header whatever its case and spacing; None when it is not there."""
        wanted = "".join(name.casefold().split())
        return next((h for h in self.columns if "".join(h.casefold().split()) == wanted), None)


def read_tables(connection: duckdb.DuckDBPyConnection, path: Path, scratch: Path) -> tuple[RawTable, ...]:
    """Read one input file; a workbook gives one table per sheet.

    Args:
        connection: Where the raw tables go; rows keep the file's order (`rowid`).
        path: A `.csv`, `.tsv`, `.txt` (each also `.gz`), `.xlsx` or `.parquet` file.
        scratch: A folder for intermediate copies.

    Raises:
        DataError: The file is missing, empty, damaged, or not a table.
    """
    if not path.is_file():
        raise DataError(
            f"There is no file {path}. Check the name and the folder.", code="no_file", file=str(path)
        )
    endings = [ending.casefold().lstrip(".") for ending in path.suffixes]
    kind = endings[-2] if len(endings) > 1 and endings[-1] == "gz" else (endings or [""])[-1]
    digest = sha256_of(path)
    if kind == "parquet":
        return (_read_parquet(connection, path, digest),)
    if kind in {"xlsx", "xlsm"}:
        return tuple(
            _read_text(connection, path.name, digest, plain_text(sheet, scratch), "xlsx")
            for sheet in workbook_to_csv(path, scratch)
        )
    if kind in _TEXT_ENDINGS or kind == "gz" or not kind:
        ending = kind if kind in _TEXT_ENDINGS else "csv"
        return (_read_text(connection, path.name, digest, plain_text(path, scratch), ending),)
    raise DataError(
        f"{path.name} has an ending that is not known (.{kind}). Load .csv, .csv.gz, .xlsx or .parquet.",
        code="unknown_ending",
        file=path.name,
    )


def sha256_of(path: Path) -> str:
    """Hash a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _next_relation(connection: duckdb.DuckDBPyConnection) -> str:
    (count,) = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE starts_with(table_name, 'raw_')"
    ).fetchone() or (0,)
    return f"raw_{count}"


def _read_text(
    connection: duckdb.DuckDBPyConnection, name: str, digest: str, text: PlainText, kind: str
) -> RawTable:
    relation = _next_relation(connection)
    columns = ", ".join(f"{literal(header)}: 'VARCHAR'" for header in text.headers)
    try:
        connection.execute(
            f"CREATE TABLE {relation} AS SELECT * FROM read_csv({literal(str(text.path))}, "
            f"auto_detect=false, header=true, delim={literal(text.delimiter)}, quote='\"', escape='\"', "
            f"columns={{{columns}}}, nullstr='', max_line_size={1 << 23})"
        )
    except duckdb.Error as error:
        raise _unreadable(name, error) from error
    return _described(connection, relation, SourceFile(name, digest, 0, kind), text)


def _read_parquet(connection: duckdb.DuckDBPyConnection, path: Path, digest: str) -> RawTable:
    relation = _next_relation(connection)
    try:
        connection.execute(f"CREATE TABLE {relation} AS SELECT * FROM read_parquet({literal(str(path))})")
    except duckdb.Error as error:
        raise _unreadable(path.name, error) from error
    return _described(connection, relation, SourceFile(path.name, digest, 0, "parquet"), None)


def _described(
    connection: duckdb.DuckDBPyConnection, relation: str, file: SourceFile, text: PlainText | None
) -> RawTable:
    types = {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE {relation}").fetchall()}
    (rows,) = connection.execute(f"SELECT count(*) FROM {quoted(relation)}").fetchone() or (0,)
    if not rows:
        raise DataError(
            f"{file.name} has a header line and no rows under it. Export it with its rows.",
            code="header_only",
            file=file.name,
        )
    return RawTable(
        relation=relation,
        file=replace(file, rows=rows),
        columns=types,
        examples=_examples(connection, relation, list(types)),
        encoding=text.encoding if text else "",
        delimiter=text.delimiter if text else "",
    )


_MOST_COLUMNS = 500


def _examples(
    connection: duckdb.DuckDBPyConnection, relation: str, headers: list[str]
) -> dict[str, tuple[str, ...]]:
    """Look at the first rows; a table so wide that this would be slow is only known by its headers."""
    if len(headers) > _MOST_COLUMNS:
        return {}
    chosen = ", ".join(f"list(DISTINCT CAST({quoted(header)} AS VARCHAR))" for header in headers)
    row = connection.execute(f"SELECT {chosen} FROM (SELECT * FROM {relation} LIMIT 1000)").fetchone() or ()
    return {
        header: tuple(sorted(str(value) for value in values or () if value is not None)[:20])
        for header, values in zip(headers, row, strict=True)
    }


def _unreadable(name: str, error: duckdb.Error) -> DataError:
    lines = [line for line in str(error).splitlines() if line.strip()]
    reason = next((line for line in lines if line.startswith(("CSV Error", "Invalid"))), lines[0])
    detail = next((line for line in lines if line.startswith(("Expected", "Value with"))), "")
    return DataError(
        f"{name} cannot be read as a table: {' '.join((reason, detail)).strip()} "
        "Correct that line, or export the file again.",
        code="unreadable_table",
        file=name,
    )
