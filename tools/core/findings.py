"""What a tool says: facts with a unit and a subject, gathered in a finding that can be replayed.

Findings carry codes and facts, never sentences in a language. Wording lives in `prompts/`.
A table or chart is a view over the facts, so that no number stands anywhere without one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum, auto
from typing import Any

from pydantic import TypeAdapter

from marketeer.tools.core.copy import Draft

Value = float | int | str | date
"""What a fact can hold. Percentages are stored as 0–100, money in the finding's currency."""


class Unit(StrEnum):
    """The unit of a fact; grounding never binds a number across units."""

    COUNT = auto()
    CUSTOMERS = auto()
    ORDERS = auto()
    ITEMS = auto()
    PRODUCTS = auto()
    CONTACTS = auto()
    ROWS = auto()
    SEGMENTS = auto()
    MONEY = auto()
    PERCENT = auto()
    POINTS = auto()
    DAYS = auto()
    SECONDS = auto()
    CHARACTERS = auto()
    RATIO = auto()
    DATE = auto()
    TEXT = auto()


class SubjectKind(StrEnum):
    """What a fact can be about."""

    SHOP = auto()
    SEGMENT = auto()
    AUDIENCE = auto()
    CUSTOMER = auto()
    PRODUCT = auto()
    CATEGORY = auto()
    CAMPAIGN = auto()
    ARM = auto()
    PERIOD = auto()
    GROUP = auto()
    OFFER = auto()
    SCENARIO = auto()
    MODEL = auto()
    FEATURE = auto()
    CHANNEL = auto()
    CAPABILITY = auto()
    FILE = auto()
    RULE = auto()
    ROW = auto()
    """A row that only people see: no model is told its facts."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Who or what a fact is about.

    Attributes:
        kind: What sort of thing it is.
        name: Its code or name. A customer is named by row, such as `row 17`, never by a person's name.
        within: A wider subject it is part of, such as the segment a scenario is about.
    """

    kind: SubjectKind
    name: str = ""
    within: "Subject | None" = None


SHOP = Subject(SubjectKind.SHOP)


def segment(name: str) -> Subject:
    """Name a segment as a subject."""
    return Subject(SubjectKind.SEGMENT, name)


class FactKind(StrEnum):
    """Where a fact's value comes from."""

    MEASURED = auto()
    ESTIMATED = auto()
    ASSUMED = auto()
    GIVEN = auto()
    SCENARIO = auto()


@dataclass(frozen=True, slots=True)
class Interval:
    """A range with its level: 0.95 for measurements, 0.90 for decisions, 0.80 for forecasts."""

    low: float
    high: float
    level: float


_DECIMALS = {Unit.MONEY: 2, Unit.PERCENT: 1, Unit.POINTS: 2, Unit.RATIO: 3, Unit.SECONDS: 1, Unit.DAYS: 0}


@dataclass(frozen=True, slots=True)
class Fact:
    """One value with its meaning.

    Attributes:
        name: A snake_case code, such as `share_of_customers`. (subject, name) is unique in a finding.
        value: A number, a date, or a text that must be quoted as it is.
        unit: Its unit.
        subject: Who or what it is about.
        interval: Its uncertainty, in the same unit.
        kind: Where it comes from.
        decimals: How many decimals it is shown with; None takes the unit's usual number.
        id: `F7.3` once the finding is filed, empty before.
    """

    name: str
    value: Value
    unit: Unit
    subject: Subject = SHOP
    interval: Interval | None = None
    kind: FactKind = FactKind.MEASURED
    decimals: int | None = None
    id: str = ""

    @property
    def shown_decimals(self) -> int:
        """How many decimals the value is shown with."""
        return self.decimals if self.decimals is not None else _DECIMALS.get(self.unit, 0)


@dataclass(frozen=True, slots=True)
class View:
    """A small table for people: subjects down, fact names across, cells looked up among the facts.

    Attributes:
        code: What the table shows, for its heading.
        rows: The subjects in order.
        columns: Fact names in order; a cell without such a fact stays blank.
    """

    code: str
    rows: tuple[Subject, ...]
    columns: tuple[str, ...]


