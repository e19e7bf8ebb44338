"""UCI Bank Marketing: one row per person called, with attributes and whether they took the deposit.

Everybody was called, so there is no control arm: the file shows responses, not effects. How long the call
lasted (`duration`) is only known after it, and with it the answer.
"""

from marketeer.tools.core import columns as col
from marketeer.tools.sources.source import Match, Source
from marketeer.tools.warehouse.feeds import CUSTOMER_REF, Feed, FeedMap
from marketeer.tools.warehouse.reading import RawTable
from marketeer.tools.warehouse.rules import POSSIBLE_DUPLICATE
from marketeer.tools.warehouse.sql import literal

_TELLING = ("age", "job", "duration", "poutcome", "y")
_CAMPAIGN = "bank_marketing"


def _match(table: RawTable) -> Match | None:
    if not all(table.header(name) for name in _TELLING):
        return None
    answer = table.header("y") or "y"
    ids = {CUSTOMER_REF: "CAST(rowid + 1 AS VARCHAR)"}
    people = FeedMap(
        Feed.CUSTOMERS,
        {},
        expressions=ids,
        attributes=tuple(header for header in table.columns if header != answer),
        rules=(POSSIBLE_DUPLICATE,),
        late=frozenset({table.header("duration") or ""}),
    )
    calls = FeedMap(
        Feed.SENDS,
        {col.ORDERED: answer},
        expressions={**ids, col.CAMPAIGN_ID: literal(_CAMPAIGN), col.ARM: "'called'", col.CHANNEL: "'phone'"},
    )
    return Match("sends", 1.0, (people, calls))


SOURCE = Source(name="bank_marketing", match=_match)
