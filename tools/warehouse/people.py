"""Who is who, and the customers table."""

from collections.abc import Sequence

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import SCHEMA, Table
from marketeer.tools.warehouse.cleanfeeds import CleanFeeds
from marketeer.tools.warehouse.feeds import ALIAS, CUSTOMER_REF, Feed

_NOBODY = "SELECT CAST(NULL AS VARCHAR) AS other, CAST(NULL AS VARCHAR) AS id LIMIT 0"
_ORDERING = (Feed.ORDERS, Feed.ORDER_LINES)
_CONSENTS = (col.EMAIL_CONSENT, col.SMS_CONSENT)


def build_people(feeds: CleanFeeds) -> None:
    """Make `people`: everybody the feeds name (`who`), with their `id` and `customer_row`.

    Rows are numbered by the length of the id, then by the id, so that numeric ids come in their own order.
    An e-mail address or alias that a customer file gives an id for is that customer.
    """
    aliases = [
        f"SELECT {other} AS other, who AS id FROM {feeds.kept(Feed.CUSTOMERS)} "
        f"WHERE {other} IS NOT NULL AND customer_id IS NOT NULL"
        for other, column in (("lower(email)", col.EMAIL), ("alias", ALIAS))
        if feeds.have(Feed.CUSTOMERS, CUSTOMER_REF) and feeds.have(Feed.CUSTOMERS, column)
    ]
    known = f"SELECT other, min(id) AS id FROM ({' UNION ALL '.join(aliases)}) GROUP BY other"
    for feed in _ORDERING:
        _see(feeds, feed)
    named = " UNION ".join(
        f"SELECT DISTINCT who FROM {_seen(feed) if feed in _ORDERING else feeds.kept(feed)} "
        "WHERE who IS NOT NULL"
        for feed in (Feed.CUSTOMERS, Feed.ORDERS, Feed.ORDER_LINES, Feed.SENDS)
        if feeds.of(feed)
    )
    feeds.create(
        "people",
        f"""
        SELECT who, id, (dense_rank() OVER (ORDER BY length(id), id) - 1)::INTEGER AS customer_row
        FROM (SELECT who, coalesce(a.id, who) AS id
              FROM ({named or "SELECT CAST(NULL AS VARCHAR) AS who LIMIT 0"})
              LEFT JOIN ({known if aliases else _NOBODY}) AS a ON a.other = who)
        """,
    )


def _see(feeds: CleanFeeds, feed: Feed) -> None:
    """Count, in one pass over orders or lines, how often each customer is named with which details."""
    if feeds.of(feed):
        details = "".join(f", {name}" for name in (col.EMAIL, col.COUNTRY) if feeds.have(feed, name))
        feeds.create(_seen(feed), f"SELECT who{details}, count(*) AS n FROM {feeds.kept(feed)} GROUP BY ALL")


def _seen(feed: Feed) -> str:
    return f"seen_in_{feed.value}"


def build_customers(feeds: CleanFeeds) -> None:
    """Make the customers table; a country or e-mail no customer file gives comes from the orders."""
    own = [
        column.name
        for column in SCHEMA[Table.CUSTOMERS]
        if column.name != col.CUSTOMER_ID and feeds.have(Feed.CUSTOMERS, column.name)
    ]
    attributes = dict.fromkeys(
        name for clean in feeds.of(Feed.CUSTOMERS) for name in clean.typed.attributes.values()
    )
    columns, joins = [f"c.{name}" for name in (*own, *attributes)], ""
    if columns:
        joins = f" LEFT JOIN ({_profiles(feeds, own, tuple(attributes))}) AS c USING (customer_row)"
    for name in (col.EMAIL, col.COUNTRY):
        feed = next((f for f in _ORDERING if feeds.have(f, name)), None)
        if feed and name not in own:
            joins += f" LEFT JOIN ({_usual(feed, name)}) AS of_{name} USING (customer_row)"
            columns.append(f"of_{name}.{name}")
    feeds.create(
        "canonical_customers",
        f"SELECT {', '.join(('customer_row', 'p.id AS customer_id', *columns))} "
        f"FROM (SELECT DISTINCT customer_row, id FROM people) AS p {joins}",
    )


def _profiles(feeds: CleanFeeds, own: Sequence[str], attributes: Sequence[str]) -> str:
    """One row per customer over all customer files: the first file's value wins, a refusal always does."""
    chosen = []
    for name in (*own, *attributes):
        if name in _CONSENTS:
            chosen.append(
                f"CASE WHEN bool_or({name} = 'denied') THEN 'denied' "
                f"WHEN bool_or({name} = 'granted') THEN 'granted' ELSE 'unknown' END AS {name}"
            )
        elif name == col.SUPPRESSED:
            chosen.append(f"coalesce(bool_or({name}), false) AS {name}")
        elif name == col.NOTES:
            chosen.append(f"string_agg(DISTINCT {name}, chr(10) ORDER BY {name}) AS {name}")
        else:
            chosen.append(
                f"first({name} ORDER BY feed_number, raw_row) FILTER ({name} IS NOT NULL) AS {name}"
            )
    return (
        f"SELECT customer_row, {', '.join(chosen)} FROM {feeds.kept(Feed.CUSTOMERS)} "
        "JOIN people USING (who) GROUP BY customer_row"
    )


def _usual(feed: Feed, name: str) -> str:
    """The value a customer's rows carry most often, the last in the alphabet on a tie."""
    return (
        f"SELECT customer_row, arg_max({name}, (n, {name})) AS {name} FROM ("
        f"SELECT customer_row, {name}, sum(n) AS n FROM {_seen(feed)} JOIN people USING (who) "
        f"WHERE {name} IS NOT NULL GROUP BY customer_row, {name}) GROUP BY customer_row"
    )
