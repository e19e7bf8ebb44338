"""Tool: a calendar of contacts over segments, channels and days, under caps, quiet days and a hold-out."""

from collections.abc import Iterator
from datetime import date, timedelta

from pydantic import Field

from marketeer.tools.core.contract import Args, Example, Tool
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import (
    Fact,
    FactKind,
    Finding,
    Note,
    Quality,
    Subject,
    SubjectKind,
    Unit,
    View,
)
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation.names import resolve_segment, segmentation_with
from marketeer.tools.targeting.calendar import Caps, Slot, find_event, plan_contacts
from marketeer.tools.targeting.groups import consent_known, may_be_written_to, sizes
from marketeer.tools.targeting.membership import by_segment


class CalendarArgs(Args):
    """When the campaign runs, whom it may reach, and how often."""

    event: str | None = Field(default=None, description="What it builds up to: 618, double 11, black friday.")
    start: date | None = Field(default=None, description="First day. Default: two weeks before the end.")
    end: date | None = Field(
        default=None, description="Last day. Default: the event's day, else four weeks on."
    )
    segments: tuple[str, ...] = Field(
        default=(),
        description="Most important first. Default: all, most valuable first.",
    )
    segmentation: str | None = Field(default=None, description="Finding id. Default: current.")
    email_per_week: int = Field(default=2, ge=0, le=7, description="Most e-mails per person and week.")
    sms_per_week: int = Field(default=1, ge=0, le=7, description="Most text messages per person and week.")
    gap_days: int = Field(default=2, ge=0, le=30, description="Days between contacts of a person.")
    quiet_weekends: bool = Field(default=False, description="Nothing on Saturdays and Sundays.")
    quiet_from_hour: int = Field(default=21, ge=0, le=23, description="Hour from which nothing is sent.")
    quiet_until_hour: int = Field(default=9, ge=0, le=23, description="Hour from which it may be sent again.")
    holdout_percent: float = Field(
        default=10.0, ge=0, le=90, description="Percent of each segment never written to."
    )


def plan_campaign(args: CalendarArgs, workspace: Workspace) -> Finding:
    """Plan a contact calendar: which segment is written to on which day by which channel.

    Use for "plan the Black Friday contacts", "calendar of sends", 排一下618的触达节奏. Counts only people
    who consented to a channel; caps and gaps hold for every person, and a hold-out gets nothing, so that the
    campaign can be read out.
    """
    start, end = _days(args, workspace)
    caps = Caps({"email": args.email_per_week, "sms": args.sms_per_week}, args.gap_days)
    segmentation = segmentation_with(workspace, args.segments, args.segmentation)
    names = [resolve_segment(segmentation, name, workspace.ports.vocabulary) for name in args.segments]
    segments = tuple(names) or segmentation.segments
    slots = plan_contacts(segments, start, end, caps, quiet_weekends=args.quiet_weekends)
    reach = _reach(args, workspace, segmentation)
    facts = [*_frame_facts(args, start, end), *_slot_facts(slots, reach, args.holdout_percent)]
    rows = tuple(_subject(slot) for slot in slots)
    return Finding(
        title="contact_calendar",
        facts=tuple(facts),
        method="calendar",
        views=(View("calendar", rows, ("weekday", "channel", "contacts")),),
        quality=Quality(n=len(segmentation.frame)),
        notes=tuple(_notes(args, workspace, slots)),
    )


def _days(args: CalendarArgs, workspace: Workspace) -> tuple[date, date]:
    today = workspace.dataset.need_as_of()
    code = workspace.ports.vocabulary.code("event", args.event) if args.event else None
    event = find_event(code or args.event, today) if args.event else None
    end = args.end or event or (args.start or today) + timedelta(days=28)
    start = args.start or max(end - timedelta(days=14), today + timedelta(days=1))
    if start > end:
        raise Retry(
            f"The start {start} is after the end {end}. Give start and end in order.", code="bad_days"
        )
    if (end - start).days > 120:
        raise Retry(
            "A calendar covers at most 120 days. Give a later start or an earlier end.", code="bad_days"
        )
    return start, end


