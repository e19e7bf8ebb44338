"""From a segment to a brief: who they are, what they typically buy, and what their copy may claim."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.campaigns.catalogue import copy_name
from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.copy import Claim
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.warehouse import features as feat

LAPSING_GAPS, LAPSED_GAPS = 1.5, 4.0
"""How many of the shop's usual gaps between orders a segment's median silence must last to be called so."""

COMMON_SHARE, COMMON_TIMES = 1 / 3, 5.0
"""A product that more than this share of all customers bought, and this many times as many as the median
product, is one that goes into every basket and says nothing about a segment."""

LAPSING = frozenset({"missed_regular", "lapsed", "lapsing"})
"""Traits of segments that have gone quiet."""


@dataclass(frozen=True, slots=True)
class TypicalProduct:
    """A product a segment buys more than others do.

    Attributes:
        row: Its product row.
        name: Its name in the catalogue.
        category: Its category, or empty.
        share: Percent of the segment's customers who bought it.
        index: Its share of what the segment's customers bought, over its share of what the others bought.
        z: Two-proportion z statistic of those shares (pooled variance).
    """

    row: int
    name: str
    category: str
    share: float
    index: float
    z: float


@dataclass(frozen=True, slots=True)
class Picture:
    """What a brief rests on: a segment's size, habits and traits.

    Attributes:
        code: The segment's code.
        rows: Its customer rows.
        traits: Codes such as `lapsing` or `frequent`, the most telling first.
        recency_days: Median days since the last order.
        orders: Median number of orders.
    """

    code: str
    rows: NDArray[np.int32]
    traits: tuple[str, ...]
    recency_days: float
    orders: float


def picture(code: str, rows: NDArray[np.int32], features: pd.DataFrame) -> Picture:
    """Draw a segment against the whole shop.

    Args:
        code: The segment's code.
        rows: Its customer rows.
        features: All customers' features, as `customer_features` gives them; empty without orders.
    """
    own = features[features[col.CUSTOMER_ROW].isin(rows)] if len(features) else features
    if own.empty:
        return Picture(code, rows, (), float("nan"), float("nan"))
    medians = own[[feat.RECENCY, feat.ORDERS, feat.GROSS, feat.TENURE]].median()
    return Picture(
        code=code,
        rows=rows,
        traits=tuple(_traits(medians, features)),
        recency_days=float(medians[feat.RECENCY]),
        orders=float(medians[feat.ORDERS]),
    )


def _traits(medians: pd.Series, features: pd.DataFrame) -> Iterable[str]:
    """Name what stands out: silence by the shop's usual gap, the rest by mid-rank among all customers."""
    rank = {name: _mid_rank(features[name], float(medians[name])) for name in medians.index}
    gaps = medians[feat.RECENCY] / max(_usual_gap(features), 1.0)
    frequent = rank[feat.ORDERS] >= 0.65 and medians[feat.ORDERS] >= 3
    if gaps >= LAPSING_GAPS:
        if frequent:
            yield "missed_regular"
        yield "lapsed" if gaps >= LAPSED_GAPS else "lapsing"
    elif medians[feat.ORDERS] <= 2 and rank[feat.TENURE] <= 0.35:
        yield "new"
    if frequent:
        yield "frequent"
    if medians[feat.ORDERS] <= 1:
        yield "one_order"
    if rank[feat.GROSS] >= 0.70:
        yield "high_spend"
    if rank[feat.RECENCY] <= 0.30:
        yield "recent"


def _usual_gap(features: pd.DataFrame) -> float:
    """Give the median gap between orders of those who came back, else half the median silence."""
    gap = features[feat.MEAN_GAP].median()
    return float(gap) if np.isfinite(gap) else float(features[feat.RECENCY].median()) / LAPSING_GAPS


def _mid_rank(values: pd.Series, value: float) -> float:
    return float(((values < value).mean() + (values <= value).mean()) / 2)


def purpose_for(traits: Sequence[str], *, has_offer: bool) -> str:
    """Choose what to write for when the person did not say."""
    if LAPSING.intersection(traits):
        return "win_back"
    if has_offer:
        return "offer"
    if "new" in traits:
        return "welcome"
    return "thank_you" if {"frequent", "high_spend"}.intersection(traits) else "recommend"


def reachable(dataset: Dataset, consent: str) -> NDArray[np.int32] | None:
    """Give the customer rows that may be written to on a channel; unknown consent is not consent.

    Args:
        dataset: The snapshot.
        consent: `email` or `sms`.

    Returns:
        Rows with granted consent who are not suppressed; None where the data has no such column.
    """
    column = {"email": col.EMAIL_CONSENT, "sms": col.SMS_CONSENT}[consent]
    if not dataset.has(Table.CUSTOMERS, column):
        return None
    suppressed = col.SUPPRESSED if dataset.has(Table.CUSTOMERS, col.SUPPRESSED) else "FALSE"
    frame = dataset.frame(
        "SELECT customer_row FROM customers "
        f"WHERE {column} = ? AND NOT coalesce({suppressed}, FALSE) ORDER BY customer_row",
        (col.Consent.GRANTED.value,),
    )
    return frame[col.CUSTOMER_ROW].to_numpy(dtype=np.int32)


