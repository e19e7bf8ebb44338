"""Customers as they stood at one or more cut-offs, and what they did after.

Features hold nothing dated after their cut-off. Several training cut-offs are stacked; the last one, whose
outcome period ends with the data, is kept for the back-test and never trained on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.prediction.btyd.history import Floats, History
from marketeer.tools.prediction.targets import Period, Target, outcomes
from marketeer.tools.warehouse.features import customer_features

STEP_DAYS = 30
MOST_CUT_OFFS = 3
LEAST_HISTORY_DAYS = 90

_RECENT = """
SELECT customer_row,
       coalesce(sum(net_amount) FILTER (ordered_at >= $month), 0)::DOUBLE AS spend_30,
       count(*) FILTER (ordered_at >= $month AND order_kind = 'sale')::DOUBLE AS orders_30,
       coalesce(sum(net_amount) FILTER (ordered_at >= $horizon), 0)::DOUBLE AS spend_horizon,
       count(DISTINCT ordered_at::DATE) FILTER (ordered_at >= $horizon AND order_kind = 'sale')::DOUBLE
           AS orders_horizon,
       coalesce(sum(net_amount) FILTER (ordered_at >= $twice), 0)::DOUBLE AS spend_two_horizons,
       count(DISTINCT ordered_at::DATE) FILTER (order_kind = 'sale')::DOUBLE AS order_days
FROM orders
WHERE customer_row IS NOT NULL AND ordered_at < $until
GROUP BY customer_row
"""
FEATURES = (
    "recency_days", "tenure_days", "orders", "items", "products", "net_revenue", "mean_order_amount",
    "mean_gap_days", "return_share", "spend_30", "orders_30", "spend_horizon", "orders_horizon",
    "spend_two_horizons",
)  # fmt: skip
EXPECTED_ORDERS = "expected_orders"
EXPECTED_AMOUNT = "expected_order_amount"
_LEAST_ORDERS = 0.01


@dataclass(frozen=True, slots=True)
class Panel:
    """One row per customer and cut-off.

    Attributes:
        table: `customer_row`, `cut_off`, the columns of `FEATURES`, `order_days`.
        spend: Spend in the outcome period; NaN where the period is in the future.
        orders: Days with an order in it; NaN likewise.
        days: Length of the outcome period.
    """

    table: pd.DataFrame
    spend: Floats
    orders: Floats
    days: int

    def __len__(self) -> int:
        return len(self.table)

    @property
    def customers(self) -> NDArray[np.int32]:
        """The customer row of each panel row."""
        return self.table["customer_row"].to_numpy(dtype=np.int32)

    def outcome(self, target: Target) -> Floats:
        """Give the target's value per row; chances as 0 or 1."""
        if target is Target.SPEND:
            return self.spend
        if target is Target.ORDERS:
            return self.orders
        bought = np.where(np.isnan(self.orders), np.nan, self.orders > 0)
        return 1 - bought if target is Target.LAPSE else bought

    def features(self) -> pd.DataFrame:
        """Give the model columns: log of one plus each, all non-negative; of few expected orders the log."""
        names = list(self.feature_names)
        frame = pd.DataFrame(np.log1p(self.table[names].to_numpy(float)), columns=names)
        if EXPECTED_ORDERS in names:
            frame[EXPECTED_ORDERS] = np.log(self.table[EXPECTED_ORDERS].to_numpy(float) + _LEAST_ORDERS)
        return frame

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The columns models see: those of `FEATURES`, and what a purchase process added."""
        added = tuple(name for name in (EXPECTED_ORDERS, EXPECTED_AMOUNT) if name in self.table)
        return (*FEATURES, *added)

    def spending(self) -> tuple[Floats, Floats]:
        """Give each customer's order days and net spend a day with an order."""
        days = self.table["order_days"].to_numpy(float).clip(min=1)
        return days, self.table["net_revenue"].to_numpy(float) / days

    def history(self) -> History:
        """Give what buy-till-you-die models see, in weeks."""
        first = self.table["tenure_days"].to_numpy(float) / 7
        last = (self.table["tenure_days"] - self.table["recency_days"]).to_numpy(float) / 7
        return History.of(self.table["order_days"].to_numpy(float) - 1, last, first)

    def take(self, rows: NDArray[np.intp]) -> "Panel":
        """Give some rows."""
        return Panel(
            self.table.iloc[rows].reset_index(drop=True), self.spend[rows], self.orders[rows], self.days
        )


