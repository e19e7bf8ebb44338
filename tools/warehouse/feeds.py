"""Feeds: raw tables brought to one typed shape per kind, before any cleaning.

A source says which raw columns a feed's columns are; this module reads them with the right types. Each feed
row keeps `raw_row`, its position in the file, and `who`, its customer: an id, else an e-mail address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum, auto

import duckdb

from marketeer.tools.core import columns as col
from marketeer.tools.warehouse.clocks import clock_rules
from marketeer.tools.warehouse.dates import DateOrder
from marketeer.tools.warehouse.parsing import READERS, Column, Reading, Times, times_of
from marketeer.tools.warehouse.reading import RawTable
from marketeer.tools.warehouse.rules import NOT_FINITE, WRITTEN, Rule
from marketeer.tools.warehouse.sql import quoted


class Feed(StrEnum):
    """What one row of a raw table tells about."""

    CUSTOMERS = auto()
    ORDERS = auto()
    ORDER_LINES = auto()
    PRODUCTS = auto()
    CAMPAIGNS = auto()
    SENDS = auto()


CUSTOMER_REF = "customer_id"
ALIAS = "alias"
STATUS = "status"
CURRENCY = "currency"
TOTAL_AMOUNT = "total_amount"
_R = Reading
_WHO = {CUSTOMER_REF: _R.ID, col.EMAIL: _R.TEXT}

COLUMNS: Mapping[Feed, Mapping[str, Reading]] = {
    Feed.CUSTOMERS: {
        **_WHO,
        **dict.fromkeys(
            (
                col.FIRST_NAME,
                col.LAST_NAME,
                col.PHONE,
                col.ADDRESS,
                col.CITY,
                col.COUNTRY,
                col.LANGUAGE,
                col.NOTES,
            ),
            _R.TEXT,
        ),
        ALIAS: _R.ID,
        col.CREATED_AT: _R.DATE,
        col.EMAIL_CONSENT: _R.CONSENT,
        col.SMS_CONSENT: _R.CONSENT,
        col.SUPPRESSED: _R.BOOLEAN,
    },
    Feed.ORDERS: {
        **_WHO,
        col.ORDER_ID: _R.ID,
        col.ORDERED_AT: _R.DATE,
        col.CHANNEL: _R.TEXT,
        col.COUNTRY: _R.TEXT,
        STATUS: _R.TEXT,
        CURRENCY: _R.TEXT,
        **dict.fromkeys(
            (
                col.GROSS_AMOUNT,
                col.DISCOUNT_AMOUNT,
                col.RETURNED_AMOUNT,
                col.SHIPPING_AMOUNT,
                col.TAX_AMOUNT,
                col.NET_AMOUNT,
                TOTAL_AMOUNT,
            ),
            _R.MONEY,
        ),
    },
    Feed.ORDER_LINES: {
        **_WHO,
        col.ORDER_ID: _R.ID,
        col.ORDERED_AT: _R.DATE,
        col.PRODUCT_ID: _R.ID,
        col.PRODUCT_NAME: _R.TEXT,
        col.CATEGORY: _R.TEXT,
        col.SHIPPING_AMOUNT: _R.MONEY,
        col.QUANTITY: _R.QUANTITY,
        col.UNIT_PRICE: _R.MONEY,
        col.LINE_AMOUNT: _R.MONEY,
        col.DISCOUNT_AMOUNT: _R.MONEY,
        col.CHANNEL: _R.TEXT,
        col.COUNTRY: _R.TEXT,
        STATUS: _R.TEXT,
        CURRENCY: _R.TEXT,
    },
    Feed.PRODUCTS: {
        col.PRODUCT_ID: _R.ID,
        col.PRODUCT_NAME: _R.TEXT,
        col.DESCRIPTION: _R.TEXT,
        col.CATEGORY: _R.TEXT,
        col.PRICE: _R.MONEY,
        col.UNIT_COST: _R.MONEY,
        col.AVAILABLE: _R.BOOLEAN,
    },
    Feed.CAMPAIGNS: {
        col.CAMPAIGN_ID: _R.ID,
        col.CAMPAIGN_NAME: _R.TEXT,
        col.CHANNEL: _R.TEXT,
        col.SENT_AT: _R.DATE,
        col.OFFER: _R.TEXT,
        col.OFFER_PERCENT: _R.NUMBER,
        col.OUTCOME_DAYS: _R.NUMBER,
        col.ASSIGNMENT: _R.TEXT,
    },
    Feed.SENDS: {
        **_WHO,
        col.CAMPAIGN_ID: _R.ID,
        col.SENT_AT: _R.DATE,
        col.CHANNEL: _R.TEXT,
        col.OFFER: _R.TEXT,
        col.ARM: _R.TEXT,
        col.CONTACT_COST: _R.NUMBER,
        col.VISITED: _R.BOOLEAN,
        col.ORDERED: _R.BOOLEAN,
        col.REVENUE: _R.MONEY,
        col.UNSUBSCRIBED: _R.BOOLEAN,
    },
}
"""Feed → its columns and how each is read."""

GROSS_OF_ORDER = (
    "coalesce(gross_amount, net_amount + coalesce(discount_amount, 0) + coalesce(returned_amount, 0), "
    "total_amount - coalesce(shipping_amount, 0) - coalesce(tax_amount, 0) + coalesce(discount_amount, 0))"
)
AMOUNTS: Mapping[Feed, str] = {
    **dict.fromkeys(Feed, "0"),
    Feed.ORDER_LINES: "coalesce(line_amount, quantity * unit_price)",
    Feed.ORDERS: GROSS_OF_ORDER,
}
"""Feed → SQL for the revenue a row stands for."""
_TOLD_BY = (col.GROSS_AMOUNT, col.NET_AMOUNT, TOTAL_AMOUNT)
_BESIDE = (col.DISCOUNT_AMOUNT, col.RETURNED_AMOUNT, col.SHIPPING_AMOUNT, col.TAX_AMOUNT)

_SQL_TYPES = {
    _R.ID: "VARCHAR", _R.TEXT: "VARCHAR", _R.DATE: "TIMESTAMP", _R.MONEY: "DECIMAL(18,4)",
    _R.NUMBER: "DOUBLE", _R.QUANTITY: "DECIMAL(12,3)", _R.BOOLEAN: "BOOLEAN", _R.CONSENT: "VARCHAR",
}  # fmt: skip


def number_type(reading: Reading) -> str:
    """Give the DuckDB type that holds any number read so; empty where the reading is of no number."""
    return _SQL_TYPES[reading] if reading in {_R.MONEY, _R.NUMBER, _R.QUANTITY} else ""


@dataclass(frozen=True, slots=True)
class FeedMap:
    """How one feed is made from a raw table.

    Attributes:
        feed: What its rows are.
        columns: Feed column → raw header.
        expressions: Feed column → SQL over the raw headers, where no single column is it.
        helpers: Further columns for the rules to read, as SQL over the raw headers.
        where: SQL condition over raw headers choosing the rows of this feed.
        partial: Whether it tells only of some orders, so that revenue is not accounted by it.
        attributes: Raw headers to keep as customer attributes.
        rules: Cleaning rules, in the order they are applied.
        date_order: The order of day and month, where the format fixes it.
        late: Attributes only known after the outcome.
    """

    feed: Feed
    columns: Mapping[str, str]
    expressions: Mapping[str, str] = field(default_factory=dict)
    helpers: Mapping[str, str] = field(default_factory=dict)
    where: str = ""
    attributes: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    date_order: DateOrder | None = None
    late: frozenset[str] = frozenset()
    partial: bool = False


@dataclass(frozen=True, slots=True)
class TypedFeed:
    """A feed as a typed view in the connection: all columns of its kind, NULL where there was none.

    Attributes:
        relation: The view's name.
        raw: The raw table under it.
        mapping: How it was made.
        attributes: Raw header → quoted `attr_…` name.
        notes: Codes of what a person should know about how it was read.
    """

    relation: str
    raw: RawTable
    mapping: FeedMap
    attributes: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def stored(self) -> tuple[str, ...]:
        """The columns worth keeping: those that hold anything; of a customer, mostly `who` it is."""
        mapping = self.mapping
        own = [n for n in COLUMNS[mapping.feed] if n in mapping.columns or n in mapping.expressions]
        if mapping.feed is not Feed.CUSTOMERS:
            own = [name for name in own if name != CUSTOMER_REF]
        who = ("who",) if CUSTOMER_REF in COLUMNS[mapping.feed] else ()
        part = ("part",) if len(self.raw.parts) > 1 else ()
        return ("raw_row", *part, *own, *who, *self.attributes.values())

    @property
    def blank(self) -> Mapping[str, str]:
        """The columns that hold nothing, as SQL."""
        own = COLUMNS[self.mapping.feed]
        blank = {n: f"CAST(NULL AS {_SQL_TYPES[own[n]]})" for n in own if n not in self.stored}
        return blank if "part" in self.stored else {**blank, "part": "0"}


def type_feed(
    connection: duckdb.DuckDBPyConnection,
    raw: RawTable,
    mapping: FeedMap,
    date_order: DateOrder | None = None,
    zone: str = "",
) -> TypedFeed:
    """Read a raw table as a feed.

    Args:
        connection: Holds the raw table; gets the typed view.
        raw: The raw table.
        mapping: Which raw column is which.
        date_order: The person's answer on day and month, which the format's own overrules.
        zone: The person's answer on the shop's time zone.

    Raises:
        DataError: A date column cannot be read, or reads two ways (code `needs_answer`).
    """
    (count,) = connection.execute(
        "SELECT count(*) FROM duckdb_views() WHERE starts_with(view_name, 'feed_')"
    ).fetchone() or (0,)
    relation = f"feed_{count}"
    any_column = Column(connection, raw, "", mapping.date_order or date_order, zone)
    times = _times(any_column, mapping)
    read = {col.ORDERED_AT: times.local} if times else {}
    chosen = [_column_sql(any_column, mapping, name, read) for name in COLUMNS[mapping.feed]]
    mapping = _counting_moves(mapping, times) if times and times.clock.moving else mapping
    mapping = _telling_unread(raw, mapping) if mapping.feed in {Feed.ORDERS, Feed.ORDER_LINES} else mapping
    chosen += [f"{sql} AS {name}" for name, sql in mapping.helpers.items()]
    attributes = attribute_names(mapping.attributes)
    chosen += [f"{_attribute_sql(connection, raw, header)} AS {name}" for header, name in attributes.items()]
    where = f" WHERE {mapping.where}" if mapping.where else ""
    who = (
        f", coalesce({CUSTOMER_REF}, lower({col.EMAIL})) AS who"
        if CUSTOMER_REF in COLUMNS[mapping.feed]
        else ""
    )
    connection.execute(
        f"CREATE TEMP VIEW {relation} AS SELECT *{who} FROM (SELECT rowid AS raw_row, "
        f"{part_sql(raw)} AS part, {', '.join(chosen)} FROM {quoted(raw.relation)}{where})"
    )
    return TypedFeed(relation, raw, mapping, attributes, times.clock.notes if times else ())


def _times(any_column: Column, mapping: FeedMap) -> Times | None:
    """Read the times of orders, where one raw column holds them."""
    if col.ORDERED_AT not in mapping.columns or col.ORDERED_AT in mapping.expressions:
        return None
    return times_of(replace(any_column, header=mapping.columns[col.ORDERED_AT]))


def _counting_moves(mapping: FeedMap, times: Times) -> FeedMap:
    """Add the rules that count the orders whose time was moved to the shop's clock."""
    counted = clock_rules(times.printed, times.local)
    helpers = {**mapping.helpers, **{name: sql for name, (sql, _) in counted.items()}}
    return replace(mapping, helpers=helpers, rules=(*mapping.rules, *(rule for _, rule in counted.values())))


