"""A second look at plain tables of orders, with their rows: what headers alone do not tell.

Programs leave an order's columns blank on its further lines, or repeat its total on each; they print currency
signs instead of a column, and write discounts as negative numbers. What is sure is understood; what is not is
asked (`needs_answer`). A column the person has mapped is taken at their word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import MONEY_TYPE
from marketeer.tools.core.errors import DataError
from marketeer.tools.sources.matching import folded
from marketeer.tools.sources.source import money
from marketeer.tools.sources.understanding import Understood
from marketeer.tools.warehouse.feeds import CURRENCY, CUSTOMER_REF, STATUS, TOTAL_AMOUNT, Feed, FeedMap
from marketeer.tools.warehouse.parsing import Question
from marketeer.tools.warehouse.reading import RawTable
from marketeer.tools.warehouse.rules import REPEATED_ORDER
from marketeer.tools.warehouse.sql import literal, quoted

ORDERS_CONTINUED = "orders_continued"
_HEAD = 20_000
_OF_ORDER = (col.ORDERED_AT, CUSTOMER_REF, col.EMAIL, col.CHANNEL, col.COUNTRY, STATUS, CURRENCY)
_GIVEN_AS_NEGATIVE = (col.DISCOUNT_AMOUNT, col.RETURNED_AMOUNT)
_AMOUNTS = (TOTAL_AMOUNT, col.GROSS_AMOUNT, col.NET_AMOUNT)
_SIGNS = {"€": "EUR", "£": "GBP", "￥": "CNY", "元": "CNY", "₹": "INR", "₩": "KRW", "zł": "PLN", "R$": "BRL"}
_DOUBTFUL_SIGNS = {"$": "USD", "¥": "JPY"}
_FEWEST_ORDERS = 3
_NEARLY_ALL = 0.8


def look_again(
    connection: duckdb.DuckDBPyConnection, understood: Sequence[Understood], mapping: Mapping[str, str]
) -> list[Understood]:
    """Look at the rows of plain tables of orders and order lines.

    Args:
        connection: Holds the raw tables.
        understood: All tables as their headers were understood.
        mapping: What the person said: `table.column` → raw header.

    Raises:
        DataError: A question must be answered first (code `needs_answer`).
    """
    return [_looked_at(connection, part, mapping) for part in understood]


def _looked_at(
    connection: duckdb.DuckDBPyConnection, part: Understood, mapping: Mapping[str, str]
) -> Understood:
    feeds = [feed for feed in part.match.feeds if feed.feed in {Feed.ORDERS, Feed.ORDER_LINES}]
    if part.source.name != "generic" or len(feeds) != 1:
        return part
    look = _Look(connection, part.table, feeds[0], mapping)
    table = part.table
    if look.feed.feed is Feed.ORDER_LINES:
        table = _continued(look)
        look = replace(look, table=table)
        look = replace(look, feed=_lines_own_amounts(look))
    else:
        look = replace(look, feed=_orders_once(look))
    feed = _with_currency(look, _with_signs(look, look.feed))
    return replace(part, table=table, match=replace(part.match, feeds=(feed,)))


@dataclass(frozen=True, slots=True)
class _Look:
    """A table, what it was taken for, and what the person said."""

    connection: duckdb.DuckDBPyConnection
    table: RawTable
    feed: FeedMap
    mapping: Mapping[str, str]

    def has(self, *names: str) -> bool:
        return all(name in self.feed.columns for name in names)

    def said(self, name: str) -> bool:
        return f"{self.feed.feed.value}.{name}" in self.mapping

    def raw(self, name: str) -> str:
        """SQL for the text of a column, NULL where it is blank or there is none."""
        header = self.feed.columns.get(name)
        return f"nullif(trim(CAST({quoted(header)} AS VARCHAR)), '')" if header else "CAST(NULL AS VARCHAR)"

    def amount(self, name: str) -> str:
        """SQL for the number in a column, with or without a currency; 1e3 is 1000."""
        raw = self.raw(name)
        bare = f"regexp_replace({raw}, '[^0-9.,()+-]', '', 'g')"
        read = money(f"regexp_replace({bare}, '^\\((.*)\\)$', '-\\1')")
        plain = f"TRY_CAST({raw} AS {MONEY_TYPE})"
        return f"CASE WHEN TRY_CAST({raw} AS DOUBLE) IS NULL THEN {read} ELSE {plain} END"

    def ask(self, select: str, *, whole: bool = False) -> tuple[object, ...]:
        """Evaluate aggregates over the first rows, or all."""
        head = "" if whole else f" WHERE rowid < {_HEAD}"
        row = self.connection.execute(f"SELECT {select} FROM {quoted(self.table.relation)}{head}").fetchone()
        return row or ()


def _continued(look: _Look) -> RawTable:
    """Fill an order's blank columns on its further lines, as they stand under its first."""
    here = [name for name in _OF_ORDER if look.has(name)]
    if not look.has(col.ORDER_ID) or not here:
        return look.table
    product = f"coalesce({look.raw(col.PRODUCT_ID)}, {look.raw(col.PRODUCT_NAME)})"
    is_line = f"{product} IS NOT NULL AND {look.raw(col.QUANTITY)} IS NOT NULL"
    blank = " AND ".join(f"{look.raw(name)} IS NULL" for name in here)
    unnamed, blank_too, undated, starts = look.ask(
        f"count(*) FILTER ({look.raw(col.ORDER_ID)} IS NULL AND {is_line}), "
        f"count(*) FILTER ({look.raw(col.ORDER_ID)} IS NULL AND {is_line} AND {blank}), "
        f"count(*) FILTER ({look.raw(col.ORDER_ID)} IS NOT NULL AND {is_line} "
        f"AND {look.raw(col.ORDERED_AT)} IS NULL), "
        f"arg_min({look.raw(col.ORDER_ID)} IS NOT NULL, rowid)"
    )
    dated = look.has(col.ORDERED_AT)
    if not starts or unnamed != blank_too or not (unnamed or (undated and dated)):
        return look.table
    return _filled_down(look, here, is_line)


