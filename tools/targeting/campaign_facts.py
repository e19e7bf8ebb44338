"""What is said of a past campaign: what it changed where that can be told, and else who responded."""

from collections.abc import Iterator, Sequence

from marketeer.tools.core.columns import CONTROL_ARM
from marketeer.tools.core.findings import (
    SHOP,
    Chart,
    ChartKind,
    DataLevel,
    Fact,
    FactKind,
    Finding,
    Note,
    Quality,
    Subject,
    SubjectKind,
    Unit,
    Verdict,
    View,
)
from marketeer.tools.targeting import ranking_facts as say
from marketeer.tools.targeting.adjustment import adjusted_revenue
from marketeer.tools.targeting.campaign_result import (
    CampaignEffect,
    CampaignResult,
    campaign_effect,
    pair_of,
)
from marketeer.tools.targeting.question import campaign_facts
from marketeer.tools.targeting.readout import (
    Lift,
    Outcome,
    Reading,
    false_discovery_facts,
    lift_facts,
    read_lift,
    responds_most,
)
from marketeer.tools.targeting.trials import GROUP, PEOPLE


def effect_finding(result: CampaignResult, expected: Sequence[Fact]) -> Finding:
    """Say what a fair campaign changed, overall and by group.

    Args:
        result: The campaign's results; they must show effects.
        expected: What was expected of it beforehand, where that is on record.
    """
    effect, main = campaign_effect(result), result.main.value
    facts = [*campaign_facts(result.campaign), *_arm_facts(result)]
    for lift in effect.whole.values():
        facts += lift_facts(lift, SHOP)
    facts += [*_check_facts(result), *_adjusted_facts(result), *_group_facts(result, effect)]
    arm, versus = result.arms
    rows = tuple(result.subject(group) for group in effect.groups)
    columns = ("people", f"{main}_treated", f"{main}_control", f"{main}_lift", "false_discovery_rate")
    return Finding(
        title="campaign_effect",
        facts=(*facts, *_focus_facts(result, effect), *expected),
        method="intention_to_treat",
        method_params={"campaign": result.campaign.name, "arm": arm, "versus": versus, "outcome": main},
        views=(View("lifts", rows, columns),) if rows else (),
        charts=(Chart(ChartKind.BAR, "lifts", f"{main}_lift"),) if rows else (),
        quality=Quality(n=int(pair_of(result)[PEOPLE].sum()), level=DataLevel.A),
        verdict=Verdict.OK if effect.whole[result.main].effect.excludes_zero else Verdict.WEAK,
        notes=(*_arm_notes(result, effect.whole[result.main]), *_group_notes(result, effect)),
        currency=result.dataset.currency,
    )


def _arm_facts(result: CampaignResult) -> Iterator[Fact]:
    people = result.counts.groupby("arm")[PEOPLE].sum()
    for arm in result.arms:
        if arm in people.index:
            yield Fact("people", int(people[arm]), Unit.CUSTOMERS, Subject(SubjectKind.ARM, arm))


def _check_facts(result: CampaignResult) -> Iterator[Fact]:
    yield Fact("balance_p", result.soundness.balance_p, Unit.RATIO)
    if result.soundness.split_p is not None:
        yield Fact("split_p", result.soundness.split_p, Unit.RATIO)


def _adjusted_facts(result: CampaignResult) -> Iterator[Fact]:
    if Outcome.REVENUE in result.outcomes:
        effect = adjusted_revenue(result.dataset, result.campaign, result.arms, result.reading.level)
        if effect is not None:
            yield say.money("revenue_lift_adjusted", effect, 1, SHOP, decimals=3)


def _group_facts(result: CampaignResult, effect: CampaignEffect) -> Iterator[Fact]:
    pair = pair_of(result)
    for group in effect.groups:
        part, subject = pair[pair[GROUP] == group], result.subject(group)
        yield Fact("people", int(part[PEOPLE].sum()), Unit.CUSTOMERS, subject)
        for one in result.outcomes if group == result.focus else [result.main]:
            yield from lift_facts(read_lift(part, one, result.reading), subject)
    yield from false_discovery_facts([*effect.groups.values()], [*map(result.subject, effect.groups)])
    if effect.same_p is not None:
        yield Fact("same_effect_p", effect.same_p, Unit.RATIO)


