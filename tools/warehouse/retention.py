"""Retention by cohort: of those who first bought in a month, how many bought again each month after.

A cohort is everybody whose first sale in the data falls into one calendar month (or quarter). Its retention
after k is the share of them with a sale in the k-th calendar month after that one. A month that the data does
not cover to its last day is censored: it has no value, which is not zero. Split by a dimension, each group's
cohorts are taken together; channel and country are those of a customer's first sale where orders name them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import Fact, Note, Subject, SubjectKind, Unit
from marketeer.tools.warehouse.metrics import Dimension, MetricQuery
from marketeer.tools.warehouse.periods import Span, bucket_sql, span_of, within_sql
from marketeer.tools.warehouse.selection import chosen_sql
from marketeer.tools.warehouse.splits import Split, order_split, own_split

STEPS = {"month": 12, "quarter": 8}
"""Length of a cohort's stretches → how many of them are followed."""

SHOWN = 24
"""Cohorts shown when no number is asked for; the latest ones."""


LEAST = 30
"""Customers below which a rate is marked: one of them moves it by more than three points."""

GROUPED = frozenset(
    {
        *(Dimension.COUNTRY, Dimension.CITY, Dimension.LANGUAGE),
        *(Dimension.CHANNEL, Dimension.SEGMENT, Dimension.ATTRIBUTE),
    }
)
"""What retention can be split by, beside its cohorts."""

GROUP_STEPS = (1, 2, 3, 6, 12)
"""How many months after are shown of groups."""


def compile_cohorts(dataset: Dataset, grain: str, query: MetricQuery) -> str:
    """Give a query for the customers of each `grp` and `cohort` who bought `later` stretches after.

    Args:
        dataset: The data.
        grain: `month` or `quarter`.
        query: Which customers, cohorts of which stretch, and what to split by.

    Raises:
        Insufficient: There are no orders, or a condition rests on what was not loaded.
    """
    dataset.need(Table.ORDERS)
    kept = [f"o.customer_row IN ({chosen_sql(dataset, query.selection)})"] if query.selection else []
    if query.span is not None:
        kept.append(within_sql(query.span, "first_at"))
    group, first, joins = _group_sql(dataset, query)
    where = f"WHERE {' AND '.join(kept)} " if kept else ""
    return (
        "WITH sales AS (SELECT * FROM orders WHERE order_kind = 'sale' AND customer_row IS NOT NULL),\n"
        f"firsts AS (SELECT customer_row, min(ordered_at) AS first_at{first} FROM sales AS o "
        "GROUP BY customer_row)\n"
        f"SELECT {group} AS grp, {bucket_sql(grain, 'first_at')} AS cohort, min(first_at) AS first_at, "
        f"date_diff('{grain}', first_at, ordered_at) AS later, count(DISTINCT customer_row) AS customers\n"
        f"FROM firsts AS o JOIN sales USING (customer_row) {joins}{where}"
        "GROUP BY grp, cohort, later ORDER BY grp, cohort, later"
    )


def _group_sql(dataset: Dataset, query: MetricQuery) -> tuple[str, str, str]:
    """Give SQL for a customer's group, for what of their first sale it needs, and for the table it is in."""
    if query.by not in GROUPED:
        return "'all'", "", ""
    own = order_split(dataset, query)
    if own is None:
        split = own_split(dataset, query)
        return split.named, "", split.join
    first = f", arg_min({own.sql}, (o.ordered_at, o.order_id)) AS first_group"
    return Split("o.first_group").named, first, ""


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
    small = [cohort.span.name for cohort in found[-(top or SHOWN) :] if cohort.back.get(0, 0) < LEAST]
    if small:
        yield Note("few_in_cohort", {"name": ", ".join(small), "least": str(LEAST)})


def group_facts(
    groups: Mapping[str, list[Cohort]], grain: str, subjects: Mapping[str, Subject]
) -> Iterator[Fact]:
    """Give each group's retention, and of how many customers each rate is: those followed that long."""
    for name, found in groups.items():
        subject = subjects[name]
        yield Fact("cohort_customers", sum(cohort.back[0] for cohort in found), Unit.CUSTOMERS, subject)
        for step in GROUP_STEPS:
            followed = sum(cohort.back[0] for cohort in found if cohort.steps >= step)
            if step <= STEPS[grain] and followed:
                back = sum(cohort.back.get(step, 0) for cohort in found if cohort.steps >= step)
                yield Fact(f"retained_{grain}_{step}", 100 * back / followed, Unit.PERCENT, subject)
                yield Fact(f"followed_{grain}_{step}", followed, Unit.CUSTOMERS, subject)


def small_groups(facts: Iterable[Fact]) -> Iterator[Note]:
    """Mark the groups with a rate of few customers."""
    few = {f.subject.name for f in facts if f.name.startswith("followed_") and float(str(f.value)) < LEAST}
    for name in sorted(few):
        yield Note("few_in_group", {"name": name, "least": str(LEAST)})


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
