"""Shops whose customers buy by a known process, and what that process lets expect of them."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from marketeer.tools.core.columns import Table
from marketeer.tools.prediction.btyd.history import History
from marketeer.tools.prediction.btyd.pareto_nbd import ParetoNbd
from marketeer.tools.prediction.panel import Panel

START = date(2023, 1, 1)


@dataclass(frozen=True, slots=True)
class Process:
    """Purchases Poisson with gamma rates during exponential lifetimes with gamma rates; log-normal amounts.

    Attributes:
        r: Shape of the purchase rates.
        alpha: Their scale in days.
        s: Shape of the drop-out rates; 0 where nobody stops.
        beta: Their scale in days.
        amount_between: Standard deviation of the logarithm of customers' mean amounts.
        amount_within: Standard deviation of the logarithm of one customer's amounts.
    """

    r: float
    alpha: float
    s: float = 0.0
    beta: float = 1.0
    amount_between: float = 0.5
    amount_within: float = 0.6


STEADY = Process(1.2, 40)
"""Frequent buyers who never stop."""
SPARSE = Process(0.8, 120, 0.6, 300)
"""Rare buyers, many of whom stop."""
CHURNING = Process(1.5, 30, 1.0, 200)
"""Frequent buyers who stop."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A simulated shop with what is known of it and what came after.

    Attributes:
        frames: Canonical tables over `days`.
        rate: Each customer's purchase rate a day, 0 after the customer stopped.
        later: Days with an order in the `ahead` days after.
        spent: Spend in them.
    """

    frames: dict[Table, pd.DataFrame]
    rate: np.ndarray
    later: np.ndarray
    spent: np.ndarray


def simulate(process: Process, customers: int, days: int, ahead: int, seed: int) -> Shop:
    """Draw customers who first buy on a random day before the last 30, and follow them until the end.

    Arrivals are even over time, so that the shop is as stationary as its customers are.
    """
    random = np.random.default_rng(seed)
    born = random.uniform(0, days - 30, customers)
    rate = random.gamma(process.r, 1 / process.alpha, customers)
    death = random.gamma(process.s, 1 / process.beta, customers) if process.s else np.zeros(customers)
    life = np.where(death > 0, random.exponential(1 / np.maximum(death, 1e-12)), np.inf)
    reach = np.minimum(life, days + ahead - born)
    count = random.poisson(rate * reach)
    row = np.repeat(np.arange(customers), count + 1)
    first = np.r_[0, np.cumsum(count + 1)[:-1]]
    since = random.uniform(0, 1, row.size) * reach[row]
    since[first] = 0.0
    day = np.floor(born[row] + since).astype(int)
    mean = random.normal(3.4, process.amount_between, customers)
    amount = np.exp(mean[row] + random.normal(0, process.amount_within, row.size)).round(2)
    orders = pd.DataFrame({"customer_row": row, "day": day, "net_amount": amount})
    past, future = orders[orders["day"] < days], orders[orders["day"] >= days]
    grouped = future.groupby("customer_row")
    everyone = range(customers)
    return Shop(
        _frames(past, customers),
        np.where(born + life > days, rate, 0.0),
        grouped["day"].nunique().reindex(everyone).fillna(0).to_numpy(float),
        grouped["net_amount"].sum().reindex(everyone).fillna(0).to_numpy(float),
    )


def _frames(past: pd.DataFrame, customers: int) -> dict[Table, pd.DataFrame]:
    past = past.sort_values(["day", "customer_row"], ignore_index=True)
    orders = pd.DataFrame(
        {
            "order_id": [f"O{n}" for n in range(len(past))],
            "customer_row": past["customer_row"],
            "ordered_at": pd.to_datetime(START) + pd.to_timedelta(past["day"], unit="D"),
            "order_kind": "sale",
            "gross_amount": past["net_amount"],
            "net_amount": past["net_amount"],
        }
    )
    people = pd.DataFrame({"customer_row": range(customers)})
    people["customer_id"] = [f"C{n}" for n in range(customers)]
    return {Table.CUSTOMERS: people, Table.ORDERS: orders}


def as_of(days: int) -> date:
    """Give the last day of a simulated history."""
    return START + timedelta(days=days - 1)


def expected(process: Process, panel: Panel, days: int) -> np.ndarray:
    """Give each customer's expected orders under the planted parameters, given the history observed."""
    history = _in_days(panel)
    if process.s:
        return ParetoNbd(process.r, process.alpha, process.s, process.beta).expected_purchases(history, days)
    return days * (process.r + history.x) / (process.alpha + history.T)


def nothing(process: Process, panel: Panel, days: int) -> np.ndarray:
    """Give each customer's chance of no order under the planted parameters, given the history observed."""
    history = _in_days(panel)
    if process.s:
        planted = ParetoNbd(process.r, process.alpha, process.s, process.beta)
        return 1 - planted.chance_of_purchase(history, days)
    seen = process.alpha + history.T
    return (seen / (seen + days)) ** (process.r + history.x)


def _in_days(panel: Panel) -> History:
    weeks = panel.history()
    return History.of(weeks.x, 7 * weeks.t_x, 7 * weeks.T)
