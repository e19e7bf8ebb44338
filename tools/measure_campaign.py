"""Tool: what a past campaign did, with intervals, and for whom."""

from pydantic import Field

from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Args, Example, Tool
from marketeer.tools.core.findings import Finding
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation.earlier import segments_on
from marketeer.tools.segmentation.names import resolve_segment, segmentation_with
from marketeer.tools.targeting.campaign_facts import effect_finding, response_finding
from marketeer.tools.targeting.campaign_result import CampaignResult
from marketeer.tools.targeting.effects import RateMethod
from marketeer.tools.targeting.groups import find_attribute_value, find_group
from marketeer.tools.targeting.membership import Membership, by_attribute, by_segment, everybody
from marketeer.tools.targeting.readout import Outcome, Reading
from marketeer.tools.targeting.records import expectation_facts, record_of
from marketeer.tools.targeting.trials import (
    LATEST,
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
    arm, versus = compared_arms(campaign, args.arm, args.versus, workspace.ports.vocabulary)
    result = CampaignResult(
        workspace.dataset,
        campaign,
        Reading(arm, versus, args.level, args.interval),
        counts=tally(workspace.dataset, campaign, groups.frame),
        groups=groups,
        attribute=attribute,
        focus=focus,
        wanted=args.outcome,
        planned_holdout=args.planned_holdout_percent,
    )
    if not result.shows_effects:
        return response_finding(result)
    record = record_of(workspace, campaign)
    return effect_finding(result, tuple(expectation_facts(record)) if record else ())


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
