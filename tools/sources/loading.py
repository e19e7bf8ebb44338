"""The data door: files in, one validated snapshot out, with a report of all that was done to them."""

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from marketeer.tools.core.columns import Assignment, Table
from marketeer.tools.core.dataset import MEMORY_LIMIT, Dataset
from marketeer.tools.core.errors import DataError, WorkspaceError
from marketeer.tools.core.ports import Progress, Silent
from marketeer.tools.sources import sources
from marketeer.tools.sources.source import Match, Source
from marketeer.tools.warehouse.assembling import assemble, write_tables
from marketeer.tools.warehouse.cleanfeeds import CleanFeed
from marketeer.tools.warehouse.cleaning import clean
from marketeer.tools.warehouse.feeds import Feed, FeedMap, attribute_name, type_feed
from marketeer.tools.warehouse.manifest import Manifest, SourceFile
from marketeer.tools.warehouse.parsing import DateOrder, Question
from marketeer.tools.warehouse.reading import RawTable, read_tables
from marketeer.tools.warehouse.rules import RULES, line_rules
from marketeer.tools.warehouse.snapshots import publish, staging, sweep
from marketeer.tools.warehouse.sql import one, quoted

RULE_VERSION = 1
"""Raised whenever the same files would give another snapshot."""


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How to load.

    Attributes:
        name: What to call the shop; empty takes the first file's name.
        currency: ISO code of all money; empty takes the format's, or a currency column's.
        mapping: Overrides: `table.column` → raw header, as in `--map order_lines.quantity=Stück`.
        keep: Codes of cleaning rules to turn off, as in `--keep exact_duplicate`.
        assignment: How past campaigns' arms were chosen, declared by the person.
        date_order: `dmy` or `mdy`, where a file's dates read both ways.
        dry_run: Report only; write nothing.
    """

    name: str = ""
    currency: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    keep: frozenset[str] = frozenset()
    assignment: Assignment = Assignment.UNKNOWN
    date_order: DateOrder | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class FileReport:
    """How one input table was understood.

    Attributes:
        file: The file.
        source: The format it was taken for.
        shape: Which table of that format.
        encoding: What its text was written in.
        mapping: `table.column` → raw header.
        unused: Raw headers that were not used.
    """

    file: SourceFile
    source: str
    shape: str
    encoding: str
    mapping: Mapping[str, str]
    unused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did.

    Attributes:
        dataset: The published snapshot; None on a dry run.
        manifest: Files, mapping, rules with their effects, reconciliation, notes.
        files: How each input table was understood.
        rows: Rows per canonical table.
        questions: Doubts that were settled without asking, with the flag that settles them otherwise.
        unchanged: Whether the same snapshot was already there.
    """

    dataset: Dataset | None
    manifest: Manifest
    files: tuple[FileReport, ...]
    rows: Mapping[Table, int]
    questions: tuple[Question, ...] = ()
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class _Understood:
    table: RawTable
    source: Source
    match: Match


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
        for number, path in enumerate(files, start=1):
            tables += read_tables(connection, path, scratch)
            heard.report("read", number, len(files))
        understood = [understand(table, chosen) for table in stack(connection, tables)]
        heard.report("clean", 0)
        feeds = _clean(connection, understood, chosen)
        heard.report("assemble", 0)
        rows = assemble(connection, feeds, chosen.assignment)
        report = _report(connection, feeds, understood, tables, chosen)
        if chosen.dry_run:
            return replace(report, rows=rows)
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
    with tempfile.TemporaryDirectory(prefix=".scratch-", dir=folder) as path:
        yield Path(path)


@contextmanager
def _database(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database on disk, so that a load may be larger than memory."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "threads": 2,
        "temp_directory": str(scratch / "spill"),
    }
    with duckdb.connect(str(scratch / "load.duckdb"), config=settings) as connection:
        yield connection


def stack(connection: duckdb.DuckDBPyConnection, tables: Sequence[RawTable]) -> list[RawTable]:
    """Put tables with the same headers, such as two years of one export, under one another."""
    groups: dict[tuple[str, ...], list[RawTable]] = {}
    for table in tables:
        groups.setdefault(tuple(sorted(table.columns)), []).append(table)
    stacked = []
    for group in groups.values():
        first = group[0]
        for other in group[1:]:
            connection.execute(f"INSERT INTO {first.relation} BY NAME SELECT * FROM {other.relation}")
            connection.execute(f"DROP TABLE {other.relation}")
        rows = sum(table.file.rows for table in group)
        stacked.append(replace(first, file=replace(first.file, rows=rows)))
    return stacked


def understand(table: RawTable, options: LoadOptions) -> _Understood:
    """Take a raw table for the format that fits it best, with the person's mapping on top.

    Raises:
        DataError: No format fits; the message names the columns that were found.
    """
    candidates = [(match.score, source, match) for source in sources() if (match := source.match(table))]
    if not candidates:
        raise DataError(
            f"{table.file.name} is not a table that is known. Its columns are: {', '.join(table.columns)}. "
            "Say what they are with --map, for example --map order_lines.order_id='Order'.",
            code="unknown_table",
            file=table.file.name,
            columns=list(table.columns),
        )
    _, source, match = max(candidates, key=lambda found: found[0])
    feeds = tuple(_overridden(feed, table, options.mapping) for feed in match.feeds)
    return _Understood(table, source, replace(match, feeds=feeds))


