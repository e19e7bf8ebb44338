"""Facts, views and notes about how a segmentation came about and how far it carries."""

from collections.abc import Iterator
from datetime import date

import pandas as pd

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import (
    Fact,
    FactKind,
    Note,
    Quality,
    Subject,
    SubjectKind,
    Unit,
    Verdict,
    View,
)
from marketeer.tools.segmentation.choice import LOWEST_RAND, SMALLEST_SHARE, Judged
from marketeer.tools.segmentation.making import Made
from marketeer.tools.segmentation.naming import UNASSIGNED
from marketeer.tools.segmentation.scores import Ruler
from marketeer.tools.segmentation.stability import LARGEST_SAMPLE
from marketeer.tools.segmentation.structure import Structure
from marketeer.tools.warehouse import features as f

MOST_CHANGED = 0.10
MOSTLY_ONE_TIME = 0.5
TRIED = ("segments", "smallest_share", "stability", "stability_margin", "explained_before")
COMPARED = (
    "segments", "smallest_share", "largest_share", "noise_share", "stability", "stability_margin",
    "explained_before", "explained_share", "silhouette", "davies_bouldin", "calinski_harabasz", "fitted_on",
    "seconds", "held_back_by",
)  # fmt: skip

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


def quality_facts(made: Made, horizon_days: int | None) -> Iterator[Fact]:
    """Say how much survives resampling and how much of the next period's spend the segments tell."""
    yield Fact("stability", made.judged.agreement.mean, Unit.RATIO, decimals=2)
    yield Fact("changed_on_resample", 100 * made.changed, Unit.PERCENT)
    customers = len(made.codes)
    if (fitted := made.judged.method.cost.fitted_on(customers)) < customers:
        yield Fact("fitted_on", fitted, Unit.CUSTOMERS)
    if customers > LARGEST_SAMPLE:
        yield Fact("judged_on", LARGEST_SAMPLE, Unit.CUSTOMERS)
    if made.scheme is None:
        yield Fact("smallest_share", 100 * made.judged.smallest, Unit.PERCENT)
    if made.certainty is not None:
        yield Fact("certainty", 100 * made.certainty, Unit.PERCENT)
    if made.judged.explained is not None and horizon_days is not None:
        yield Fact("explained_share", 100 * made.judged.explained, Unit.PERCENT)
        yield Fact("horizon_days", horizon_days, Unit.DAYS)


def structure_facts(structure: Structure | None) -> Iterator[Fact]:
    """Say how separate the clusters are."""
    if structure is None:
        return
    yield Fact("silhouette", structure.silhouette, Unit.RATIO, decimals=2)
    if structure.of_one_cloud is not None:
        yield Fact("silhouette_of_one_cloud", structure.of_one_cloud, Unit.RATIO, decimals=2)


def quality(made: Made) -> Quality:
    """Gather how good the ground is."""
    measures = {"changed_on_resample": made.changed}
    if made.judged.explained is not None:
        measures["eta_squared"] = made.judged.explained
    if made.structure is not None:
        measures["silhouette"] = made.structure.silhouette
    return Quality(
        n=len(made.codes), missing_share=made.missing, stability=made.judged.agreement.mean, measures=measures
    )


def verdict(made: Made) -> Verdict:
    """Give how far it carries: weak where the groups do not hold on resampled customers."""
    holds = made.changed < MOST_CHANGED and made.judged.stable
    return Verdict.OK if holds else Verdict.WEAK


def quality_notes(made: Made, features: pd.DataFrame) -> Iterator[Note]:
    """Say what must be said about stability, samples, sizes, history and ties."""
    yield from made.notes
    if verdict(made) is Verdict.WEAK:
        yield Note("not_stable")
    yield from _sample_notes(made)
    if made.scheme is None and not made.judged.large_enough(len(made.codes)):
        yield Note("small_groups")
    if UNASSIGNED in made.codes:
        yield Note("noise", {"segment": UNASSIGNED})
    if f.ORDERS in features:
        if made.judged.explained is None:
            yield Note("short_history")
        if (features[f.ORDERS] == 1).mean() > MOSTLY_ONE_TIME:
            yield Note("mostly_one_time")


def _sample_notes(made: Made) -> Iterator[Note]:
    customers = len(made.codes)
    if made.judged.method.cost.fitted_on(customers) < customers:
        yield Note("fitted_on_sample")
    if customers > LARGEST_SAMPLE:
        yield Note("judged_on_sample")


