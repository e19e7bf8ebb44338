"""Retention by cohort: of those who first bought in a month, how many bought again each month after.

A cohort is everybody whose first sale in the data falls into one calendar month (or quarter). Its retention
after k is the share of them with a sale in the k-th calendar month after that one. A month that the data does
not cover to its last day is censored: it has no value, which is not zero.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import Fact, Note, Subject, SubjectKind, Unit
from marketeer.tools.warehouse.periods import Span, bucket_sql, span_of, within_sql
from marketeer.tools.warehouse.selection import Selection, chosen_sql

STEPS = {"month": 12, "quarter": 8}
"""Length of a cohort's stretches → how many of them are followed."""

SHOWN = 24
"""Cohorts shown when no number is asked for; the latest ones."""


def compile_cohorts(dataset: Dataset, grain: str, selection: Selection, span: Span | None) -> str:
    """Give a query for the customers of each `cohort` who bought `later` stretches after their first.

    Args:
        dataset: The data.
        grain: `month` or `quarter`.
        selection: Which customers.
        span: Only cohorts whose first order falls in it.

    Raises:
        Insufficient: There are no orders, or a condition rests on what was not loaded.
    """
    dataset.need(Table.ORDERS)
    kept = [f"customer_row IN ({chosen_sql(dataset, selection)})"] if selection else []
    if span is not None:
        kept.append(within_sql(span, "first_at"))
    where = f"WHERE {' AND '.join(kept)} " if kept else ""
    return (
        "WITH sales AS (SELECT customer_row, ordered_at FROM orders "
        "WHERE order_kind = 'sale' AND customer_row IS NOT NULL),\n"
        "firsts AS (SELECT customer_row, min(ordered_at) AS first_at FROM sales GROUP BY customer_row)\n"
        f"SELECT {bucket_sql(grain, 'first_at')} AS cohort, min(first_at) AS first_at, "
        f"date_diff('{grain}', first_at, ordered_at) AS later, count(DISTINCT customer_row) AS customers\n"
        f"FROM firsts JOIN sales USING (customer_row) {where}GROUP BY cohort, later ORDER BY cohort, later"
    )


@dataclass(frozen=True, slots=True)
class Cohort:
    """One cohort.

    Attributes:
        span: The stretch in which its customers first bought.
        back: Stretches later → customers who bought then; 0 gives all of them.
        steps: For how many stretches after its own the data is complete.
    """

    span: Span
    back: Mapping[int, int]
    steps: int


def cohorts(rows: pd.DataFrame, grain: str, as_of: date) -> list[Cohort]:
    """Give the cohorts in the rows of `compile_cohorts`, the earliest first."""
    found = []
    for _, group in rows.groupby("cohort", sort=True):
        span = span_of(pd.Timestamp(group["first_at"].min()).date(), grain)
        back = {int(k): int(n) for k, n in zip(group["later"], group["customers"], strict=True)}
        found.append(Cohort(span, back, _complete(span, grain, as_of)))
    return found


def retention_facts(found: list[Cohort], grain: str, top: int | None, total: Subject) -> Iterator[Fact]:
    """Give the retention of all cohorts together, then of each shown; censored cells give no fact."""
    yield Fact("cohort_customers", sum(cohort.back[0] for cohort in found), Unit.CUSTOMERS, total)
    yield from _retained(found, grain, total)
    for cohort in found[-(top or SHOWN) :]:
        subject = Subject(SubjectKind.PERIOD, cohort.span.name)
        yield Fact("cohort_customers", cohort.back[0], Unit.CUSTOMERS, subject)
        yield from _retained([cohort], grain, subject)


def retention_notes(found: list[Cohort], top: int | None) -> Iterator[Note]:
    """Say what the figures leave open."""
    if not found:
        yield Note("nothing_matched")
        return
    yield Note("cohorts_are_first_orders")
    if any(cohort.steps < 0 for cohort in found):
        yield Note("partial_period", {"name": found[-1].span.name})
    if len(found) > (top or SHOWN):
        yield Note("earlier_cohorts")


def _retained(found: list[Cohort], grain: str, subject: Subject) -> Iterator[Fact]:
    for step in range(1, STEPS[grain] + 1):
        followed = [cohort for cohort in found if cohort.steps >= step]
        if followed:
            back = sum(cohort.back.get(step, 0) for cohort in followed)
            share = 100 * back / sum(cohort.back[0] for cohort in followed)
            yield Fact(f"retained_{grain}_{step}", share, Unit.PERCENT, subject)


def _complete(span: Span, grain: str, as_of: date) -> int:
    """Count the stretches after a cohort's own that end by the last day; -1 where its own does not."""
    steps, stretch = -1, span
    while stretch.until <= as_of:
        steps, stretch = steps + 1, span_of(stretch.until + timedelta(days=1), grain)
    return steps
