"""Cleaning as named rules with a ledger: every dropped or changed raw row is counted, with its revenue.

Dropping rules are tried in order and the first that holds owns the row, so that raw rows = kept rows +
dropped rows, and the same for revenue, to the last digit.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import duckdb

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import MONEY_TYPE
from marketeer.tools.core.errors import DataError
from marketeer.tools.warehouse.feeds import AMOUNTS, TypedFeed, part_sql
from marketeer.tools.warehouse.manifest import RuleEffect
from marketeer.tools.warehouse.rules import OTHER_CURRENCY, OVERLAPPING_EXPORT, Rule
from marketeer.tools.warehouse.sql import literal, one, quoted

_TELLING = (col.ORDER_ID, col.PRODUCT_ID)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A feed after cleaning.

    Attributes:
        relation: A view: the typed feed with `amount` and `dropped_by` (rule code or NULL). Only the rows
            a rule holds for are stored; all others are read from the raw table again, which costs less.
        kept: A view of the rows no rule dropped, without `dropped_by`.
        effects: What each rule did.
        rows: Raw rows.
        amount: Raw revenue.
        kept_rows: Rows no rule dropped.
        kept_amount: Their revenue.
    """

    relation: str
    kept: str
    effects: tuple[RuleEffect, ...]
    rows: int
    amount: Decimal
    kept_rows: int
    kept_amount: Decimal


def clean(
    connection: duckdb.DuckDBPyConnection,
    feed: TypedFeed,
    rules: Sequence[Rule],
    off: Collection[str] = (),
) -> Cleaned:
    """Apply rules to a typed feed and count their effects.

    Args:
        connection: Holds the feed; the cleaned one is added.
        feed: The typed feed.
        rules: The rules, in order.
        off: Codes of dropping rules that are turned off.

    Raises:
        DataError: The counts do not add up, which would be a defect.
    """
    prepared = _prepared(connection, feed, rules)
    active = [rule.drops and (rule.fixed or rule.code not in off) for rule in prepared]
    foreign = next((f"WHEN {r.condition} THEN 0 " for r in prepared if r.code == OTHER_CURRENCY), "")
    dropped = f"mask & {_active_bits(active)} > 0"
    amount = f"coalesce({AMOUNTS[feed.mapping.feed]}, 0)::{MONEY_TYPE}"
    amount = f"CASE {foreign}ELSE {amount} END" if foreign else amount
    valued, marks, cleaned, kept = (f"{n}_{feed.relation}" for n in ("valued", "marks", "clean", "kept"))
    connection.execute(
        f"CREATE TEMP VIEW {valued} AS SELECT {', '.join(feed.stored)}, {amount} AS amount "
        f"FROM {feed.relation}"
    )
    connection.execute(
        f"CREATE TEMP TABLE {marks} AS SELECT * FROM (SELECT raw_row, {amount} AS amount, "
        f"({_mask_sql(prepared)})::BIGINT AS mask FROM {feed.relation}) WHERE mask > 0"
    )
    fates = f"SELECT raw_row, {_dropped_by_sql(prepared, active)} AS dropped_by FROM {marks} WHERE {dropped}"
    blank = "".join(f", {sql} AS {name}" for name, sql in feed.blank.items())
    for view, join in ((cleaned, "LEFT"), (kept, "ANTI")):
        connection.execute(
            f"CREATE TEMP VIEW {view} AS SELECT *{blank} FROM {valued} {join} JOIN ({fates}) USING (raw_row)"
        )
    effects = _effects(connection, marks, prepared, active)
    named = tuple(replace(effect, table=feed.mapping.feed.value) for effect in effects)
    result = Cleaned(cleaned, kept, named, *_total(connection, valued), *_total(connection, kept))
    _check_balance(result)
    return result


def _mask_sql(rules: Sequence[Rule]) -> str:
    """Mark each row with one bit per rule that holds for it, so that every condition is evaluated once."""
    bits = (f"CASE WHEN {rule.condition} THEN {1 << bit} ELSE 0 END" for bit, rule in enumerate(rules))
    return " + ".join(bits) or "0"


def _dropped_by_sql(rules: Sequence[Rule], active: Sequence[bool]) -> str:
    whens = "".join(
        f"WHEN mask & {1 << bit} > 0 THEN {literal(rule.code)} "
        for bit, (rule, drops) in enumerate(zip(rules, active, strict=True))
        if drops
    )
    return (
        f"CASE WHEN mask & {_active_bits(active)} = 0 THEN NULL {whens}END"
        if whens
        else "CAST(NULL AS VARCHAR)"
    )


def _active_bits(active: Sequence[bool]) -> int:
    return sum(1 << bit for bit, drops in enumerate(active) if drops)


def _check_balance(cleaned: Cleaned) -> None:
    lost = [effect for effect in cleaned.effects if effect.dropped]
    rows = cleaned.kept_rows + sum(effect.rows for effect in lost)
    amount = cleaned.kept_amount + sum((effect.amount for effect in lost), Decimal(0))
    if (rows, amount) != (cleaned.rows, cleaned.amount):
        raise DataError(
            f"The cleaning of {cleaned.relation} does not add up; the load was stopped.", code="no_balance"
        )


