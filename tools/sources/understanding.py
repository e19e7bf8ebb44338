"""Which format a raw table is, and how its columns were understood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from marketeer.tools.core.errors import DataError
from marketeer.tools.sources import sources
from marketeer.tools.sources.generic import ask_for_any, is_like_one, missing_columns, take_as
from marketeer.tools.sources.source import Match, Source
from marketeer.tools.warehouse.feeds import COLUMNS, Feed, FeedMap, attribute_names, number_type
from marketeer.tools.warehouse.manifest import SourceFile
from marketeer.tools.warehouse.reading import RawTable
from marketeer.tools.warehouse.sql import quoted

LEFT_OUT = "left_out"
"""The shape of a table like none that is known, beside known ones in a workbook, archive or database."""


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
class Understood:
    """A raw table and what it was taken for."""

    table: RawTable
    source: Source
    match: Match

    @property
    def report(self) -> FileReport:
        """Show the mapping."""
        mapping: dict[str, str] = {}
        used: set[str] = set()
        for feed in self.match.feeds:
            read_in = {} if self.source.name == "generic" else _read_in(feed, self.table)
            used |= {*feed.columns.values(), *(header for headers in read_in.values() for header in headers)}
            named = {**feed.columns, **{column: " + ".join(headers) for column, headers in read_in.items()}}
            mapping |= {f"{feed.feed.value}.{column}": header for column, header in named.items()}
            attributes = attribute_names(feed.attributes).items()
            mapping |= {f"customers.{name.strip(chr(34))}": header for header, name in attributes}
        used |= {header for feed in self.match.feeds for header in feed.attributes}
        return FileReport(
            file=self.table.file,
            source=self.source.name,
            shape=self.match.shape,
            encoding=self.table.encoding,
            mapping=mapping,
            unused=tuple(header for header in self.table.columns if header not in used),
        )


def _read_in(feed: FeedMap, table: RawTable) -> dict[str, list[str]]:
    """Give which raw columns the expressions of a feed read."""
    read = {
        column: [header for header in table.columns if quoted(header) in sql]
        for column, sql in feed.expressions.items()
        if column not in feed.columns
    }
    return {column: headers for column, headers in read.items() if headers}


def known_numbers(head: RawTable) -> dict[str, str]:
    """Tell from its first rows which columns of a table of a fixed format are only ever read as numbers.

    Returns:
        Raw header → the DuckDB type that holds any of its values; nothing for a table that is only guessed.
    """
    matches = [match for source in sources() if (match := source.match(head)) and match.score >= 1]
    if not matches:
        return {}
    numbers: dict[str, str] = {}
    others: list[str] = []
    for feed in max(matches, key=lambda match: match.score).feeds:
        read = COLUMNS[feed.feed]
        types = {h: number_type(read[name]) if name in read else "" for name, h in feed.columns.items()}
        numbers |= {header: kind for header, kind in types.items() if kind}
        others += [quoted(header) for header in (*feed.attributes, *(h for h, k in types.items() if not k))]
        others += [*feed.expressions.values(), *feed.helpers.values(), feed.where]
    return {header: kind for header, kind in numbers.items() if not any(quoted(header) in o for o in others)}


def stack(connection: duckdb.DuckDBPyConnection, tables: Sequence[RawTable]) -> list[RawTable]:
    """Put tables with the same headers, such as two years of one export, under one another."""
    groups: dict[tuple[str, ...], list[RawTable]] = {}
    for table in tables:
        groups.setdefault(tuple(sorted(table.columns)), []).append(table)
    return [_stacked(connection, group) for group in groups.values()]


def _stacked(connection: duckdb.DuckDBPyConnection, group: Sequence[RawTable]) -> RawTable:
    first, parts, rows = group[0], [0], group[0].file.rows
    for other in group[1:]:
        parts.append(rows)
        rows += other.file.rows
        apart = [header for header, kind in first.columns.items() if other.columns[header] != kind]
        for header in apart:
            connection.execute(f"ALTER TABLE {first.relation} ALTER COLUMN {quoted(header)} TYPE VARCHAR")
        first = replace(first, columns={**first.columns, **dict.fromkeys(apart, "VARCHAR")})
        connection.execute(f"INSERT INTO {first.relation} BY NAME SELECT * FROM {other.relation}")
        connection.execute(f"DROP TABLE {other.relation}")
    return replace(first, file=replace(first.file, rows=rows), parts=tuple(parts))


def understand(tables: Sequence[RawTable], mapping: Mapping[str, str]) -> list[Understood]:
    """Take each raw table for the format that fits it best, with the person's mapping on top.

    Args:
        tables: The raw tables.
        mapping: `table.column` → raw header; an empty one says that no column is it.

    Raises:
        DataError: No format fits a table that is alone in its file or nearly one of a shop's, or the mapping
            names a column no table has.
    """
    for key, header in mapping.items():
        if key.partition(".")[0] not in set(Feed) or not key.partition(".")[2]:
            raise DataError(
                f"--map {key}={header}: write table.column=Header, where table is one of {', '.join(Feed)}.",
                code="bad_mapping",
                key=key,
            )
        if header and not any(table.header(header) for table in tables):
            raise DataError(
                f"--map {key}={header}: no file has a column '{header}'.", code="bad_mapping", key=key
            )
    taken = [_understand(table, mapping) for table in tables]
    known = {part.table.file.sha256 for part in taken if part.match.shape != LEFT_OUT}
    for part in taken:
        alone = part.table.file.sha256 not in known
        if part.match.shape == LEFT_OUT and (alone or is_like_one(part.table)):
            raise _unknown(part.table)
    return taken


def _understand(table: RawTable, mapping: Mapping[str, str]) -> Understood:
    """Take a table for what fits it best; one that fits nothing is left out, for now."""
    forced = {key: found for key, header in mapping.items() if (found := table.header(header))}
    candidates = [(match.score, source, match) for source in sources() if (match := source.match(table))]
    best = max(candidates, key=lambda found: found[0], default=None)
    if best is None or (forced and best[0] < 1.0):
        generic = next(source for source in sources() if source.name == "generic")
        return Understood(table, generic, take_as(table, forced) if forced else Match(LEFT_OUT, 0.0, ()))
    _, source, match = best
    feeds = tuple(_overridden(feed, forced, mapping) for feed in match.feeds)
    return Understood(table, source, replace(match, feeds=feeds))


def _overridden(feed: FeedMap, forced: Mapping[str, str], mapping: Mapping[str, str]) -> FeedMap:
    prefix = f"{feed.feed.value}."
    own = {key.removeprefix(prefix): header for key, header in forced.items() if key.startswith(prefix)}
    said = {key.removeprefix(prefix) for key, header in mapping.items() if not header} | set(own)
    columns = {name: header for name, header in feed.columns.items() if name not in said}
    expressions = {name: sql for name, sql in feed.expressions.items() if name not in said}
    return replace(feed, columns={**columns, **own}, expressions=expressions)


def _unknown(table: RawTable) -> DataError:
    if sum(char.isdigit() for header in table.columns for char in header[:1]) > len(table.columns) / 2:
        return DataError(
            f"{table.file.name} has no header line: it begins with '{_some(table.columns, 4)}'. "
            "Put a line of column names above the rows.",
            code="no_header",
            file=table.file.name,
        )
    feed, missing = missing_columns(table)
    asked = ask_for_any(table)
    like = (
        f"It looks most like {feed.value.replace('_', ' ')}, but has no column for {missing}. "
        if missing
        else ""
    )
    return DataError(
        f"{table.file.name} is not a table that is known. {like}Its columns are: {_some(table.columns)}. "
        "Say what they are with --map, for example --map order_lines.order_id='Order'.",
        code="unknown_table",
        file=table.file.name,
        columns=list(table.columns)[:50],
        questions={feed.value: asked[feed.value]} if missing else asked,
    )


def _some(columns: Mapping[str, str], limit: int = 30) -> str:
    names = list(columns)
    return ", ".join(names[:limit]) + (f" … and {len(names) - limit} more" if len(names) > limit else "")
