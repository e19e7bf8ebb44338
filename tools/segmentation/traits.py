"""What sets a segment apart from the other customers: numbers, products, countries, reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.core.columns import ATTRIBUTE_PREFIX
from marketeer.tools.core.findings import Fact, Subject, SubjectKind, Unit
from marketeer.tools.segmentation.scores import as_values
from marketeer.tools.warehouse import features as f

Values = NDArray[np.float64]
SMALL_EFFECT = 0.2
"""Cohen (1988); a smaller difference is not worth a word."""

UNITS: Mapping[str, Unit] = {
    f.RECENCY: Unit.DAYS,
    f.TENURE: Unit.DAYS,
    f.ORDERS: Unit.ORDERS,
    f.ITEMS: Unit.ITEMS,
    f.PRODUCTS: Unit.PRODUCTS,
    f.GROSS: Unit.MONEY,
    f.NET: Unit.MONEY,
    f.MEAN_ORDER: Unit.MONEY,
    f.MEAN_GAP: Unit.DAYS,
    f.RETURN_SHARE: Unit.PERCENT,
}
_AMOUNTS = frozenset(UNITS) - {f.RETURN_SHARE}


@dataclass(frozen=True, slots=True)
class Trait:
    """How one feature differs between a segment and the rest.

    Attributes:
        feature: The column.
        here: Typical value in the segment: the geometric mean of amounts, the mean of shares and attributes.
        elsewhere: Typical value among the other customers.
        effect: Difference of those means in pooled standard deviations (Cohen's d), on the log scale for
            amounts, so that it always points the way the typical values do.
    """

    feature: str
    here: float
    elsewhere: float
    effect: float


def traits(table: pd.DataFrame, inside: NDArray[np.bool_], features: Sequence[str]) -> list[Trait]:
    """Compare a segment with the rest on each feature, the largest effect first.

    Args:
        table: One row per customer.
        inside: Who is in the segment.
        features: Numeric columns; one without values on either side, or constant, is left out.
    """
    compared = (_compare(name, as_values(table[name]), inside) for name in features)
    return sorted((t for t in compared if t is not None), key=lambda t: (-abs(t.effect), t.feature))


def _compare(feature: str, values: Values, inside: NDArray[np.bool_]) -> Trait | None:
    known = np.isfinite(values)
    here, elsewhere = values[inside & known], values[~inside & known]
    if here.size < 2 or elsewhere.size < 2:
        return None
    pull, release = (_log, _unlog) if feature in _AMOUNTS else (_same, _same)
    pulled_here, pulled_elsewhere = pull(here), pull(elsewhere)
    degrees = here.size + elsewhere.size - 2
    squares = pulled_here.var(ddof=1) * (here.size - 1) + pulled_elsewhere.var(ddof=1) * (elsewhere.size - 1)
    if squares <= 0:
        return None
    middle_here, middle_elsewhere = pulled_here.mean(), pulled_elsewhere.mean()
    effect = (middle_here - middle_elsewhere) / np.sqrt(squares / degrees)
    return Trait(feature, float(release(middle_here)), float(release(middle_elsewhere)), float(effect))


def _log(values: Values) -> Values:
    return np.copysign(np.log1p(np.abs(values)), values)


def _unlog(values: Values) -> Values:
    return np.copysign(np.expm1(np.abs(values)), values)


def _same(values: Values) -> Values:
    return values


def trait_facts(found: Sequence[Trait], within: Subject) -> list[Fact]:
    """Give traits as facts about the feature within the segment: typical values and effect."""
    facts: list[Fact] = []
    for trait in found:
        subject = Subject(SubjectKind.FEATURE, trait.feature.removeprefix(ATTRIBUTE_PREFIX), within)
        unit = UNITS.get(trait.feature, Unit.RATIO)
        scale = 100 if unit is Unit.PERCENT else 1
        decimals = None if unit in (Unit.MONEY, Unit.PERCENT) else 1
        facts += [
            Fact("typical_here", scale * trait.here, unit, subject, decimals=decimals),
            Fact("typical_elsewhere", scale * trait.elsewhere, unit, subject, decimals=decimals),
            Fact("effect", trait.effect, Unit.RATIO, subject, decimals=2),
        ]
    return facts