def _telling_unread(raw: RawTable, mapping: FeedMap) -> FeedMap:
    """Add the helpers that tell of amounts that are written and cannot be read: they are no blank ones.

    What is read as money from the start is a number or blank.
    """
    own = {n: quoted(h) for n, h in mapping.columns.items() if raw.columns.get(h) != _SQL_TYPES[_R.MONEY]}
    told = _TOLD_BY if mapping.feed is Feed.ORDERS else ()
    written = [f"coalesce(trim(CAST({own[name]} AS VARCHAR)), '') <> ''" for name in told if name in own]
    odd = [
        f"NOT coalesce(isfinite(TRY_CAST({own[name]} AS DOUBLE)), true)" for name in _BESIDE if name in own
    ]
    helpers = {WRITTEN: " OR ".join(written) or "false", NOT_FINITE: " OR ".join(odd) or "false"}
    return replace(mapping, helpers={**mapping.helpers, **helpers})


def part_sql(raw: RawTable) -> str:
    """Tell which of the stacked files a row is from."""
    whens = "".join(f"WHEN rowid >= {start} THEN {n} " for n, start in reversed([*enumerate(raw.parts)]))
    return f"CASE {whens}END" if len(raw.parts) > 1 else "0"


def _column_sql(any_column: Column, mapping: FeedMap, name: str, read: Mapping[str, str]) -> str:
    reading = COLUMNS[mapping.feed][name]
    if name in read:
        return f"{read[name]} AS {name}"
    if name in mapping.expressions:
        return f"CAST({mapping.expressions[name]} AS {_SQL_TYPES[reading]}) AS {name}"
    if name not in mapping.columns:
        return f"CAST(NULL AS {_SQL_TYPES[reading]}) AS {name}"
    return f"{READERS[reading](replace(any_column, header=mapping.columns[name]))} AS {name}"


