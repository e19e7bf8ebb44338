"""One recommender, several views: a customer with reasons, a segment with reach, what sells to anybody."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.recommendation.interactions import Rows
from marketeer.tools.recommendation.recommender import Recommender

REASONS = 2
SURELY = 2.0
"""Standard errors by which two shares must differ to count as different."""

RECENT_DAYS = 28
LIST = 10
"""Length of the personal lists a segment's reach is counted over."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How lists are made.

    Attributes:
        k: Products wanted.
        allowed: Products that may be recommended.
        by_margin: Rank by expected margin instead of chance.
        per_category: Most products of one category; 0 for no bound.
    """

    k: int
    allowed: NDArray[np.bool_]
    by_margin: bool = False
    per_category: int = 0


def chances(recommender: Recommender, k: int) -> NDArray[np.float64] | None:
    """Give the measured chance of a purchase by rank, made non-increasing; None where it was not measured."""
    if recommender.measured is None:
        return None
    shares = np.asarray(recommender.measured.blend.by_rank)
    smooth = np.minimum.accumulate(np.maximum.accumulate(shares[::-1])[::-1])
    return np.pad(smooth, (0, max(0, k - smooth.size)), mode="edge")[:k]


def for_customer(recommender: Recommender, row: int, choice: Choice) -> pd.DataFrame:
    """Recommend to one customer, with the purchases that speak for each product.

    Args:
        recommender: The fitted recommender.
        row: The customer's matrix row.
        choice: How the list is made.

    Returns:
        `column`, `chance` (0–1 or NaN), `expected_margin`, `because` (columns of own purchases), best first.
    """
    wide = min(max(choice.k * 5, 50), recommender.interactions.items.size)
    lists = recommender.top(np.array([row], dtype=np.int32), wide, choice.allowed)
    columns = lists.columns[0]
    columns = columns[columns >= 0]
    measured = chances(recommender, columns.size)
    chance = np.full(columns.size, np.nan) if measured is None else measured
    margin = chance * recommender.assortment.unit_margin[columns]
    table = pd.DataFrame({"column": columns, "chance": chance, "expected_margin": margin})
    table = _chosen(table, recommender, choice)
    because = list(reasons(recommender, row, table["column"].to_numpy()))
    return table.assign(because=pd.Series(because, dtype=object))


def _chosen(table: pd.DataFrame, recommender: Recommender, choice: Choice) -> pd.DataFrame:
    if choice.by_margin and table["expected_margin"].notna().any():
        table = table.sort_values("expected_margin", ascending=False, kind="stable")
    if choice.per_category:
        category = recommender.assortment.products["category"].to_numpy()[table["column"]]
        table = table[table.groupby(category).cumcount() < choice.per_category]
    return table.head(choice.k).reset_index(drop=True)


def reasons(recommender: Recommender, row: int, columns: NDArray[np.intp]) -> Iterator[tuple[int, ...]]:
    """Give for each product the customer's own ones most often bought by its buyers (cosine of buyers)."""
    start, stop = recommender.owned.indptr[row : row + 2]
    own = recommender.owned.indices[start:stop]
    bought, targets = recommender.buyers[:, own], recommender.buyers[:, columns]
    common = (bought.T @ targets).toarray()
    common[own[:, None] == columns] = 0
    sizes = np.outer(np.diff(bought.indptr), np.maximum(np.diff(targets.indptr), 1))
    for cosine in (common / np.sqrt(sizes)).T:
        order = np.lexsort((own, -cosine))[:REASONS]
        yield tuple(int(own[at]) for at in order if cosine[at] > 0)


