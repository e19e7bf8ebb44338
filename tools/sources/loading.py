"""The data door: files in, one validated snapshot out, with a report of all that was done to them."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import DataError, WorkspaceError
from marketeer.tools.core.ports import Progress, Silent
from marketeer.tools.sources.edges import read_framed
from marketeer.tools.sources.options import LoadOptions
from marketeer.tools.sources.second_look import look_again
from marketeer.tools.sources.tidying import clean_all
from marketeer.tools.sources.understanding import (
    LEFT_OUT,
    FileReport,
    Understood,
    known_numbers,
    stack,
    understand,
)
from marketeer.tools.sources.who_bought import ask_who
from marketeer.tools.warehouse.assembling import assemble, canonical, write_tables
from marketeer.tools.warehouse.cleanfeeds import CleanFeed
from marketeer.tools.warehouse.feeds import Feed
from marketeer.tools.warehouse.manifest import Manifest
from marketeer.tools.warehouse.reading import RawTable, text_only
from marketeer.tools.warehouse.snapshots import publish, staging, sweep
from marketeer.tools.warehouse.sql import one

__all__ = ["LoadOptions", "LoadReport", "load"]

FIRST_ROWS = 3
_MEMORY = "1800MB"
"""What DuckDB may take before it spills to disk; the whole process then stays under 2 GiB."""
RULE_VERSION = 4
"""Raised whenever the same files would give another snapshot."""


@dataclass(frozen=True, slots=True)
class FirstRows:
    """Some rows of a table as text, with the names of its columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did.

    Attributes:
        dataset: The published snapshot; None on a dry run.
        manifest: Files, mapping, rules with their effects, reconciliation, notes.
        files: How each input table was understood.
        rows: Rows per canonical table.
        first: The first rows of each canonical table, for people's eyes; only on a dry run.
        unchanged: Whether the same snapshot was already there.
    """

    dataset: Dataset | None
    manifest: Manifest
    files: tuple[FileReport, ...]
    rows: Mapping[Table, int]
    first: Mapping[Table, FirstRows] = field(default_factory=dict)
    unchanged: bool = False


def load(
    files: Sequence[Path],
    folder: Path,
    options: LoadOptions | None = None,
    progress: Progress | None = None,
) -> LoadReport:
    """Load files into a workspace as its current snapshot.

    Args:
        files: One or more exports of the same shop; they are joined into one snapshot.
        folder: The workspace folder, made when missing.
        options: How to load.
        progress: Hears about the stages `read`, `clean`, `assemble`, `publish`.

    Raises:
        DataError: A file cannot be used (naming file, column and fix), or a question must be answered first
            (code `needs_answer`, with the question in `params`).
        WorkspaceError: Another load is running in this workspace.
    """
    chosen, heard = options or LoadOptions(), progress or Silent()
    if not files:
        raise DataError("No file was given. Run: marketeer load FILE…", code="no_file")
    with _locked(folder), _scratch(folder) as scratch, _database(scratch) as connection:
        heard.report("read", 0, len(files))
        tables: list[RawTable] = []
        numbers = text_only if chosen.mapping else known_numbers
        for number, path in enumerate(files, start=1):
            tables += read_framed(connection, path, scratch, numbers)
            heard.report("read", number, len(files))
        understood = look_again(
            connection, understand(stack(connection, tables), chosen.mapping), chosen.mapping
        )
        ask_who(connection, understood, chosen.mapping)
        heard.report("clean", 0)
        feeds, currency = clean_all(connection, understood, chosen)
        heard.report("assemble", 0)
        rows = assemble(connection, feeds, chosen.assignment)
        made = _Made(feeds, understood, tuple(tables), currency)
        report = _report(connection, made, chosen, rows)
        if chosen.dry_run:
            return replace(report, rows=rows, first={table: _first(connection, table) for table in rows})
        heard.report("publish", 0)
        with staging(folder) as staged:
            write_tables(connection, tuple(rows), staged)
            known = (folder / "snapshots" / report.manifest.snapshot).exists()
            dataset = publish(folder, staged, report.manifest)
        return replace(report, dataset=dataset, rows=rows, unchanged=known)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with FileLock(folder / ".load.lock", timeout=0, mode=0o600):
            sweep(folder)
            yield
    except Timeout as error:
        raise WorkspaceError(
            f"Another load is running in {folder}. Wait for it to end, or choose another --workspace."
        ) from error


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Give a folder in the workspace, or in the system's own where DuckDB cannot keep a database in that.

    It would not take `?` and `\\` in a database's path as they stand.
    """
    odd = set(str(folder.absolute())) & ({"?", "\\"} - {os.sep})
    with tempfile.TemporaryDirectory(prefix=".scratch-", dir=None if odd else folder.absolute()) as path:
        yield Path(path)


