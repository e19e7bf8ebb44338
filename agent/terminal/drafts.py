"""Draws campaign drafts: the message part by part, and what its checks found."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from marketeer.agent.terminal.rows import headed
from marketeer.agent.terminal.safe_text import safe
from marketeer.agent.terminal.words import say
from marketeer.prompts.words import word
from marketeer.tools.core.copy import Draft, Language, Problem
from marketeer.tools.core.findings import Finding

_WORDS = "draft_campaign"
_STYLES = {"error": ("✗", "red", "must_change"), "review": ("•", "yellow", "please_look")}


def draft_panels(drafts: Sequence[Draft], language: Language, *, plain: bool) -> RenderableType:
    """Draw each draft in a panel, or under a heading where the output is plain."""
    return Group(*(_plain(draft, language) if plain else _panel(draft, language) for draft in drafts))


def draft_list(findings: Iterable[Finding], language: Language) -> RenderableType:
    """List all drafts with the finding they are part of."""
    table = headed("", *(say(code, language) for code in ("segment", "channel", "purpose", "checks")))
    for finding in findings:
        for draft in finding.drafts:
            table.add_row(finding.id, *_names(draft, language)[:3], _verdict(draft, language))
    return table


def _panel(draft: Draft, language: Language) -> RenderableType:
    body = Group(_parts(draft, language), Text(), *_checks(draft, language))
    return Panel(body, title=Text(" · ".join(_names(draft, language))), title_align="left", padding=(0, 1))


def _plain(draft: Draft, language: Language) -> RenderableType:
    heading = Text(f"--- {' · '.join(_names(draft, language))} ---")
    return Group(heading, _parts(draft, language), *_checks(draft, language), Text())


def _parts(draft: Draft, language: Language) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    for name, text in draft.parts.items():
        grid.add_row(Text(safe(word("part", name, language, _WORDS)), style="bold"), Text(safe(text)))
    return grid


def _checks(draft: Draft, language: Language) -> list[Text]:
    if not draft.problems:
        return [Text(f"✓ {say('checks_passed', language)}", style="green")]
    return [_problem(problem, language) for problem in draft.problems]


def _problem(problem: Problem, language: Language) -> Text:
    mark, style, severity = _STYLES[problem.severity]
    where = f"{word('part', problem.part, language, _WORDS)}: " if problem.part else ""
    words = f"{where}{word('term', problem.rule, language, 'check_copy')}"
    detail = f" – {problem.detail}" if problem.detail else ""
    better = f" → {problem.suggestion}" if problem.suggestion else ""
    return Text(safe(f"{mark} {words}{detail}{better} ({say(severity, language)})"), style=style)


def _verdict(draft: Draft, language: Language) -> Text:
    if any(problem.severity == "error" for problem in draft.problems):
        return Text(say("must_change", language), style="red")
    if draft.problems:
        return Text(say("please_look", language), style="yellow")
    return Text(say("checks_passed", language), style="green")


def _names(draft: Draft, language: Language) -> tuple[str, ...]:
    named = (
        word("segment", draft.segment, language),
        word("term", draft.channel, language),
        word("term", draft.purpose, language, _WORDS) if draft.purpose else "",
        word("term", draft.language, language),
    )
    return tuple(safe(name) for name in named if name)