def panel_at(dataset: Dataset, cut_off: date, days: int, *, known: bool) -> Panel:
    """Build the rows of one cut-off.

    Args:
        dataset: The snapshot.
        cut_off: The last day features may see.
        days: Length of the outcome period after it.
        known: Whether that period lies within the data; otherwise outcomes are NaN.
    """
    base = customer_features(dataset, cut_off)
    until = cut_off + timedelta(days=1)
    recent = dataset.frame(
        _RECENT,
        {
            "until": until,
            "month": until - timedelta(days=30),
            "horizon": until - timedelta(days=days),
            "twice": until - timedelta(days=2 * days),
        },
    )
    table = base.merge(recent, on="customer_row", how="left", validate="one_to_one")
    # one purchase day has no gap: it lies at least as far as the time seen since
    table["mean_order_amount"] = table["net_revenue"] / table["orders"].clip(lower=1)
    table["mean_gap_days"] = table["mean_gap_days"].fillna(table["tenure_days"] + 1)
    table[list(FEATURES)] = table[list(FEATURES)].astype(float).clip(lower=0).fillna(0.0)
    table["cut_off"] = cut_off
    if not known:
        unknown = np.full(len(table), np.nan)
        return Panel(table, unknown, unknown, days)
    done = outcomes(dataset, Period(cut_off, days)).reindex(table["customer_row"]).fillna(0.0)
    return Panel(table, done["spend"].to_numpy(float), done["orders"].to_numpy(float), days)


def stacked(panels: Sequence[Panel]) -> Panel:
    """Stack panels of several cut-offs."""
    table = pd.concat([panel.table for panel in panels], ignore_index=True)
    spend = np.concatenate([panel.spend for panel in panels])
    orders = np.concatenate([panel.orders for panel in panels])
    return Panel(table, spend, orders, panels[0].days)


@dataclass(frozen=True, slots=True)
class TimePlan:
    """Which cut-offs are trained on, which one is the back-test, and from which the forecast starts.

    Attributes:
        training: Cut-offs whose outcomes are trained on, newest first.
        training_days: Length of their outcome periods; shorter than the horizon where history is short.
        test: The cut-off of the back-test, one horizon before the end.
        now: The data's last day.
        earlier: A cut-off whose outcomes end at the newest training one, by which models are also judged in
            time; none where too little history lies before it.
    """

    training: tuple[date, ...]
    training_days: int
    test: date
    now: date
    earlier: date | None = None

    @property
    def short(self) -> bool:
        """Whether there is too little history to train on outcomes over the whole horizon."""
        return self.training_days < (self.now - self.test).days


def plan_time(first: date, last: date, days: int) -> TimePlan:
    """Lay out cut-offs so that no outcome period reaches into a later stage.

    The test cut-off lies one horizon before the end; training outcomes end at it. Training cut-offs go back
    in steps of a month while enough history lies before them. Where the history before the test cut-off is
    shorter than one more horizon and some history before that, it is cut in the middle: models that need no
    outcomes are then compared on its second half.

    Raises:
        Insufficient: There is too little history before the test cut-off even for that.
    """
    history = (last - first).days
    test = last - timedelta(days=days)
    newest = test - timedelta(days=days)
    if newest - timedelta(days=_least(days)) >= first:
        steps = [newest - timedelta(days=STEP_DAYS * n) for n in range(MOST_CUT_OFFS)]
        training = tuple(
            day for day in steps if day - timedelta(days=LEAST_HISTORY_DAYS) >= first or day == newest
        )
        earlier = newest - timedelta(days=days)
        reaches = earlier - timedelta(days=LEAST_HISTORY_DAYS) >= first
        return TimePlan(training, days, test, last, earlier if reaches else None)
    if not _carries(history, days):
        longest = next((shorter for shorter in range(days, 0, -1) if _carries(history, shorter)), 1)
        needed = next(longer for longer in range(history, 3 * days + 1) if _carries(longer, days))
        raise Insufficient(
            f"A forecast over {days} days with a back-test needs {needed} days of orders; "
            f"the data has {history}. Ask for a shorter horizon, at most {longest} days, "
            "or load older orders.",
            code="history_too_short",
            needed=needed,
            there=history,
            longest=longest,
        )
    half = (history - days) // 2
    return TimePlan((test - timedelta(days=half),), half, test, last)


def _least(days: int) -> int:
    return min(LEAST_HISTORY_DAYS, days)


def _carries(history: int, days: int) -> bool:
    """Tell whether two thirds of the horizon, and the least history, lie before the test cut-off."""
    return history - days >= max(2 * days / 3, _least(days))
