"""Level A: randomised campaigns show what sending did; only here can a group be recommended."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from marketeer.tools.core.columns import CONTROL_ARM
from marketeer.tools.core.errors import Insufficient
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
    Unit,
    Verdict,
    View,
)
from marketeer.tools.targeting import ranking_facts as say
from marketeer.tools.targeting.allocation import Allocation, allocate, total_profit
from marketeer.tools.targeting.checks import CONTAMINATED, arm_balance, check_sizes, contaminated_share
from marketeer.tools.targeting.covariates import covariates_before
from marketeer.tools.targeting.evidence import group_arms_of, need_outcome, values_by_group, whole_arms
from marketeer.tools.targeting.policy import policy_value
from marketeer.tools.targeting.question import OUTCOME, Part, Question, campaign_facts, limit_facts
from marketeer.tools.targeting.ranking import SENT, Ranking, Standing, rank_groups
from marketeer.tools.targeting.response_level import by_response
from marketeer.tools.targeting.revenue_level import by_revenue
from marketeer.tools.targeting.trials import Campaign, tally


def by_effect(question: Question, campaigns: Sequence[Campaign], arm: str | None = None) -> Part:
    """Answer from randomised campaigns (level A); one whose arms are in doubt is left out.

    Args:
        question: The question.
        campaigns: Campaigns with nearly the same offer.
        arm: The arm to read; None takes all treated arms together.

    Raises:
        Insufficient: A campaign lacks the outcome, an arm, or people.
    """
    column = OUTCOME[question.objective]
    sound: list[Campaign] = []
    tallies: list[pd.DataFrame] = []
    doubts: list[Note] = []
    for campaign in campaigns:
        try:
            counts = _counts(question, campaign, arm)
        except Insufficient:
            if len(campaigns) == 1:
                raise
            continue
        found = tuple(_doubts(question, campaign, tuple(counts["arm"].unique())))
        doubts.extend(found)
        if not found:
            sound.append(campaign)
            tallies.append(counts)
    if not sound:
        part = by_response(question, campaigns[-1])
        return replace(part, notes=(*doubts, *part.notes))
    if question.objective == "revenue":
        part = by_revenue(question, sound[-1], tallies[-1])
        return replace(part, notes=(*part.notes, *doubts))
    money = question.money(lambda: values_by_group(question.dataset, question.today, pd.concat(tallies)))
    ranking = rank_groups(group_arms_of(tallies, question.today.groups, column, money))
    whole = rank_groups([whole_arms(tallies, column, money[""])])
    part = _effect_part(question, sound, ranking, whole)
    return replace(part, notes=(*part.notes, *doubts))


def _counts(question: Question, campaign: Campaign, arm: str | None) -> pd.DataFrame:
    need_outcome(question.dataset, campaign, OUTCOME[question.objective])
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
    before = covariates_before(question.dataset, campaign)
    for arm in arms:
        if arm != CONTROL_ARM and arm_balance(question.dataset, campaign, (arm, CONTROL_ARM), before).vetoes:
            yield Note("arms_unlike", {"campaign": campaign.name, "arm": arm})


def _effect_part(question: Question, campaigns: Sequence[Campaign], ranking: Ranking, whole: Ranking) -> Part:
    subjects = {one.arms.group: question.subject(one.arms.group) for one in ranking.standings}
    subjects |= {arms.group: question.subject(arms.group) for arms in ranking.unjudged}
    notes = [*say.ranking_notes(ranking, {group: subject.name for group, subject in subjects.items()})]
    if question.limits.binding and question.objective != "profit":
        notes.append(Note("limits_need_profit"))
    elif question.limits.binding and not any(one.decision in SENT for one in ranking.standings):
        notes.append(Note("nothing_to_spend_on"))
    columns = _EFFECT_COLUMNS[question.objective]
    return Part(
        title=f"offer_targets_{question.objective}",
        facts=tuple(_effect_facts(question, campaigns, ranking, whole)),
        views=tuple(_views(question, ranking, tuple(subjects.values()))),
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


def _views(question: Question, ranking: Ranking, subjects: Sequence[Subject]) -> Iterator[View]:
    yield say.group_view("targets", subjects, _EFFECT_COLUMNS[question.objective])
    if question.limits.binding and question.objective == "profit":
        sent = [question.subject(one.arms.group) for one in ranking.standings if one.decision in SENT]
        if sent:
            yield say.group_view("allocation", sent, ("reachable", "allocated", "profit_per_contact"))


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
    reachable = {
        one.arms.group: question.sizes.get(one.arms.group, (0, 0))[1]
        for one in ranking.standings
        if one.decision in SENT
    }
    held = {group: round(count * question.holdout) for group, count in reachable.items()}
    yield Fact("holdout_percent", 100 * question.holdout, Unit.PERCENT, kind=FactKind.ASSUMED)
    yield Fact("holdout_customers", sum(held.values()), Unit.CUSTOMERS)
    yield Fact("readout_days", campaign.outcome_days or question.horizon_days, Unit.DAYS)
    if question.objective != "profit":
        return
    if reachable:
        arms = [one.arms for one in ranking.standings]
        past = policy_value(arms, reachable), policy_value(arms, [one.group for one in arms])
        yield say.money("past_profit_chosen_per_1000", past[0], say.PER_THOUSAND, SHOP)
        yield say.money("past_profit_everybody_per_1000", past[1], say.PER_THOUSAND, SHOP)
        yield Fact("chosen_customers", sum(reachable.values()), Unit.CUSTOMERS)
        yield say.money("profit_if_chosen", total_profit(ranking, reachable), 1, SHOP, decimals=2)
    if question.limits.binding:
        available = {group: count - held[group] for group, count in reachable.items()}
        yield from _allocation_facts(question, allocate(ranking, available, question.limits))


def _allocation_facts(question: Question, allocation: Allocation) -> Iterator[Fact]:
    yield from limit_facts(question.limits)
    yield Fact("allocated_contacts", sum(allocation.contacts.values()), Unit.CONTACTS)
    yield Fact("allocation_cost", allocation.cost, Unit.MONEY, kind=FactKind.ESTIMATED)
    yield say.money("allocation_profit", allocation.profit, 1, SHOP, decimals=2)
    for group, count in allocation.contacts.items():
        yield Fact("allocated", count, Unit.CONTACTS, question.subject(group))


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
