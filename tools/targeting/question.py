"""Who should get which offer: what is asked, and what an answer consists of at any data level."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from marketeer.tools.core import columns as col
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import (
    Chart,
    Fact,
    FactKind,
    Note,
    Quality,
    Subject,
    SubjectKind,
    Unit,
    Verdict,
    View,
)
from marketeer.tools.targeting import ranking_facts as say
from marketeer.tools.targeting.allocation import Limits
from marketeer.tools.targeting.economics import Economics
from marketeer.tools.targeting.evidence import COUNT_ONLY, Values, money_by_group
from marketeer.tools.targeting.membership import Membership
from marketeer.tools.targeting.offers import Terms
from marketeer.tools.targeting.trials import Campaign

Objective = Literal["profit", "orders", "visits", "revenue"]

OUTCOME = {"profit": col.ORDERED, "orders": col.ORDERED, "visits": col.VISITED, "revenue": col.REVENUE}


@dataclass(frozen=True, slots=True)
class Question:
    """Who should get which offer, and what it is answered from.

    Attributes:
        dataset: The snapshot.
        terms: The offer and the money around it.
        today: The groups as they are.
        then: Gives the groups as they were on a day; a campaign without a date gets those of today.
        sizes: Each group's customers and reachable customers today.
        attribute: The attribute the groups are values of; empty for segments.
        objective: What counts.
        order_value: Value of an order, where the person gave it.
        horizon_days: Over how many days orders count.
        holdout: Share of the chosen customers to keep back, 0-1.
        limits: How many contacts, or how much money, there is to spend.
    """

    dataset: Dataset
    terms: Terms
    today: Membership
    then: Callable[[date], Membership]
    sizes: say.Sizes
    attribute: str = ""
    objective: Objective = "profit"
    order_value: float | None = None
    horizon_days: int = 30
    holdout: float = 0.1
    limits: Limits = field(default_factory=Limits)

    @property
    def everybody(self) -> tuple[int, int]:
        """All customers of the groups together, and those of them who may be written to."""
        return sum(size[0] for size in self.sizes.values()), sum(size[1] for size in self.sizes.values())

    def subject(self, group: str) -> Subject:
        """Name one of the groups."""
        return say.group_subject(group, self.attribute)

    def money(self, values: Callable[[], Values]) -> dict[str, Economics]:
        """Give the money in an order of each group."""
        if self.objective != "profit":
            return dict.fromkeys((*self.today.groups, ""), COUNT_ONLY)
        if self.order_value is not None:
            given = {group: np.array([self.order_value]) for group in (*self.today.groups, "")}
            return money_by_group(self.terms, given)
        return money_by_group(self.terms, values())


@dataclass(frozen=True, slots=True)
class Part:
    """What one level contributes to the finding."""

    title: str
    facts: tuple[Fact, ...]
    views: tuple[View, ...]
    quality: Quality
    verdict: Verdict
    notes: tuple[Note, ...] = ()
    charts: tuple[Chart, ...] = ()
    effects: pd.DataFrame = field(default_factory=pd.DataFrame)


def limit_facts(limits: Limits) -> Iterator[Fact]:
    """Give what the person said there is to spend."""
    if limits.contacts is not None:
        yield Fact("contacts_limit", limits.contacts, Unit.CONTACTS, kind=FactKind.GIVEN)
    if limits.money is not None:
        yield Fact("money_limit", limits.money, Unit.MONEY, kind=FactKind.GIVEN)


def campaign_facts(campaign: Campaign) -> Iterator[Fact]:
    """Give a campaign's own figures."""
    subject = Subject(SubjectKind.CAMPAIGN, campaign.name)
    if campaign.sent_on:
        yield Fact("sent_on", campaign.sent_on, Unit.DATE, subject)
    if campaign.percent:
        yield Fact("campaign_discount_percent", campaign.percent, Unit.PERCENT, subject)
    if campaign.outcome_days:
        yield Fact("outcome_days", campaign.outcome_days, Unit.DAYS, subject)
