"""Tool: check a piece of copy a person wrote."""

import re
from collections.abc import Iterator, Sequence

from pydantic import Field

from marketeer.tools.campaigns.compliance import Ground, check_compliance
from marketeer.tools.campaigns.limits import check_limits, shown_width, sms_size
from marketeer.tools.campaigns.mentions import mentions
from marketeer.tools.campaigns.merge_tags import expand
from marketeer.tools.campaigns.reading import is_excerpt, language_of, parts_of
from marketeer.tools.campaigns.sender_formats import sender_format, to_neutral
from marketeer.tools.core.contract import Args, Example, Tool
from marketeer.tools.core.copy import ChannelSpec, Language, Problem
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import Fact, Finding, Note, Subject, SubjectKind, Unit, View
from marketeer.tools.core.workspace import Workspace


class CheckCopyArgs(Args):
    """The text and where it is to be used."""

    text: str = Field(max_length=20_000, description="The copy, exactly as written.")
    channel: str | None = Field(
        default=None, description="Its channel, such as email; leave out to check wording only."
    )
    sender: str | None = Field(default=None, description="Whose merge tags are in it, such as klaviyo.")
    language: Language | None = Field(default=None, description="Default: read off the text.")
    banned: tuple[str, ...] = Field(default=(), description="Words that must not appear.")
    max_parts: int = Field(default=0, ge=0, le=10, description="Most SMS parts; 0: no limit.")


def check_copy(args: CheckCopyArgs, workspace: Workspace) -> Finding:
    """Check a text a person wrote: lawful and honest wording, length, opt-out, merge tags, with replacements.

    Use for "is this copy allowed", "does this SMS fit", "check this subject line", 「有没有违规」. Chinese
    text is held to the Advertising Law's absolute terms in context. A checklist, not legal advice.
    """
    if not args.text.strip():
        raise Retry("There is no text to check. Pass it as text.", code="no_text")
    text = to_neutral(args.text, sender_format(args.sender)) if args.sender else args.text
    language = args.language or language_of(text)
    channel = workspace.ports.channels.get(args.channel) if args.channel else None
    problems = _problems(args, text, language, channel)
    subjects = _subjects(problems)
    facts = [
        Fact("errors", sum(problem.severity == "error" for problem in problems), Unit.COUNT),
        Fact("to_review", sum(problem.severity == "review" for problem in problems), Unit.COUNT),
        *_size_facts(text, language, channel),
        *(fact for pair in zip(problems, subjects, strict=True) for fact in _problem_facts(*pair)),
    ]
    better = _rewritten(args.text, problems)
    if better != args.text:
        facts.append(Fact("suggested_text", better, Unit.TEXT))
    return Finding(
        title="copy_problems" if problems else "copy_clean",
        facts=tuple(facts),
        method=f"copy_rules_{language}",
        views=(View("problems", subjects, ("rule", "severity", "suggestion")),) if problems else (),
        notes=tuple(_notes(args.text, problems)),
    )


def _problems(
    args: CheckCopyArgs, text: str, language: Language, channel: ChannelSpec | None
) -> list[Problem]:
    parts = parts_of(text, channel)
    ground = Ground(language, banned=args.banned, has_deadline=_has_date(text))
    found = check_compliance(parts, None if is_excerpt(text, channel) else channel, ground)
    if channel:
        limits = check_limits(parts, channel, language, max_parts=args.max_parts)
        found += [problem for problem in limits if problem.rule != "missing_part"]
    return sorted(dict.fromkeys(found), key=lambda problem: problem.severity)


def _has_date(text: str) -> bool:
    return any(seen.kind == "date" for seen in mentions(text))


def _subjects(problems: Sequence[Problem]) -> tuple[Subject, ...]:
    """Name each problem by the words at fault, or by its rule where something is missing; each name once."""
    names: list[str] = []
    for problem in problems:
        name = problem.detail or problem.rule
        names.append(name if name not in names else f"{name} ({len(names) + 1})")
    return tuple(Subject(SubjectKind.RULE, name) for name in names)


def _problem_facts(problem: Problem, subject: Subject) -> Iterator[Fact]:
    yield Fact("rule", problem.rule, Unit.TEXT, subject)
    yield Fact("severity", problem.severity, Unit.TEXT, subject)
    if problem.suggestion:
        yield Fact("suggestion", problem.suggestion, Unit.TEXT, subject)


def _size_facts(text: str, language: Language, channel: ChannelSpec | None) -> Iterator[Fact]:
    whole = expand(text, language)
    yield Fact("characters", len(whole), Unit.CHARACTERS)
    if channel and channel.encoding == "sms":
        size = sms_size(whole)
        yield Fact("sms_parts", size.parts, Unit.COUNT)
        yield Fact("sms_characters", size.units, Unit.CHARACTERS)
        yield Fact("sms_encoding", size.encoding, Unit.TEXT)
    for name, part in parts_of(text, channel).items():
        limit = next((part for part in channel.parts if part.name == name), None) if channel else None
        if limit and limit.advised:
            width = shown_width(expand(part, language), limit.width)
            yield Fact(f"{name}_characters", width, Unit.CHARACTERS)


def _rewritten(text: str, problems: Sequence[Problem]) -> str:
    """Put every replacement that is words, not advice, in its place."""
    for problem in problems:
        usable = problem.suggestion and not re.search(r"[（(/…]|\{\{", problem.suggestion)
        if usable and problem.detail:
            text = text.replace(problem.detail, problem.suggestion, 1)
    return text


def _notes(text: str, problems: Sequence[Problem]) -> Iterator[Note]:
    if any(problem.rule == "cn_ad_law" for problem in problems):
        yield Note("cn_ad_law_basis")
    if mentions(text):
        yield Note("figures_unchecked")
    yield Note("not_legal_advice")


TOOL = Tool(
    check_copy,
    CheckCopyArgs,
    examples=(
        Example(
            'check this copy: "Only 3 left! ACT NOW!!!"',
            args={"text": "Only 3 left! ACT NOW!!!"},
        ),
        Example(
            "Is this subject line ok: RE: your order",
            args={"text": "RE: your order", "channel": "email"},
        ),
        Example(
            "does this SMS fit in one part: Linden: 10% off today. Reply STOP to opt out",
            args={
                "text": "Linden: 10% off today. Reply STOP to opt out",
                "channel": "sms",
                "max_parts": 1,
            },
        ),
        Example(
            "are we allowed to say: the best tea in the world",
            args={"text": "the best tea in the world"},
        ),
        Example(
            "check this email for compliance: Hello, big sale",
            args={"text": "Hello, big sale", "channel": "email"},
        ),
        Example(
            "proofread this text message: Hi {{name}}, hurry",
            args={"text": "Hi {{name}}, hurry", "channel": "sms"},
        ),
        Example(
            "帮我检查这句文案有没有违规：“全网最低价，史上最强，第一品牌”。",
            "zh",
            {"text": "全网最低价，史上最强，第一品牌"},
        ),
        Example("这句广告合不合规：销量第一的好茶", "zh", {"text": "销量第一的好茶"}),
        Example(
            "看看这条短信有没有问题：最后3件，手慢无", "zh", {"text": "最后3件，手慢无", "channel": "sms"}
        ),
        Example(
            "这条短信超字数了吗：新茶到店，欢迎品尝", "zh", {"text": "新茶到店，欢迎品尝", "channel": "sms"}
        ),
        Example("广告法能不能写：国家级品质", "zh", {"text": "国家级品质"}),
        Example("检查一下文案：顶级享受，独家配方", "zh", {"text": "顶级享受，独家配方"}),
    ),
    needs_data=False,
)
