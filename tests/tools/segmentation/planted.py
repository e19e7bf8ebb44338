"""Shops with planted groups of overlapping purchase processes, and the best assignment anyone could make.

Each group buys as a Poisson process until an exponential drop-out (Schmittlein, Morrison & Colombo 1987, with
one rate per group), and spends log-normally per order. With the parameters known, the most probable group of
each customer is the best possible assignment.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True)
class Group:
    """How one group buys: share of customers, orders a day, drop-outs a day, mean and sd of log amount."""

    share: float
    rate: float
    drop_out: float
    log_amount: float
    sd: float = 0.5


@dataclass(frozen=True)
class Planted:
    """Orders with what is known of each customer, the planted group, and the best assignment."""

    orders: pd.DataFrame
    truth: NDArray[np.int64]
    best: NDArray[np.int64]


OVERLAPPING = (
    Group(0.40, 1 / 250, 1 / 300, 3.2),
    Group(0.35, 1 / 60, 1 / 900, 3.9),
    Group(0.15, 1 / 14, 1 / 1500, 4.3),
    Group(0.10, 1 / 45, 1 / 500, 6.2),
)
DAYS = 600


def plant(groups: tuple[Group, ...] = OVERLAPPING, customers: int = 2_000, seed: int = 0) -> Planted:
    """Generate a shop; every customer's first order is at a random day of the first quarter."""
    random = np.random.default_rng(seed)
    truth = random.choice(len(groups), customers, p=[g.share for g in groups])
    born = random.integers(0, DAYS // 4, customers)
    rate, drop, mean, sd = (np.array([getattr(g, name) for g in groups])[truth] for name in
                            ("rate", "drop_out", "log_amount", "sd"))  # fmt: skip
    alive = np.minimum(random.exponential(1 / drop), DAYS - born)
    counts = 1 + random.poisson(rate * alive)
    row = np.repeat(np.arange(customers), counts)
    at = random.uniform(0, 1, row.size) * alive[row]
    first = np.r_[True, np.diff(row) > 0]
    at[first] = 0.0
    amount = np.exp(random.normal(mean[row], sd[row]))
    frame = pd.DataFrame({"customer_row": row, "at": at + born[row], "gross_amount": np.round(amount, 2)})
    return Planted(_orders(frame), truth, _best(frame, groups, born, customers))


def _orders(frame: pd.DataFrame) -> pd.DataFrame:
    orders = frame.sort_values("at", ignore_index=True)
    orders["order_id"] = [f"O{n}" for n in range(len(orders))]
    orders["ordered_at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(orders.pop("at"), unit="D")
    orders["order_kind"] = "sale"
    orders["net_amount"] = orders["gross_amount"]
    return orders


def _best(
    frame: pd.DataFrame, groups: tuple[Group, ...], born: NDArray[np.int64], customers: int
) -> NDArray[np.int64]:
    by = frame.groupby("customer_row")
    repeats = by.size().to_numpy() - 1
    last = by["at"].max().to_numpy() - born
    watched = DAYS - born
    log_amount = np.log(frame["gross_amount"].to_numpy())
    scores = np.empty((customers, len(groups)))
    for n, g in enumerate(groups):
        total = g.rate + g.drop_out
        gone = np.log(g.drop_out / total) - total * last
        here = np.log(g.rate / total) - total * watched
        process = repeats * np.log(g.rate) + np.logaddexp(gone, here)
        density = -0.5 * ((log_amount - g.log_amount) / g.sd) ** 2 - np.log(g.sd)
        spend = np.bincount(frame["customer_row"], weights=density, minlength=customers)
        scores[:, n] = np.log(g.share) + process + spend
    return scores.argmax(axis=1)