@contextmanager
def _database(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database on disk, so that a load may be larger than memory; raw tables are compressed there.

    Repeated text becomes a dictionary, whose entries later passes read once instead of once per row.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY,
        "threads": 2,
        "temp_directory": str(scratch / "spill"),
    }
    with duckdb.connect(scratch / "load.duckdb", config=settings) as connection:
        yield connection


@dataclass(frozen=True, slots=True)
class _Made:
    """What a load has made so far."""

    feeds: Sequence[CleanFeed]
    understood: Sequence[Understood]
    tables: tuple[RawTable, ...]
    currency: str

    @property
    def paying(self) -> list[CleanFeed]:
        """The feeds revenue is accounted by: order lines where they tell of every order, else orders."""
        for kind in (Feed.ORDER_LINES, Feed.ORDERS):
            found = [f for f in self.feeds if f.feed is kind and not f.typed.mapping.partial]
            if found:
                return found
        return []

    @property
    def counted(self) -> list[CleanFeed]:
        """The feeds whose rows are the rows of the load: the paying ones, else the fullest."""
        if self.paying:
            return self.paying
        kinds = (Feed.SENDS, Feed.CUSTOMERS, Feed.PRODUCTS, Feed.CAMPAIGNS)
        return next(found for kind in kinds if (found := [f for f in self.feeds if f.feed is kind]))


def _report(
    connection: duckdb.DuckDBPyConnection, made: _Made, options: LoadOptions, rows: Mapping[Table, int]
) -> LoadReport:
    files = tuple(part.report for part in made.understood)
    manifest = Manifest(
        snapshot=snapshot_id(made.tables, files, options),
        name=options.name or made.tables[0].file.name.split(".")[0],
        files=tuple(table.file for table in made.tables),
        mapping={key: value for report in files for key, value in report.mapping.items()},
        rules=tuple(e for feed in made.feeds for e in feed.cleaned.effects if e.matched),
        raw_rows=sum(feed.cleaned.rows for feed in made.counted),
        raw_amount=sum((feed.cleaned.amount for feed in made.paying), Decimal(0)),
        kept_rows=sum(feed.cleaned.kept_rows for feed in made.counted),
        kept_amount=sum((feed.cleaned.kept_amount for feed in made.paying), Decimal(0)),
        currency=made.currency,
        as_of=_as_of(connection, made.paying),
        attributes=_attributes(made.feeds),
        notes=_notes(made, rows),
    )
    return LoadReport(None, manifest, files, {})


def _notes(made: _Made, rows: Mapping[Table, int]) -> tuple[str, ...]:
    doubts = {
        "currency_unknown": not made.currency,
        "no_customer_column": Table.CUSTOMERS not in rows,
        "tables_left_out": any(part.match.shape == LEFT_OUT for part in made.understood),
    }
    tables = (*made.tables, *(part.table for part in made.understood))
    read = dict.fromkeys(note for table in tables for note in table.notes)
    read |= dict.fromkeys(note for feed in made.feeds for note in feed.typed.notes)
    return (*(code for code, holds in doubts.items() if holds), *read)


def _first(connection: duckdb.DuckDBPyConnection, table: Table) -> FirstRows:
    found = connection.execute(f"SELECT * FROM {canonical(table)} LIMIT {FIRST_ROWS}")
    columns = tuple(str(column[0]) for column in found.description or ())
    rows = tuple(tuple("" if v is None else str(v) for v in row) for row in found.fetchall())
    return FirstRows(columns, rows)


def _as_of(connection: duckdb.DuckDBPyConnection, paying: Sequence[CleanFeed]) -> date | None:
    if not paying:
        return None
    day: date | None = one(connection, "SELECT max(ordered_at)::DATE FROM canonical_orders")
    return day


def _attributes(feeds: Sequence[CleanFeed]) -> dict[str, bool]:
    return {
        name.strip('"'): header not in feed.typed.mapping.late
        for feed in feeds
        for header, name in feed.typed.attributes.items()
    }


def snapshot_id(tables: Sequence[RawTable], files: Sequence[FileReport], options: LoadOptions) -> str:
    """Hash what a snapshot is made from: input files, mapping, rules and options."""
    described = {
        "files": [table.file.sha256 for table in tables],
        "mapping": [(report.source, report.shape, sorted(report.mapping.items())) for report in files],
        "options": {
            key: sorted(value) if isinstance(value, frozenset) else value
            for key, value in asdict(replace(options, dry_run=False)).items()
        },
        "rules": RULE_VERSION,
    }
    return hashlib.sha256(json.dumps(described, sort_keys=True, default=str).encode()).hexdigest()
