"""Concentration: how much of the revenue the best customers bring.

Customers who bought in the period are ranked by their net revenue; the best p percent are the first
ceil(n p / 100) of them. Revenue without a known customer belongs to nobody and is left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import Fact, FactKind, Subject, SubjectKind, Unit
from marketeer.tools.warehouse.periods import Span, within_sql
from marketeer.tools.warehouse.selection import Selection, chosen_sql

PERCENTS = (1, 5, 10, 20, 50)
"""Shares of customers always shown."""

SHARES = {50: "customers_bringing_half", 80: "customers_bringing_most"}
"""Share of the revenue → the name of how many of the best customers bring it."""


@dataclass(frozen=True, slots=True)
class Concentrated:
    """What the best customers bring.

    Attributes:
        customers: Customers who bought.
        revenue: Their net revenue.
        best: Percent of customers → how many they are, and their net revenue.
        bringing: Percent of the revenue → how many of the best customers bring it.
    """

    customers: int
    revenue: float
    best: dict[int, tuple[int, float]]
    bringing: dict[int, int]


def compile_concentration(
    dataset: Dataset, selection: Selection, span: Span | None, percent: int | None
) -> str:
    """Give a query for `percent`, `customers` and `revenue` of the best, and what 50 and 80 % take.

    Args:
        dataset: The data.
        selection: Which customers.
        span: Only orders in this stretch; None takes all.
        percent: A share of customers wanted besides the usual ones.

    Raises:
        Insufficient: There are no orders, or a condition rests on what was not loaded.
    """
    dataset.need(Table.ORDERS)
    kept = ["customer_row IS NOT NULL", *([within_sql(span, "ordered_at")] if span else [])]
    if selection:
        kept.append(f"customer_row IN ({chosen_sql(dataset, selection)})")
    wanted = sorted({*PERCENTS, *([percent] if percent else [])})
    return (
        "WITH spent AS (SELECT customer_row, sum(net_amount) AS net FROM orders "
        f"WHERE {' AND '.join(kept)} GROUP BY customer_row "
        "HAVING count(*) FILTER (order_kind = 'sale') > 0),\n"
        "ranked AS (SELECT row_number() OVER best AS place, sum(net) OVER best AS running, "
        "count(*) OVER () AS n, sum(net) OVER () AS total FROM spent "
        "WINDOW best AS (ORDER BY net DESC, customer_row ROWS UNBOUNDED PRECEDING))\n"
        "SELECT 'best' AS what, percent, place AS customers, running::DOUBLE AS revenue "
        f"FROM ranked JOIN (SELECT unnest({wanted}) AS percent) AS wanted "
        "ON place = CAST(ceil(n * percent / 100.0) AS BIGINT)\n"
        "UNION ALL SELECT 'bringing', percent, min(place), NULL "
        f"FROM ranked JOIN (SELECT unnest({list(SHARES)}) AS percent) AS shares "
        "ON running * 100 >= total * percent WHERE total > 0 GROUP BY percent\n"
        "UNION ALL SELECT 'all', 100, count(*), max(total)::DOUBLE FROM ranked ORDER BY what, percent"
    )


def concentrated(rows: pd.DataFrame) -> Concentrated:
    """Read the rows of that query."""
    whole, best, bringing = (rows[rows["what"] == what] for what in ("all", "best", "bringing"))
    counts, revenues = best["customers"].astype(int), best["revenue"].astype(float)
    return Concentrated(
        customers=int(whole["customers"].sum()),
        revenue=float(whole["revenue"].sum()),
        best=dict(zip(best["percent"].astype(int), zip(counts, revenues, strict=True), strict=True)),
        bringing=dict(zip(bringing["percent"].astype(int), bringing["customers"].astype(int), strict=True)),
    )


def concentration_facts(found: Concentrated, total: Subject, asked: int | None) -> Iterator[Fact]:
    """Give the whole, how many bring half and four fifths of it, and what the best of each share bring."""
    yield Fact("customers", found.customers, Unit.CUSTOMERS, total)
    yield Fact("net_revenue", found.revenue, Unit.MONEY, total)
    for share, count in found.bringing.items():
        yield Fact(f"{SHARES[share]}_of", share, Unit.PERCENT, total, kind=FactKind.ASSUMED, decimals=0)
        yield Fact(SHARES[share], count, Unit.CUSTOMERS, total)
        yield Fact(f"{SHARES[share]}_share", 100 * count / found.customers, Unit.PERCENT, total)
    for percent, (count, revenue) in found.best.items():
        subject = Subject(SubjectKind.GROUP, f"best_{percent}_percent")
        kind = FactKind.GIVEN if percent == asked else FactKind.ASSUMED
        yield Fact("best_percent", percent, Unit.PERCENT, subject, kind=kind, decimals=0)
        yield Fact("customers", count, Unit.CUSTOMERS, subject)
        yield Fact("net_revenue", revenue, Unit.MONEY, subject)
        if found.revenue > 0:
            yield Fact("share_of_revenue", 100 * revenue / found.revenue, Unit.PERCENT, subject)
