"""Plain tables of any shop: customers, orders, order lines, products, campaigns or sends.

A table is taken for the kind whose telling columns it has. Names are matched in English and Chinese
(`matching.py`); `--map table.column=Header` corrects a wrong guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from marketeer.tools.core import columns as col
from marketeer.tools.sources.matching import match_columns
from marketeer.tools.sources.source import Match, Source
from marketeer.tools.warehouse.feeds import CUSTOMER_REF, TOTAL_AMOUNT, Feed, FeedMap
from marketeer.tools.warehouse.reading import RawTable
from marketeer.tools.warehouse.rules import EXACT_DUPLICATE, Rule

_PRODUCT = (col.PRODUCT_ID, col.PRODUCT_NAME)
_WHO = (CUSTOMER_REF, col.EMAIL)
_AMOUNT = (col.GROSS_AMOUNT, col.NET_AMOUNT, TOTAL_AMOUNT)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What tells one kind of table: of each group, one column must be there; of the last, none."""

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
    for kind in _KINDS:
        found = match_columns(tuple(table.columns), kind.feed)
        if all(any(name in found for name in group) for group in kind.needed):
            return Match(kind.feed.value, 0.5, (_feed_map(kind.feed, found, table),))
    return None


def _feed_map(feed: Feed, found: Mapping[str, str], table: RawTable) -> FeedMap:
    expressions = {}
    if feed is Feed.ORDERS and col.ORDER_ID not in found:
        expressions[col.ORDER_ID] = "printf('row %d', rowid + 1)"
    used = set(found.values())
    extra = tuple(
        header for header in table.columns if header not in used and not header.startswith("column ")
    )
    return FeedMap(
        feed=feed,
        columns=found,
        expressions=expressions,
        attributes=extra if feed is Feed.CUSTOMERS else (),
        rules=_RULES[feed],
    )


SOURCE = Source(name="generic", match=_match)
