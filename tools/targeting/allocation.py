"""Shares out a limited number of contacts, or money, by what each is expected to earn.

A linear programme: maximise the expected profit over groups, no group more than can be written to, all
together within the limits. With one limit this is the greedy rule: most profit per contact, or per unit of
money, first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from marketeer.tools.targeting.effects import Effect
from marketeer.tools.targeting.ranking import LEVEL, SENT, Ranking, Standing


@dataclass(frozen=True, slots=True)
class Limits:
    """What there is to spend.

    Attributes:
        contacts: How many can be written to, or coupons handed out; None for no limit.
        money: How much contacts and redeemed discounts may cost; None for no limit.
    """

    contacts: int | None = None
    money: float | None = None

    @property
    def binding(self) -> bool:
        """Whether there is any limit."""
        return self.contacts is not None or self.money is not None


@dataclass(frozen=True, slots=True)
class Allocation:
    """Contacts per group, and what they cost and earn together.

    Attributes:
        contacts: Group → contacts, of the groups that are sent to.
        profit: Expected profit of all of them.
        cost: Expected cost: contacts, and discounts on all orders with the offer.
    """

    contacts: Mapping[str, int]
    profit: Effect
    cost: float


def allocate(ranking: Ranking, available: Mapping[str, int], limits: Limits) -> Allocation:
    """Share out contacts among the groups that are sent to.

    Args:
        ranking: The ranking.
        available: Group → people who may be written to and are not held out.
        limits: What there is to spend.
    """
    chosen = [one for one in ranking.standings if one.decision in SENT]
    counts = share_out(
        [one.profit.value for one in chosen],
        [contact_cost(one) for one in chosen],
        [available.get(one.arms.group, 0) for one in chosen],
        limits,
    )
    contacts = {one.arms.group: count for one, count in zip(chosen, counts, strict=True)}
    cost = sum(contact_cost(one) * contacts[one.arms.group] for one in chosen)
    return Allocation(contacts, total_profit(ranking, contacts), cost)


def contact_cost(standing: Standing) -> float:
    """Give what a contact is expected to cost: itself, and the discount on an order it may bring."""
    money = standing.arms.money
    return money.contact_cost + standing.arms.treated.rate * money.given_away


def total_profit(ranking: Ranking, contacts: Mapping[str, int]) -> Effect:
    """Give the expected profit of so many contacts in each group, with its interval."""
    counts = np.array([contacts.get(one.arms.group, 0) for one in ranking.standings], dtype=np.float64)
    totals = ranking.draws @ counts if counts.size else np.zeros(1)
    low, high = np.quantile(totals, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Effect(float(totals.mean()), float(totals.std()), float(low), float(high), LEVEL)


def share_out(
    profits: Sequence[float], costs: Sequence[float], available: Sequence[int], limits: Limits
) -> list[int]:
    """Give how many contacts each group gets so that together they earn most within the limits.

    Args:
        profits: Expected profit of a contact, by group.
        costs: Expected cost of a contact, by group.
        available: People who may be written to, by group.
        limits: What there is to spend.
    """
    if not profits:
        return []
    rows, tops = [], []
    if limits.contacts is not None:
        rows.append(np.ones(len(profits)))
        tops.append(float(limits.contacts))
    if limits.money is not None:
        rows.append(np.array(costs))
        tops.append(limits.money)
    found = linprog(
        c=[-profit for profit in profits],
        A_ub=np.array(rows) if rows else None,
        b_ub=tops or None,
        bounds=[(0, people) for people in available],
    )
    counts = np.zeros(len(profits)) if found.x is None else found.x
    return [int(count + 1e-6) for count in counts]
