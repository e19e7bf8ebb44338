"""The three answers to "who should get the offer", by what the data can support.

A: a randomised campaign shows what sending did. B: campaigns without a fair control show response only.
C: orders alone show how often people buy anyway. Only A can name a group.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import CONTROL_ARM
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import (
    SHOP,
    Chart,
    ChartKind,
    DataLevel,
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
from marketeer.tools.targeting.checks import (
    CONTAMINATED,
    arm_balance,
    attribute_covariates,
    check_sizes,
    contaminated_share,
)
from marketeer.tools.targeting.economics import Economics
from marketeer.tools.targeting.effects import Proportion
from marketeer.tools.targeting.evidence import (
    COUNT_ONLY,
    Values,
    group_arms_of,
    money_by_group,
    need_outcome,
    values_by_group,
    whole_arms,
)
from marketeer.tools.targeting.membership import Membership
from marketeer.tools.targeting.offers import Terms
from marketeer.tools.targeting.ranking import Decision, Ranking, Standing, rank_groups
from marketeer.tools.targeting.terms import base_rates
from marketeer.tools.targeting.trials import GROUP, PEOPLE, Campaign, tally
from marketeer.tools.warehouse import features as f
from marketeer.tools.warehouse.features import customer_features

Objective = Literal["profit", "orders", "visits"]

_OUTCOME = {"profit": col.ORDERED, "orders": col.ORDERED, "visits": col.VISITED}
_SCENARIOS = (20, 50)


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


def by_effect(question: Question, campaigns: Sequence[Campaign], arm: str | None = None) -> Part:
    """Answer from randomised campaigns (level A); one whose arms are in doubt is left out.

    Args:
        question: The question.
        campaigns: Campaigns with nearly the same offer.
        arm: The arm to read; None takes all treated arms together.

    Raises:
        Insufficient: A campaign lacks the outcome, an arm, or people.
    """
    column = _OUTCOME[question.objective]
    sound: list[Campaign] = []
    tallies: list[pd.DataFrame] = []
    doubts: list[Note] = []
    for campaign in campaigns:
        counts = _counts(question, campaign, arm)
        found = tuple(_doubts(question, campaign, tuple(counts["arm"].unique())))
        doubts.extend(found)
        if not found:
            sound.append(campaign)
            tallies.append(counts)
    if not sound:
        part = by_response(question, campaigns[-1])
        return replace(part, notes=(*doubts, *part.notes))
    money = question.money(lambda: values_by_group(question.dataset, question.today, pd.concat(tallies)))
    ranking = rank_groups(group_arms_of(tallies, question.today.groups, column, money))
    whole = rank_groups([whole_arms(tallies, column, money[""])])
    part = _effect_part(question, sound, ranking, whole)
    return replace(part, notes=(*part.notes, *doubts))


def _counts(question: Question, campaign: Campaign, arm: str | None) -> pd.DataFrame:
    need_outcome(question.dataset, campaign, _OUTCOME[question.objective])
    then = question.then(campaign.sent_on) if campaign.sent_on else question.today
    counts = tally(question.dataset, campaign, then.frame)
    wanted = (campaign.arm(arm),) if arm else campaign.treated
    counts = counts[counts["arm"].isin((*wanted, CONTROL_ARM))]
    check_sizes(campaign, counts)
    return counts


def _doubts(question: Question, campaign: Campaign, arms: tuple[str, ...]) -> Iterator[Note]:
    shared = contaminated_share(question.dataset, campaign)
    if shared > CONTAMINATED:
        yield Note("control_contaminated", {"campaign": campaign.name})
    before = covariates(question.dataset, campaign)
    for arm in arms:
        if arm != CONTROL_ARM and arm_balance(question.dataset, campaign, (arm, CONTROL_ARM), before).vetoes:
            yield Note("arms_unlike", {"campaign": campaign.name, "arm": arm})


def covariates(dataset: Dataset, campaign: Campaign) -> pd.DataFrame:
    """Give what was known of customers before a campaign, as numbers."""
    known = attribute_covariates(dataset)
    if campaign.sent_on is None or dataset.as_of is None:
        return known
    bought = customer_features(dataset, campaign.sent_on - timedelta(days=1))
    return known.merge(bought[[col.CUSTOMER_ROW, f.RECENCY, f.ORDERS, f.GROSS]], how="left").fillna(0.0)


def _effect_part(question: Question, campaigns: Sequence[Campaign], ranking: Ranking, whole: Ranking) -> Part:
    subjects = {one.arms.group: question.subject(one.arms.group) for one in ranking.standings}
    subjects |= {arms.group: question.subject(arms.group) for arms in ranking.unjudged}
    notes = say.ranking_notes(ranking, {group: subject.name for group, subject in subjects.items()})
    columns = _EFFECT_COLUMNS[question.objective]
    return Part(
        title=f"offer_targets_{question.objective}",
        facts=tuple(_effect_facts(question, campaigns, ranking, whole)),
        views=(say.group_view("targets", tuple(subjects.values()), columns),),
        charts=(Chart(ChartKind.BAR, "targets", columns[-3]),),
        notes=(*notes, *_offer_notes(question, campaigns)),
        quality=Quality(n=sum(one.arms.tested for one in whole.standings), level=DataLevel.A),
        verdict=Verdict.OK if ranking.winner else Verdict.WEAK,
        effects=pd.DataFrame(
            {
                "segment": [one.arms.group for one in ranking.standings],
                "effect": [one.profit.value for one in ranking.standings],
                "low": [one.profit.low for one in ranking.standings],
                "high": [one.profit.high for one in ranking.standings],
            }
        ),
    )


_EFFECT_COLUMNS = {
    "profit": (
        "reachable", "response_treated", "response_control", "uplift", "break_even_lift",
        "profit_per_contact", "probability_best", "decision",
    ),
    "orders": (
        "reachable", "response_treated", "response_control", "uplift", "expected_uplift", "probability_best",
        "decision",
    ),
}  # fmt: skip
_EFFECT_COLUMNS["visits"] = _EFFECT_COLUMNS["orders"]


def _effect_facts(
    question: Question, campaigns: Sequence[Campaign], ranking: Ranking, whole: Ranking
) -> Iterator[Fact]:
    facts = say.standing_facts if question.objective == "profit" else _counted
    if ranking.winner is not None:
        winner = ranking.winner.arms.group
        yield Fact("recommended", question.subject(winner).name, Unit.TEXT, kind=FactKind.ESTIMATED)
    everybody = question.everybody
    for standing in whole.standings:
        yield from say.size_facts(everybody, SHOP)
        yield from facts(standing, everybody[1], SHOP)
    yield from _plan_facts(question, ranking, campaigns[-1])
    for campaign in campaigns:
        yield from campaign_facts(campaign)
    for standing in ranking.standings:
        subject = question.subject(standing.arms.group)
        size = question.sizes.get(standing.arms.group, (0, 0))
        yield from say.size_facts(size, subject)
        yield from facts(standing, size[1], subject)
    for arms in ranking.unjudged:
        subject = question.subject(arms.group)
        yield from say.size_facts(question.sizes.get(arms.group, (0, 0)), subject)
        yield from say.unjudged_facts(arms, subject)


def _counted(standing: Standing, _reachable: int, subject: Subject) -> Iterator[Fact]:
    yield from say.count_facts(standing, subject)


def _plan_facts(question: Question, ranking: Ranking, campaign: Campaign) -> Iterator[Fact]:
    chosen = [one.arms.group for one in ranking.standings if one.decision is not Decision.LEAVE_OUT]
    reachable = sum(question.sizes.get(group, (0, 0))[1] for group in chosen)
    yield Fact("holdout_percent", 100 * question.holdout, Unit.PERCENT, kind=FactKind.ASSUMED)
    yield Fact("holdout_customers", round(reachable * question.holdout), Unit.CUSTOMERS)
    days = campaign.outcome_days or question.horizon_days
    yield Fact("readout_days", days, Unit.DAYS)


def campaign_facts(campaign: Campaign) -> Iterator[Fact]:
    """Give a campaign's own figures."""
    subject = Subject(SubjectKind.CAMPAIGN, campaign.name)
    if campaign.sent_on:
        yield Fact("sent_on", campaign.sent_on, Unit.DATE, subject)
    if campaign.percent:
        yield Fact("campaign_discount_percent", campaign.percent, Unit.PERCENT, subject)
    if campaign.outcome_days:
        yield Fact("outcome_days", campaign.outcome_days, Unit.DAYS, subject)


