"""When a customer will order next, as a range: from a purchase process, not from a single average gap.

The chance of at least one purchase within t (MBG/NBD, conditional on the customer's history) is followed over
t; the range runs from where it passes 10 % to where it passes 90 %, the middle from where it passes 50 %.
A customer who may well have stopped passes neither: then there is no day to name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.findings import Fact, FactKind, Interval, Unit
from marketeer.tools.prediction.btyd.bg_nbd import BgNbd
from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.gate import LEAST_REPEAT
from marketeer.tools.prediction.intervals import LEVEL
from marketeer.tools.prediction.panel import Panel
from marketeer.tools.prediction.report import customer

FARTHEST_DAYS = 730
_BLOCK = 20_000
COLUMNS = ("days_to_next_order", "earliest", "latest", "chance")


@dataclass(frozen=True, slots=True)
class Rhythms:
    """The purchase process of a shop, and the customers as of now."""

    model: BgNbd
    panel: Panel

    @classmethod
    def of(cls, panel: Panel) -> "Rhythms":
        """Fit the process on everybody's history; raises `Insufficient` with too few repeat customers."""
        repeat = int((panel.table["order_days"] > 1).sum())
        if repeat < LEAST_REPEAT:
            raise Insufficient(
                f"Only {repeat} customers ordered on more than one day, and a rhythm needs {LEAST_REPEAT}. "
                "Load a longer history.",
                code="too_little_to_forecast",
                missing={"repeat_customers": (repeat, LEAST_REPEAT)},
            )
        return cls(BgNbd.fit(panel.history(), modified=True), panel)

    def next_orders(self, horizon_days: int, customer_row: int | None = None) -> pd.DataFrame:
        """Estimate when customers who ordered on at least two days order next.

        Args:
            horizon_days: The days within which `chance` is given.
            customer_row: Only this customer.

        Returns:
            `customer_row`, `median`, `low`, `high` in days from the cut-off (80 % range; NaN beyond two
            years) and `chance` (0–1). Those with one order day are left out: they have no rhythm yet.
        """
        table = self.panel.table
        asked = table["order_days"] > 1
        if customer_row is not None:
            asked &= table["customer_row"] == customer_row
        rows = np.flatnonzero(asked.to_numpy())
        blocks = np.array_split(rows, max(1, -(-rows.size // _BLOCK)))
        parts = [self._ranges(self.panel.take(block), horizon_days) for block in blocks]
        return pd.concat(parts, ignore_index=True)

    def _ranges(self, panel: Panel, horizon_days: int) -> pd.DataFrame:
        days = np.arange(1, FARTHEST_DAYS + 1, dtype=float)
        history = panel.history()
        chance = np.column_stack([self.model.chance_of_purchase(history, day / 7) for day in days])
        tail = (1 - LEVEL) / 2
        table = pd.DataFrame({"customer_row": panel.customers})
        for name, level in (("median", 0.5), ("low", tail), ("high", 1 - tail)):
            table[name] = _first_passing(chance, days, level)
        table["chance"] = chance[:, horizon_days - 1]
        return table


def _first_passing(chance: Floats, days: Floats, level: float) -> Floats:
    passed = chance >= level
    first: Floats = np.where(passed.any(axis=1), days[passed.argmax(axis=1)], np.nan)
    return first


def range_facts(now: date, rows: pd.DataFrame) -> Iterator[Fact]:
    """Say each customer's range, in days and as dates; of one who may well have stopped, what there is."""
    columns = ["customer_row", "median", "low", "high", "chance"]
    for row, median, low, high, chance in rows[columns].to_numpy(float):
        subject = customer(int(row))
        band = Interval(low, high, LEVEL) if np.isfinite(high) else None
        if np.isfinite(median):
            yield Fact("days_to_next_order", median, Unit.DAYS, subject, band, FactKind.ESTIMATED)
        for name, days in (("earliest", low), ("latest", high)):
            if np.isfinite(days):
                day = now + timedelta(days=int(days))
                yield Fact(name, day, Unit.DATE, subject, kind=FactKind.ESTIMATED)
        yield Fact("chance", 100 * chance, Unit.PERCENT, subject, kind=FactKind.ESTIMATED)
