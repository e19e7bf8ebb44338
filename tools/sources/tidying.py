"""Brings every understood table into its typed feeds and cleans them, orders before their lines."""

from collections.abc import Sequence

import duckdb

from marketeer.tools.core.columns import ORDERED_AT
from marketeer.tools.core.errors import DataError, unknown_name
from marketeer.tools.sources.generic import ask_for
from marketeer.tools.sources.options import LoadOptions
from marketeer.tools.sources.understanding import Understood
from marketeer.tools.warehouse.cleanfeeds import CleanFeed
from marketeer.tools.warehouse.cleaning import clean
from marketeer.tools.warehouse.clocks import check_zone
from marketeer.tools.warehouse.feeds import CURRENCY, Feed, TypedFeed, type_feed
from marketeer.tools.warehouse.parsing import Question
from marketeer.tools.warehouse.rules import (
    RULES,
    WRITTEN,
    Rule,
    line_rules,
    order_rules,
    other_currency,
)


def clean_all(
    connection: duckdb.DuckDBPyConnection, understood: Sequence[Understood], options: LoadOptions
) -> tuple[list[CleanFeed], str]:
    """Type and clean every feed.

    Returns:
        The cleaned feeds, and the one currency of their money (empty when no file names it).

    Raises:
        DataError: Dates or currencies leave a question (code `needs_answer`), a rule to keep is not known, or
            nothing of a table could be used.
    """
    pairs = [(part.table, feed) for part in understood for feed in part.match.feeds]
    if not pairs:
        raise DataError("None of these files holds anything to load.", code="nothing_left")
    pairs.sort(key=lambda pair: pair[1].feed is Feed.ORDER_LINES)
    check_zone(options.timezone)
    typed = [
        type_feed(connection, table, mapping, options.date_order, options.timezone)
        for table, mapping in pairs
    ]
    currency, several = _one_currency(connection, typed, understood, options.currency.upper())
    lines = [f.relation for f in typed if f.mapping.feed is Feed.ORDER_LINES and not f.mapping.partial]
    done: list[CleanFeed] = []
    orders = ""
    for feed in typed:
        if feed.mapping.feed is Feed.ORDER_LINES and not orders:
            orders = _order_fates(connection, done)
        rules = (*_foreign(feed, orders, currency if several else ""), *_rules(feed, orders, lines))
        cleaned = CleanFeed(feed, clean(connection, feed, rules, options.keep))
        _check_left(cleaned)
        done.append(cleaned)
    _check_keep(options, done)
    return done, currency


def _order_fates(connection: duckdb.DuckDBPyConnection, done: Sequence[CleanFeed]) -> str:
    """Make a table of every order of the order files and why it was dropped, NULL where any row of it stays.

    Returns:
        The table's name; empty where there are only lines.
    """
    relations = [clean.cleaned.relation for clean in done if clean.feed is Feed.ORDERS]
    if not relations:
        return ""
    rows = " UNION ALL ".join(f"SELECT order_id, dropped_by FROM {relation}" for relation in relations)
    connection.execute(
        "CREATE TABLE order_fates AS SELECT order_id, CASE WHEN count(*) = count(dropped_by) "
        f"THEN max(dropped_by) END AS dropped_by FROM ({rows}) WHERE order_id IS NOT NULL GROUP BY order_id"
    )
    return "order_fates"


def _rules(feed: TypedFeed, orders: str, lines: Sequence[str]) -> tuple[Rule, ...]:
    kind = feed.mapping.feed
    if kind is Feed.ORDER_LINES:
        return (*feed.mapping.rules, *line_rules(orders))
    doubted = feed.mapping.helpers.get(WRITTEN, "false") != "false"
    ending = order_rules(lines) if kind is Feed.ORDERS and doubted else RULES[kind.value]
    return (*feed.mapping.rules, *ending)


def _foreign(feed: TypedFeed, orders: str, currency: str) -> tuple[Rule, ...]:
    if currency and _names_currency(feed):
        return (other_currency(currency),)
    return (other_currency(currency, orders),) if currency and orders else ()


def _names_currency(feed: TypedFeed) -> bool:
    return CURRENCY in feed.mapping.columns or CURRENCY in feed.mapping.expressions


def _one_currency(
    connection: duckdb.DuckDBPyConnection,
    typed: Sequence[TypedFeed],
    understood: Sequence[Understood],
    chosen: str,
) -> tuple[str, bool]:
    """Settle on one currency; gives it, and whether rows in others must go."""
    found = {part.source.currency for part in understood} - {""}
    for feed in typed:
        if feed.mapping.feed in {Feed.ORDERS, Feed.ORDER_LINES} and _names_currency(feed):
            rows = connection.execute(
                f"SELECT DISTINCT upper(currency) FROM {feed.relation} WHERE currency IS NOT NULL LIMIT 50"
            ).fetchall()
            found |= {str(value) for (value,) in rows}
    known = sorted(found)
    if len(known) > 1 and chosen not in known:
        about = ", ".join(sorted({part.table.file.name for part in understood}))
        raise DataError(
            f"Amounts in {about} are in several currencies: {', '.join(known)}. They are never summed. Say "
            f"which to load with --currency, such as --currency {known[0]}; what is in others is left out.",
            code="needs_answer",
            questions={about: Question("currency", about, tuple(known), "--currency", known[0])},
        )
    if len(known) == 1 and chosen and chosen != known[0]:
        raise DataError(
            f"The files are in {known[0]}, not in {chosen}; amounts are not converted. Leave --currency out.",
            code="wrong_currency",
        )
    return chosen or (known[0] if known else ""), len(known) > 1


def _check_left(feed: CleanFeed) -> None:
    if not feed.cleaned.kept_rows and feed.cleaned.rows:
        name = feed.typed.raw.file.name
        reasons = ", ".join(f"{e.code} ({e.rows})" for e in feed.cleaned.effects if e.dropped and e.rows)
        raise DataError(
            f"No row of {name} could be used as {feed.feed.value.replace('_', ' ')}: {reasons}. "
            "Look at the mapping with --dry-run, and correct it with --map or keep rows with --keep.",
            code="nothing_left",
            file=name,
            questions=_about_dates(feed),
        )


def _about_dates(feed: CleanFeed) -> dict[str, Question] | None:
    """Ask where the dates are, when nothing had one because no column was taken for them."""
    undated = any(e.code == "missing_date" and e.rows for e in feed.cleaned.effects)
    if not undated or ORDERED_AT in feed.typed.mapping.columns:
        return None
    return {feed.feed.value: ask_for(feed.typed.raw, feed.feed, ORDERED_AT)}


def _check_keep(options: LoadOptions, done: Sequence[CleanFeed]) -> None:
    known = {effect.code for clean in done for effect in clean.cleaned.effects}
    for code in sorted(options.keep - known):
        raise DataError(unknown_name("rule", code, sorted(known)).message, code="unknown_rule", name=code)