class ChartKind(StrEnum):
    """The shapes the console and reports can draw."""

    BAR = auto()
    LINE = auto()


@dataclass(frozen=True, slots=True)
class Chart:
    """One fact name over a view's rows."""

    kind: ChartKind
    view: str
    column: str


class Verdict(StrEnum):
    """How far the finding carries."""

    OK = auto()
    WEAK = auto()
    INSUFFICIENT = auto()


class DataLevel(StrEnum):
    """What the history can support about an offer's effect.

    A: a randomised campaign. B: campaigns without control (response only). C: orders only.
    """

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True, slots=True)
class Quality:
    """How good the ground under a finding is.

    Attributes:
        n: Customers, orders or rows it rests on.
        missing_share: Share of needed values that were missing, 0–1.
        stability: How much of it survives resampling, 0–1, where that was measured.
        baseline: The simple alternative it was compared with.
        beats_baseline: Whether it was better than that.
        level: What the history can support about an offer's effect.
        measures: Further named figures (metric code → value).
    """

    n: int | None = None
    missing_share: float | None = None
    stability: float | None = None
    baseline: str = ""
    beats_baseline: bool | None = None
    level: DataLevel | None = None
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """A thing that must be said with a finding: a code, and the names or codes it speaks of.

    Numbers in a note are facts of the finding, referred to by fact name in the wording.
    """

    code: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that is needed to compute a finding again.

    Attributes:
        snapshot: The data snapshot's id; empty for a tool that needs no data.
        tool: The tool's name.
        args: Its arguments, as JSON values.
        version: Package version and tool version.
        parents: Payload name → finding id it was built on.
        environment: Port name → fingerprint, for tools that use an index or a writer.
    """

    snapshot: str
    tool: str
    args: Mapping[str, Any]
    version: str
    parents: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a tool found.

    Attributes:
        title: A code for what was found, such as `segments_rfm`.
        facts: All values, each with unit and subject.
        method: A code for how it was computed.
        method_params: Names the method sentence speaks of (features, scheme, seed), as text.
        views: Tables over the facts.
        charts: Charts over the views.
        quality: How good the ground under it is.
        verdict: How far it carries.
        notes: What must be said with it.
        drafts: Campaign copy, where the tool makes any.
        currency: ISO code of its money facts.
        query: The query text, where one was run.
        recipe: How to compute it again; set when filed.
        id: `F7` once filed.
    """

    title: str
    facts: tuple[Fact, ...] = ()
    method: str = ""
    method_params: Mapping[str, str] = field(default_factory=dict)
    views: tuple[View, ...] = ()
    charts: tuple[Chart, ...] = ()
    quality: Quality = field(default_factory=Quality)
    verdict: Verdict = Verdict.OK
    notes: tuple[Note, ...] = ()
    drafts: tuple[Draft, ...] = ()
    currency: str = ""
    query: str = ""
    recipe: Recipe | None = None
    id: str = ""

    def fact(self, name: str, subject: Subject | None = None) -> Fact | None:
        """Look up a fact by name and subject; without a subject, the first of that name."""
        for fact in self.facts:
            if fact.name == name and (subject is None or fact.subject == subject):
                return fact
        return None

    def subjects(self, kind: SubjectKind) -> Iterator[Subject]:
        """Give the subjects of one kind in the order the facts first name them."""
        seen: set[Subject] = set()
        for fact in self.facts:
            if fact.subject.kind is kind and fact.subject not in seen:
                seen.add(fact.subject)
                yield fact.subject

    def filed(self, finding_id: str, recipe: Recipe) -> "Finding":
        """Give the same finding with its id, its facts numbered and its recipe attached."""
        facts = tuple(replace(f, id=f"{finding_id}.{n}") for n, f in enumerate(self.facts, start=1))
        return replace(self, id=finding_id, recipe=recipe, facts=facts)


FINDING_JSON: TypeAdapter[Finding] = TypeAdapter(Finding)
"""Turns findings into JSON and back, for the ledger and for `--json`."""
