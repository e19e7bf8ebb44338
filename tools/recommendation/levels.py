"""One recommender, several views: a customer with reasons, a segment with reach, what sells to anybody."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.recommendation.interactions import Rows
from marketeer.tools.recommendation.recommender import Recommender

REASONS = 2
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


def for_segment(recommender: Recommender, rows: Rows, choice: Choice) -> pd.DataFrame:
    """Recommend to a segment: what stands in most of its members' own lists.

    Popular products do not win by popularity: a product counts for a member only where it is among that
    member's ten best.

    Args:
        recommender: The fitted recommender.
        rows: The members' matrix rows.
        choice: How the list is made.

    Returns:
        `column`, `reach` (share of members with it in their list), `owned` (share of members who own it),
        `over_index` (share of members who bought it over the share of all other customers), best first.
    """
    n = recommender.interactions.items.size
    listed = np.zeros(n)
    for lists in recommender.stream(rows, LIST, choice.allowed):
        columns = lists.columns.ravel()
        listed += np.bincount(columns[columns >= 0], minlength=n)
    inside = np.asarray(recommender.owned[rows].sum(axis=0)).ravel()
    everyone = np.asarray(recommender.owned.sum(axis=0)).ravel()
    others = max(recommender.owned.shape[0] - rows.size, 1)
    rest = (everyone - inside + 0.5) / (others + 1)
    table = pd.DataFrame(
        {
            "column": np.arange(n),
            "reach": listed / max(rows.size, 1),
            "owned": inside / max(rows.size, 1),
            "over_index": (inside + 0.5) / (rows.size + 1) / rest,
        }
    )
    table["expected_margin"] = table["reach"] * recommender.assortment.unit_margin
    table = table[table["reach"] > 0].sort_values(["reach", "column"], ascending=[False, True])
    return _chosen(table, recommender, choice)