def attribute_names(headers: Sequence[str]) -> dict[str, str]:
    """Give raw header → quoted `attr_…` column name, in snake case; of two alike, the later gets a number."""
    taken: dict[str, int] = {}
    names = {}
    for header in headers:
        name = attribute_name(header)
        taken[name] = taken.get(name, 0) + 1
        names[header] = quoted(name if taken[name] == 1 else f"{name}_{taken[name]}")
    return names


def attribute_name(header: str) -> str:
    """Give the column name of a customer attribute."""
    words = "".join(char if char.isalnum() else " " for char in header.casefold()).split()
    return col.ATTRIBUTE_PREFIX + "_".join(words)


def _attribute_sql(connection: duckdb.DuckDBPyConnection, raw: RawTable, header: str) -> str:
    """Numbers become DOUBLE or BIGINT where every value is one; everything else stays text."""
    column = Column(connection, raw, header)
    if column.type != "VARCHAR":
        return quoted(header)
    values, whole, numeric, zeros = column.ask(
        "count(*)",
        "count(TRY_CAST(v AS BIGINT)) FILTER (v NOT LIKE '%.%')",
        "count(TRY_CAST(v AS DOUBLE))",
        "coalesce(bool_or(regexp_matches(v, '^0\\d')), false)",
    )
    if values and not zeros and whole == values:
        return f"CAST({quoted(header)} AS BIGINT)"
    if values and not zeros and numeric == values:
        return f"CAST({quoted(header)} AS DOUBLE)"
    return f"nullif(trim({quoted(header)}), '')"
