"""All cleaned feeds of one load, as the builders of the canonical tables ask for them."""

from dataclasses import dataclass

import duckdb

from marketeer.tools.warehouse.cleaning import Cleaned
from marketeer.tools.warehouse.feeds import Feed, TypedFeed


@dataclass(frozen=True, slots=True)
class CleanFeed:
    """A typed feed and what cleaning left of it."""

    typed: TypedFeed
    cleaned: Cleaned

    @property
    def feed(self) -> Feed:
        """What its rows are."""
        return self.typed.mapping.feed

    def has(self, column: str) -> bool:
        """Tell whether the input had this column."""
        mapping = self.typed.mapping
        return column in mapping.columns or column in mapping.expressions


@dataclass(frozen=True, slots=True)
class CleanFeeds:
    """The cleaned feeds and the connection that holds them."""

    connection: duckdb.DuckDBPyConnection
    feeds: tuple[CleanFeed, ...]

    def of(self, feed: Feed) -> list[CleanFeed]:
        """Give the feeds of one kind."""
        return [clean for clean in self.feeds if clean.feed is feed]

    def have(self, feed: Feed, column: str) -> bool:
        """Tell whether any input of a kind had a column."""
        return any(clean.has(column) for clean in self.of(feed))

    def kept(self, feed: Feed) -> str:
        """Give the surviving rows of all feeds of a kind as a subquery, numbered by feed."""
        parts = [
            f"SELECT {number} AS feed_number, * FROM {clean.cleaned.kept}"
            for number, clean in enumerate(self.of(feed))
        ]
        return f"({' UNION ALL BY NAME '.join(parts)})"

    def create(self, table: str, select: str) -> None:
        """Make a table from a query."""
        self.connection.execute(f"CREATE TEMP TABLE {table} AS {select}")