def _overridden(feed: FeedMap, table: RawTable, mapping: Mapping[str, str]) -> FeedMap:
    own = {
        key.split(".", 1)[1]: header
        for key, raw in mapping.items()
        if key.startswith(f"{feed.feed.value}.") and (header := table.header(raw))
    }
    return replace(feed, columns={**feed.columns, **own}) if own else feed


def _clean(
    connection: duckdb.DuckDBPyConnection, understood: Sequence[_Understood], options: LoadOptions
) -> list[CleanFeed]:
    """Type and clean every feed, orders before their lines."""
    pairs = [(part.table, feed) for part in understood for feed in part.match.feeds]
    pairs.sort(key=lambda pair: pair[1].feed is Feed.ORDER_LINES)
    done: list[CleanFeed] = []
    for table, mapping in pairs:
        typed = type_feed(connection, table, mapping, options.date_order)
        orders = next((c.cleaned.relation for c in done if c.feed is Feed.ORDERS), None)
        ending = line_rules(orders) if mapping.feed is Feed.ORDER_LINES else RULES[mapping.feed.value]
        cleaned = clean(connection, typed, (*mapping.rules, *ending), options.keep)
        _check_dates(typed.relation, table, mapping, cleaned.kept_rows)
        done.append(CleanFeed(typed, cleaned))
    return done


def _check_dates(relation: str, table: RawTable, mapping: FeedMap, kept: int) -> None:
    if not kept and table.file.rows:
        raise DataError(
            f"No row of {table.file.name} could be used as {mapping.feed.value.replace('_', ' ')} "
            f"({relation}): check the mapping with --dry-run and correct it with --map.",
            code="nothing_left",
            file=table.file.name,
        )


_COUNTED = (
    Feed.ORDER_LINES,
    Feed.ORDERS,
    Feed.SENDS,
    Feed.CUSTOMERS,
    Feed.PRODUCTS,
    Feed.CAMPAIGNS,
)
"""Whose rows are the rows of a load: of what brings revenue, else of the fullest tables."""


def _report(
    connection: duckdb.DuckDBPyConnection,
    feeds: Sequence[CleanFeed],
    understood: Sequence[_Understood],
    tables: Sequence[RawTable],
    options: LoadOptions,
) -> LoadReport:
    paying = [f for f in feeds if f.feed is Feed.ORDER_LINES] or [f for f in feeds if f.feed is Feed.ORDERS]
    currency, notes = _currency(understood, options)
    files = tuple(_file_report(part) for part in understood)
    mapping = {key: value for report in files for key, value in report.mapping.items()}
    counted = next(found for kind in _COUNTED if (found := [f for f in feeds if f.feed is kind]))
    manifest = Manifest(
        snapshot=snapshot_id(tables, files, options),
        name=options.name or tables[0].file.name.split(".")[0],
        files=tuple(table.file for table in tables),
        mapping=mapping,
        rules=tuple(effect for feed in feeds for effect in feed.cleaned.effects if effect.matched),
        raw_rows=sum(feed.cleaned.rows for feed in counted),
        raw_amount=sum((feed.cleaned.amount for feed in paying), Decimal(0)),
        kept_rows=sum(feed.cleaned.kept_rows for feed in counted),
        kept_amount=sum((feed.cleaned.kept_amount for feed in paying), Decimal(0)),
        currency=currency,
        as_of=_as_of(connection, paying),
        attributes=_attributes(feeds),
        notes=notes,
    )
    return LoadReport(None, manifest, files, {})


def _file_report(part: _Understood) -> FileReport:
    mapping = {
        f"{feed.feed.value}.{column}": header
        for feed in part.match.feeds
        for column, header in (*feed.columns.items(), *_read_in(feed, part.table))
    }
    attributes = {
        f"customers.{attribute_name(header)}": header
        for feed in part.match.feeds
        for header in feed.attributes
    }
    used = {*mapping.values(), *attributes.values()}
    return FileReport(
        file=part.table.file,
        source=part.source.name,
        shape=part.match.shape,
        encoding=part.table.encoding,
        mapping=mapping | attributes,
        unused=tuple(header for header in part.table.columns if header not in used),
    )


def _read_in(feed: FeedMap, table: RawTable) -> Iterator[tuple[str, str]]:
    """Give which raw columns the expressions of a feed read."""
    for column, sql in feed.expressions.items():
        for header in table.columns:
            if quoted(header) in sql:
                yield column, header


def _currency(understood: Sequence[_Understood], options: LoadOptions) -> tuple[str, tuple[str, ...]]:
    fixed = sorted({part.source.currency for part in understood} - {""})
    currency = (options.currency or (fixed[0] if len(fixed) == 1 else "")).upper()
    return currency, () if currency else ("currency_unknown",)


def _as_of(connection: duckdb.DuckDBPyConnection, paying: Sequence[CleanFeed]) -> date | None:
    if not paying:
        return None
    day: date | None = one(connection, "SELECT max(ordered_at)::DATE FROM canonical_orders")
    return day


def _attributes(feeds: Sequence[CleanFeed]) -> dict[str, bool]:
    return {
        attribute_name(header): header not in feed.typed.mapping.late
        for feed in feeds
        for header in feed.typed.mapping.attributes
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
