"""Tool: who should get an offer, by what it would earn because it was sent."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pandas as pd
from pydantic import Field

from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Example, Outcome, Tool
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.findings import Fact, FactKind, Finding, Note, Unit
from marketeer.tools.core.payloads import Segmentation, Uplift
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation.earlier import segments_on
from marketeer.tools.segmentation.names import segmentation_with
from marketeer.tools.targeting.allocation import Limits
from marketeer.tools.targeting.effect_level import by_effect
from marketeer.tools.targeting.evidence import need_outcome
from marketeer.tools.targeting.fairness import refuse_protected
from marketeer.tools.targeting.groups import (
    REST_DAYS,
    Channel,
    consent_known,
    contacted_lately,
    find_group,
    may_be_written_to,
    sizes,
)
from marketeer.tools.targeting.membership import Membership, by_attribute, by_segment
from marketeer.tools.targeting.offers import OfferArgs, read_terms
from marketeer.tools.targeting.personal import Personal, group_by_effect
from marketeer.tools.targeting.personal_facts import comparison_facts, comparison_notes, comparison_view
from marketeer.tools.targeting.propensity_level import by_propensity
from marketeer.tools.targeting.question import OUTCOME, Objective, Part, Question
from marketeer.tools.targeting.response_level import by_response
from marketeer.tools.targeting.selection import Comparison
from marketeer.tools.targeting.trials import (
    Campaign,
    campaigns_like,
    find_campaign,
    nearest_campaign,
    past_campaigns,
)


class RankArgs(OfferArgs):
    """Which offer, whom to choose among, and what to learn from."""

    segmentation: str | None = Field(default=None, description="Finding id. Default: current.")
    by: str | None = Field(
        default=None, description="Customer attribute, instead of segments, such as zip_code."
    )
    segment: str | None = Field(default=None, description="Segment or group the person asks about.")
    campaign: str | None = Field(
        default=None, description="Past campaign to learn from. Default: nearest to the offer."
    )
    arm: str | None = Field(default=None, description="Arm to learn from. Default: all treated.")
    occasion: str | None = Field(
        default=None, description="What the person calls it: spring offer, 春季优惠."
    )
    objective: Objective = Field(default="profit", description="What counts, as an increment.")
    per_customer: bool = Field(
        default=False,
        description="Learn which customers are moved; rank fifths of them by predicted effect, instead of "
        "segments.",
    )
    max_contacts: int | None = Field(default=None, ge=1, description="Contacts or coupons to give out.")
    budget: float | None = Field(
        default=None, gt=0, description="What contacts and redeemed discounts may cost."
    )
    channel: Channel = Field(default="email", description="Whose consent counts.")
    order_value: float | None = Field(
        default=None, gt=0, description="Mean before discount. Default: from the data."
    )
    horizon_days: int = Field(default=30, ge=1, le=365, description="Days within which orders count.")
    holdout_percent: float = Field(
        default=10.0, ge=0, le=90, description="Percent of the chosen kept as control."
    )


def rank_offer_targets(args: RankArgs, workspace: Workspace) -> Outcome:
    """Rank segments by what an offer would earn because it was sent, not by how often they buy.

    Use for "which segment should get the offer", "who gets the coupon", "should we discount to X at all". It
    learns from a randomised past campaign (data level A) and then may name a segment; otherwise (level B, C)
    it gives response or purchase rates, the subsidy, the lift that would break even and the test that would
    tell, and names no winner. Money figures not given are from the data or stated assumptions.
    """
    dataset = workspace.dataset
    campaigns = past_campaigns(dataset)
    campaign = _campaign(args, workspace, campaigns)
    personal = _personal(args, workspace, campaign)
    question = _question(args, workspace, campaign, personal)
    part = _answer(question, campaign, args)
    if personal is not None:
        part = _with_models(part, personal if isinstance(personal, Comparison) else personal.comparison)
    finding = Finding(
        title=part.title,
        facts=(*question.terms.facts(), *_asked(args, question, workspace), *part.facts),
        method=f"level_{part.quality.level.value.casefold()}" if part.quality.level else "",
        method_params={
            "campaign": campaign.name if campaign else "",
            "offer": question.terms.offer.kind.value,
        },
        views=part.views,
        charts=part.charts,
        quality=part.quality,
        verdict=part.verdict,
        notes=(*part.notes, *_notes(question, args)),
        currency=dataset.currency,
    )
    return Outcome(finding, Uplift(part.effects, {"offer": question.terms.offer.kind.value}))


def _question(
    args: RankArgs, workspace: Workspace, campaign: Campaign | None, personal: Personal | Comparison | None
) -> Question:
    dataset = workspace.dataset
    by = personal if isinstance(personal, Personal) else None
    groups, attribute = (by.today, "") if by else _groups(args, workspace)
    return Question(
        dataset=dataset,
        terms=read_terms(args, dataset, campaign, args.channel),
        today=groups,
        then=lambda day: by.then if by else _groups_on(args, workspace, groups, day),
        sizes=sizes(groups.frame, groups.groups, _allowed(args, workspace)),
        attribute=attribute,
        objective=args.objective,
        order_value=args.order_value,
        horizon_days=args.horizon_days,
        holdout=args.holdout_percent / 100,
        limits=Limits(args.max_contacts, args.budget),
    )


def _allowed(args: RankArgs, workspace: Workspace) -> "pd.Series[bool]":
    """Tell who may be written to: consent and suppression first, then who is not to be left in peace."""
    allowed = may_be_written_to(workspace.dataset, args.channel)
    return allowed & ~allowed.index.isin(contacted_lately(workspace.dataset))


def _personal(
    args: RankArgs, workspace: Workspace, campaign: Campaign | None
) -> Personal | Comparison | None:
    if not args.per_customer:
        return None
    if campaign is None or not campaign.shows_effects:
        raise Insufficient(
            "Who is moved by an offer can only be learnt from a campaign with a randomised hold-out, and "
            "none is loaded. Ask which segment should get it, and plan a test.",
            code="no_randomised_campaign",
        )
    column = OUTCOME["orders" if args.objective == "revenue" else args.objective]
    need_outcome(workspace.dataset, campaign, column)
    return group_by_effect(workspace.dataset, campaign, column, args.arm, workspace.ports.progress)


def _with_models(part: Part, comparison: Comparison) -> Part:
    return replace(
        part,
        facts=(*part.facts, *comparison_facts(comparison)),
        views=(*part.views, comparison_view(comparison)),
        notes=(*part.notes, *comparison_notes(comparison)),
        quality=replace(part.quality, baseline="response", beats_baseline=comparison.beats_response),
    )


def _campaign(args: RankArgs, workspace: Workspace, campaigns: tuple[Campaign, ...]) -> Campaign | None:
    vocabulary = workspace.ports.vocabulary
    if args.campaign:
        code = vocabulary.code("campaign", args.campaign) or vocabulary.code("month", args.campaign)
        return find_campaign(campaigns, code or args.campaign)
    occasion = args.occasion or ""
    words = vocabulary.code("occasion", occasion) or occasion
    kind = args.offer.value if args.offer else "percent"
    return nearest_campaign(campaigns, words, kind, args.discount_percent) or (
        campaigns[-1] if campaigns else None
    )


def _groups(args: RankArgs, workspace: Workspace) -> tuple[Membership, str]:
    if args.by:
        refuse_protected(args.by)
        return by_attribute(workspace.dataset, args.by), workspace.dataset.attribute(args.by)
    if not workspace.dataset.has(Table.ORDERS):
        raise Insufficient(
            "There are no orders to make segments from. Name a customer attribute with by, such as: "
            f"{', '.join(workspace.dataset.attributes) or 'none is loaded'}.",
            code="no_groups",
        )
    segmentation = segmentation_with(workspace, [args.segment], args.segmentation)
    return by_segment(segmentation.frame, segmentation.segments, workspace.dataset.as_of), ""


def _groups_on(args: RankArgs, workspace: Workspace, groups: Membership, day: date) -> Membership:
    if args.by:
        return groups
    segmentation = workspace.require(Segmentation, args.segmentation)
    frame = segments_on(segmentation, workspace.dataset, day)
    return by_segment(frame, segmentation.segments, day)


def _answer(question: Question, campaign: Campaign | None, args: RankArgs) -> Part:
    if campaign is None:
        return by_propensity(question)
    if not campaign.shows_effects:
        return by_response(question, campaign)
    if args.campaign or args.per_customer:
        return by_effect(question, (campaign,), args.arm)
    return by_effect(question, campaigns_like(past_campaigns(question.dataset), campaign), args.arm)


def _asked(args: RankArgs, question: Question, workspace: Workspace) -> Iterator[Fact]:
    if args.segment:
        group = find_group(args.segment, question.today.groups, workspace.ports.vocabulary)
        yield Fact("asked_about", question.subject(group).name, Unit.TEXT, kind=FactKind.GIVEN)
    resting = len(contacted_lately(workspace.dataset))
    if resting:
        yield Fact("contacted_lately", resting, Unit.CUSTOMERS)
        yield Fact("rest_days", REST_DAYS, Unit.DAYS, kind=FactKind.ASSUMED)


def _notes(question: Question, args: RankArgs) -> Iterator[Note]:
    if len(contacted_lately(question.dataset)):
        yield Note("contacted_lately")
    if question.objective == "profit":
        for name in question.terms.assumed:
            yield Note(f"assumed_{name}")
    if not consent_known(question.dataset, args.channel) and args.channel != "none":
        yield Note("consent_unknown")


TOOL = Tool(
    rank_offer_targets,
    RankArgs,
    examples=(
        Example("which segment should get the spring offer?", args={"occasion": "spring"}),
        Example("who should get the offer?"),
        Example("who should I send the coupon to"),
        Example(
            "which segment should get a 15% spring offer? our margin is 40%",
            args={"occasion": "spring", "discount_percent": 15, "margin_percent": 40},
        ),
        Example(
            "We ran a 20% off email in March with a control group. Who should get it again in May?",
            args={"discount_percent": 20, "campaign": "March"},
        ),
        Example("Should we discount to Champions at all?", args={"segment": "Champions"}),
        Example("Which customers would buy anyway, so I don't need to send them a coupon?"),
        Example("where does a 10% discount earn the most extra profit?", args={"discount_percent": 10}),
        Example("I can only afford 2,000 coupons", args={"max_contacts": 2000}),
        Example("I have a budget of 500 for coupons, who gets them?", args={"budget": 500}),
        Example("which customers one by one are moved by the offer?", args={"per_customer": True}),
        Example("learn an uplift model and say whom to send the offer", args={"per_customer": True}),
        Example("Why that one and not Loyal?", args={"segment": "Loyal"}),
        Example("Use 30% margin instead.", args={"margin_percent": 30}),
        Example(
            "The Rural customers have the best visit rate on the women's email. Send it to them?",
            args={"segment": "Rural", "arm": "women's", "objective": "visits"},
        ),
        Example("春季优惠应该发给哪个人群？", "zh", {"occasion": "春季优惠"}),
        Example("优惠券应该发给谁？", "zh"),
        Example("哪些人不发券也会买？别浪费预算。", "zh"),
        Example("要不要给重要价值客户打折？", "zh", {"segment": "重要价值客户"}),
        Example(
            "毛利40%，打85折，发给哪个人群最赚钱？", "zh", {"margin_percent": 40, "discount_percent": 15}
        ),
        Example("我只发得起2000张优惠券", "zh", {"max_contacts": 2000}),
        Example("预算500元的优惠券发给谁？", "zh", {"budget": 500}),
        Example("用增益模型看看哪些客户会被优惠打动", "zh", {"per_customer": True}),
        Example("按增量利润给各人群排个序", "zh"),
        Example("为什么是这个人群，不是忠诚客户？", "zh", {"segment": "忠诚客户"}),
    ),
    produces=Uplift,
)