def _offer_notes(question: Question, campaigns: Sequence[Campaign]) -> Iterator[Note]:
    offer = question.terms.offer
    names = ", ".join(campaign.name for campaign in campaigns)
    if len(campaigns) > 1:
        yield Note("campaigns_pooled", {"campaigns": names})
    same = [
        campaign.offer in ("", offer.kind.value) and (campaign.percent or offer.percent) == offer.percent
        for campaign in campaigns
    ]
    if question.objective == "profit" and not all(same):
        yield Note("other_offer", {"campaigns": names})
    yield Note("past_is_past", {"campaigns": names})


def by_response(question: Question, campaign: Campaign) -> Part:
    """Answer from a campaign without a fair control (level B): who responded, which is not what it did."""
    dataset, column = question.dataset, _OUTCOME[question.objective]
    need_outcome(dataset, campaign, column)
    then = question.then(campaign.sent_on) if campaign.sent_on else question.today
    counts = tally(dataset, campaign, then.frame)
    counts = counts[counts["arm"] != CONTROL_ARM]
    facts: list[Fact] = list(campaign_facts(campaign))
    subjects = []
    for group in then.groups:
        part = counts[counts[GROUP] == group]
        response = Proportion(int(part[column].sum()), int(part[PEOPLE].sum()))
        if response.people:
            subject = question.subject(group)
            subjects.append(subject)
            facts += [*say.size_facts(question.sizes.get(group, (0, 0)), subject)]
            facts += [say.rate("response_treated", response, subject)]
    return Part(
        title="offer_targets_response",
        facts=tuple(facts),
        views=(say.group_view("responses", subjects, ("customers", "reachable", "response_treated")),),
        quality=Quality(n=int(counts[PEOPLE].sum()), level=DataLevel.B),
        verdict=Verdict.INSUFFICIENT,
        notes=(Note("response_is_not_effect"), Note("no_winner")),
    )


