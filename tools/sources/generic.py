"""Plain tables of any shop: customers, orders, order lines, products, campaigns or sends.

A table is taken for the kind whose telling columns it has. Names are matched in English and Chinese
(`matching.py`); `--map table.column=Header` corrects a wrong guess.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from marketeer.tools.core import columns as col
from marketeer.tools.core.errors import DataError
from marketeer.tools.sources.matching import attributes_of, match_columns
from marketeer.tools.sources.source import Match, Source
from marketeer.tools.warehouse.feeds import CUSTOMER_REF, TOTAL_AMOUNT, Feed, FeedMap
from marketeer.tools.warehouse.parsing import Question
from marketeer.tools.warehouse.reading import RawTable
from marketeer.tools.warehouse.rules import EXACT_DUPLICATE, OVERLAPPING_EXPORT, Rule

_PRODUCT = (col.PRODUCT_ID, col.PRODUCT_NAME)
_WHO = (CUSTOMER_REF, col.EMAIL)
_AMOUNT = (col.GROSS_AMOUNT, col.NET_AMOUNT, TOTAL_AMOUNT)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What tells one kind of table: of each group, one column must be there."""

    feed: Feed
    needed: tuple[tuple[str, ...], ...]


_KINDS = (
    _Kind(Feed.SENDS, (_WHO, (col.CAMPAIGN_ID,), (col.ARM, col.SENT_AT, col.ORDERED, col.VISITED))),
    _Kind(Feed.ORDER_LINES, ((col.ORDER_ID,), _PRODUCT, (col.QUANTITY,), (col.UNIT_PRICE, col.LINE_AMOUNT))),
    _Kind(Feed.ORDERS, ((col.ORDERED_AT,), _AMOUNT, (*_WHO, col.ORDER_ID))),
    _Kind(
        Feed.CAMPAIGNS, ((col.CAMPAIGN_ID,), (col.SENT_AT, col.OFFER, col.OFFER_PERCENT, col.CAMPAIGN_NAME))
    ),
    _Kind(Feed.PRODUCTS, (_PRODUCT, (col.PRICE, col.UNIT_COST, col.CATEGORY, col.DESCRIPTION))),
    _Kind(Feed.CUSTOMERS, (_WHO,)),
)
_CLOSED = "cancel|void|fail|declin|abandon|draft|expired|rejected|取消|关闭|失败|作废"
_UNPAID = "pending|unpaid|on.hold|awaiting|待付款|等待买家付款|未付款"
_ORDER_RULES = (
    OVERLAPPING_EXPORT,
    EXACT_DUPLICATE,
    Rule("cancelled_order", f"regexp_matches(lower(status), '{_CLOSED}')"),
    Rule("unpaid_order", f"regexp_matches(lower(status), '{_UNPAID}')"),
)
_RULES: Mapping[Feed, tuple[Rule, ...]] = {
    **{feed: (EXACT_DUPLICATE,) for feed in Feed},
    Feed.ORDERS: _ORDER_RULES,
    Feed.ORDER_LINES: (
        *_ORDER_RULES,
        Rule("price_not_positive", "unit_price <= 0 AND coalesce(line_amount, 0) >= 0"),
    ),
}


def _match(table: RawTable) -> Match | None:
    for kind in _kinds(table):
        found = match_columns(tuple(table.columns), kind.feed)
        if not _missing(kind, found):
            return Match(kind.feed.value, 0.5, (_feed_map(kind.feed, found, table),))
    return None


def _kinds(table: RawTable) -> tuple[_Kind, ...]:
    """Give the kinds a table may be: one that tells of orders is no list of customers, whoever it names."""
    headers = tuple(table.columns)
    lines, orders = match_columns(headers, Feed.ORDER_LINES), match_columns(headers, Feed.ORDERS)
    told = {col.ORDERED_AT, col.QUANTITY, col.LINE_AMOUNT, *_AMOUNT} & {*lines, *orders}
    sells = col.ORDER_ID in lines and bool(told)
    return tuple(kind for kind in _KINDS if not (sells and kind.feed is Feed.CUSTOMERS))


