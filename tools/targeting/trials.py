"""Past campaigns of a snapshot: which there are, which is nearest to an offer, and what each arm did."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import pandas as pd

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import CONTROL_ARM, Assignment, Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient, Retry, unknown_name
from marketeer.tools.core.ports import Vocabulary
from marketeer.tools.targeting.effects import Moments, Proportion

GROUP = "group"
PEOPLE = "people"
REVENUE_SQUARES = "revenue_squares"
LATEST = "latest"
"""The code for "the last campaign", however a person says it."""
NEAR_PERCENT = 5.0
"""Discounts this near to each other are read as one offer."""

_DESCRIBED = {
    col.CAMPAIGN_NAME: "VARCHAR",
    col.SENT_AT: "DATE",
    col.OFFER: "VARCHAR",
    col.OFFER_PERCENT: "DOUBLE",
    col.OUTCOME_DAYS: "INTEGER",
}
_COUNTED = {
    col.VISITED: "count(*) FILTER (WHERE visited)",
    col.ORDERED: "count(*) FILTER (WHERE ordered)",
    col.UNSUBSCRIBED: "count(*) FILTER (WHERE unsubscribed)",
    col.REVENUE: "coalesce(sum(revenue), 0)::DOUBLE",
    col.CONTACT_COST: "coalesce(sum(contact_cost), 0)",
}


@dataclass(frozen=True, slots=True)
class Campaign:
    """One past campaign.

    Attributes:
        id: Its id in the data.
        name: Its name for people; the id where it has none.
        assignment: How its arms were chosen, as declared.
        arms: Its arms, control first where there is one.
        sent_on: The day it was sent, where known.
        offer: What it offered, as the data says.
        percent: Its discount in percent, where known.
        outcome_days: Days over which its outcome was counted, where known.
    """

    id: str
    name: str
    assignment: Assignment
    arms: tuple[str, ...]
    sent_on: date | None = None
    offer: str = ""
    percent: float | None = None
    outcome_days: int | None = None

    @property
    def has_control(self) -> bool:
        """Whether some customers were held out."""
        return CONTROL_ARM in self.arms

    @property
    def treated(self) -> tuple[str, ...]:
        """The arms that got something."""
        return tuple(arm for arm in self.arms if arm != CONTROL_ARM)

    @property
    def is_randomised(self) -> bool:
        """Whether its arms were declared to be drawn at random."""
        return self.assignment is Assignment.RANDOMISED

    @property
    def shows_effects(self) -> bool:
        """Whether it can show what sending did: declared randomised, with a control arm."""
        return self.is_randomised and self.has_control and bool(self.treated)

    def arm(self, name: str) -> str:
        """Find an arm by the name a person wrote; raises `Retry` with the arms there are."""
        wanted = _folded(name)
        near = [arm for arm in self.arms if _folded(arm) == wanted]
        near = near or [arm for arm in self.arms if _starts_words_of(wanted, _folded(arm))]
        if len(near) != 1:
            raise unknown_name("arm", name, self.arms)
        return near[0]


def compared_arms(
    campaign: Campaign, arm: str | None, versus: str | None, vocabulary: Vocabulary
) -> tuple[str, str]:
    """Find the two arms a person compares; by default a treated one against the control.

    Raises:
        Retry: There is no such arm, or only one.
    """

    def found(name: str) -> str:
        return campaign.arm(vocabulary.code("arm", name) or name)

    other = found(versus) if versus else CONTROL_ARM
    left = [one for one in campaign.arms if one != other]
    if versus and not arm and not left:
        raise Retry("Name two arms to compare.", code="one_arm")
    treated = [one for one in left if one != CONTROL_ARM]
    return found(arm) if arm else (treated or left or list(campaign.arms))[0], other


def past_campaigns(dataset: Dataset) -> tuple[Campaign, ...]:
    """Give the campaigns that have sends, oldest first; none where none were loaded."""
    if not (dataset.has(Table.CAMPAIGNS) and dataset.has(Table.SENDS)):
        return ()
    known = dataset.columns[Table.CAMPAIGNS]
    described = ", ".join(
        f"{column if column in known else 'NULL'}::{type_} AS {column}"
        for column, type_ in _DESCRIBED.items()
    )
    sql = f"""
        SELECT c.campaign_id, c.assignment, a.arms, {described}
        FROM campaigns c JOIN (
            SELECT campaign_id, list(DISTINCT arm ORDER BY arm <> '{CONTROL_ARM}', arm) AS arms
            FROM sends GROUP BY campaign_id) a USING (campaign_id)
        ORDER BY sent_at NULLS FIRST, c.campaign_id
    """
    with dataset.connect() as connection:
        rows = connection.execute(sql).fetchall()
    return tuple(
        Campaign(id_, name or id_, Assignment(assignment), tuple(arms), sent_on, offer or "", percent, days)
        for id_, assignment, arms, name, sent_on, offer, percent, days in rows
    )


def find_campaign(campaigns: Iterable[Campaign], name: str) -> Campaign:
    """Find a campaign by id, name, part of its name, month number, or `latest`.

    Raises:
        Retry: None or several fit; the message gives the nearest.
        Insufficient: There are no campaigns at all.
    """
    known = tuple(campaigns)
    if not known:
        raise Insufficient(
            "No past campaigns are loaded. Load a campaign's results (customer, arm, outcome) first.",
            code="no_campaigns",
        )
    wanted = _folded(name)
    if wanted == LATEST:
        return known[-1]
    for fits in (_is_named, _is_in_month, _has_words):
        near = [campaign for campaign in known if fits(campaign, wanted)]
        if near:
            return near[-1]
    raise unknown_name("campaign", name, [campaign.name for campaign in known])


def _starts_words_of(wanted: str, known: str) -> bool:
    words = known.split()
    return all(any(word.startswith(start) for word in words) for start in wanted.split())


def _is_named(campaign: Campaign, wanted: str) -> bool:
    return wanted in (_folded(campaign.id), _folded(campaign.name))


def _is_in_month(campaign: Campaign, wanted: str) -> bool:
    return campaign.sent_on is not None and wanted == str(campaign.sent_on.month)


def _has_words(campaign: Campaign, wanted: str) -> bool:
    return _starts_words_of(wanted, _folded(f"{campaign.id} {campaign.name} {campaign.offer}"))


def nearest_campaign(
    campaigns: Iterable[Campaign], words: str, kind: str, percent: float | None
) -> Campaign | None:
    """Choose the campaign that can show effects and is most like an offer; None when none can show any.

    Likeness is, in this order: the same kind of offer, words shared with what the offer is called, the
    nearest discount, and the later date.
    """
    usable = [campaign for campaign in campaigns if campaign.shows_effects]
    called = set(_folded(words).split())

    def likeness(position: int) -> tuple[bool, int, float, int]:
        campaign = usable[position]
        shared = called & set(_folded(f"{campaign.id} {campaign.name}").split())
        gap = abs((campaign.percent or 0.0) - percent) if percent is not None else 0.0
        return campaign.offer == kind, len(shared), -gap, position

    return usable[max(range(len(usable)), key=likeness)] if usable else None


def campaigns_like(campaigns: Iterable[Campaign], one: Campaign) -> tuple[Campaign, ...]:
    """Give a campaign and all others that can show effects and made nearly the same offer, oldest first.

    Nearly the same is the same kind, with discounts no further apart than `NEAR_PERCENT` points.
    """
    return tuple(
        other
        for other in campaigns
        if other == one
        or (
            other.shows_effects
            and other.offer == one.offer
            and abs((other.percent or 0.0) - (one.percent or 0.0)) <= NEAR_PERCENT
        )
    )


def _folded(text: str) -> str:
    return " ".join(re.findall(r"\w+", re.sub("['’]", "", text.casefold()).replace("_", " ")))


def tally(dataset: Dataset, campaign: Campaign, membership: pd.DataFrame) -> pd.DataFrame:
    """Count what each arm did in each group.

    Args:
        dataset: The snapshot.
        campaign: The campaign.
        membership: `customer_row` and `group` as they were before the campaign; customers it lacks count in
            no group.

    Returns:
        One row per group and arm: `group`, `arm`, `people`, and where the data have them `visited`,
        `ordered`, `unsubscribed` (counts), `revenue`, `revenue_squares`, `contact_cost` (sums).
    """
    known = dataset.columns[Table.SENDS]
    counted = {column: sql for column, sql in _COUNTED.items() if column in known}
    if col.REVENUE in known:
        counted[REVENUE_SQUARES] = "coalesce(sum(revenue::DOUBLE ** 2), 0)"
    with dataset.connect() as connection:
        connection.register("membership", membership)
        frame: pd.DataFrame = connection.execute(
            f"""
            SELECT coalesce(m."group", '') AS "group", arm, count(*) AS people,
                   {", ".join(f"{sql} AS {column}" for column, sql in counted.items())}
            FROM sends LEFT JOIN membership m USING (customer_row)
            WHERE campaign_id = $campaign GROUP BY ALL ORDER BY ALL
            """,
            {"campaign": campaign.id},
        ).df()
    return frame


def outcome(counts: pd.DataFrame, column: str) -> Proportion:
    """Sum a counted outcome over rows of a tally."""
    return Proportion(int(counts[column].sum()), int(counts[PEOPLE].sum()))


def revenue_moments(counts: pd.DataFrame) -> Moments:
    """Give mean and variance of revenue per person over rows of a tally."""
    people = int(counts[PEOPLE].sum())
    return Moments.of_sums(float(counts[col.REVENUE].sum()), float(counts[REVENUE_SQUARES].sum()), people)
