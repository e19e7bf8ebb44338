"""Facts, views and notes about how a segmentation came about and how far it carries."""

from collections.abc import Iterator, Sequence
from datetime import date

import pandas as pd

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import Fact, Note, Quality, Subject, SubjectKind, Unit, Verdict, View
from marketeer.tools.segmentation.choice import Judged
from marketeer.tools.segmentation.rfm import FittedScheme
from marketeer.tools.segmentation.scores import Ruler
from marketeer.tools.segmentation.structure import Structure
from marketeer.tools.warehouse import features as f

MOST_CHANGED = 0.10
LOWEST_RAND = 0.8
MOSTLY_ONE_TIME = 0.5

_DIMENSIONS = (("recency", Unit.DAYS), ("frequency", Unit.ORDERS), ("monetary", Unit.MONEY))


def shop_facts(dataset: Dataset, features: pd.DataFrame, segments: int, as_of: date | None) -> Iterator[Fact]:
    """Say who was segmented and over which time."""
    yield Fact("customers", len(features), Unit.CUSTOMERS)
    yield Fact("segments", segments, Unit.SEGMENTS)
    if f.ORDERS not in features:
        return
    yield Fact("revenue", float(features[f.NET].sum()), Unit.MONEY)
    yield Fact("first_order", features[f.FIRST_ORDER].min().date(), Unit.DATE)
    if as_of:
        yield Fact("as_of", as_of, Unit.DATE)
    without = dataset.rows.get(Table.CUSTOMERS, 0) - len(features)
    if without > 0:
        yield Fact("customers_without_orders", without, Unit.CUSTOMERS)
    yield Fact("one_time_share", 100 * float((features[f.ORDERS] == 1).mean()), Unit.PERCENT)


def quality_facts(judged: Judged, horizon_days: int | None) -> Iterator[Fact]:
    """Say how much survives resampling and how much of the next period's spend the segments tell."""
    yield Fact("stability", judged.stability.rand, Unit.RATIO, decimals=2)
    yield Fact("changed_on_resample", 100 * judged.stability.changed_share, Unit.PERCENT)
    if judged.explained is not None and horizon_days is not None:
        yield Fact("explained_share", 100 * judged.explained, Unit.PERCENT)
        yield Fact("horizon_days", horizon_days, Unit.DAYS)


def structure_facts(structure: Structure | None) -> Iterator[Fact]:
    """Say how separate the clusters are."""
    if structure is None:
        return
    yield Fact("silhouette", structure.silhouette, Unit.RATIO, decimals=2)
    if structure.of_one_cloud is not None:
        yield Fact("silhouette_of_one_cloud", structure.of_one_cloud, Unit.RATIO, decimals=2)


def quality(
    customers: int, judged: Judged, missing: float = 0.0, structure: Structure | None = None
) -> Quality:
    """Gather how good the ground is."""
    measures = {"changed_on_resample": judged.stability.changed_share}
    if judged.explained is not None:
        measures["eta_squared"] = judged.explained
    if structure is not None:
        measures["silhouette"] = structure.silhouette
    return Quality(n=customers, missing_share=missing, stability=judged.stability.rand, measures=measures)


def holds(judged: Judged) -> bool:
    """Tell whether a segmentation is stable enough to be relied on."""
    return judged.stability.changed_share < MOST_CHANGED and judged.stability.rand >= LOWEST_RAND


def verdict(judged: Judged) -> Verdict:
    """Give how far it carries."""
    return Verdict.OK if holds(judged) else Verdict.WEAK


def quality_notes(judged: Judged, features: pd.DataFrame) -> Iterator[Note]:
    """Say what must be said about stability, history and ties."""
    if not holds(judged):
        yield Note("not_stable")
    if f.ORDERS in features:
        if judged.explained is None:
            yield Note("short_history")
        if (features[f.ORDERS] == 1).mean() > MOSTLY_ONE_TIME:
            yield Note("mostly_one_time")


def threshold_facts(fitted: FittedScheme) -> tuple[list[Fact], View]:
    """Give the thresholds of each score: at most so many days, at least so many orders or so much spend."""
    facts: list[Fact] = []
    for (name, unit), ruler in zip(_DIMENSIONS, fitted.rulers, strict=True):
        facts += _thresholds(Subject(SubjectKind.RULE, name), unit, ruler)
    columns = tuple(f"score_{step}" for step in range(2, fitted.scheme.bins + 1))
    rows = tuple(Subject(SubjectKind.RULE, name) for name, _ in _DIMENSIONS)
    return facts, View("thresholds", rows, columns)


def _thresholds(subject: Subject, unit: Unit, ruler: Ruler) -> Iterator[Fact]:
    for bound, level in zip(ruler.bounds, ruler.levels[1:], strict=True):
        decimals = None if unit is Unit.MONEY or abs(bound) == int(abs(bound)) else 1
        yield Fact(
            f"score_{level}", abs(bound) if unit is Unit.DAYS else bound, unit, subject, decimals=decimals
        )


def candidate_facts(candidates: Sequence[tuple[str, Judged]]) -> tuple[list[Fact], View]:
    """Give the figures every candidate was judged by, as facts and one table."""
    facts: list[Fact] = []
    for name, judged in candidates:
        subject = Subject(SubjectKind.MODEL, name)
        facts += [
            Fact("segments", judged.segments, Unit.SEGMENTS, subject),
            Fact("smallest_share", 100 * judged.smallest, Unit.PERCENT, subject),
            Fact("stability", judged.stability.rand, Unit.RATIO, subject, decimals=2),
        ]
        if judged.deciding is not None:
            facts.append(Fact("explained_before", 100 * judged.deciding, Unit.PERCENT, subject))
    columns = ("segments", "smallest_share", "stability", "explained_before")
    rows = tuple(Subject(SubjectKind.MODEL, name) for name, _ in candidates)
    return facts, View("candidates", rows, columns)
