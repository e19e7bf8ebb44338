"""Reads a text passage by passage and remembers what each one stands under."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from marketeer.agent.grounding.binding import COUNTED, Binder
from marketeer.agent.grounding.citations import CITATIONS
from marketeer.agent.grounding.evidence import Evidence
from marketeer.agent.grounding.passages import Kind, Passage
from marketeer.agent.grounding.subjects import Key, Named, Surroundings
from marketeer.agent.grounding.units import hinted
from marketeer.agent.grounding.verdicts import Bound, Grounded, Unverified, Why, marked
from marketeer.tools.core.findings import Unit

Group = frozenset[Key]


@dataclass
class Reader:
    """Checks passages in the order of the text.

    Attributes:
        evidence: What numbers may rest on; may be exchanged as findings come in.
    """

    evidence: Evidence
    _at: int = 0
    _headings: list[tuple[int, Group]] = field(default_factory=list)
    _items: list[tuple[int, Group]] = field(default_factory=list)
    _lead: Group = frozenset()
    _introduces: bool = False
    _before: Group = frozenset()
    _header: list[str] | None = None

    def read(self, passage: Passage) -> Grounded:
        """Check one passage and take note of what it names."""
        start, self._at = self._at, self._at + len(passage.text)
        if passage.kind in {Kind.BLANK, Kind.RULE}:
            self._pause(passage)
            return Grounded(passage.text)
        if passage.kind is Kind.ROW:
            return marked(passage.text, start, _shifted(self._row(passage.text), start))
        self._header = None
        self._place(passage)
        binder = Binder(passage.text, self.evidence, self._around(passage))
        verdicts = _shifted(binder.check(), start)
        self._remember(passage, _keys(binder.named))
        return marked(passage.text, start, verdicts)

    def _pause(self, passage: Passage) -> None:
        if passage.kind is Kind.BLANK and passage.starts_line:
            self._header = None
            self._items.clear()

    def _place(self, passage: Passage) -> None:
        """Leave the list items and headings that this passage does not stand under."""
        if passage.kind is Kind.HEADING:
            level = _level(passage.text)
            self._headings = [(at, group) for at, group in self._headings if at < level]
            self._items.clear()
            self._before = self._lead = frozenset()
        elif passage.indent is not None:
            self._items = [(at, group) for at, group in self._items if at < passage.indent]
            self._before = frozenset()
        elif passage.starts_line:
            self._items.clear()

    def _around(self, passage: Passage) -> Surroundings:
        parents = [group for _, group in reversed(self._items)]
        headings = [group for _, group in reversed(self._headings)]
        groups = tuple(group for group in (self._before, *parents, self._lead, *headings) if group)
        owners = [*parents, *((self._lead,) if self._introduces else ()), *headings]
        return Surroundings(groups, next((group for group in owners if group), frozenset()))

    def _remember(self, passage: Passage, named: Group) -> None:
        if passage.kind is Kind.HEADING:
            self._headings.append((_level(passage.text), named))
            return
        if passage.indent is not None:
            self._items.append((passage.indent, named))
        elif not self._items and named:
            self._lead = named
            self._introduces = passage.text.rstrip(" *_\n").endswith((":", "："))
        if named:
            self._before = named

    def _row(self, text: str) -> list[Bound | Unverified]:
        cells = _cells(text)
        if self._header is None:
            self._header = cells
            return self._heading_row(text)
        heads = [_keys(self.evidence.book.find(head)) for head in self._header]
        label = next(
            (group for cell in cells if (group := _keys(self.evidence.book.find(cell)))), frozenset()
        )
        units = [_column_units(head) for head in self._header]
        if label:
            return Binder(text, self.evidence, Surroundings((label,), label), units).check()
        return self._row_by_columns(text, heads, units)

    def _row_by_columns(
        self, text: str, heads: Sequence[Group], units: Sequence[frozenset[Unit]]
    ) -> list[Bound | Unverified]:
        """Check a row whose label names nobody: a column's heading may name whom its cells are about."""
        outer = (self._lead, *(group for _, group in reversed(self._headings)))
        verdicts: list[Bound | Unverified] = []
        for column, head in enumerate([frozenset[Key](), *heads]):
            groups = tuple(group for group in (head, *outer) if group)
            checked = Binder(text, self.evidence, Surroundings(groups, head), units).check()
            verdicts += [v for v in checked if text.count("|", 0, v.start) == column]
        return verdicts

    def _heading_row(self, text: str) -> list[Bound | Unverified]:
        """Check a table's heading row: its numbers name a column, so any finding may hold them."""
        cited = "".join(f"[{finding_id}]" for finding_id in self.evidence.findings)
        if CITATIONS.search(text) or not cited:
            return Binder(text, self.evidence).check()
        checked = Binder(f"{text}{cited}", self.evidence, columns=()).check()
        return [v for v in checked if v.start < len(text) and not _names_column(v)]


def _names_column(verdict: Bound | Unverified) -> bool:
    """Tell whether a number in a heading is part of a column's name: "if orders rose by a fifth"."""
    if isinstance(verdict, Bound):
        return False
    return verdict.why >= Why.UNIT or not any(c.isdigit() for c in verdict.text)


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").replace("\\|", "/").split("|")]


def _column_units(head: str) -> frozenset[Unit]:
    units = hinted(head).units
    return units | COUNTED if units & COUNTED else units


def _keys(named: Sequence[Named]) -> Group:
    return frozenset(key for n in named for key in n.keys)


def _level(heading: str) -> int:
    stripped = heading.lstrip()
    return len(stripped) - len(stripped.lstrip("#")) or 7


def _shifted(verdicts: Sequence[Bound | Unverified], start: int) -> list[Bound | Unverified]:
    moved: list[Bound | Unverified] = []
    for v in verdicts:
        if isinstance(v, Bound):
            moved.append(Bound(v.text, v.start + start, v.basis, v.fact))
        else:
            moved.append(Unverified(v.text, v.start + start, v.end + start, v.why, v.sentence, v.near))
    return moved
