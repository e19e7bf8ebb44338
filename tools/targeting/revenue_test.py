"""How many people a test of revenue per head needs, and how many fewer once earlier revenue is allowed for.

Revenue per head is mostly noughts and a few large orders, so its spread comes from the data and not from the
mean. Allowing for what customers spent before leaves `1 - r^2` of its variance (CUPED: Deng et al. 2013,
WSDM, section 3.2), and takes as much off the people needed.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.core.columns import CUSTOMER_ROW
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import Fact, FactKind, Subject, Unit
from marketeer.tools.targeting.sizing import Design, mean_test_size

_SPENT = """
SELECT customer_row, sum(net_amount)::DOUBLE AS spent FROM orders
WHERE customer_row IS NOT NULL AND order_kind = 'sale' AND ordered_at >= $since AND ordered_at < $until
GROUP BY customer_row
"""


@dataclass(frozen=True, slots=True)
class Spread:
    """Revenue per head over a horizon, buyers and others together.

    Attributes:
        sd: Its standard deviation.
        mean: Its mean; None where only the spread was given.
        explained: Share of its variance that earlier revenue explains, 0-1; None where it is not known.
        kind: Where the figures come from.
    """

    sd: float
    mean: float | None = None
    explained: float | None = None
    kind: FactKind = FactKind.GIVEN


def revenue_spread(dataset: Dataset, rows: "pd.Series[int]", after: date, days: int) -> Spread:
    """Measure revenue per head of some customers over the days after a day, and how the days before tell it.

    Args:
        dataset: The snapshot, with orders.
        rows: The customers, those who spend nothing included.
        after: The cut-off; the horizon starts on the next day, the period before ends on it.
        days: Length of the horizon and of the period before.
    """
    start = after + timedelta(days=1)
    now = _spent(dataset, rows, start, days)
    before = _spent(dataset, rows, start - timedelta(days=days), days)
    known = now.size > 2 and now.std() > 0 and before.std() > 0
    explained = float(np.corrcoef(now, before)[0, 1] ** 2) if known else None
    sd = float(now.std(ddof=1)) if now.size > 1 else 0.0
    return Spread(sd, float(now.mean()) if now.size else 0.0, explained, FactKind.MEASURED)


def _spent(dataset: Dataset, rows: "pd.Series[int]", since: date, days: int) -> NDArray[np.float64]:
    frame = dataset.frame(_SPENT, {"since": since, "until": since + timedelta(days=days)})
    spent = frame.set_index(CUSTOMER_ROW)["spent"]
    return np.asarray(rows.map(spent).fillna(0.0), dtype=np.float64)


def detectable_difference(people: int, sd: float, design: Design) -> float:
    """Give the smallest difference of means that so many people would show."""
    control, treated = people * design.control_share, people * design.treated_share
    scale = math.sqrt(design.inflation * (1 / control + 1 / treated))
    return (design.z_alpha + design.z_power) * sd * scale


def size_facts(spread: Spread, difference: float, design: Design, subject: Subject) -> Iterator[Fact]:
    """Give the spread and the people needed, plainly and with earlier revenue allowed for."""
    kind = FactKind.ESTIMATED
    if spread.mean is not None:
        yield Fact("revenue_per_head", spread.mean, Unit.MONEY, subject, kind=spread.kind)
    yield Fact("revenue_sd", spread.sd, Unit.MONEY, subject, kind=spread.kind)
    size = mean_test_size(spread.sd, difference, design)
    yield Fact("control_needed", size.control, Unit.CUSTOMERS, kind=kind)
    yield Fact("treated_needed", size.treated, Unit.CUSTOMERS, kind=kind)
    yield Fact("people_needed", size.total, Unit.CUSTOMERS, kind=kind)
    if spread.explained:
        adjusted = mean_test_size(spread.sd * math.sqrt(1 - spread.explained), difference, design)
        yield Fact("explained_before", 100 * spread.explained, Unit.PERCENT, subject, kind=spread.kind)
        yield Fact("people_needed_adjusted", adjusted.total, Unit.CUSTOMERS, kind=kind)


def reach_facts(spread: Spread, people: int, design: Design, subject: Subject) -> Iterator[Fact]:
    """Give what difference the people at hand can show."""
    if people >= 2 and spread.sd > 0:
        shown = detectable_difference(people, spread.sd, design)
        yield Fact("detectable_difference", shown, Unit.MONEY, subject, kind=FactKind.ESTIMATED)
