"""Draws findings: one line each below an answer, a list, and everything about one."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from marketeer.agent.terminal.progress import arguments
from marketeer.agent.terminal.rows import headed
from marketeer.agent.terminal.safe_text import one_line, safe
from marketeer.agent.terminal.words import say, say_verdict
from marketeer.prompts.wording import FindingWords, format_fact, format_value, show_subject, title
from marketeer.prompts.words import word
from marketeer.tools.core.copy import Language
from marketeer.tools.core.findings import Fact, Finding, Verdict

if TYPE_CHECKING:  # only a replay needs what runs tools
    from marketeer.tools.core.running import Replay

_COLOURS = {Verdict.OK: "green", Verdict.WEAK: "yellow", Verdict.INSUFFICIENT: "red"}
_MOST_FACTS = 60


def badge(finding: Finding, language: Language) -> Text:
    """Give a finding's verdict in its colour, with the data level where it has one."""
    words = say_verdict(finding.verdict.value, language)
    level = finding.quality.level
    if level is not None:
        words = f"{words}, {say('level', language)} {level.value}"
    return Text(words, style=_COLOURS[finding.verdict])


def evidence(findings: Sequence[Finding], language: Language) -> RenderableType:
    """List what an answer rests on, one line per finding."""
    grid = Table.grid(padding=(0, 2))
    for finding in findings:
        count = finding.quality.n
        size = Text(f"n = {count:,}" if count is not None else "", style="dim")
        grid.add_row(finding.id, _text(title(finding, language)), badge(finding, language), size)
    return Group(Text(say("evidence", language), style="bold"), grid)


def finding_list(findings: Iterable[Finding], language: Language) -> RenderableType:
    """List findings with the tool that made them."""
    table = headed("", *(say(code, language) for code in ("title", "tool", "verdict", "facts")))
    for finding in findings:
        tool = f"{finding.recipe.tool} {arguments(_chosen(finding))}" if finding.recipe else ""
        shown = _text(title(finding, language)), _text(one_line(tool, 70)), badge(finding, language)
        table.add_row(finding.id, *shown, str(len(finding.facts)))
    return table


def why(finding: Finding, language: Language) -> RenderableType:
    """Show how a finding came to be: method, quality, recipe, query, notes and facts."""
    words = FindingWords(finding, language)
    parts: list[RenderableType] = [
        Text.assemble((f"{finding.id} ", "bold"), _text(words.title()), "  ", badge(finding, language)),
        _about(finding, language, words),
    ]
    if finding.notes:
        parts += [_heading("notes", language), _text(words.notes())]
    if finding.query:
        parts += [_heading("query", language), _text(finding.query)]
    parts += [_heading("facts", language), fact_table(finding.facts, finding, language)]
    return Group(*parts)


def fact_table(facts: Sequence[Fact], finding: Finding, language: Language) -> RenderableType:
    """Show facts with subject, value, interval and kind."""
    table = headed("", *(say(code, language) for code in ("subject", "fact", "value", "kind")))
    tool = finding.recipe.tool if finding.recipe else ""
    for fact in facts[:_MOST_FACTS]:
        table.add_row(
            fact.id,
            _text(show_subject(fact.subject, language, tool)),
            _text(word("fact", fact.name, language, tool)),
            _text(_shown(fact, finding.currency, language)),
            _text(word("term", fact.kind.value, language)),
        )
    left = len(facts) - _MOST_FACTS
    return Group(table, Text(f"… +{left}", style="dim")) if left > 0 else table


def replayed(result: "Replay", language: Language) -> RenderableType:
    """Say whether a replay agrees, and where it does not."""
    finding, differences = result.finding, result.differences
    if result.agrees:
        return Text(say("agrees", language, id=finding.id, n=len(finding.facts)), style="green")
    table = headed("", *(say(code, language) for code in ("subject", "fact", "filed", "again")))
    for difference in differences:
        fact = difference.fact
        subject, name = show_subject(fact.subject, language), word("fact", fact.name, language)
        table.add_row(
            fact.id, _text(subject), _text(name), _text(str(fact.value)), _text(str(difference.replayed))
        )
    return Group(Text(say("differs", language, id=finding.id, n=len(differences)), style="red"), table)


def _about(finding: Finding, language: Language, words: FindingWords) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    rows = {"method": words.method() if finding.method else "", "quality": _quality(finding, language)}
    if finding.recipe:
        recipe = finding.recipe
        rows["recipe"] = f"{recipe.tool} {arguments(recipe.args)} · {recipe.snapshot[:12]} · {recipe.version}"
        rows["built_on"] = ", ".join(recipe.parents.values())
    for code, text in rows.items():
        if text:
            grid.add_row(Text(say(code, language), style="bold"), _text(text))
    return grid


def _quality(finding: Finding, language: Language) -> str:
    quality = finding.quality
    named: dict[str, object] = {
        "n": quality.n if quality.n is None else f"{quality.n:,}",
        "missing_share": quality.missing_share and f"{quality.missing_share:.1%}",
        "stability": quality.stability and f"{quality.stability:.2f}",
        "baseline": quality.baseline,
        "beats_baseline": quality.beats_baseline,
        "data_level": quality.level,
    }
    told = [f"{say(code, language)}: {value}" for code, value in named.items() if value not in (None, "")]
    told += [f"{word('term', code, language)}: {value:.3g}" for code, value in quality.measures.items()]
    return "; ".join(told)


def _shown(fact: Fact, currency: str, language: Language) -> str:
    text = format_fact(fact, currency, language)
    if fact.interval is None:
        return text
    low, high = (
        format_value(end, fact, currency, language) for end in (fact.interval.low, fact.interval.high)
    )
    return f"{text}  [{fact.interval.level:.0%}: {low} … {high}]"


def _chosen(finding: Finding) -> dict[str, object]:
    args = finding.recipe.args if finding.recipe else {}
    return {name: value for name, value in args.items() if value not in (None, "", [], {}, False)}


def _heading(code: str, language: Language) -> Text:
    return Text(f"\n{say(code, language)}", style="bold")


def _text(text: str) -> Text:
    return Text(safe(text))
