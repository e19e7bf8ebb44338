"""Campaigns, and who was sent what and did what then."""

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Assignment
from marketeer.tools.warehouse.cleanfeeds import CleanFeeds
from marketeer.tools.warehouse.feeds import COLUMNS, Feed
from marketeer.tools.warehouse.sql import literal

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
_YES = "^(randomi[sz]ed|random|yes|true|1|随机)$"
_NO = "^(not.randomi[sz]ed|not.random|no|false|0|非随机)$"


def build_campaigns(feeds: CleanFeeds, declared: Assignment) -> None:
    """Make the campaigns table from campaign files and from what the sends say of their campaign.

    Args:
        feeds: All feeds.
        declared: How arms were chosen, for campaigns whose file does not say.
    """
    parts = []
    for feed in (Feed.CAMPAIGNS, Feed.SENDS):
        if feeds.of(feed):
            chosen = [f"{how}({name}) AS {name}" for name, how in _DESCRIBED.items() if name in COLUMNS[feed]]
            parts.append(
                f"SELECT campaign_id, {', '.join(chosen)} FROM {feeds.kept(feed)} GROUP BY campaign_id"
            )
    if not parts:
        return
    known = [
        name
        for name in _DESCRIBED
        if name != col.ASSIGNMENT and (feeds.have(Feed.CAMPAIGNS, name) or feeds.have(Feed.SENDS, name))
    ]
    merged = "".join(f", {_DESCRIBED[name]}({name}) AS {name}" for name in known)
    said = f"max({_said(col.ASSIGNMENT)})" if feeds.of(Feed.CAMPAIGNS) else "NULL"
    feeds.create(
        "canonical_campaigns",
        f"SELECT campaign_id{merged}, coalesce({said}, {literal(declared.value)}) AS assignment "
        f"FROM ({' UNION ALL BY NAME '.join(parts)}) GROUP BY campaign_id",
    )


def _said(column: str) -> str:
    """Read a file's own word on how arms were chosen; anything but a plain yes or no is none."""
    word = f"lower(trim({column}))"
    return (
        f"CASE WHEN regexp_matches({word}, {literal(_YES)}) THEN 'randomised' "
        f"WHEN regexp_matches({word}, {literal(_NO)}) THEN 'not_randomised' END"
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