def _filled_down(look: _Look, here: Sequence[str], is_line: str) -> RawTable:
    old, order = quoted(look.table.relation), quoted(look.feed.columns[col.ORDER_ID])
    blank = " AND ".join(f"{look.raw(name)} IS NULL" for name in (col.ORDER_ID, *here))
    above = f"last_value({look.raw(col.ORDER_ID)} IGNORE NULLS) OVER (ORDER BY raw_at)"
    whole = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
    first = f"OVER (PARTITION BY of_order ORDER BY raw_at {whole})"
    replaced = [f"CASE WHEN {is_line} THEN of_order ELSE CAST({order} AS VARCHAR) END AS {order}"]
    for name in here:
        header = quoted(look.feed.columns[name])
        value = f"first_value({header} IGNORE NULLS) {first}"
        replaced.append(
            f"CASE WHEN {is_line} AND {look.raw(name)} IS NULL THEN {value} ELSE {header} END AS {header}"
        )
    look.connection.execute(
        f"CREATE TABLE continued AS SELECT * EXCLUDE (raw_at, of_order) REPLACE ({', '.join(replaced)}) "
        f"FROM (SELECT *, CASE WHEN {blank} THEN {above} ELSE {look.raw(col.ORDER_ID)} END AS of_order "
        f"FROM (SELECT rowid AS raw_at, * FROM {old})) ORDER BY raw_at"
    )
    look.connection.execute(f"DROP TABLE {old}")
    look.connection.execute(f"ALTER TABLE continued RENAME TO {old}")
    return replace(look.table, notes=(*look.table.notes, ORDERS_CONTINUED))


