"""Tool: what a past campaign did, with intervals, and for whom."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from pydantic import Field

from marketeer.tools.core.columns import CONTROL_ARM, Assignment, Table
from marketeer.tools.core.contract import Args, Example, Tool
from marketeer.tools.core.errors import Retry
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
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation.earlier import segments_on
from marketeer.tools.segmentation.names import resolve_segment, segmentation_with
from marketeer.tools.targeting import ranking_facts as say
from marketeer.tools.targeting.adjustment import adjusted_revenue
from marketeer.tools.targeting.checks import (
    CONTAMINATED,
    VETO_P,
    arm_balance,
    check_sizes,
    contaminated_share,
)
from marketeer.tools.targeting.covariates import covariates_before
from marketeer.tools.targeting.effects import RateMethod
from marketeer.tools.targeting.groups import find_attribute_value, find_group
from marketeer.tools.targeting.membership import Membership, by_attribute, by_segment, everybody
from marketeer.tools.targeting.question import campaign_facts
from marketeer.tools.targeting.readout import (
    COLUMN,
    Lift,
    Outcome,
    Reading,
    difference_to_others,
    false_discovery_facts,
    lift_facts,
    read_lift,
    readable_groups,
    responds_most,
)
from marketeer.tools.targeting.records import expectation_facts, record_of
from marketeer.tools.targeting.significance import heterogeneity_p, sample_ratio_p
from marketeer.tools.targeting.trials import (
    GROUP,
    LATEST,
    PEOPLE,
    Campaign,
    compared_arms,
    find_campaign,
    past_campaigns,
    tally,
)


class MeasureArgs(Args):
    """Which campaign to read out, and by which groups."""

    campaign: str | None = Field(default=None, description="Name, month or id. Default: the last.")
    arm: str | None = Field(default=None, description="Arm to read. Default: the first treated.")
    versus: str | None = Field(default=None, description="Arm to compare with. Default: control.")
    by: str | None = Field(
        default=None,
        description="Customer attribute to read by. Default: segments.",
    )
    segment: str | None = Field(
        default=None,
        description="Segment or group asked about, such as Rural.",
    )
    segmentation: str | None = Field(default=None, description="Finding id. Default: current.")
    outcome: Outcome | None = Field(default=None, description="Default: orders, else visits.")
    planned_holdout_percent: float | None = Field(
        default=None, gt=0, lt=100, description="Percent meant to be held out, to check the split."
    )
    interval: RateMethod = Field(
        default="newcombe",
        description="Of rates: newcombe holds its level, wald is most quoted.",
    )
    level: float = Field(default=0.95, gt=0.5, lt=1, description="Level of the intervals.")


def measure_campaign(args: MeasureArgs, workspace: Workspace) -> Finding:
    """Read out a past campaign: what it changed against the hold-out, overall and by group, with intervals.

    Use for "did the campaign work", "what was the lift", "men's or women's email for new customers", "this
    group has the best response, send it to them?", 活动到底有没有效果. One that was not randomised, or has no
    control, gets its response only: what it did cannot be told.
    """
    campaign = _campaign(args, workspace)
    groups, attribute, focus = _groups(args, workspace, campaign)
    counts = tally(workspace.dataset, campaign, groups.frame)
    arm, versus = compared_arms(campaign, args.arm, args.versus, workspace.ports.vocabulary)
    reading = Reading(arm, versus, args.level, args.interval)
    plan = _Plan(args, workspace, campaign, reading, counts, groups, attribute, focus)
    fair = campaign.assignment is Assignment.RANDOMISED and len(campaign.arms) > 1 and not _vetoes(plan)
    return _effects(plan) if fair else _responses(plan)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Everything a read-out is made from."""

    args: MeasureArgs
    workspace: Workspace
    campaign: Campaign
    reading: Reading
    counts: pd.DataFrame
    groups: Membership
    attribute: str = ""
    focus: str = ""

    def subject(self, group: str) -> Subject:
        return say.group_subject(group, self.attribute)

    @property
    def outcomes(self) -> list[Outcome]:
        known = [one for one in Outcome if COLUMN[one] in self.counts.columns]
        if not known:
            raise Retry(f"The results of '{self.campaign.name}' have no outcome.", code="no_outcome")
        return known

    @property
    def main(self) -> Outcome:
        wanted = self.args.outcome
        if wanted is not None and wanted not in self.outcomes:
            raise Retry(
                f"'{self.campaign.name}' has no {wanted}; it has: {', '.join(self.outcomes)}.",
                code="no_outcome",
                outcome=wanted.value,
            )
        return wanted or next(o for o in (Outcome.ORDERS, *self.outcomes) if o in self.outcomes)