def _missing(kind: _Kind, found: Mapping[str, str]) -> list[str]:
    """Give the columns that are wanting, alternatives joined by "or"."""
    return [" or ".join(group) for group in kind.needed if not any(name in found for name in group)]


def missing_columns(table: RawTable) -> tuple[Feed, str]:
    """Tell which kind of table one is nearest to, and what it lacks for it; nothing where it is like none."""
    share, feed, lacking = min(_lacking(table), key=lambda found: found[0])
    return feed, ", ".join(lacking) if share < 1 else ""


def is_like_one(table: RawTable) -> bool:
    """Tell whether a table has at least half of what makes one kind of table."""
    return any(share <= 0.5 for share, _, _ in _lacking(table))


def _lacking(table: RawTable) -> Iterator[tuple[float, Feed, list[str]]]:
    """Give, per kind of table, the share of its telling columns that is wanting, and which."""
    for kind in _kinds(table):
        lacking = _missing(kind, match_columns(tuple(table.columns), kind.feed))
        yield len(lacking) / len(kind.needed), kind.feed, lacking


def take_as(table: RawTable, forced: Mapping[str, str]) -> Match:
    """Take a table for the kind a person's mapping says it is.

    Args:
        table: The raw table.
        forced: `table.column` → raw header; names of columns not given are matched as usual.

    Raises:
        DataError: Needed columns are still wanting.
    """
    feed = Feed(next(iter(forced)).partition(".")[0])
    own = {key.partition(".")[2]: h for key, h in forced.items() if key.startswith(f"{feed.value}.")}
    free = tuple(header for header in table.columns if header not in own.values())
    found = {**match_columns(free, feed), **own}
    kind = next(kind for kind in _KINDS if kind.feed is feed)
    if missing := _missing(kind, found):
        asked = ask_for(table, feed, missing[0])
        raise DataError(
            f"{table.file.name} has no column yet for {', '.join(missing)} of {feed.value}. Its columns are: "
            f"{', '.join(table.columns)}. Add them with {asked.flag}…",
            code="unmapped_columns",
            file=table.file.name,
            missing=missing,
            questions={feed.value: asked},
        )
    return Match(feed.value, 1.0, (_feed_map(feed, found, table),))


def ask_for_any(table: RawTable) -> dict[str, Question]:
    """Give, for each kind of table one may be, the question for the first column it lacks."""
    asked = {}
    for kind in _kinds(table):
        missing = _missing(kind, match_columns(tuple(table.columns), kind.feed))
        asked[kind.feed.value] = ask_for(table, kind.feed, missing[0])
    return asked


def ask_for(table: RawTable, feed: Feed, missing: str) -> Question:
    """Ask which raw column is one that is wanting; of alternatives joined by "or", the first."""
    name = missing.split(" or ")[0]
    return Question(
        "column",
        f"{name} of {feed.value} in {table.file.name}",
        tuple(table.columns),
        f"--map {feed.value}.{name}=",
        examples=tuple(next(iter(table.examples.get(header, ())), "") for header in table.columns),
    )


def _feed_map(feed: Feed, found: Mapping[str, str], table: RawTable) -> FeedMap:
    expressions = {}
    if feed is Feed.ORDERS and col.ORDER_ID not in found:
        expressions[col.ORDER_ID] = "printf('row %d', rowid + 1)"
    if feed is Feed.SENDS and col.ARM not in found:
        expressions[col.ARM] = "'sent'"  # everybody on the list was sent it: responses, and no increment
    used = set(found.values())
    spare = tuple(header for header in table.columns if header not in used)
    return FeedMap(
        feed=feed,
        columns=found,
        expressions=expressions,
        attributes=attributes_of(table.examples, spare) if feed is Feed.CUSTOMERS else (),
        rules=_RULES[feed],
    )


SOURCE = Source(name="generic", match=_match)