def _lines_own_amounts(look: _Look) -> FeedMap:
    """Take no amount for a line's that is its order's: the total, or the discount, repeated on every line."""
    feed = look.feed
    if not look.has(col.ORDER_ID):
        return feed
    if look.has(col.LINE_AMOUNT) and not look.said(col.LINE_AMOUNT):
        feed = _own_line_amount(look)
    if look.has(col.DISCOUNT_AMOUNT) and not look.said(col.DISCOUNT_AMOUNT):
        several, alike, _, _ = _repeated(look, col.DISCOUNT_AMOUNT)
        of_line = folded(feed.columns[col.DISCOUNT_AMOUNT]).startswith(("line", "item"))
        if several >= 2 and several == alike and not of_line:
            order, relation = quoted(feed.columns[col.ORDER_ID]), quoted(look.table.relation)
            first = f"rowid IN (SELECT min(rowid) FROM {relation} GROUP BY {order})"
            once = f"CASE WHEN {first} THEN {look.amount(col.DISCOUNT_AMOUNT)} END"
            feed = replace(feed, expressions={**feed.expressions, col.DISCOUNT_AMOUNT: once})
    return feed


def _own_line_amount(look: _Look) -> FeedMap:
    several, alike, fitting, amounts = _repeated(look, col.LINE_AMOUNT, above="most > coalesce(largest, 0)")
    if not several or alike < _NEARLY_ALL * several:
        return look.feed
    rest = {name: header for name, header in look.feed.columns.items() if name != col.LINE_AMOUNT}
    if look.has(col.UNIT_PRICE, col.QUANTITY):
        return look.feed if fitting >= 0.5 else replace(look.feed, columns=rest)
    if several < _FEWEST_ORDERS or amounts < _FEWEST_ORDERS:
        return look.feed
    raise _whose_amount(look.table.file.name, look.feed.columns[col.LINE_AMOUNT])


def _whose_amount(name: str, header: str) -> DataError:
    kinds = {"each line": (Feed.ORDER_LINES, col.LINE_AMOUNT), "the whole order": (Feed.ORDERS, TOTAL_AMOUNT)}
    return DataError(
        f"{name}: '{header}' is the same on every line of an order. Say whether it is the amount of each "
        f"line (--map order_lines.line_amount='{header}') or of the whole order "
        f"(--map orders.total_amount='{header}').",
        code="needs_answer",
        questions={
            said: Question(
                "column", f"{column} of {feed.value} in {name}", (header,), f"--map {feed.value}.{column}="
            )
            for said, (feed, column) in kinds.items()
        },
    )


def _orders_once(look: _Look) -> FeedMap:
    """Count an order once whose row, with its amount, stands there several times."""
    name = next((name for name in _AMOUNTS if look.has(name)), "")
    if not look.has(col.ORDER_ID) or not name:
        return look.feed
    several, alike, *_ = _repeated(look, name)
    if not several or alike < several:
        return look.feed
    copy = f"row_number() OVER (PARTITION BY {look.raw(col.ORDER_ID)} ORDER BY rowid)"
    return replace(
        look.feed,
        helpers={**look.feed.helpers, "order_copy": copy},
        rules=(*look.feed.rules, REPEATED_ORDER),
    )