def _campaign(args: MeasureArgs, workspace: Workspace) -> Campaign:
    vocabulary = workspace.ports.vocabulary
    name = args.campaign or LATEST
    code = vocabulary.code("campaign", name) or vocabulary.code("month", name)
    return find_campaign(past_campaigns(workspace.dataset), code or name)


def _groups(args: MeasureArgs, workspace: Workspace, campaign: Campaign) -> tuple[Membership, str, str]:
    dataset = workspace.dataset
    if args.by:
        groups, attribute = by_attribute(dataset, args.by), dataset.attribute(args.by)
        focus = find_group(args.segment, groups.groups, workspace.ports.vocabulary) if args.segment else ""
        return groups, attribute, focus
    if args.segment:
        code = workspace.ports.vocabulary.code("segment", args.segment)
        found = find_attribute_value(dataset, args.segment) or find_attribute_value(dataset, code or "")
        if found:
            return by_attribute(dataset, found[0]), found[0], found[1]
    if dataset.has(Table.ORDERS) and campaign.sent_on:
        segmentation = segmentation_with(workspace, [args.segment], args.segmentation)
        frame = segments_on(segmentation, dataset, campaign.sent_on)
        groups = by_segment(frame, segmentation.segments, campaign.sent_on)
        vocabulary = workspace.ports.vocabulary
        focus = resolve_segment(segmentation, args.segment, vocabulary) if args.segment else ""
        return groups, "", focus
    if args.segment:
        find_group(args.segment, tuple(dataset.attributes), workspace.ports.vocabulary)
    return everybody(dataset), "", ""


def _vetoes(plan: _Plan) -> list[Note]:
    dataset, campaign = plan.workspace.dataset, plan.campaign
    check_sizes(campaign, plan.counts)
    notes = []
    if plan.reading.versus == CONTROL_ARM and contaminated_share(dataset, campaign) > CONTAMINATED:
        notes.append(Note("control_contaminated", {"campaign": campaign.name}))
    before = covariates_before(dataset, campaign)
    if arm_balance(dataset, campaign, (plan.reading.arm, plan.reading.versus), before).vetoes:
        notes.append(Note("arms_unlike", {"campaign": campaign.name, "arm": plan.reading.arm}))
    ratio = _ratio_p(plan)
    if ratio is not None and ratio < VETO_P:
        notes.append(Note("split_not_as_planned", {"campaign": campaign.name}))
    return notes


def _ratio_p(plan: _Plan) -> float | None:
    planned = plan.args.planned_holdout_percent
    if planned is None or CONTROL_ARM not in plan.campaign.arms:
        return None
    people = plan.counts.groupby("arm")[PEOPLE].sum()
    control = float(people[CONTROL_ARM])
    return sample_ratio_p([control, float(people.sum()) - control], [planned, 100 - planned])


def _effects(plan: _Plan) -> Finding:
    pair = plan.counts[plan.counts["arm"].isin((plan.reading.arm, plan.reading.versus))]
    whole = {one: read_lift(pair, one, plan.reading) for one in plan.outcomes}
    facts = [*campaign_facts(plan.campaign), *_arm_facts(plan)]
    for lift in whole.values():
        facts += lift_facts(lift, SHOP)
    facts += _check_facts(plan)
    facts += _adjusted_facts(plan, whole)
    group_facts, lifts = _by_group(plan, pair)
    notes = [*_arm_notes(plan, whole[plan.main]), *_group_notes(plan, pair, lifts)]
    rows = tuple(plan.subject(group) for group in lifts)
    name = plan.main.value
    columns = ("people", f"{name}_treated", f"{name}_control", f"{name}_lift", "false_discovery_rate")
    return Finding(
        title="campaign_effect",
        facts=(*facts, *group_facts, *_focus_facts(plan, pair, lifts), *_expected(plan)),
        method="intention_to_treat",
        method_params={
            "campaign": plan.campaign.name, "arm": plan.reading.arm, "versus": plan.reading.versus,
            "outcome": name,
        },
        views=(View("lifts", rows, columns),) if rows else (),
        charts=(Chart(ChartKind.BAR, "lifts", f"{name}_lift"),) if rows else (),
        quality=Quality(n=int(pair[PEOPLE].sum()), level=DataLevel.A),
        verdict=Verdict.OK if whole[plan.main].effect.excludes_zero else Verdict.WEAK,
        notes=tuple(notes),
        currency=plan.workspace.dataset.currency,
    )  # fmt: skip


