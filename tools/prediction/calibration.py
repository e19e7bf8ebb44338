"""Whether chances mean what they say: customers in equal groups by chance, and how many of each did it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from marketeer.tools.core.findings import Fact, FactKind, Interval, Subject, SubjectKind, Unit, View
from marketeer.tools.prediction.btyd.history import Floats

BINS = 10
_LEAST_PER_BIN = 25
VIEW = "calibration"
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Bin:
    """Customers with alike chances.

    Attributes:
        predicted: Their mean chance, 0–1.
        observed: The share that did it.
        customers: How many they are.
    """

    predicted: float
    observed: float
    customers: int

    def likely(self, level: float = LEVEL) -> tuple[float, float]:
        """Give the rates the observed share speaks for, 0–1 (Wilson 1927, JASA 22)."""
        came = round(self.observed * self.customers)
        ends = binomtest(came, self.customers).proportion_ci(level, method="wilson")
        return float(ends.low), float(ends.high)


def calibration(outcome: Floats, predicted: Floats, bins: int = BINS) -> tuple[Bin, ...]:
    """Group outcomes by predicted chance, highest first; fewer groups where customers are few."""
    bins = max(min(bins, len(outcome) // _LEAST_PER_BIN), 1)
    order = np.argsort(-predicted, kind="stable")
    return tuple(
        Bin(float(predicted[group].mean()), float(outcome[group].mean()), int(group.size))
        for group in np.array_split(order, bins)
        if group.size
    )


def calibration_facts(bins: tuple[Bin, ...]) -> Iterator[Fact]:
    """Say what was predicted and what came, per group; `group_1` has the highest chances."""
    for number, one in enumerate(bins, start=1):
        subject = Subject(SubjectKind.GROUP, f"group_{number}")
        yield Fact("predicted_share", 100 * one.predicted, Unit.PERCENT, subject, kind=FactKind.ESTIMATED)
        low, high = one.likely()
        yield Fact(
            "observed_share",
            100 * one.observed,
            Unit.PERCENT,
            subject,
            Interval(100 * low, 100 * high, LEVEL),
        )
        yield Fact("customers", one.customers, Unit.CUSTOMERS, subject)


def calibration_view(bins: tuple[Bin, ...]) -> View:
    """Show the groups."""
    rows = tuple(Subject(SubjectKind.GROUP, f"group_{n}") for n in range(1, len(bins) + 1))
    return View(VIEW, rows, ("predicted_share", "observed_share", "customers"))
