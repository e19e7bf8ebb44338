"""Puts a campaign's counts and a shop's order values together into what the ranking needs."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import CONTROL_ARM, Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.targeting.economics import Economics, order_economics
from marketeer.tools.targeting.effects import pool_campaigns
from marketeer.tools.targeting.membership import EVERYBODY, Membership
from marketeer.tools.targeting.offers import Terms
from marketeer.tools.targeting.ranking import GroupArms
from marketeer.tools.targeting.terms import order_values
from marketeer.tools.targeting.trials import GROUP, PEOPLE, Campaign, outcome

FEWEST_ORDERS = 20
"""Orders a group needs for its own order value; with fewer it takes that of all customers."""

Values = Mapping[str, NDArray[np.float64]]
"""Group → values of its orders before any discount; `` (no name) holds those of all customers."""


def values_by_group(dataset: Dataset, membership: Membership, counts: pd.DataFrame | None = None) -> Values:
    """Give the order values of each group, from its orders of a year or else from the campaign's revenue.

    Args:
        dataset: The snapshot.
        membership: The groups; their day ends the year.
        counts: The campaign's tally, for data without orders.

    Raises:
        Insufficient: Neither orders nor revenue are known.
    """
    day = membership.on or dataset.as_of
    if dataset.has(Table.ORDERS) and day is not None:
        orders = order_values(dataset, day).merge(membership.frame, on=col.CUSTOMER_ROW, how="left")
        return _enough(
            {str(group): part["order_value"].to_numpy() for group, part in orders.groupby(GROUP)},
            orders["order_value"].to_numpy(),
            membership.groups,
        )
    if counts is None or not {col.REVENUE, col.ORDERED} <= set(counts.columns):
        raise Insufficient(
            "The value of an order is not known: there are neither orders nor revenue. Give order_value.",
            code="no_order_value",
        )
    means = {str(group): _mean_order(part) for group, part in counts.groupby(GROUP)}
    return _enough(means, _mean_order(counts), membership.groups)


def _mean_order(counts: pd.DataFrame) -> NDArray[np.float64]:
    orders = int(counts[col.ORDERED].sum())
    return np.full(orders, float(counts[col.REVENUE].sum()) / max(orders, 1))


def _enough(
    values: Mapping[str, NDArray[np.float64]], everyone: NDArray[np.float64], groups: Sequence[str]
) -> Values:
    known = {
        group: values[group] if group in values and values[group].size >= FEWEST_ORDERS else everyone
        for group in groups
    }
    return {**known, "": everyone}


def money_by_group(terms: Terms, values: Values) -> dict[str, Economics]:
    """Give the money in an order of each group under an offer; `` (no name) stands for all customers."""
    return {
        group: order_economics(
            terms.offer,
            orders,
            terms.margin.value,
            terms.contact_cost.value,
            terms.redemption.value / 100,
        )
        for group, orders in values.items()
    }


def group_arms_of(
    tallies: Sequence[pd.DataFrame], groups: Sequence[str], column: str, money: Mapping[str, Economics]
) -> list[GroupArms]:
    """Give each group's two arms from the tallies of one or more campaigns.

    Args:
        tallies: One tally per campaign, of its control and wanted arms only.
        groups: The groups wanted.
        column: The counted outcome.
        money: The money in an order, by group.
    """
    return [
        _arms([counts[counts[GROUP] == group] for counts in tallies], column, group, money[group])
        for group in groups
    ]


def whole_arms(tallies: Sequence[pd.DataFrame], column: str, money: Economics) -> GroupArms:
    """Give the two arms of all customers together."""
    return _arms(tallies, column, EVERYBODY, money)


def _arms(parts: Sequence[pd.DataFrame], column: str, group: str, money: Economics) -> GroupArms:
    pairs = [
        (outcome(part[part["arm"] != CONTROL_ARM], column), outcome(part[part["arm"] == CONTROL_ARM], column))
        for part in parts
    ]
    return GroupArms(group, *pool_campaigns(pairs), money, sum(int(part[PEOPLE].sum()) for part in parts))


COUNT_ONLY = Economics(margin=1.0, discount=0.0)
"""Stands for money where only the outcome itself counts: its profit per contact is the lift."""


def need_outcome(dataset: Dataset, campaign: Campaign, column: str) -> None:
    """Raise `Insufficient` where a campaign's results lack an outcome."""
    if not dataset.has(Table.SENDS, column):
        known = [name for name in (col.VISITED, col.ORDERED, col.REVENUE) if dataset.has(Table.SENDS, name)]
        raise Insufficient(
            f"The results of '{campaign.name}' do not say who {column}; they have: {', '.join(known)}.",
            code="no_outcome",
            outcome=column,
            known=known,
        )