def _total(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[int, Decimal]:
    """Count the rows of a relation and their revenue."""
    ((rows, amount),) = connection.execute(
        f"SELECT count(*), coalesce(sum(amount), 0) FROM {relation}"
    ).fetchall()
    return rows, amount


def _effects(
    connection: duckdb.DuckDBPyConnection, marks: str, rules: Sequence[Rule], active: Sequence[bool]
) -> list[RuleEffect]:
    """Count, per combination of rules, what each rule took."""
    groups = connection.execute(f"SELECT mask, count(*), sum(amount) FROM {marks} GROUP BY mask").fetchall()
    dropping = _active_bits(active)
    effects = []
    for bit, (rule, drops) in enumerate(zip(rules, active, strict=True)):
        holds = [group for group in groups if group[0] >> bit & 1]
        earlier = dropping & ((1 << bit) - 1) if drops else dropping
        owned = [(count, money) for mask, count, money in holds if not mask & earlier]
        effects.append(
            RuleEffect(
                code=rule.code,
                rows=sum(count for count, _ in owned),
                amount=sum((money for _, money in owned), Decimal(0)),
                dropped=drops,
                matched=sum(count for _, count, _ in holds),
            )
        )
    return effects


def _prepared(connection: duckdb.DuckDBPyConnection, feed: TypedFeed, rules: Sequence[Rule]) -> list[Rule]:
    """Make the tables some rules look rows up in, and leave out a rule that has nothing to look at."""
    made = []
    for rule in rules:
        if rule is OVERLAPPING_EXPORT and len(feed.raw.parts) == 1:
            continue
        condition = rule.condition
        if "$copies" in condition:
            apart = OVERLAPPING_EXPORT in rules and len(feed.raw.parts) > 1
            condition = condition.replace("$copies", _mark_copies(connection, feed, per_file=apart))
        if "$overlaps" in condition:
            condition = condition.replace("$overlaps", _mark_overlaps(connection, feed))
        made.append(replace(rule, condition=condition))
    return made


def _mark_overlaps(connection: duckdb.DuckDBPyConnection, feed: TypedFeed) -> str:
    """Make a table `(order_id, part)` of orders in files that a later file holds as well."""
    overlaps = f"overlaps_{feed.relation}"
    connection.execute(
        f"CREATE TEMP TABLE {overlaps} AS SELECT order_id, unnest(parts[:-2]) AS part FROM ("
        f"SELECT order_id, list_sort(list(DISTINCT part)) AS parts FROM {feed.relation} GROUP BY order_id) "
        "WHERE len(parts) > 1"
    )
    return overlaps


def _mark_copies(connection: duckdb.DuckDBPyConnection, feed: TypedFeed, *, per_file: bool) -> str:
    """Make a table `raw_row` of the second and later copies of wholly equal raw rows.

    Rows are first grouped by a short hash of order and product, which leaves few candidates; those are
    compared in full. Where another rule settles which file an order is taken from, only copies within one
    file count.
    """
    raw = quoted(feed.raw.relation)
    columns = ", ".join(quoted(header) for header in feed.raw.columns)
    alike = f"{columns}, {part_sql(feed.raw)}" if per_file else columns
    mapped = [feed.mapping.columns[name] for name in _TELLING if name in feed.mapping.columns]
    telling = ", ".join(map(quoted, mapped)) if len(mapped) > 1 else columns
    hashed = f"(hash({telling}) & {(1 << 32) - 1})::UINTEGER"
    suspected = _suspected(connection, feed, *map(quoted, mapped)) if len(mapped) > 1 else ""
    copies = f"copies_{feed.relation}"
    connection.execute(
        f"""
        CREATE TEMP TABLE {copies} AS
        WITH candidates AS (SELECT {hashed} AS h FROM {raw} {suspected} GROUP BY h HAVING count(*) > 1)
        SELECT raw_row FROM (
            SELECT rowid AS raw_row, row_number() OVER (PARTITION BY {alike} ORDER BY rowid) AS copy
            FROM {raw} WHERE {hashed} IN (SELECT h FROM candidates)
        ) WHERE copy > 1
        """
    )
    return copies


_BITS = 1024
_MOST_SUSPECTED = 1_000_000


def _suspected(connection: duckdb.DuckDBPyConnection, feed: TypedFeed, order: str, product: str) -> str:
    """Give a condition that only rows of orders meet in which a product may stand twice.

    Every product of an order sets a bit; as many bits as lines mean as many products. This pays where orders
    have several lines, and is left out where they have few or are very many.
    """
    raw = quoted(feed.raw.relation)
    orders = int(one(connection, f"SELECT approx_count_distinct({order}) FROM {raw}"))
    if orders > min(_MOST_SUSPECTED, feed.raw.file.rows // 4):
        return ""
    bits = f"bit_count(bitstring_agg((hash({product}) % {_BITS})::INTEGER, 0, {_BITS - 1}))"
    return (
        f"WHERE hash({order}) IN (SELECT hash({order}) FROM {raw} GROUP BY {order} HAVING {bits} < count(*))"
    )
