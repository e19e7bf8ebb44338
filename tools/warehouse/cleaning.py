"""Cleaning as named rules with a ledger: every dropped or changed raw row is counted, with its revenue.

Dropping rules are tried in order and the first that holds owns the row, so that raw rows = kept rows +
dropped rows, and the same for revenue, to the last digit.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import duckdb

from marketeer.tools.core.columns import MONEY_TYPE
from marketeer.tools.core.errors import DataError
from marketeer.tools.warehouse.feeds import AMOUNTS, TypedFeed, part_sql
from marketeer.tools.warehouse.manifest import RuleEffect
from marketeer.tools.warehouse.rules import OTHER_CURRENCY, OVERLAPPING_EXPORT, Rule
from marketeer.tools.warehouse.sql import literal, quoted

_Totals = tuple[int, Decimal, int, Decimal]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A feed after cleaning.

    Attributes:
        relation: A table: the typed feed with `amount` and `dropped_by` (rule code or NULL).
        effects: What each rule did.
        rows: Raw rows.
        amount: Raw revenue.
        kept_rows: Rows no rule dropped.
        kept_amount: Their revenue.
    """

    relation: str
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
    rules = _prepared(connection, feed, rules)
    dropping = [rule for rule in rules if rule.drops and (rule.fixed or rule.code not in off)]
    whens = " ".join(f"WHEN coalesce({rule.condition}, false) THEN {literal(rule.code)}" for rule in dropping)
    case = f"CASE {whens} END" if whens else "CAST(NULL AS VARCHAR)"
    cleaned = f"clean_{feed.relation}"
    foreign = next((f"WHEN {r.condition} THEN 0 " for r in rules if r.code == OTHER_CURRENCY), "")
    amount = f"coalesce({AMOUNTS[feed.mapping.feed]}, 0)::{MONEY_TYPE}"
    amount = f"CASE {foreign}ELSE {amount} END" if foreign else amount
    connection.execute(
        f"CREATE TABLE {cleaned} AS SELECT *, {amount} AS amount, {case} AS dropped_by FROM {feed.relation}"
    )
    effects, totals = _effects(connection, cleaned, rules, {rule.code for rule in dropping})
    effects = tuple(replace(effect, table=feed.mapping.feed.value) for effect in effects)
    result = Cleaned(cleaned, effects, *totals)
    _check_balance(result)
    return result


def _check_balance(cleaned: Cleaned) -> None:
    lost = [effect for effect in cleaned.effects if effect.dropped]
    rows = cleaned.kept_rows + sum(effect.rows for effect in lost)
    amount = cleaned.kept_amount + sum((effect.amount for effect in lost), Decimal(0))
    if (rows, amount) != (cleaned.rows, cleaned.amount):
        raise DataError(
            f"The cleaning of {cleaned.relation} does not add up; the load was stopped.", code="no_balance"
        )


def _effects(
    connection: duckdb.DuckDBPyConnection, cleaned: str, rules: Sequence[Rule], active: Collection[str]
) -> tuple[tuple[RuleEffect, ...], _Totals]:
    wanted = ["count(*)", "sum(amount)", "count(*) FILTER (kept)", "sum(amount) FILTER (kept)"]
    for rule in rules:
        holds = f"coalesce({rule.condition}, false)"
        owns = f"dropped_by = {literal(rule.code)}" if rule.code in active else f"kept AND {holds}"
        wanted += [f"count(*) FILTER ({owns})", f"sum(amount) FILTER ({owns})", f"count(*) FILTER ({holds})"]
    row = connection.execute(
        f"SELECT {', '.join(wanted)} FROM (SELECT *, dropped_by IS NULL AS kept FROM {cleaned})"
    ).fetchone()
    figures = [Decimal(0) if value is None else value for value in row or ()]
    effects = tuple(
        RuleEffect(
            code=rule.code,
            rows=int(figures[at]),
            amount=Decimal(figures[at + 1]),
            dropped=rule.code in active,
            matched=int(figures[at + 2]),
        )
        for rule, at in zip(rules, range(4, len(figures), 3), strict=True)
    )
    return effects, (int(figures[0]), Decimal(figures[1]), int(figures[2]), Decimal(figures[3]))


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
        f"CREATE TABLE {overlaps} AS SELECT order_id, unnest(parts[:-2]) AS part FROM ("
        f"SELECT order_id, list_sort(list(DISTINCT part)) AS parts FROM {feed.relation} GROUP BY order_id) "
        "WHERE len(parts) > 1"
    )
    return overlaps


def _mark_copies(connection: duckdb.DuckDBPyConnection, feed: TypedFeed, *, per_file: bool) -> str:
    """Make a table `raw_row` of the second and later copies of wholly equal raw rows.

    Where another rule settles which file an order is taken from, only copies within one file count.

    Rows are first grouped by a 64-bit hash, which leaves few candidates; those are compared in full.
    """
    raw = quoted(feed.raw.relation)
    columns = ", ".join(quoted(header) for header in feed.raw.columns)
    alike = f"{columns}, {part_sql(feed.raw)}" if per_file else columns
    copies = f"copies_{feed.relation}"
    connection.execute(
        f"""
        CREATE TABLE {copies} AS
        WITH candidates AS (SELECT hash({columns}) AS h FROM {raw} GROUP BY h HAVING count(*) > 1)
        SELECT raw_row FROM (
            SELECT rowid AS raw_row, row_number() OVER (PARTITION BY {alike} ORDER BY rowid) AS copy
            FROM {raw} WHERE hash({columns}) IN (SELECT h FROM candidates)
        ) WHERE copy > 1
        """
    )
    return copies
