"""A finding as a model reads it: facts with their ids, at most 2,000 characters, no customer's name.

Texts that come from a shop's files stand in quotes, on one line and shortened: they are data, and a model is
told so. What does not fit stays in the finding; the last line says how much that is.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from marketeer.prompts.wording import FindingWords, format_fact, show_subject
from marketeer.tools.core.copy import Language
from marketeer.tools.core.findings import Fact, FactKind, Finding, Subject, SubjectKind, Unit

LIMIT = 2_000
_TEXT_LIMIT = 160
_TAIL = 120
_WIDEST_RANGE = 20
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


Line = tuple[str, set[str]]
"""A line and the ids of the facts it tells."""


def fact_sheet(finding: Finding, language: Language, *, customers: bool = True, limit: int = LIMIT) -> str:
    """Write a finding down for a model.

    Args:
        finding: A filed finding.
        language: The language of the subjects' names and of the notes.
        customers: Whether facts about single customers are in it.
        limit: The most characters it may have.
    """
    hidden = {SubjectKind.ROW} if customers else {SubjectKind.ROW, SubjectKind.CUSTOMER}
    shown = [fact for fact in finding.facts if fact.subject.kind not in hidden]
    sheet = _Sheet(finding, language)
    head = [*sheet.head(), *sheet.notes()]
    room = limit - _TAIL - sum(len(line) + 1 for line in head)
    lines, told = _fitting([*sheet.of_shop(shown), *sheet.tables(shown), *sheet.rest(shown)], room)
    left = len(shown) - len(told)
    tail = f"({left} more facts are in {finding.id}; the person sees them in its table.)"
    return "\n".join([*head, *lines, *([tail] if left else [])])[:limit]


def _fitting(lines: Sequence[Line], room: int) -> tuple[list[str], set[str]]:
    """Choose the lines that fit, in order, and give the ids of the facts they tell."""
    chosen: list[str] = []
    told: set[str] = set()
    for line, ids in lines:
        if len(line) < room:
            room -= len(line) + 1
            chosen.append(line)
            told |= ids
    return chosen, told


def quoted(text: str) -> str:
    """Give a text from a shop's files as one quoted, shortened line."""
    plain = _UNPRINTABLE.sub(" ", text).replace('"', "'").strip()
    return f'"{plain[: _TEXT_LIMIT - 1]}…"' if len(plain) > _TEXT_LIMIT else f'"{plain}"'


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

    def of_shop(self, facts: Sequence[Fact]) -> Iterator[Line]:
        """Tell what is about the whole shop first: it is little, and the answer mostly begins with it."""
        shop = [fact for fact in facts if fact.subject.kind is SubjectKind.SHOP]
        yield from self._plainly([fact for fact in shop if fact.id not in self._in_views])

    def tables(self, facts: Sequence[Fact]) -> Iterator[Line]:
        """Tell the facts that the finding's views show, a line per subject, the heading with the first."""
        by_place = {(fact.subject, fact.name): fact for fact in facts}
        done: set[str] = set()
        for view in self._finding.views:
            heading = f"{view.code}: {' | '.join(view.columns)}\n"
            for row in view.rows:
                cells = [by_place.get((row, column)) for column in view.columns]
                fresh = {fact.id for fact in cells if fact} - done
                if fresh:
                    done |= fresh
                    told = " | ".join(self._value(fact) if fact else "–" for fact in cells)
                    yield f"{heading}{self._subject(row)} {_range(cells)}: {told}", fresh
                    heading = ""

    def rest(self, facts: Sequence[Fact]) -> Iterator[Line]:
        """Tell all other facts, a line per subject."""
        left = [fact for fact in facts if fact.subject.kind is not SubjectKind.SHOP]
        yield from self._plainly([fact for fact in left if fact.id not in self._in_views])

    def _plainly(self, facts: Sequence[Fact]) -> Iterator[Line]:
        for subject, group in _by_subject(facts).items():
            told = "; ".join(f"{fact.name} {self._cell(fact)}" for fact in group)
            yield f"{self._subject(subject)}: {told}", {fact.id for fact in group}

    @cached_property
    def _in_views(self) -> frozenset[str]:
        places = {
            (row, column) for view in self._finding.views for row in view.rows for column in view.columns
        }
        return frozenset(fact.id for fact in self._finding.facts if (fact.subject, fact.name) in places)

    def _subject(self, subject: Subject) -> str:
        name = show_subject(subject, self._language, self._tool)
        return quoted(name) if subject.kind in _FROM_FILES else name

    def _cell(self, fact: Fact) -> str:
        return f"{self._value(fact)} [{fact.id}]"

    def _value(self, fact: Fact) -> str:
        if fact.unit is Unit.TEXT:
            return quoted(str(fact.value))
        shown = format_fact(fact, self._finding.currency, self._language)
        if fact.interval:
            low, high, level = fact.interval.low, fact.interval.high, fact.interval.level
            decimals = fact.shown_decimals
            shown += f" ({level * 100:g} %: {low:,.{decimals}f} to {high:,.{decimals}f})"
        told = {FactKind.ASSUMED, FactKind.SCENARIO, FactKind.GIVEN}
        return f"{shown} ({fact.kind.value})" if fact.kind in told else shown


_FROM_FILES = frozenset(
    {SubjectKind.PRODUCT, SubjectKind.CATEGORY, SubjectKind.CAMPAIGN, SubjectKind.GROUP, SubjectKind.FILE}
)


def _range(cells: Sequence[Fact | None]) -> str:
    """Cite the facts of a row as one range, as a sentence may do too; facts far apart by their finding."""
    numbers = sorted(int(fact.id.partition(".")[2]) for fact in cells if fact)
    finding = next(fact.id.partition(".")[0] for fact in cells if fact)
    if numbers[-1] - numbers[0] >= _WIDEST_RANGE:
        return f"[{finding}]"
    last = f"-{finding}.{numbers[-1]}" if len(numbers) > 1 else ""
    return f"[{finding}.{numbers[0]}{last}]"


def _by_subject(facts: Iterable[Fact]) -> dict[Subject, list[Fact]]:
    groups: dict[Subject, list[Fact]] = {}
    for fact in facts:
        groups.setdefault(fact.subject, []).append(fact)
    return groups