def _expected(plan: _Plan) -> Iterator[Fact]:
    record = record_of(plan.workspace, plan.campaign)
    if record is not None:
        yield from expectation_facts(record)


def _arm_facts(plan: _Plan) -> Iterator[Fact]:
    people = plan.counts.groupby("arm")[PEOPLE].sum()
    for arm in (plan.reading.arm, plan.reading.versus):
        if arm in people.index:
            yield Fact("people", int(people[arm]), Unit.CUSTOMERS, Subject(SubjectKind.ARM, arm))


def _check_facts(plan: _Plan) -> Iterator[Fact]:
    before = covariates_before(plan.workspace.dataset, plan.campaign)
    arms = plan.reading.arm, plan.reading.versus
    balance = arm_balance(plan.workspace.dataset, plan.campaign, arms, before)
    yield Fact("balance_p", balance.p, Unit.RATIO)
    ratio = _ratio_p(plan)
    if ratio is not None:
        yield Fact("split_p", ratio, Unit.RATIO)


def _adjusted_facts(plan: _Plan, whole: dict[Outcome, Lift]) -> Iterator[Fact]:
    if Outcome.REVENUE not in whole:
        return
    arms = plan.reading.arm, plan.reading.versus
    effect = adjusted_revenue(plan.workspace.dataset, plan.campaign, arms, plan.args.level)
    if effect is not None:
        yield say.money("revenue_lift_adjusted", effect, 1, SHOP, decimals=3)


def _by_group(plan: _Plan, pair: pd.DataFrame) -> tuple[list[Fact], dict[str, Lift]]:
    facts: list[Fact] = []
    lifts: dict[str, Lift] = {}
    if len(plan.groups.groups) < 2:
        return facts, lifts
    for group in readable_groups(pair, plan.groups.groups, plan.reading):
        part = pair[pair[GROUP] == group]
        lifts[group] = read_lift(part, plan.main, plan.reading)
        wanted = plan.outcomes if group == plan.focus else [plan.main]
        facts.append(Fact("people", int(part[PEOPLE].sum()), Unit.CUSTOMERS, plan.subject(group)))
        for one in wanted:
            facts += lift_facts(read_lift(part, one, plan.reading), plan.subject(group))
    facts += false_discovery_facts(list(lifts.values()), [plan.subject(group) for group in lifts])
    if len(lifts) > 1:
        same = heterogeneity_p(
            [lift.effect.value for lift in lifts.values()], [lift.effect.se for lift in lifts.values()]
        )
        facts.append(Fact("same_effect_p", same, Unit.RATIO))
    return facts, lifts


def _focus_facts(plan: _Plan, pair: pd.DataFrame, lifts: dict[str, Lift]) -> Iterator[Fact]:
    if plan.focus not in lifts or len(lifts) < 2:
        return
    gap = difference_to_others(pair, plan.focus, plan.main, plan.reading)
    subject = plan.subject(plan.focus)
    yield Fact("asked_about", subject.name, Unit.TEXT, kind=FactKind.GIVEN)
    if plan.main is not Outcome.REVENUE:
        yield say.points("lift_against_others", gap, subject)
    else:
        yield say.money("lift_against_others", gap, 1, subject)


def _arm_notes(plan: _Plan, lift: Lift) -> Iterator[Note]:
    names = {"arm": plan.reading.arm, "versus": plan.reading.versus}
    if lift.effect.low > 0:
        yield Note("arm_better", names)
    elif lift.effect.high < 0:
        yield Note("arm_worse", names)
    else:
        yield Note("no_winner_between_arms", names)


def _group_notes(plan: _Plan, pair: pd.DataFrame, lifts: dict[str, Lift]) -> Iterator[Note]:
    if len(lifts) < 2:
        return
    effects = [lift.effect for lift in lifts.values()]
    same = heterogeneity_p([effect.value for effect in effects], [effect.se for effect in effects])
    yield Note("groups_differ" if same < 0.05 else "no_winner_between_groups")
    if plan.focus in lifts:
        yield from _focus_notes(plan, pair, lifts)


