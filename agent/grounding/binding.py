"""Binds each number of one sentence or table row to the fact it cites: value, unit and subject."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from marketeer.agent.grounding.citations import Citation, citations, cited_facts, mentioned
from marketeer.agent.grounding.evidence import Evidence
from marketeer.agent.grounding.exempt import Basis, exempt_spans, exemption, is_level
from marketeer.agent.grounding.figures import Figure, figures
from marketeer.agent.grounding.subjects import Attribution, Named, Surroundings
from marketeer.agent.grounding.verdicts import Bound, Unverified, Why
from marketeer.tools.core.findings import Fact, SubjectKind, Unit

COUNTED = frozenset(
    {
        Unit.COUNT, Unit.CUSTOMERS, Unit.ORDERS, Unit.ITEMS, Unit.PRODUCTS, Unit.CONTACTS, Unit.ROWS,
        Unit.SEGMENTS, Unit.DAYS, Unit.SECONDS, Unit.CHARACTERS, Unit.RATIO,
    }
)  # fmt: skip
"""Units a number without any unit word may have."""


_LISTED = {Unit.SEGMENTS: SubjectKind.SEGMENT, Unit.PRODUCTS: SubjectKind.PRODUCT}
_MOST_LISTED = 10


@dataclass(frozen=True, slots=True)
class Match:
    """How near a figure comes to the facts it cites; `why` is None where one fits."""

    why: Why | None
    fact: Fact | None = None


@dataclass(frozen=True)
class Binder:
    """Checks the numbers of one sentence or row.

    Attributes:
        text: The sentence or row.
        evidence: What numbers may rest on.
        around: What it stands under.
        columns: Of a table row, what each column's heading says; None of a sentence.
    """

    text: str
    evidence: Evidence
    around: Surroundings = field(default_factory=Surroundings)
    columns: Sequence[frozenset[Unit]] | None = None

    def check(self) -> list[Bound | Unverified]:
        """Give the verdict on each number in order."""
        return [
            Bound(figure.text, figure.start, basis) if basis else self._bind(figure)
            for figure, basis in self._figures
        ]

    @cached_property
    def named(self) -> list[Named]:
        """The subjects named in the text."""
        return self.evidence.book.find(self.text)

    @cached_property
    def _citations(self) -> list[Citation]:
        return citations(self.text)

    @cached_property
    def _ids(self) -> tuple[str, ...]:
        return tuple(cited for c in (*self._citations, *mentioned(self.text)) for cited in c.ids)

    @cached_property
    def _cited(self) -> list[Fact]:
        return cited_facts(self._ids, self.evidence.findings)

    @cached_property
    def _figures(self) -> list[tuple[Figure, Basis | None]]:
        names = [(n.start, n.end) for n in self.named]
        folded = self.text.casefold()
        names += [span for code in self.evidence.codes for span in _occurrences(folded, code.casefold())]
        spans = exempt_spans(self.text, self.evidence.given, names)
        return [(figure, exemption(figure, spans) or self._no_claim(figure)) for figure in figures(self.text)]

    def _no_claim(self, figure: Figure) -> Basis | None:
        if is_level(self.text, figure, self._cited):
            return Basis.LEVEL
        return Basis.STRUCTURE if self._counts_what_follows(figure) else None

    def _counts_what_follows(self, figure: Figure) -> bool:
        """Tell whether a small number counts the names that follow: "Two segments matter: Loyal and Lost"."""
        kind = next((k for unit, k in _LISTED.items() if unit in figure.said.units), None)
        if kind is None or not figure.said or figure.value > _MOST_LISTED:
            return False
        after = self.text[figure.end :].rstrip(" *_\n")
        following = {k for n in self.named if n.start >= figure.end for k in n.keys if k[0] is kind}
        return len(following) == figure.value or (after.endswith((":", "：")) and "[" not in after)

    @cached_property
    def _claims(self) -> list[Figure]:
        return [figure for figure, basis in self._figures if basis is None]

    @cached_property
    def _attribution(self) -> Attribution:
        return Attribution(self.text, self.named, self._claims, self.around, self.evidence.divided)

    def _bind(self, figure: Figure) -> Bound | Unverified:
        own = self._own(figure)
        match = self._match(figure, own)
        if match.why is None and match.fact is not None:
            return Bound(figure.text, figure.start, Basis.FACT, match.fact.id)
        exact = own is not None and own.precise and self._span(own)[-1] == figure
        if not exact and self.evidence.gives(figure):
            return Bound(figure.text, figure.start, Basis.GIVEN)
        why = Why.VALUE if match.why is None else match.why
        near = match.fact.id if match.fact else ""
        return Unverified(figure.text, figure.start, figure.end, why, self.text.strip(), near)

    def _own(self, figure: Figure) -> Citation | None:
        if self.columns is not None:
            return None
        return next((c for c in self._citations if c.start >= figure.end), None)

    def _span(self, citation: Citation) -> list[Figure]:
        """Give the figures a citation follows, back to the citation before it."""
        since = max((c.end for c in self._citations if c.end <= citation.start), default=0)
        return [f for f in self._claims if since <= f.start and f.end <= citation.start]

    def _match(self, figure: Figure, own: Citation | None) -> Match:
        if own is None:
            return self._best(figure, self._cited)
        match = self._best(figure, cited_facts(own.ids, self.evidence.findings))
        if match.why is None or not self._serves_another(figure, own):
            return match
        elsewhere = self._best(figure, self._cited)
        return elsewhere if elsewhere.why is None else match

    def _serves_another(self, figure: Figure, own: Citation) -> bool:
        facts = cited_facts(own.ids, self.evidence.findings)
        return any(self._best(f, facts).why is None for f in self._span(own) if f is not figure)

    def _best(self, figure: Figure, facts: Iterable[Fact]) -> Match:
        best = Match(self._nothing())
        for fact in facts:
            why = self._why_not(figure, fact)
            if why is None:
                return Match(None, fact)
            if best.why is None or why > best.why or best.fact is None:
                best = Match(why, fact)
        return best

    def _nothing(self) -> Why:
        return Why.UNKNOWN_ID if self._ids else Why.UNCITED

    def _why_not(self, figure: Figure, fact: Fact) -> Why | None:
        if figure.glued or isinstance(fact.value, bool) or not isinstance(fact.value, (int, float)):
            return Why.VALUE
        point = _stands_for(figure, fact.value, self.text)
        bounds = fact.interval is not None and any(
            _stands_for(figure, end, self.text) for end in (fact.interval.low, fact.interval.high)
        )
        if not point and not bounds:
            return Why.VALUE
        if not self._unit_fits(figure, fact, bound=bounds and not point):
            return Why.UNIT
        return None if self._attribution.accepts(fact, figure) else Why.SUBJECT

    def _unit_fits(self, figure: Figure, fact: Fact, *, bound: bool) -> bool:
        said, currency = figure.said, self.evidence.currency_of(fact)
        if said.currencies:
            return fact.unit is Unit.MONEY and currency in said.currencies
        if said:
            return fact.unit in said.units
        if self.columns is not None:
            column = self.text.count("|", 0, figure.start) - 1
            units = self.columns[column] if 0 <= column < len(self.columns) else frozenset()
            return not units or fact.unit in units
        return bound or fact.unit in COUNTED or (fact.unit is Unit.MONEY and not currency)


_FALLING = (
    "fall", "fell", "drop", "lower", "less", "fewer", "los", "declin", "decreas", "down", "minus", "negative",
    "below", "下降", "减少", "降低", "亏", "损", "低", "少", "负",
)  # fmt: skip


def _stands_for(figure: Figure, value: float, text: str) -> bool:
    if figure.stands_for(value):
        return True
    falling = value < 0 and not figure.signed and any(word in text.casefold() for word in _FALLING)
    return falling and figure.stands_for(-value)


def _occurrences(text: str, code: str) -> Iterator[tuple[int, int]]:
    at = text.find(code)
    while at >= 0:
        yield at, at + len(code)
        at = text.find(code, at + 1)
