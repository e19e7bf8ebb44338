"""Sets a forecast that was kept beside what really happened since."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from marketeer.tools.core.columns import CUSTOMER_ID, CUSTOMER_ROW
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.payloads import Forecast
from marketeer.tools.prediction.backtest import measures
from marketeer.tools.prediction.calibration import Bin, calibration
from marketeer.tools.prediction.intervals import coverage
from marketeer.tools.prediction.targets import KIND, Kind, Period, Target, outcomes
from marketeer.tools.prediction.totals import total_ratio

FIFTHS = 5
_IDS = f"SELECT {CUSTOMER_ROW}, {CUSTOMER_ID} FROM customers"
_NEXT = """
SELECT customer_row, min(date_diff('day', $day, ordered_at::DATE)) AS days
FROM orders
WHERE customer_row IS NOT NULL AND order_kind = 'sale' AND ordered_at::DATE > $day
GROUP BY customer_row
"""


@dataclass(frozen=True, slots=True)
class Score:
    """How a kept forecast turned out.

    Attributes:
        target: What was forecast.
        made_from: The last day it knew.
        until: The last day it spoke of.
        customers: How many of its customers could be scored.
        lost: How many are no longer in the data.
        measures: As on a back-test; for dates the shares inside, before and after their range.
        total: Forecast and actual total (customers who did it, for chances).
        fifths: Forecast mean and actual mean per fifth of customers, the highest first; for amounts.
        bins: Chances and what came of them, the highest first; for chances.
        coverage: Share of outcomes inside their interval; NaN without intervals.
    """

    target: Target
    made_from: date
    until: date
    customers: int
    lost: int
    measures: dict[str, float]
    total: tuple[float, float]
    fifths: tuple[tuple[float, float], ...]
    coverage: float
    bins: tuple[Bin, ...] = ()


def score(forecast: Forecast, its: Dataset, now: Dataset) -> Score:
    """Score a forecast by the orders a newer snapshot holds.

    Args:
        forecast: The kept forecast, by the rows of its own snapshot.
        its: That snapshot.
        now: The snapshot that knows what happened.

    Raises:
        Insufficient: The days it speaks of are not over in the newer snapshot.
    """
    target, made_from = Target(forecast.about["target"]), date.fromisoformat(forecast.about["from"])
    until = made_from + timedelta(days=int(forecast.about["days"]))
    last = now.need_as_of()
    if target is not Target.NEXT_ORDER and last < until:
        raise Insufficient(
            f"This forecast was made from {made_from} and speaks of the days until {until}; the loaded data "
            f"ends on {last}. Load data that reaches to {until}, then ask again.",
            code="forecast_not_over",
            until=until,
            there=last,
        )
    table = _by_rows_of(now, forecast.frame, its)
    lost = len(forecast.frame) - len(table)
    if table.empty:
        raise Insufficient(
            "None of the customers of that forecast are in the loaded data, so it cannot be scored. "
            "Load the same shop's newer data.",
            code="other_customers",
        )
    if target is Target.NEXT_ORDER:
        return _dates(table, lost, now, made_from)
    actual = _actual(table, now, target, Period(made_from, (until - made_from).days))
    predicted = table["predicted"].to_numpy(float)
    inside = float("nan")
    fifths: tuple[tuple[float, float], ...] = ()
    bins: tuple[Bin, ...] = ()
    if KIND[target] is Kind.CHANCE:
        bins = calibration(actual, predicted)
    else:
        fifths = _fifths(predicted, actual)
        inside = coverage(actual, table["low"].to_numpy(float), table["high"].to_numpy(float))
    return Score(
        target,
        made_from,
        until,
        len(table),
        lost,
        measures(target, actual, predicted) | {"total_ratio": total_ratio(actual, predicted)},
        (float(predicted.sum()), float(actual.sum())),
        fifths,
        inside,
        bins,
    )


def _by_rows_of(now: Dataset, frame: pd.DataFrame, its: Dataset) -> pd.DataFrame:
    if its.snapshot == now.snapshot:
        return frame
    named = frame.merge(its.frame(_IDS), on=CUSTOMER_ROW).drop(columns=CUSTOMER_ROW)
    return named.merge(now.frame(_IDS), on=CUSTOMER_ID, validate="many_to_one")


def _actual(table: pd.DataFrame, now: Dataset, target: Target, period: Period) -> np.ndarray:
    done = outcomes(now, period).reindex(table[CUSTOMER_ROW]).fillna(0.0)
    if target is Target.SPEND:
        return done["spend"].to_numpy(float)
    orders = done["orders"].to_numpy(float)
    if target is Target.ORDERS:
        return orders
    bought = (orders > 0).astype(float)
    return 1 - bought if target is Target.LAPSE else bought


def _fifths(predicted: np.ndarray, actual: np.ndarray) -> tuple[tuple[float, float], ...]:
    groups = np.array_split(np.argsort(-predicted, kind="stable"), FIFTHS)
    return tuple((float(predicted[g].mean()), float(actual[g].mean())) for g in groups if g.size)


def _dates(table: pd.DataFrame, lost: int, now: Dataset, made_from: date) -> Score:
    """Score date ranges that are over: those whose latest day lies within the data."""
    over = (now.need_as_of() - made_from).days
    ranged = table[table["high"] <= over]
    if ranged.empty:
        last = now.need_as_of()
        raise Insufficient(
            f"No customer's range of days is over yet on {last}. Load newer data, then ask again.",
            code="forecast_not_over",
            until="",
            there=last,
        )
    came = now.frame(_NEXT, {"day": made_from}).set_index(CUSTOMER_ROW)["days"]
    days = came.reindex(ranged[CUSTOMER_ROW]).to_numpy(float)
    days = np.where(np.isnan(days), np.inf, days)
    low, high = ranged["low"].to_numpy(float), ranged["high"].to_numpy(float)
    return Score(
        Target.NEXT_ORDER,
        made_from,
        now.need_as_of(),
        len(ranged),
        lost,
        {"earlier": float((days < low).mean()), "later": float((days > high).mean())},
        (float("nan"), float("nan")),
        (),
        coverage(days, low, high),
    )
