"""The facts every segmentation shows per segment, and the order segments are shown in."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.core.findings import Fact, Subject, Unit, View, segment
from marketeer.tools.segmentation.naming import UNASSIGNED
from marketeer.tools.warehouse import features as f

Codes = NDArray[np.object_]

WITH_ORDERS = (
    "customers", "share_of_customers", "revenue", "share_of_revenue", "median_recency_days", "mean_orders",
    "mean_order_amount",
)  # fmt: skip
WITHOUT_ORDERS = ("customers", "share_of_customers")


def in_order_of_value(features: pd.DataFrame, codes: Codes) -> tuple[str, ...]:
    """Order segments by their net revenue, or by size where nothing was ordered; noise comes last."""
    worth = features[f.NET] if f.NET in features else pd.Series(1.0, index=features.index)
    totals = worth.groupby(codes).sum()
    return tuple(sorted(totals.index, key=lambda code: (code == UNASSIGNED, -totals[code], code)))


def segment_facts(features: pd.DataFrame, codes: Codes, order: tuple[str, ...]) -> list[Fact]:
    """Describe each segment: customers, and what they bought, where there are orders.

    Args:
        features: One row per customer.
        codes: The segment of each row.
        order: The segments in the order to show them.
    """
    whole = _Totals(features)
    groups = features.groupby(codes)
    return [fact for code in order for fact in whole.describe(segment(code), groups.get_group(code))]


def segments_view(features: pd.DataFrame, order: tuple[str, ...]) -> View:
    """Give the table of segments."""
    columns = WITH_ORDERS if f.NET in features else WITHOUT_ORDERS
    return View("segments", tuple(segment(code) for code in order), columns)


class _Totals:
    def __init__(self, features: pd.DataFrame) -> None:
        self._customers = len(features)
        self._net = float(features[f.NET].sum()) if f.NET in features else None

    def describe(self, subject: Subject, group: pd.DataFrame) -> Iterator[Fact]:
        yield Fact("customers", len(group), Unit.CUSTOMERS, subject)
        yield Fact("share_of_customers", 100 * len(group) / self._customers, Unit.PERCENT, subject)
        if self._net is None:
            return
        net, orders = float(group[f.NET].sum()), int(group[f.ORDERS].sum())
        yield Fact("revenue", net, Unit.MONEY, subject)
        if self._net > 0:
            yield Fact("share_of_revenue", 100 * net / self._net, Unit.PERCENT, subject)
        yield Fact("median_recency_days", float(group[f.RECENCY].median()), Unit.DAYS, subject)
        yield Fact("mean_recency_days", float(group[f.RECENCY].mean()), Unit.DAYS, subject, decimals=1)
        yield Fact("mean_orders", orders / len(group), Unit.ORDERS, subject, decimals=1)
        yield Fact("mean_order_amount", float(group[f.GROSS].sum()) / orders, Unit.MONEY, subject)
        yield Fact("mean_revenue", net / len(group), Unit.MONEY, subject)
