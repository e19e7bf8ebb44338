"""Input files as raw tables in a DuckDB connection, nothing interpreted yet.

What a file is, is told by its first bytes, then by its ending. Text columns stay text until a mapping says
what they mean; Parquet and JSON columns keep their types.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from marketeer.tools.core.dataset import sql_path
from marketeer.tools.core.errors import DataError
from marketeer.tools.warehouse.archives import unpack
from marketeer.tools.warehouse.databases import database_to_csv
from marketeer.tools.warehouse.manifest import SourceFile
from marketeer.tools.warehouse.sheets import workbook_to_csv
from marketeer.tools.warehouse.sql import literal, one, quoted
from marketeer.tools.warehouse.texts import PlainText, plain_text

_MAGIC = (
    (b"PAR1", "parquet"),
    (b"SQLite format 3\0", "sqlite"),
    (b"\xd0\xcf\x11\xe0", "workbook"),
    (b"PK\x03\x04", "zip"),
)
_ENDINGS = {
    **dict.fromkeys(("csv", "tsv", "txt", "tab", "gz", ""), "text"),
    **dict.fromkeys(("json", "jsonl", "ndjson"), "json"),
    **dict.fromkeys(("db", "sqlite", "sqlite3"), "sqlite"),
    **{kind: kind for kind in ("parquet", "zip")},
    **dict.fromkeys(("xlsx", "xlsm", "xlsb", "xls", "ods"), "workbook"),
}
_MOST_COLUMNS = 500
_SHOWN = 1000
_LINE = 1 << 23


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
        notes: Codes of what a person should know about how it was read.
    """

    relation: str
    file: SourceFile
    columns: Mapping[str, str]
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parts: tuple[int, ...] = (0,)
    encoding: str = ""
    delimiter: str = ""
    notes: tuple[str, ...] = ()

    def header(self, name: str) -> str | None:
        """Find a header whatever its case and spacing; None when it is not there."""
        wanted = "".join(name.casefold().split())
        return next((h for h in self.columns if "".join(h.casefold().split()) == wanted), None)


Numbers = Callable[[RawTable], Mapping[str, str]]
"""Tells from the first rows of a table which columns hold numbers only: raw header → DuckDB type."""


def text_only(head: RawTable) -> Mapping[str, str]:
    """Know no numbers: every column of a text table is read as text."""
    return {}


def read_tables(
    connection: duckdb.DuckDBPyConnection, path: Path, scratch: Path, numbers: Numbers = text_only
) -> tuple[RawTable, ...]:
    """Read one input file; a workbook, archive or database gives several tables.

    Args:
        connection: Where the raw tables go; rows keep the file's order (`rowid`).
        path: A `.csv`, `.tsv`, `.txt`, `.json`, `.jsonl` (each also `.gz`), `.xlsx`, `.xlsm`, `.xlsb`,
            `.xls`, `.ods`, `.parquet`, `.zip` or SQLite file.
        scratch: A folder for intermediate copies.
        numbers: Tells which columns of a text table are read as numbers at once, which is faster. One that
            holds anything else anywhere is read as text after all.

    Raises:
        DataError: The file is missing, empty, damaged, or not a table.
    """
    _check_path(path)
    kind = kind_of(path)
    if kind == "zip":
        members = unpack(path, scratch)
        return tuple(
            table for member in members for table in read_tables(connection, member, scratch, numbers)
        )
    with ThreadPoolExecutor(max_workers=1) as beside:
        hashed = beside.submit(sha256_of, path)
        tables = _read(connection, path, scratch, kind, numbers)
        return tuple(replace(table, file=replace(table.file, sha256=hashed.result())) for table in tables)


def _read(
    connection: duckdb.DuckDBPyConnection, path: Path, scratch: Path, kind: str, numbers: Numbers
) -> tuple[RawTable, ...]:
    """Read a file of a known kind; what its bytes hash to is found beside it."""
    source = SourceFile(path.name, "", 0, kind)
    if kind in _TO_CSV:
        sheets, notes = _TO_CSV[kind](path, scratch)
        plain = [plain_text(sheet, scratch) for sheet in sheets]
        return tuple(replace(_read_text(connection, source, text, numbers), notes=notes) for text in plain)
    if kind == "text":
        text = plain_text(path, scratch)
        return (_read_text(connection, replace(source, format="csv"), text, numbers),)
    if kind in _TYPED:
        return (_read_typed(connection, source, _TYPED[kind].format(sql_path(path))),)
    raise DataError(
        f"{path.name} is of a kind that is not known. Load .csv, .tsv, .xlsx, .xls, .parquet, .jsonl, .zip "
        "or a SQLite file.",
        code="unknown_ending",
        file=path.name,
    )


_TO_CSV: Mapping[str, Callable[[Path, Path], tuple[tuple[Path, ...], tuple[str, ...]]]] = {
    "workbook": workbook_to_csv,
    "sqlite": database_to_csv,
}
_TYPED = {
    "parquet": "read_parquet({}, hive_partitioning=false)",
    "json": "read_json({}, sample_size=-1, maximum_object_size=67108864, hive_partitioning=false)",
}


def _check_path(path: Path) -> None:
    if path.is_dir():
        raise DataError(f"{path} is a folder. Name the files in it.", code="is_folder", file=str(path))
    if not path.is_file():
        raise DataError(
            f"There is no file {path}. Check the name and the folder.", code="no_file", file=str(path)
        )
    if path.is_symlink() and path.resolve().parent != path.parent.resolve():
        raise DataError(
            f"{path.name} is a link to a file in another folder ({path.resolve()}). Name that file itself.",
            code="foreign_link",
            file=path.name,
        )
    if not path.stat().st_size:
        raise DataError(
            f"{path.name} is empty (0 bytes). Export it again.", code="empty_file", file=path.name
        )


