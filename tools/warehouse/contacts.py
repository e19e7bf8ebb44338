"""Campaigns, and who was sent what and did what then."""

from marketeer.tools.core import columns as col
from marketeer.tools.warehouse.cleanfeeds import CleanFeeds
from marketeer.tools.warehouse.feeds import COLUMNS, Feed

_DESCRIBED = {
    col.CAMPAIGN_NAME: "max",
    col.CHANNEL: "max",
    col.SENT_AT: "min",
    col.OFFER: "max",
    col.OFFER_PERCENT: "max",
    col.OUTCOME_DAYS: "max",
    col.ASSIGNMENT: "max",
}
_OUTCOMES = (col.CONTACT_COST, col.VISITED, col.ORDERED, col.REVENUE, col.UNSUBSCRIBED)


def build_campaigns(feeds: CleanFeeds) -> None:
    """Make the campaigns table from campaign files and from what the sends say of their campaign."""
    parts = []
    for feed in (Feed.CAMPAIGNS, Feed.SENDS):
        if feeds.of(feed):
            chosen = [f"{how}({name}) AS {name}" for name, how in _DESCRIBED.items() if name in COLUMNS[feed]]
            parts.append(
                f"SELECT campaign_id, {', '.join(chosen)} FROM {feeds.kept(feed)} GROUP BY campaign_id"
            )
    if not parts:
        return
    merged = ", ".join(f"{how}({name}) AS {name}" for name, how in _DESCRIBED.items())
    feeds.create(
        "canonical_campaigns",
        f"SELECT campaign_id, {merged} FROM ({' UNION ALL BY NAME '.join(parts)}) GROUP BY campaign_id",
    )


def build_sends(feeds: CleanFeeds) -> None:
    """Make the sends table: one row per customer and campaign."""
    if not feeds.of(Feed.SENDS):
        return
    chosen = "".join(f", {name}" for name in _OUTCOMES if feeds.have(Feed.SENDS, name))
    feeds.create(
        "canonical_sends",
        f"SELECT campaign_id, customer_row, arm{chosen} "
        f"FROM {feeds.kept(Feed.SENDS)} JOIN people USING (who)",
    )