def _repeated(look: _Look, name: str, above: str = "true") -> tuple[int, int, float, int]:
    """Look at orders of several lines for an amount that may be the order's.

    Args:
        look: The table.
        name: The amount.
        above: A further SQL condition: `most` is the amount, `largest` the largest quantity times price.

    Returns:
        How many such orders have the amount, on how many it is the same on each line or stands on the first
        only, on which share of their lines it is quantity times price, and how many different ones there are.
    """
    price = f"{look.amount(col.QUANTITY)} * {look.amount(col.UNIT_PRICE)}"
    row = look.connection.execute(
        f"SELECT count(*), count(*) FILTER (different = 1 AND {above}), "
        "coalesce(sum(fitting) / sum(filled), 0), count(DISTINCT most) FROM ("
        "SELECT count(DISTINCT v) AS different, max(v) AS most, max(p) AS largest, count(v) AS filled, "
        "count(*) FILTER (abs(v - p) < 0.011) AS fitting "
        f"FROM (SELECT {look.raw(col.ORDER_ID)} AS o, {look.amount(name)} AS v, {price} AS p "
        f"FROM {quoted(look.table.relation)} WHERE rowid < {_HEAD}) WHERE o IS NOT NULL GROUP BY o "
        "HAVING count(*) > 1 AND max(abs(v)) > 0)"
    ).fetchone()
    several, alike, fitting, amounts = row or (0, 0, 0, 0)
    return int(several), int(alike), float(fitting), int(amounts)


def _with_signs(look: _Look, feed: FeedMap) -> FeedMap:
    """Turn round discounts and refunds that are written as negative numbers."""
    turned = dict(feed.expressions)
    for name in _GIVEN_AS_NEGATIVE:
        if name in feed.columns and name not in turned:
            negative, positive = look.ask(
                f"count(*) FILTER ({look.amount(name)} < 0), count(*) FILTER ({look.amount(name)} > 0)"
            )
            if int(str(negative)) > int(str(positive)):
                turned[name] = f"-({look.amount(name)})"
    if feed.feed is Feed.ORDERS and look.has(col.RETURNED_AMOUNT) and not look.has(col.NET_AMOUNT):
        given = turned.get(col.RETURNED_AMOUNT, look.amount(col.RETURNED_AMOUNT))
        turned[col.RETURNED_AMOUNT] = _for_goods(look, given, turned)
    return replace(feed, expressions=turned)


def _for_goods(look: _Look, given: str, turned: Mapping[str, str]) -> str:
    """Give back no more for an order's goods than they cost: a refund may hold postage and tax, too."""
    discount = turned.get(col.DISCOUNT_AMOUNT, look.amount(col.DISCOUNT_AMOUNT))
    beside = " - ".join(f"coalesce({look.amount(name)}, 0)" for name in (col.SHIPPING_AMOUNT, col.TAX_AMOUNT))
    gross, total = look.amount(col.GROSS_AMOUNT), look.amount(TOTAL_AMOUNT)
    goods = f"coalesce({gross} - coalesce({discount}, 0), {total} - {beside})"
    return f"CASE WHEN {goods} > 0 AND {given} > {goods} THEN {goods} ELSE {given} END"


def _with_currency(look: _Look, feed: FeedMap) -> FeedMap:
    """Take the currency from the signs beside the amounts, where no column names it."""
    amounts = [name for name in (*_AMOUNTS, col.LINE_AMOUNT, col.UNIT_PRICE) if name in feed.columns]
    if CURRENCY in feed.columns or CURRENCY in feed.expressions or not amounts:
        return feed
    name = amounts[0]
    examples = look.table.examples.get(feed.columns[name], ())
    if not any(sign in text for text in examples for sign in (*_SIGNS, *_DOUBTFUL_SIGNS)):
        return feed
    chinese = any("\u4e00" <= char <= "\u9fff" for header in look.table.columns for char in header)
    signs = {**_SIGNS, **_DOUBTFUL_SIGNS} | ({"¥": "CNY"} if chinese else {})
    whens = " ".join(
        f"WHEN contains({look.raw(name)}, {literal(sign)}) THEN '{code}'" for sign, code in signs.items()
    )
    currency = f"CASE {whens} END"
    found = look.connection.execute(
        f"SELECT DISTINCT {currency} FROM {quoted(look.table.relation)}"
    ).fetchall()
    codes = {str(code) for (code,) in found if code}
    if len(codes) == 1 and codes <= set(_DOUBTFUL_SIGNS.values()) and not chinese:
        return feed
    return replace(feed, expressions={**feed.expressions, CURRENCY: currency})