def _focus_notes(plan: _Plan, pair: pd.DataFrame, lifts: dict[str, Lift]) -> Iterator[Note]:
    names = {"group": plan.subject(plan.focus).name, "arm": plan.reading.arm, "versus": plan.reading.versus}
    order = sorted(lifts, key=lambda group: lifts[group].effect.value)
    if responds_most(lifts) == plan.focus and order[-1] != plan.focus:
        yield Note("response_misleads", names)
    if order[0] == plan.focus:
        yield Note("lowest_estimate", names)
    elif order[-1] == plan.focus:
        yield Note("highest_estimate", names)
    own = lifts[plan.focus].effect
    yield Note("focus_better" if own.low > 0 else "focus_worse" if own.high < 0 else "focus_open", names)
    gap = difference_to_others(pair, plan.focus, plan.main, plan.reading)
    yield Note("differs_from_others" if gap.excludes_zero else "not_told_from_others", names)


def _responses(plan: _Plan) -> Finding:
    arms = [arm for arm in plan.campaign.arms if arm != CONTROL_ARM]
    facts: list[Fact] = [*campaign_facts(plan.campaign)]
    rows: Sequence[Subject] = [Subject(SubjectKind.ARM, arm) for arm in arms]
    for arm, subject in zip(arms, rows, strict=True):
        part = plan.counts[plan.counts["arm"] == arm]
        facts.append(Fact("people", int(part[PEOPLE].sum()), Unit.CUSTOMERS, subject))
        for one in plan.outcomes:
            if one is not Outcome.REVENUE:
                lift = read_lift(part, one, Reading(arm, arm, plan.args.level))
                facts += [fact for fact in lift_facts(lift, subject) if fact.name.endswith("_treated")]
    names = [one.value for one in plan.outcomes if one is not Outcome.REVENUE]
    declared = Note("not_randomised") if plan.campaign.assignment is not Assignment.RANDOMISED else None
    control = None if plan.campaign.has_control else Note("no_control")
    vetoes = _vetoes(plan) if declared is None and len(plan.campaign.arms) > 1 else []
    found = [note for note in (declared, control, *vetoes, Note("response_is_not_effect")) if note]
    return Finding(
        title="campaign_response",
        facts=tuple(facts),
        method="response_only",
        method_params={"campaign": plan.campaign.name},
        views=(View("responses", tuple(rows), ("people", *(f"{name}_treated" for name in names))),),
        quality=Quality(n=int(plan.counts[PEOPLE].sum()), level=DataLevel.B),
        verdict=Verdict.INSUFFICIENT,
        notes=tuple(found),
        currency=plan.workspace.dataset.currency,
    )


TOOL = Tool(
    measure_campaign,
    MeasureArgs,
    examples=(
        Example("did the last campaign work?"),
        Example("what was the lift of the spring campaign", args={"campaign": "spring"}),
        Example("how did the March campaign perform by segment?", args={"campaign": "March"}),
        Example(
            "Mens or Womens email for new customers?",
            args={"arm": "Mens", "versus": "Womens", "segment": "new customers"},
        ),
        Example(
            "men's or women's e-mail for new customers?",
            args={"arm": "men's", "versus": "women's", "segment": "new customers"},
        ),
        Example(
            "Rural 的客户对女装邮件的访问率最高，要发给他们吗？",
            "zh",
            {"segment": "Rural", "arm": "women's", "outcome": "visits"},
        ),
        Example(
            "The Rural customers have the best visit rate on the women's email. Send it to them?",
            args={"segment": "Rural", "arm": "women's", "outcome": "visits"},
        ),
        Example("read out the campaign against the control group"),
        Example("how much extra revenue did the campaign bring?", args={"outcome": "revenue"}),
        Example("上个月的活动到底有没有效果？", "zh", {"campaign": "上个月"}),
        Example("春季活动带来了多少增量？", "zh", {"campaign": "春季"}),
        Example("新客发男装还是女装邮件更好？", "zh", {"arm": "男装", "versus": "女装", "segment": "新客"}),
        Example("活动多带来了多少收入？", "zh", {"outcome": "revenue"}),
        Example("各人群的活动效果有什么不同？", "zh"),
    ),
)
