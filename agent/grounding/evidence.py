"""All that the numbers of an answer may rest on: findings, what the person wrote, the names of things."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from marketeer.agent.grounding.figures import Figure, figures
from marketeer.agent.grounding.subjects import NEEDS_NAMING, TOTALS, NameBook, Names
from marketeer.tools.core.findings import Fact, Finding, SubjectKind, Unit

_NO_RATE = frozenset({Unit.PERCENT, Unit.POINTS})
_LONG_ID = 5
"""The digits of a number in text that is an id, in rows that only people see."""


@dataclass(frozen=True)
class Evidence:
    """All that numbers may rest on.

    Attributes:
        findings: Findings by id.
        given: What the person wrote; its figures may be repeated.
        book: Finds subjects by name.
        offered: Names that tools offered in place of one they do not know.
    """

    findings: Mapping[str, Finding]
    given: str
    book: NameBook
    offered: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, findings: Iterable[Finding], given: str, names: Names, offered: Iterable[str] = ()
    ) -> "Evidence":
        """Gather evidence from filed findings."""
        known = tuple(findings)
        book = NameBook.of(known, names)
        return cls({finding.id: finding for finding in known}, given, book, tuple(offered))

    @cached_property
    def given_figures(self) -> tuple[Figure, ...]:
        """The figures the person wrote."""
        return tuple(figure for figure in figures(self.given) if not figure.glued)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Texts with digits that findings and their drafts speak of: names, codes, products."""
        texts = {
            str(fact.value)
            for finding in self.findings.values()
            for fact in finding.facts
            if fact.unit is Unit.TEXT
        }
        ids = {
            str(fact.value)
            for finding in self.findings.values()
            for fact in finding.facts
            if fact.unit is Unit.TEXT and fact.subject.kind is SubjectKind.ROW
        }
        texts |= set(self.offered)
        for finding in self.findings.values():
            texts |= {value for note in finding.notes for value in note.params.values()}
            texts |= set(finding.method_params.values())
            texts |= {claim.text for draft in finding.drafts for claim in draft.claims if not claim.fact}
        told = {text for text in texts if any(c.isdigit() for c in text) and not _is_number(text)}
        return tuple(sorted(told | {text for text in ids if len(text) >= _LONG_ID}, key=len))

    @cached_property
    def divided(self) -> frozenset[str]:
        """Names of facts that parts of the shop have: the whole's must not be given to one of them."""
        facts = (fact for finding in self.findings.values() for fact in finding.facts)
        return TOTALS | {fact.name for fact in facts if fact.subject.kind in NEEDS_NAMING}

    def gives(self, figure: Figure) -> bool:
        """Tell whether the person wrote this figure, in this unit."""
        return any(_repeats(figure, one) for one in self.given_figures)

    def currency_of(self, fact: Fact) -> str:
        """Give the currency of a fact's finding."""
        finding = self.findings.get(fact.id.split(".")[0])
        return finding.currency if finding else ""


def _is_number(text: str) -> bool:
    return not any(c.isalpha() for c in text)


def _repeats(figure: Figure, given: Figure) -> bool:
    if not figure.stands_for(given.value):
        return False
    if given.said:
        return bool(given.said.units & figure.said.units)
    return not figure.said.units & _NO_RATE
