"""A finding as a model reads it: facts with their ids, at most 2,000 characters, no customer's name.

Texts that come from a shop's files stand in quotes, on one line and shortened: they are data, and a model is
told so. What does not fit stays in the finding; the last line says how much that is.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from marketeer.prompts.wording import FindingWords, format_fact, show_subject
from marketeer.tools.core.copy import Language
from marketeer.tools.core.findings import Fact, FactKind, Finding, Subject, SubjectKind, Unit, View

LIMIT = 2_000
_TEXT_LIMIT = 160
_TAIL = 120
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


def fact_sheet(finding: Finding, language: Language, *, customers: bool = True, limit: int = LIMIT) -> str:
    """Write a finding down for a model.

    Args:
        finding: A filed finding.
        language: The language of the subjects' names and of the notes.
        customers: Whether facts about single customers are in it.
        limit: The most characters it may have.
    """
    shown = [fact for fact in finding.facts if customers or fact.subject.kind is not SubjectKind.CUSTOMER]
    pages = _Sheet(finding, language)
    lines = [*pages.head(), *pages.notes()]
    used = sum(len(line) + 1 for line in lines)
    told: set[str] = set()
    for line, ids in [*pages.tables(shown), *pages.rest(shown)]:
        if used + len(line) + 1 > limit - _TAIL:
            continue
        lines.append(line)
        used += len(line) + 1
        told |= ids
    left = len(shown) - len(told)
    if left:
        lines.append(f"({left} more facts are in {finding.id}; the person sees them in its table.)")
    return "\n".join(lines)[:limit]


def quoted(text: str) -> str:
    """Give a text from a shop's files as one quoted, shortened line."""
    plain = _UNPRINTABLE.sub(" ", text).replace('"', "'").strip()
    return f'"{plain[: _TEXT_LIMIT - 1]}…"' if len(plain) > _TEXT_LIMIT else f'"{plain}"'


Line = tuple[str, set[str]]
"""A line and the ids of the facts it tells."""


class _Sheet:
    def __init__(self, finding: Finding, language: Language) -> None:
        self._finding = finding
        self._language: Language = language
        self._words = FindingWords(finding, language)
        self._tool = finding.recipe.tool if finding.recipe else ""

    def head(self) -> Iterator[str]:
        finding, quality = self._finding, self._finding.quality
        parts = {
            "verdict": finding.verdict.value,
            "money in": finding.currency,
            "n": quality.n,
            "data level": quality.level.value if quality.level else "",
            "compared with": quality.baseline,
        }
        told = "; ".join(f"{name} {value}" for name, value in parts.items() if value not in ("", None))
        yield f"{finding.id} {finding.title} ({self._tool}): {told}"
        if finding.method:
            yield f"method: {self._words.method()}"

    def notes(self) -> Iterator[str]:
        if self._finding.notes:
            yield f"must be said:\n{self._words.notes()}"

    def tables(self, facts: Sequence[Fact]) -> Iterator[Line]:
        """Tell the facts that the finding's views show, a view's heading once and a line per subject."""
        by_place = {(fact.subject, fact.name): fact for fact in facts}
        done: set[str] = set()
        for view in self._finding.views:
            yield f"{view.code}: {' | '.join(view.columns)}", set()
            for row, cells in _rows(view, by_place):
                fresh = {fact.id for fact in cells if fact} - done
                if fresh:
                    done |= fresh
                    told = " | ".join(self._cell(fact) if fact else "–" for fact in cells)
                    yield f"{self._subject(row)}: {told}", fresh

    def rest(self, facts: Sequence[Fact]) -> Iterator[Line]:
        """Tell all other facts, a line per subject."""
        seen = {(row, column) for view in self._finding.views for row in view.rows for column in view.columns}
        left = [fact for fact in facts if (fact.subject, fact.name) not in seen]
        for subject, group in _grouped(left, lambda fact: fact.subject):
            told = "; ".join(f"{fact.name} {self._cell(fact)}" for fact in group)
            yield f"{self._subject(subject)}: {told}", {fact.id for fact in group}

    def _subject(self, subject: Subject) -> str:
        name = show_subject(subject, self._language, self._tool)
        return quoted(name) if subject.kind in _FROM_FILES else name

    def _cell(self, fact: Fact) -> str:
        if fact.unit is Unit.TEXT:
            return f"{quoted(str(fact.value))} [{fact.id}]"
        shown = format_fact(fact, self._finding.currency, self._language)
        if fact.interval:
            low, high, level = fact.interval.low, fact.interval.high, fact.interval.level
            decimals = fact.shown_decimals
            shown += f" ({level * 100:g} %: {low:,.{decimals}f} to {high:,.{decimals}f})"
        told = {FactKind.ASSUMED, FactKind.SCENARIO, FactKind.GIVEN}
        return f"{shown} [{fact.id}]" + (f" ({fact.kind.value})" if fact.kind in told else "")


_FROM_FILES = frozenset(
    {SubjectKind.PRODUCT, SubjectKind.CATEGORY, SubjectKind.CAMPAIGN, SubjectKind.GROUP, SubjectKind.FILE}
)


def _rows(view: View, facts: dict[tuple[Subject, str], Fact]) -> Iterator[tuple[Subject, list[Fact | None]]]:
    for row in view.rows:
        yield row, [facts.get((row, column)) for column in view.columns]


def _grouped(facts: Iterable[Fact], key: Callable[[Fact], Subject]) -> Iterator[tuple[Subject, list[Fact]]]:
    groups: dict[Subject, list[Fact]] = {}
    for fact in facts:
        groups.setdefault(key(fact), []).append(fact)
    yield from groups.items()