def kind_of(path: Path) -> str:
    """Tell what a file is: `text`, `json`, `parquet`, `workbook`, `sqlite`, `zip`, or its odd ending.

    Many shop systems call a text table `.xls`: without a workbook's first bytes it is read as text.
    """
    with path.open("rb") as stream:
        start = stream.read(16)
    endings = [ending.casefold().lstrip(".") for ending in path.suffixes]
    named = endings[-2] if len(endings) > 1 and endings[-1] == "gz" else (endings or [""])[-1]
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return "workbook" if kind == "zip" and _ENDINGS.get(named) == "workbook" else kind
    if named == "xls" and not start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return "text"
    return _ENDINGS.get(named, "text" if len(endings) > 1 and endings[-1] == "gz" else named)


def sha256_of(path: Path) -> str:
    """Hash a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _next_relation(connection: duckdb.DuckDBPyConnection) -> str:
    count = one(connection, "SELECT count(*) FROM duckdb_tables() WHERE starts_with(table_name, 'raw_')")
    return f"raw_{count}"


def _read_text(
    connection: duckdb.DuckDBPyConnection, source: SourceFile, text: PlainText, numbers: Numbers
) -> RawTable:
    relation = _next_relation(connection)
    plain = dict.fromkeys(text.headers, "VARCHAR")
    try:
        head = _head(connection, source, text)
        known = numbers(head)
        if not (known and _created_typed(connection, relation, text, {**plain, **known})):
            connection.execute(f"CREATE TABLE {relation} AS FROM {_reader(text, plain)}")
    except duckdb.Error as error:
        raise _unreadable(source.name, error) from error
    table = _described(connection, relation, source, head.examples)
    return replace(table, encoding=text.encoding, delimiter=text.delimiter)


def _head(connection: duckdb.DuckDBPyConnection, source: SourceFile, text: PlainText) -> RawTable:
    """Look at the first rows of a text table, which stay in no relation."""
    plain = dict.fromkeys(text.headers, "VARCHAR")
    shown = f"(FROM {_reader(text, plain, f'buffer_size={_LINE}, parallel=false')} LIMIT {_SHOWN})"
    return RawTable("", source, plain, _examples(connection, shown, text.headers))


def _created_typed(
    connection: duckdb.DuckDBPyConnection, relation: str, text: PlainText, types: Mapping[str, str]
) -> bool:
    """Read a text table with some columns typed; tells whether every value was of its type."""
    try:
        connection.execute(f"CREATE TABLE {relation} AS FROM {_reader(text, types)}")
    except (duckdb.ConversionException, duckdb.InvalidInputException):
        return False
    return True


def _reader(text: PlainText, types: Mapping[str, str], more: str = "parallel=true") -> str:
    columns = ", ".join(f"{literal(header)}: '{kind}'" for header, kind in types.items())
    return (
        f"read_csv({sql_path(text.path)}, auto_detect=false, header=true, delim={literal(text.delimiter)}, "
        f"quote='\"', escape='\"', columns={{{columns}}}, nullstr='', max_line_size={_LINE}, "
        f"hive_partitioning=false, {more})"
    )


def _read_typed(connection: duckdb.DuckDBPyConnection, source: SourceFile, reader: str) -> RawTable:
    """Read a typed file; nested columns become JSON text."""
    relation = _next_relation(connection)
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()
        columns = ", ".join(
            f"CAST(to_json({quoted(name)}) AS VARCHAR) AS {quoted(name)}" if _nested(kind) else quoted(name)
            for name, kind, *_ in described
        )
        connection.execute(f"CREATE TABLE {relation} AS SELECT {columns} FROM {reader}")
    except duckdb.Error as error:
        raise _unreadable(source.name, error) from error
    examples = _examples(connection, f"(FROM {relation} LIMIT {_SHOWN})", [name for name, *_ in described])
    return _described(connection, relation, source, examples)


def _nested(kind: str) -> bool:
    return kind.startswith(("STRUCT", "MAP", "JSON", "UNION")) or kind.endswith("]")


def _described(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    source: SourceFile,
    examples: Mapping[str, tuple[str, ...]],
) -> RawTable:
    types = {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE {relation}").fetchall()}
    rows = one(connection, f"SELECT count(*) FROM {relation}")
    if not rows:
        raise DataError(
            f"{source.name} has a header line and no rows under it. Export it with its rows.",
            code="header_only",
            file=source.name,
        )
    return RawTable(relation, replace(source, rows=rows), types, examples)


def _examples(
    connection: duckdb.DuckDBPyConnection, first: str, headers: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Look at the first rows; a table so wide that this would be slow is only known by its headers."""
    if len(headers) > _MOST_COLUMNS:
        return {}
    chosen = ", ".join(f"list(DISTINCT CAST({quoted(header)} AS VARCHAR))" for header in headers)
    row = connection.execute(f"SELECT {chosen} FROM {first}").fetchone() or ()
    return {
        header: tuple(sorted(str(value) for value in values or () if value is not None)[:20])
        for header, values in zip(headers, row, strict=True)
    }


def _unreadable(name: str, error: duckdb.Error) -> DataError:
    lines = [line for line in str(error).splitlines() if line.strip()]
    reason = next((line for line in lines if line.startswith(("CSV Error", "Invalid"))), lines[0])
    detail = next((line for line in lines if line.startswith(("Expected", "Value with"))), "")
    return DataError(
        f"{name} cannot be read as a table: {' '.join((reason, detail)).strip()[:400]} "
        "Correct that place, or export the file again.",
        code="unreadable_table",
        file=name,
    )
