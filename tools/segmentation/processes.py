"""Groups by how people buy, not by where their totals lie: a finite mixture of purchase processes.

Each group buys at a rate until it drops out (Schmittlein, Morrison & Colombo 1987, with one rate and one
drop-out rate per group), and each of its customers spends around a level of their own, normal on the log
scale. Fitted by expectation maximisation in closed form (Dempster, Laird & Rubin 1977).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logsumexp
from sklearn.cluster import KMeans

from marketeer.tools.segmentation.costs import Cost
from marketeer.tools.segmentation.scores import as_values
from marketeer.tools.segmentation.stability import sample_rows
from marketeer.tools.warehouse import features as f

Values = NDArray[np.float64]
READS = (f.ORDERS, f.RECENCY, f.TENURE, f.MEAN_ORDER)
LARGEST_SAMPLE = 10_000
STEPS = 300
GAIN = 1e-6
LEAST_RATE = 1e-7
LEAST_VARIANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Histories:
    """What the model reads of each customer.

    Attributes:
        repeats: Orders after the first.
        last: Days from the first order to the last.
        watched: Days from the first order to the as-of date, at least one.
        level: log(1 + mean order amount).
    """

    repeats: Values
    last: Values
    watched: Values
    level: Values


def histories(features: pd.DataFrame) -> Histories:
    """Read histories from `customer_features`."""
    orders, recency = as_values(features[f.ORDERS]), as_values(features[f.RECENCY])
    watched = np.maximum(as_values(features[f.TENURE]), 0.0) + 1.0
    level = np.log1p(np.maximum(as_values(features[f.MEAN_ORDER]), 0.0))
    return Histories(orders - 1.0, np.maximum(watched - 1.0 - recency, 0.0), watched, level)


@dataclass(frozen=True, slots=True)
class Processes:
    """The parameters of each group, every array of shape (groups,).

    Attributes:
        share: Share of customers.
        rate: Orders a day while active.
        drop_out: Drop-outs a day.
        level: Mean log amount.
        between: Variance of customers' levels.
        within: Variance of a customer's single amounts.
    """

    share: Values
    rate: Values
    drop_out: Values
    level: Values
    between: Values
    within: Values

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return self.share.size

    def log_density(self, seen: Histories) -> Values:
        """Give log(share × density) of each customer in each group, shape (n, groups)."""
        total = self.rate + self.drop_out
        gone = np.log(self.drop_out) - np.outer(seen.last, total)
        here = np.log(self.rate) - np.outer(seen.watched, total)
        buying = np.outer(seen.repeats, np.log(self.rate)) - np.log(total) + np.logaddexp(gone, here)
        variance = self.between + np.outer(1 / (seen.repeats + 1), self.within)
        spending = -0.5 * (np.log(2 * np.pi * variance) + (seen.level[:, None] - self.level) ** 2 / variance)
        density: Values = np.log(self.share) + buying + spending
        return density

    def assign(self, features: pd.DataFrame) -> NDArray[np.int64]:
        """Give each customer's most probable group."""
        return np.asarray(self.log_density(histories(features)).argmax(axis=1), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Fit:
    """One fit of so many groups.

    Attributes:
        processes: Its parameters.
        bic: Bayesian information criterion, less is better.
        icl: Integrated completed likelihood criterion, less is better.
        certainty: Mean probability of customers' most probable groups.
    """

    processes: Processes
    bic: float
    icl: float
    certainty: float


def fit_processes(seen: Histories, groups: int, seed: int = 0) -> Fit:
    """Fit so many groups by expectation maximisation, started from k-means on pace and level.

    Args:
        seen: The customers.
        groups: How many groups.
        seed: Seeds the start.

    Returns:
        The fit.
    """
    first = improve(flat(seen, groups), seen, _start(seen, groups, seed))
    fitted, member, likelihood = climb(first, seen, lambda now, member: improve(now, seen, member))
    bic = -2 * likelihood + (6 * groups - 1) * float(np.log(seen.level.size))
    doubt = -2 * float((member * np.log(np.maximum(member, 1e-300))).sum())
    return Fit(fitted, bic, bic + doubt, float(member.max(axis=1).mean()))


def climb(
    first: Processes, seen: Histories, better: Callable[[Processes, Values], Processes]
) -> tuple[Processes, Values, float]:
    """Repeat a step of expectation maximisation until the likelihood hardly rises.

    Args:
        first: Where to start.
        seen: The customers.
        better: The step: better parameters from those before and each customer's membership, (n, groups).

    Returns:
        The parameters, the membership, and the log-likelihood.
    """
    now, reached = first, -np.inf
    for _ in range(STEPS):
        density = now.log_density(seen)
        whole = logsumexp(density, axis=1, keepdims=True)
        member = np.exp(density - whole)
        likelihood = float(whole.sum())
        if likelihood - reached < GAIN * abs(likelihood):
            break
        reached = likelihood
        now = better(now, member)
    return now, member, likelihood


def _start(seen: Histories, groups: int, seed: int) -> Values:
    pace = np.log((seen.repeats + 0.5) / (seen.watched + 1))
    raw = np.column_stack([pace, seen.level])
    scaled = (raw - raw.mean(axis=0)) / np.maximum(raw.std(axis=0), 1e-9)
    labels = KMeans(groups, n_init=10, random_state=seed).fit_predict(scaled)
    return np.asarray(np.eye(groups)[labels] * 0.9 + 0.1 / groups, dtype=np.float64)


def flat(seen: Histories, groups: int) -> Processes:
    """Give so many groups that are all alike, to start from."""
    ones = np.ones(groups)
    rate = (seen.repeats.sum() + 1) / seen.watched.sum()
    variance = max(float(seen.level.var()), LEAST_VARIANCE)
    return Processes(
        ones / groups, ones * rate, ones * rate / 2, ones * seen.level.mean(), ones * variance / 2,
        ones * variance / 2,
    )  # fmt: skip


def improve(now: Processes, seen: Histories, weight: Values) -> Processes:
    """Do one step of expectation maximisation; `weight` is each customer's membership, (n, groups)."""
    mass = np.maximum(weight.sum(axis=0), 1e-9)
    alive, active = activity(now, seen)
    exposure = np.maximum((weight * active).sum(axis=0), 1e-9)
    rate = (weight * seen.repeats[:, None]).sum(axis=0) / exposure
    drop_out = (weight * (1 - alive)).sum(axis=0) / exposure
    orders = seen.repeats[:, None] + 1
    precision = 1 / now.between + orders / now.within
    own = (now.level / now.between + orders * seen.level[:, None] / now.within) / precision
    level = (weight * own).sum(axis=0) / mass
    between = (weight * ((own - level) ** 2 + 1 / precision)).sum(axis=0) / mass
    spread = orders * ((seen.level[:, None] - own) ** 2 + 1 / precision)
    within = (weight * spread).sum(axis=0) / mass
    return Processes(
        mass / mass.sum(), np.maximum(rate, LEAST_RATE), np.maximum(drop_out, LEAST_RATE), level,
        np.maximum(between, LEAST_VARIANCE), np.maximum(within, LEAST_VARIANCE),
    )  # fmt: skip


def activity(now: Processes, seen: Histories) -> tuple[Values, Values]:
    """Give the probability of being active still, and the expected active days, shape (n, groups)."""
    total = now.rate + now.drop_out
    silent = (seen.watched - seen.last)[:, None]
    waited = np.minimum(silent * total, 700.0)
    alive = total / (now.rate + now.drop_out * np.exp(waited))
    until = seen.last[:, None] + 1 / total - silent / np.expm1(np.maximum(waited, 1e-9))
    return alive, alive * seen.watched[:, None] + (1 - alive) * until


@dataclass(frozen=True, slots=True)
class ProcessMethod:
    """So many groups of one purchase process each, as a way to segment."""

    groups: int

    @property
    def name(self) -> str:
        """Its code."""
        return f"purchase_processes_{self.groups}"

    @property
    def cost(self) -> Cost:
        """What a fit costs."""
        return Cost(0.3, 0.002, LARGEST_SAMPLE)

    def fit(self, features: pd.DataFrame, seed: int = 0) -> Processes:
        """Fit the groups, on a sample where there are many customers."""
        return fit_processes(
            histories(sample_rows(features, seed, LARGEST_SAMPLE)), self.groups, seed
        ).processes