def _reach(
    args: CalendarArgs, workspace: Workspace, segmentation: Segmentation
) -> dict[tuple[str, str], int]:
    members = by_segment(segmentation.frame, segmentation.segments, workspace.dataset.as_of)
    reach = {}
    for channel in ("email", "sms"):
        allowed = may_be_written_to(workspace.dataset, channel)
        for segment, (_, reachable) in sizes(members.frame, members.groups, allowed).items():
            reach[segment, channel] = reachable - round(reachable * args.holdout_percent / 100)
    return reach


def _subject(slot: Slot) -> Subject:
    return Subject(SubjectKind.PERIOD, slot.day.isoformat(), Subject(SubjectKind.SEGMENT, slot.segment))


def _frame_facts(args: CalendarArgs, start: date, end: date) -> Iterator[Fact]:
    yield Fact("start", start, Unit.DATE, kind=FactKind.GIVEN if args.start else FactKind.ASSUMED)
    yield Fact("end", end, Unit.DATE, kind=FactKind.GIVEN if args.end or args.event else FactKind.ASSUMED)
    yield Fact("email_per_week", args.email_per_week, Unit.CONTACTS, kind=FactKind.GIVEN)
    yield Fact("sms_per_week", args.sms_per_week, Unit.CONTACTS, kind=FactKind.GIVEN)
    yield Fact("gap_days", args.gap_days, Unit.DAYS, kind=FactKind.GIVEN)
    yield Fact("holdout_percent", args.holdout_percent, Unit.PERCENT, kind=FactKind.GIVEN)
    yield Fact("quiet_from", f"{args.quiet_from_hour:02d}:00", Unit.TEXT, kind=FactKind.GIVEN)
    yield Fact("quiet_until", f"{args.quiet_until_hour:02d}:00", Unit.TEXT, kind=FactKind.GIVEN)


def _slot_facts(slots: tuple[Slot, ...], reach: dict[tuple[str, str], int], holdout: float) -> Iterator[Fact]:
    counted = [(slot, reach.get((slot.segment, slot.channel), 0)) for slot in slots]
    yield Fact("planned_contacts", sum(count for _, count in counted), Unit.CONTACTS)
    for slot, count in counted:
        yield Fact("weekday", f"weekday_{slot.day.isoweekday()}", Unit.TEXT, _subject(slot))
        yield Fact("channel", slot.channel, Unit.TEXT, _subject(slot))
        yield Fact("contacts", count, Unit.CONTACTS, _subject(slot))


def _notes(args: CalendarArgs, workspace: Workspace, slots: tuple[Slot, ...]) -> Iterator[Note]:
    if not slots:
        yield Note("no_contacts")
    for channel in ("email", "sms"):
        if not consent_known(workspace.dataset, channel) and getattr(args, f"{channel}_per_week"):
            yield Note("consent_unknown", {"channel": channel})
    if args.holdout_percent:
        yield Note("holdout_gets_nothing")


TOOL = Tool(
    plan_campaign,
    CalendarArgs,
    examples=(
        Example("plan a contact calendar for the next four weeks"),
        Example("plan the Black Friday contacts", args={"event": "black friday"}),
        Example(
            "which segment do we write to on which day? at most one SMS a week", args={"sms_per_week": 1}
        ),
        Example("campaign calendar for Champions and Loyal", args={"segments": ["Champions", "Loyal"]}),
        Example(
            "schedule the Christmas sends, no weekends", args={"event": "christmas", "quiet_weekends": True}
        ),
        Example("when should we send what to whom before Christmas?", args={"event": "christmas"}),
        Example(
            "排一下618的触达节奏，同一个人一周短信不超过1条。", "zh", {"event": "618", "sms_per_week": 1}
        ),
        Example("双11的触达日历怎么排？", "zh", {"event": "双11"}),
        Example("帮我排一个月的触达计划", "zh"),
        Example("每人每周邮件最多2封，排一下发送日程", "zh", {"email_per_week": 2}),
        Example("黑五活动的发送节奏", "zh", {"event": "黑五"}),
        Example("周末不打扰，安排圣诞前的触达", "zh", {"event": "圣诞", "quiet_weekends": True}),
    ),
)
