"""What makes an input format: how its tables are recognised, and what their columns are.

A format is one file in this folder that exports `SOURCE`. It is found by listing the folder.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from marketeer.tools.warehouse.feeds import Feed, FeedMap
from marketeer.tools.warehouse.parsing import DateOrder
from marketeer.tools.warehouse.reading import RawTable
from marketeer.tools.warehouse.rules import Rule
from marketeer.tools.warehouse.sql import quoted


@dataclass(frozen=True, slots=True)
class Match:
    """One raw table taken for a shape of a source.

    Attributes:
        shape: The shape's name, such as `orders`.
        score: How sure that is, 0–1; a fixed format gives 1, a guess by names less.
        feeds: What the table is turned into.
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
    """A table with fixed headers, as one shop system exports it.

    Attributes:
        name: The shape's name.
        feed: What its rows are.
        columns: Feed column → the raw headers it has had over the years, newest first.
        needed: Feed columns without which it is not this shape.
        expressions: Feed column → SQL over raw headers, with `{column}` for the header of a feed column.
        helpers: Further columns for the rules to read, as SQL with the same placeholders.
        where: SQL choosing the rows, with the same placeholders.
        rules: Cleaning rules in order.
        date_order: The order of day and month in its dates.
    """

    name: str
    feed: Feed
    columns: Mapping[str, tuple[str, ...]]
    needed: tuple[str, ...]
    expressions: Mapping[str, str] = field(default_factory=dict)
    helpers: Mapping[str, str] = field(default_factory=dict)
    where: str = ""
    rules: tuple[Rule, ...] = ()
    date_order: DateOrder | None = None

    def match(self, table: RawTable) -> Match | None:
        """Recognise a table by its headers, whatever their case and spacing."""
        found = {
            name: header
            for name, spellings in self.columns.items()
            if (header := next((h for s in spellings if (h := table.header(s))), None))
        }
        if not set(self.needed) <= set(found):
            return None
        places = {name: quoted(header) for name, header in found.items()}
        mapping = FeedMap(
            feed=self.feed,
            columns=found,
            expressions={
                name: sql.format_map(places)
                for name, sql in self.expressions.items()
                if all(field in places for field in _fields(sql))
            },
            helpers={name: sql.format_map(places) for name, sql in self.helpers.items()},
            where=self.where.format_map(places),
            rules=self.rules,
            date_order=self.date_order,
        )
        return Match(self.name, 1.0, (mapping,))


def _fields(sql: str) -> tuple[str, ...]:
    return tuple(part.split("}")[0] for part in sql.split("{")[1:])


def by_shape(*shapes: Shape) -> Callable[[RawTable], Match | None]:
    """Give a matcher that takes a table for the first shape it fits."""

    def match(table: RawTable) -> Match | None:
        return next((found for shape in shapes if (found := shape.match(table))), None)

    return match