def _focus_facts(result: CampaignResult, effect: CampaignEffect) -> Iterator[Fact]:
    if effect.gap is None:
        return
    subject = result.subject(result.focus)
    yield Fact("asked_about", subject.name, Unit.TEXT, kind=FactKind.GIVEN)
    if result.main is Outcome.REVENUE:
        yield say.money("lift_against_others", effect.gap, 1, subject)
    else:
        yield say.points("lift_against_others", effect.gap, subject)


def _arm_notes(result: CampaignResult, lift: Lift) -> Iterator[Note]:
    better, worse = lift.effect.low > 0, lift.effect.high < 0
    code = "arm_better" if better else "arm_worse" if worse else "no_winner_between_arms"
    yield Note(code, {"arm": result.reading.arm, "versus": result.reading.versus})


def _group_notes(result: CampaignResult, effect: CampaignEffect) -> Iterator[Note]:
    if effect.same_p is not None:
        yield Note("groups_differ" if effect.same_p < 0.05 else "no_winner_between_groups")
    if effect.gap is not None:
        names = {
            "group": result.subject(result.focus).name,
            "arm": result.reading.arm,
            "versus": result.reading.versus,
        }
        for code in _focus_codes(result.focus, effect):
            yield Note(code, names)
        differs = effect.gap.excludes_zero
        yield Note("differs_from_others" if differs else "not_told_from_others", names)


def _focus_codes(focus: str, effect: CampaignEffect) -> Iterator[str]:
    lifts = effect.groups
    order = sorted(lifts, key=lambda group: lifts[group].effect.value)
    if responds_most(lifts) == focus and order[-1] != focus:
        yield "response_misleads"
    if order[0] == focus:
        yield "lowest_estimate"
    elif order[-1] == focus:
        yield "highest_estimate"
    own = lifts[focus].effect
    yield "focus_better" if own.low > 0 else "focus_worse" if own.high < 0 else "focus_open"


def response_finding(result: CampaignResult) -> Finding:
    """Say who responded to each arm of a campaign that does not show what it changed."""
    counted = [one for one in result.outcomes if one is not Outcome.REVENUE]
    facts: list[Fact] = [*campaign_facts(result.campaign)]
    rows = [Subject(SubjectKind.ARM, arm) for arm in result.campaign.arms if arm != CONTROL_ARM]
    for subject in rows:
        part = result.counts[result.counts["arm"] == subject.name]
        facts.append(Fact("people", int(part[PEOPLE].sum()), Unit.CUSTOMERS, subject))
        for one in counted:
            lift = read_lift(part, one, Reading(subject.name, subject.name, result.reading.level))
            facts += [fact for fact in lift_facts(lift, subject) if fact.name.endswith("_treated")]
    return Finding(
        title="campaign_response",
        facts=tuple(facts),
        method="response_only",
        method_params={"campaign": result.campaign.name},
        views=(View("responses", tuple(rows), ("people", *(f"{one.value}_treated" for one in counted))),),
        quality=Quality(n=int(result.counts[PEOPLE].sum()), level=DataLevel.B),
        verdict=Verdict.INSUFFICIENT,
        notes=tuple(_response_notes(result)),
        currency=result.dataset.currency,
    )


def _response_notes(result: CampaignResult) -> Iterator[Note]:
    if not result.campaign.is_randomised:
        yield Note("not_randomised")
    if not result.campaign.has_control:
        yield Note("no_control")
    for code in result.soundness.vetoes if result.declared_fair else ():
        about = {"arm": result.reading.arm} if code == "arms_unlike" else {}
        yield Note(code, {"campaign": result.campaign.name, **about})
    yield Note("response_is_not_effect")
