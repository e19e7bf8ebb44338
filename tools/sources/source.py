"""What makes an input format: how its tables are recognised, and what their columns are.

A format is one file in this folder that exports `SOURCE`. It is found by listing the folder.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from string import Formatter

from marketeer.tools.core.columns import MONEY_TYPE
from marketeer.tools.sources.matching import attributes_of
from marketeer.tools.warehouse.dates import DateOrder
from marketeer.tools.warehouse.feeds import Feed, FeedMap
from marketeer.tools.warehouse.reading import RawTable
from marketeer.tools.warehouse.rules import Rule
from marketeer.tools.warehouse.sql import quoted


@dataclass(frozen=True, slots=True)
class Match:
    """One raw table taken for a shape of a source.

    Attributes:
        shape: The shape's name, such as `orders`.
        score: How sure that is, 0–1; a fixed format gives 1, a guess by names less.
        feeds: What the table is turned into; none for a table of the format that nothing is taken from.
    """

    shape: str
    score: float
    feeds: tuple[FeedMap, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """An input format.

    Attributes:
        name: Its code, the stem of its file.
        match: Takes a raw table for one of its shapes, or gives None.
        currency: The currency its files are always in, where the format fixes it.
    """

    name: str
    match: Callable[[RawTable], Match | None]
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """How one feed is taken from a table with fixed headers, as one shop system exports it.

    In `expressions`, `helpers` and `where`, `{name}` stands for the raw header of that column, and
    `{relation}` for the raw table.

    Attributes:
        feed: What its rows are.
        columns: Column → the raw headers it has had over the years, newest first; others than the feed's own
            columns are for the expressions.
        needed: Columns without which it is not this shape.
        expressions: Feed column → SQL, where no single raw column is it; left out when a header is not there.
        helpers: Further columns for the rules to read, as SQL; NULL when a header is not there.
        where: SQL choosing the rows, left out when a header is not there.
        attributes: Whether all further columns that cannot name a person are customer attributes.
        unwanted: Headers that are not, whatever is in them.
        late: Attributes that are only known after the outcome.
        rules: Cleaning rules in order.
        date_order: The order of day and month in its dates.
        partial: Whether it tells only of some orders.
    """

    feed: Feed
    columns: Mapping[str, tuple[str, ...]]
    needed: tuple[str, ...] = ()
    expressions: Mapping[str, str] = field(default_factory=dict)
    helpers: Mapping[str, str] = field(default_factory=dict)
    where: str = ""
    attributes: bool = False
    unwanted: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    date_order: DateOrder | None = None
    partial: bool = False

    def feed_map(self, table: RawTable) -> FeedMap | None:
        """Find the headers, whatever their case and spacing; None when a needed one is not there."""
        found = {
            name: header
            for name, spellings in self.columns.items()
            if (header := next((h for s in spellings if (h := table.header(s))), None))
        }
        if not set(self.needed) <= set(found):
            return None
        places = {name: quoted(header) for name, header in found.items()} | {"relation": table.relation}
        expressions = {name: _filled(sql, places) for name, sql in self.expressions.items()}
        return FeedMap(
            feed=self.feed,
            columns=found,
            expressions={name: sql for name, sql in expressions.items() if sql},
            helpers={name: _filled(sql, places) or "NULL" for name, sql in self.helpers.items()},
            where=_filled(self.where, places),
            attributes=self._attributes(table, found) if self.attributes else (),
            rules=self.rules,
            date_order=self.date_order,
            late=frozenset(h for name in self.late if (h := table.header(name))),
            partial=self.partial,
        )

    def _attributes(self, table: RawTable, found: Mapping[str, str]) -> tuple[str, ...]:
        used = {*found.values(), *(table.header(name) for name in self.unwanted)}
        used |= {table.header(header) for spellings in self.columns.values() for header in spellings}
        return attributes_of(table.examples, tuple(h for h in table.columns if h not in used))


def money(sql: str) -> str:
    """Give SQL that reads money as programs write it, or a European spreadsheet that saved it again.

    1234.50, 1,234.50, 1234,5 and 1.234,50 are understood; anything else is NULL.
    """
    text = f"CAST({sql} AS VARCHAR)"
    point = f"replace(replace({text}, '.', ''), ',', '.')"
    read = f"CASE WHEN regexp_matches({text}, ',\\d\\d?\\s*$') THEN {point} ELSE replace({text}, ',', '') END"
    return f"TRY_CAST({read} AS {MONEY_TYPE})"


def _filled(sql: str, places: Mapping[str, str]) -> str:
    """Put headers into SQL; empty where one is not there."""
    needed = {field for _, field, _, _ in Formatter().parse(sql) if field}
    return sql.format_map(places) if needed <= set(places) else ""


def shape(name: str, *feeds: Shape) -> Callable[[RawTable], Match | None]:
    """Give a matcher for one kind of table.

    Args:
        name: The kind's name, such as `orders`.
        feeds: What is taken from it; all of the first one's needed columns must be there.
    """

    def match(table: RawTable) -> Match | None:
        first, *others = (feed.feed_map(table) for feed in feeds)
        if first is None:
            return None
        return Match(name, 1.0, (first, *(other for other in others if other is not None)))

    return match


def first_of(*matchers: Callable[[RawTable], Match | None]) -> Callable[[RawTable], Match | None]:
    """Give a matcher that takes a table for the first kind it fits."""

    def match(table: RawTable) -> Match | None:
        return next((found for matcher in matchers if (found := matcher(table))), None)

    return match


def ignored(name: str, *headers: str) -> Callable[[RawTable], Match | None]:
    """Give a matcher for a table of a format that is recognised by its headers and not used."""

    def match(table: RawTable) -> Match | None:
        return Match(name, 1.0, ()) if all(table.header(header) for header in headers) else None

    return match