def threshold_facts(made: Made) -> tuple[list[Fact], tuple[View, ...]]:
    """Give the thresholds of each score: at most so many days, at least so many orders or so much spend."""
    if made.scheme is None:
        return [], ()
    facts: list[Fact] = []
    for (name, unit), ruler in zip(_DIMENSIONS, made.scheme.rulers, strict=True):
        facts += _thresholds(Subject(SubjectKind.RULE, name), unit, ruler)
    columns = tuple(f"score_{step}" for step in range(2, made.scheme.scheme.bins + 1))
    rows = tuple(Subject(SubjectKind.RULE, name) for name, _ in _DIMENSIONS)
    return facts, (View("thresholds", rows, columns),)


def _thresholds(subject: Subject, unit: Unit, ruler: Ruler) -> Iterator[Fact]:
    for bound, level in zip(ruler.bounds, ruler.levels[1:], strict=True):
        decimals = None if unit is Unit.MONEY or abs(bound) == int(abs(bound)) else 1
        yield Fact(
            f"score_{level}", abs(bound) if unit is Unit.DAYS else bound, unit, subject, decimals=decimals
        )


def candidate_facts(made: Made) -> tuple[list[Fact], tuple[View, ...]]:
    """Give the figures every candidate was judged by, as facts and one table; none without candidates."""
    if not made.candidates:
        return [], ()
    facts = [
        Fact("least_share", 100 * SMALLEST_SHARE, Unit.PERCENT, kind=FactKind.ASSUMED),
        Fact("least_stability", LOWEST_RAND, Unit.RATIO, kind=FactKind.ASSUMED, decimals=1),
    ]
    rows = tuple(Subject(SubjectKind.MODEL, name) for name, _ in made.candidates)
    for subject, (name, judged) in zip(rows, made.candidates, strict=True):
        facts += _judged(subject, judged)
        if made.structures:
            facts += _compared(subject, judged, made.structures.get(name))
            facts += _costs(subject, judged, len(made.codes))
            facts += _held_back(subject, judged, len(made.codes))
    code, columns = ("comparison", COMPARED) if made.structures else ("candidates", TRIED)
    given = {fact.name for fact in facts if fact.subject in rows}
    return facts, (View(code, rows, tuple(name for name in columns if name in given)),)


def _judged(subject: Subject, judged: Judged) -> Iterator[Fact]:
    yield Fact("segments", judged.segments, Unit.SEGMENTS, subject)
    yield Fact("smallest_share", 100 * judged.smallest, Unit.PERCENT, subject)
    yield Fact("stability", judged.agreement.mean, Unit.RATIO, subject, decimals=2)
    yield Fact("stability_margin", 2 * judged.agreement.error, Unit.RATIO, subject, decimals=2)
    if judged.deciding is not None:
        yield Fact("explained_before", 100 * judged.deciding, Unit.PERCENT, subject)


def _compared(subject: Subject, judged: Judged, structure: Structure | None) -> Iterator[Fact]:
    if judged.explained is not None:
        yield Fact("explained_share", 100 * judged.explained, Unit.PERCENT, subject)
    yield Fact("largest_share", 100 * judged.largest, Unit.PERCENT, subject)
    if judged.noise:
        yield Fact("noise_share", 100 * judged.noise, Unit.PERCENT, subject)
    if structure is not None:
        yield Fact("silhouette", structure.silhouette, Unit.RATIO, subject, decimals=2)
        yield Fact("davies_bouldin", structure.davies_bouldin, Unit.RATIO, subject, decimals=2)
        yield Fact("calinski_harabasz", structure.calinski_harabasz, Unit.RATIO, subject, decimals=0)


def _costs(subject: Subject, judged: Judged, customers: int) -> Iterator[Fact]:
    cost = judged.method.cost
    if cost.fitted_on(customers) < customers:
        yield Fact("fitted_on", cost.fitted_on(customers), Unit.CUSTOMERS, subject)
    seconds = cost.seconds(customers)
    yield Fact("seconds", seconds, Unit.SECONDS, subject, kind=FactKind.ESTIMATED, decimals=2)


def _held_back(subject: Subject, judged: Judged, customers: int) -> Iterator[Fact]:
    small, unstable = not judged.large_enough(customers), not judged.stable
    faults = {"too_small": small, "too_unstable": unstable, "too_small_and_unstable": small and unstable}
    if found := [fault for fault, holds in faults.items() if holds]:
        yield Fact("held_back_by", found[-1], Unit.TEXT, subject)
