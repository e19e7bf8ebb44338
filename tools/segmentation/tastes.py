"""What a segment buys, where it lives and who may be written to, against the other customers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import NormalDist

import pandas as pd

from marketeer.tools.core import columns as c
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import Fact, Subject, SubjectKind, Unit
from marketeer.tools.core.payloads import Segmentation

FEWEST_BUYERS = 5
ERROR_RATE = 0.05
"""Chance that anything shown is chance, over all names compared (Bonferroni)."""


@dataclass(frozen=True, slots=True)
class Lean:
    """Something a segment does more than the rest.

    Attributes:
        name: The product, category or country.
        customers: How many of the segment do it.
        share: Their share of the segment, 0–1.
        elsewhere: The share among the other customers, 0–1.
        z: The difference in standard errors (two-proportion z).
    """

    name: str
    customers: int
    share: float
    elsewhere: float
    z: float


def bought(dataset: Dataset, segmentation: Segmentation, column: str, until: date) -> pd.DataFrame:
    """Count buyers per segment and value of a product column.

    Args:
        dataset: The snapshot.
        segmentation: Who is in which segment.
        column: `category` or `product_name`.
        until: The last day that counts.

    Returns:
        Columns `segment`, `name`, `customers`; empty where there are no order lines or no such column.
    """
    if not (dataset.has(Table.ORDER_LINES) and dataset.has(Table.PRODUCTS, column)):
        return pd.DataFrame({"segment": [], "name": [], "customers": []})
    return _count(
        dataset,
        segmentation,
        f"""
        SELECT segment, p.{column} AS name, count(DISTINCT customer_row) AS customers
        FROM order_lines JOIN products p USING (product_row) JOIN segmented USING (customer_row)
        WHERE line_kind = 'sale' AND p.{column} IS NOT NULL AND ordered_at < $until
        GROUP BY segment, p.{column} ORDER BY segment, name
        """,
        {"until": until + timedelta(days=1)},
    )


def living(dataset: Dataset, segmentation: Segmentation) -> pd.DataFrame:
    """Count customers per segment and country; columns as in `bought`."""
    if not dataset.has(Table.CUSTOMERS, c.COUNTRY):
        return pd.DataFrame({"segment": [], "name": [], "customers": []})
    return _count(
        dataset,
        segmentation,
        """
        SELECT segment, country AS name, count(*) AS customers
        FROM customers JOIN segmented USING (customer_row)
        WHERE country IS NOT NULL GROUP BY segment, country ORDER BY segment, name
        """,
        {},
    )


def reachable(dataset: Dataset, segmentation: Segmentation, consent: str) -> "pd.Series[int]":
    """Count per segment who consented and is not suppressed; unknown is not consent.

    Args:
        dataset: The snapshot, with the consent column.
        segmentation: Who is in which segment.
        consent: `email_consent` or `sms_consent`.
    """
    free = "AND NOT coalesce(suppressed, false)" if dataset.has(Table.CUSTOMERS, c.SUPPRESSED) else ""
    counts = _count(
        dataset,
        segmentation,
        f"""
        SELECT segment, count(*) AS customers FROM customers JOIN segmented USING (customer_row)
        WHERE {consent} = 'granted' {free} GROUP BY segment
        """,
        {},
    )
    return counts.set_index("segment")["customers"].reindex(list(segmentation.segments), fill_value=0)


def _count(
    dataset: Dataset, segmentation: Segmentation, sql: str, parameters: dict[str, object]
) -> pd.DataFrame:
    with dataset.connect() as connection:
        connection.register("segmented", segmentation.frame)
        return connection.execute(sql, parameters or None).df()


def leans(counts: pd.DataFrame, segmentation: Segmentation, segment: str, limit: int = 3) -> list[Lean]:
    """Find what a segment does more than the other customers, the surest difference first.

    Args:
        counts: Customers per segment and name, from `bought` or `living`.
        segmentation: Gives the sizes.
        segment: The segment.
        limit: How many at most. Fewer than five customers, or a difference within chance, is left out.
    """
    here = segmentation.rows_of(segment).size
    rest = len(segmentation.frame) - here
    if not rest or counts.empty:
        return []
    mine = counts["segment"] == segment
    inside = counts[mine & (counts["customers"] >= FEWEST_BUYERS)].set_index("name")["customers"]
    outside = counts[~mine].groupby("name")["customers"].sum().reindex(inside.index, fill_value=0)
    found = [
        _lean(str(name), int(n), int(other), here, rest)
        for name, n, other in zip(inside.index, inside, outside, strict=True)
    ]
    found.sort(key=lambda lean: (-lean.z, lean.name))
    sure = NormalDist().inv_cdf(1 - ERROR_RATE / 2 / max(1, len(found)))
    return [lean for lean in found if lean.z >= sure][:limit]


def _lean(name: str, inside: int, outside: int, here: int, rest: int) -> Lean:
    share, elsewhere = inside / here, outside / rest
    pooled = (inside + outside) / (here + rest)
    error = sqrt(pooled * (1 - pooled) * (1 / here + 1 / rest))
    return Lean(name, inside, share, elsewhere, (share - elsewhere) / error if error else 0.0)


def lean_facts(found: Sequence[Lean], kind: SubjectKind, within: Subject) -> Iterator[Fact]:
    """Give leans as facts: `customers`, `share_here`, `share_elsewhere`, `times_as_likely`."""
    for lean in found:
        subject = Subject(kind, lean.name, within)
        yield Fact("customers", lean.customers, Unit.CUSTOMERS, subject)
        yield Fact("share_here", 100 * lean.share, Unit.PERCENT, subject)
        yield Fact("share_elsewhere", 100 * lean.elsewhere, Unit.PERCENT, subject)
        if lean.elsewhere:
            yield Fact("times_as_likely", lean.share / lean.elsewhere, Unit.RATIO, subject, decimals=1)