def typical_products(
    dataset: Dataset, segments: Mapping[str, NDArray[np.int32]], limit: int = 12
) -> dict[str, list[TypicalProduct]]:
    """Find the products each segment over-indexes on, best first.

    Compared is what was bought, not who buys: each customer counts once per product, so that segments of
    people who order often do not over-index on everything. A product counts when it is available, at least
    2 % of the segment (and five customers) bought it, and it does not go into every basket.

    Args:
        dataset: The snapshot.
        segments: Segment code → customer rows of all segments that are compared.
        limit: How many to give per segment.

    Returns:
        Segment code → products ordered by z; empty without order lines or product names.
    """
    if not (dataset.has(Table.ORDER_LINES) and dataset.has(Table.PRODUCTS, col.PRODUCT_NAME)):
        return {code: [] for code in segments}
    codes = list(segments)
    member = np.full(max(int(rows.max(initial=-1)) for rows in segments.values()) + 1, -1)
    for position, rows in enumerate(segments.values()):
        member[rows] = position
    bought = dataset.frame(
        "SELECT DISTINCT customer_row, product_row FROM order_lines "
        "WHERE line_kind = 'sale' AND customer_row IS NOT NULL"
    )
    bought = bought[bought[col.CUSTOMER_ROW] < member.size]
    counts = np.zeros((len(codes), dataset.rows[Table.PRODUCTS]))
    owner = member[bought[col.CUSTOMER_ROW].to_numpy()]
    np.add.at(counts, (owner[owner >= 0], bought[col.PRODUCT_ROW].to_numpy()[owner >= 0]), 1)
    sizes = np.array([rows.size for rows in segments.values()], dtype=float)
    products = _products(dataset)
    return {
        code: _over_indexed(counts, sizes, position, products, limit) for position, code in enumerate(codes)
    }


def _over_indexed(
    counts: NDArray[np.float64], sizes: NDArray[np.float64], position: int, products: pd.DataFrame, limit: int
) -> list[TypicalProduct]:
    own, size = counts[position], sizes[position]
    others = counts.sum(axis=0) - own
    bought, rest = max(own.sum(), 1.0), max(others.sum(), 1.0)
    share, elsewhere, pooled = own / bought, others / rest, (own + others) / (bought + rest)
    error = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-12) * (1 / bought + 1 / rest))
    reach = (own + others) / sizes.sum()
    common = reach > max(COMMON_SHARE, COMMON_TIMES * float(np.median(reach)))
    fits = products["offered"].to_numpy() & (own >= max(5, 0.02 * size)) & (share > elsewhere) & ~common
    z = np.where(fits, (share - elsewhere) / error, -np.inf)
    best = [int(row) for row in np.lexsort((np.arange(z.size), -z))[:limit] if np.isfinite(z[row])]
    names, categories = products[col.PRODUCT_NAME], products[col.CATEGORY]
    return [
        TypicalProduct(
            row, names[row], categories[row], float(100 * own[row] / size),
            float(share[row] / max(elsewhere[row], 1 / rest)), float(z[row]),
        )
        for row in best
    ]  # fmt: skip


def _products(dataset: Dataset) -> pd.DataFrame:
    has = {name: dataset.has(Table.PRODUCTS, name) for name in (col.CATEGORY, col.AVAILABLE)}
    category = "coalesce(category, '')" if has[col.CATEGORY] else "''"
    offered = "coalesce(available, TRUE)" if has[col.AVAILABLE] else "TRUE"
    return dataset.frame(
        f"SELECT product_row, product_name, {category} AS category, "
        f"{offered} AND product_name IS NOT NULL AS offered FROM products ORDER BY product_row"
    )


def shared_taste(
    dataset: Dataset, rows: Sequence[int], products: Sequence[TypicalProduct]
) -> list[TypicalProduct]:
    """Put the products that typical customers of a segment bought first, keeping the order otherwise.

    Args:
        dataset: The snapshot.
        rows: Customer rows of the segment's most central customers.
        products: The products the segment over-indexes on.
    """
    if not rows or not products:
        return list(products)
    listed = ", ".join(str(int(row)) for row in rows)
    bought = dataset.frame(
        f"SELECT product_row, count(DISTINCT customer_row) AS buyers FROM order_lines "
        f"WHERE line_kind = 'sale' AND customer_row IN ({listed}) GROUP BY product_row"
    ).set_index(col.PRODUCT_ROW)["buyers"]
    return sorted(products, key=lambda product: -int(bought.get(product.row, 0)))


def product_claims(names: Sequence[str], *, required: bool = False) -> list[Claim]:
    """Turn product names into the claims `product_1`, `product_2`, …"""
    return [
        Claim(f"product_{n}", copy_name(name), f"product_{n}", required=required)
        for n, name in enumerate(names, start=1)
    ]