def best_sellers(recommender: Recommender, k: int, allowed: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Give the columns of the products most customers bought within four weeks, best first."""
    buyers = np.where(allowed, recommender.interactions.recent_buyers(RECENT_DAYS), -1.0)
    return np.lexsort((np.arange(buyers.size), -buyers))[: min(k, int(allowed.sum()))]


def for_segments(
    recommender: Recommender, groups: Mapping[str, Rows], choice: Choice
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Recommend to segments: what stands in many members' own lists, and in oftener than in other people's.

    Popular products do not win by popularity: a product counts for a customer only where it is among the
    customer's ten best. Of the products with at least half the reach of the one with most, those come first
    that no other segment lists surely oftener, so that what all who lapsed are offered alike heads only the
    lists of those it suits best; then those whose share of lists differs most from everybody else's. Both by
    the two-proportion z statistic.

    Args:
        recommender: The fitted recommender.
        groups: Segment code → matrix rows of its members; no customer is in two.
        choice: How the lists are made.

    Yields:
        The code, and `column`, `reach` (share of members with it in their list), `owned` (share of members
        who own it), `over_index` (reach over that among all others), best first.
    """
    customers, products = recommender.owned.shape
    group = np.zeros(customers, dtype=np.intp)
    for number, rows in enumerate(groups.values(), start=1):
        group[rows] = number
    everyone = np.arange(customers, dtype=np.int32)
    listed = np.zeros((len(groups) + 1, products))
    for lists in recommender.stream(everyone, LIST, choice.allowed):
        of_list = np.repeat(group[recommender.positions(lists.rows)], lists.columns.shape[1])
        columns = lists.columns.ravel()
        np.add.at(listed, (of_list[columns >= 0], columns[columns >= 0]), 1)
    sizes = np.bincount(group, minlength=len(groups) + 1).astype(np.int32)
    for number, (code, rows) in enumerate(groups.items(), start=1):
        owned = np.asarray(recommender.owned[rows].sum(axis=0)).ravel() / rows.size
        table = _standing_out(listed[number], listed.sum(axis=0), rows.size, customers).assign(owned=owned)
        table["foremost"] = _foremost(listed[1:], sizes[1:], number - 1)
        table["expected_margin"] = table["reach"] * recommender.assortment.unit_margin
        table = table[(table["reach"] > 0) & (table["reach"] >= table["reach"].max() / 2)]
        order = ["foremost", "z", "reach", "column"]
        ordered = table.sort_values(order, ascending=[False, False, False, True])
        yield code, _chosen(ordered, recommender, choice)


def _foremost(listed: NDArray[np.float64], sizes: Rows, at: int) -> NDArray[np.bool_]:
    """Tell which products no other segment lists oftener than one does, by two standard errors.

    Args:
        listed: Segments × products, the members with the product in their list.
        sizes: Members of each segment.
        at: The one segment.
    """
    others = [
        _two_proportions(listed[at], sizes[at], listed[other], sizes[other])
        for other in range(len(sizes))
        if other != at
    ]
    first: NDArray[np.bool_] = np.all(np.array(others).reshape(-1, listed.shape[1]) > -SURELY, axis=0)
    return first


def _two_proportions(
    hits: NDArray[np.float64], n: int, other_hits: NDArray[np.float64], other_n: int
) -> NDArray[np.float64]:
    """Give the z statistic of a difference between two shares, pooled."""
    pooled = (hits + other_hits) / (n + other_n)
    error = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-12) * (1 / n + 1 / max(other_n, 1)))
    z: NDArray[np.float64] = (hits / n - other_hits / max(other_n, 1)) / error
    return z


def _standing_out(
    inside: NDArray[np.float64], everywhere: NDArray[np.float64], members: int, customers: int
) -> pd.DataFrame:
    others = customers - members
    reach, elsewhere = inside / members, (everywhere - inside) / max(others, 1)
    z = _two_proportions(inside, members, everywhere - inside, others)
    return pd.DataFrame(
        {
            "column": np.arange(inside.size),
            "reach": reach,
            "over_index": reach / np.maximum(elsewhere, 0.5 / max(others, 1)),
            "z": z if others else np.zeros(inside.size),
        }
    )