def by_propensity(question: Question) -> Part:
    """Answer from orders alone (level C): base rates, subsidy, break-even, scenarios, and the test to run.

    Raises:
        Insufficient: There are no dated orders.
    """
    dataset = question.dataset
    cut_off = dataset.need_as_of() - timedelta(days=question.horizon_days)
    then = question.then(cut_off)
    rates = base_rates(dataset, then.frame, cut_off, question.horizon_days)
    money = replace(question, objective="profit").money(lambda: values_by_group(dataset, question.today))
    total = Proportion(
        sum(one.successes for one in rates.values()), sum(one.people for one in rates.values())
    )
    facts = [
        Fact("base_rate_from", cut_off, Unit.DATE),
        Fact("horizon_days", question.horizon_days, Unit.DAYS),
        *_propensity_facts(total, money[""], question.everybody, SHOP),
    ]
    subjects = []
    for group in question.today.groups:
        if group in rates:
            subjects.append(question.subject(group))
            facts += _propensity_facts(rates[group], money[group], question.sizes[group], subjects[-1])
    notes = [Note("no_effect_known"), Note("scenarios_not_forecasts"), Note("no_winner")]
    notes += _test_notes(facts, question)
    return Part(
        title="offer_targets_propensity",
        facts=tuple(facts),
        views=tuple(_propensity_views(subjects)),
        charts=(Chart(ChartKind.BAR, "propensity", "break_even_lift"),),
        quality=Quality(n=round(total.people), level=DataLevel.C),
        verdict=Verdict.INSUFFICIENT,
        notes=tuple(notes),
    )


def _test_notes(facts: Sequence[Fact], question: Question) -> Iterator[Note]:
    needed = next((fact for fact in facts if fact.name == "test_per_arm" and fact.subject == SHOP), None)
    if needed is None or not isinstance(needed.value, int):
        yield Note("no_lift_would_pay")
    elif 2 * needed.value <= question.everybody[1]:
        yield Note("test_possible")
    else:
        yield Note("test_too_small")


def _propensity_facts(
    base: Proportion, money: Economics, size: tuple[int, int], subject: Subject
) -> Iterator[Fact]:
    lift = money.break_even_lift(base.rate)
    yield from say.size_facts(size, subject)
    yield say.rate("base_rate", base, subject)
    yield Fact("margin_per_order", money.margin, Unit.MONEY, subject, kind=FactKind.ESTIMATED)
    yield from say.subsidy(money, base.rate, subject)
    yield from say.break_even(lift, base.rate, subject)
    yield from say.scenario_facts(money, base.rate, _SCENARIOS, subject)
    yield from say.test_facts(base.rate, lift, size[1], subject)


def _propensity_views(subjects: list[Subject]) -> Iterator[View]:
    columns = ("reachable", "base_rate", "subsidy_per_contact", "break_even_lift", "break_even_increase")
    yield say.group_view("propensity", subjects, columns)
    scenarios = tuple(f"profit_per_contact_if_plus_{increase}" for increase in _SCENARIOS)
    yield say.group_view("scenarios", subjects, scenarios)
    yield say.group_view("tests", subjects, ("reachable", "test_per_arm", "detectable_lift"))
