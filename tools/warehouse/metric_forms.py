"""Metric questions with a form of their own: retention by cohort, concentration, statistics of a column."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import Finding, Note, Quality, Subject, SubjectKind, Verdict, View
from marketeer.tools.warehouse.concentration import (
    compile_concentration,
    concentrated,
    concentration_facts,
)
from marketeer.tools.warehouse.metric_args import QueryArgs
from marketeer.tools.warehouse.metric_facts import product_names
from marketeer.tools.warehouse.metric_scope import scope_facts, scope_notes, total_subject
from marketeer.tools.warehouse.metric_sql import DAYS_BETWEEN_ORDERS, compile_column
from marketeer.tools.warehouse.metrics import SUBJECTS, Dimension, Measure, MetricQuery
from marketeer.tools.warehouse.numeric import column_facts, numeric_column
from marketeer.tools.warehouse.retention import (
    GROUPED,
    STEPS,
    cohorts,
    compile_cohorts,
    group_facts,
    retention_facts,
    retention_notes,
    small_groups,
)
from marketeer.tools.warehouse.series import covered_days

GROUPS_SHOWN = 15
"""Groups of a retention shown when no number is asked for; the largest ones."""

Rows = Callable[[str], pd.DataFrame]
"""Runs a query over the data and the frames the question named."""


def retention(args: QueryArgs, dataset: Dataset, query: MetricQuery, rows_of: Rows) -> Finding:
    """Follow cohorts by their first order; conditions and the period choose whose, a dimension splits."""
    split = query.by in GROUPED
    grain = query.by.value if query.by and not split else "month"
    beside = set(query.measures) - {Measure.RETENTION, Measure.CUSTOMERS}
    if beside or grain not in STEPS or _of_orders_too(query) or query.before:
        raise Retry(
            "retention is asked for alone, by month or quarter of the first order or by country, city, "
            "language, channel, segment or attribute, and narrowed by a period and by conditions on "
            "customers only.",
            code="retention_stands_alone",
        )
    sql = compile_cohorts(dataset, grain, query)
    rows = rows_of(sql)
    total = Subject(SubjectKind.GROUP, "selection") if query.span else total_subject(args, query)
    if split:
        return _retention_of_groups(args, dataset, query, (rows, sql, total))
    found = cohorts(rows, grain, dataset.need_as_of())
    facts = (*scope_facts(args, query, total), *retention_facts(found, grain, args.top, total))
    subjects = tuple(dict.fromkeys(f.subject for f in facts if f.subject.kind is SubjectKind.PERIOD))
    names = tuple(f"retained_{grain}_{step}" for step in range(1, STEPS[grain] + 1))
    there = {fact.name for fact in facts}
    return Finding(
        title="retention",
        facts=facts,
        method="cohorts",
        views=(View("cohorts", (*subjects, total), ("cohort_customers", *(n for n in names if n in there))),),
        quality=Quality(n=sum(cohort.back[0] for cohort in found) or None),
        verdict=Verdict.OK if found else Verdict.INSUFFICIENT,
        notes=(*scope_notes(args, query), *retention_notes(found, args.top)),
        query=sql,
    )


def _retention_of_groups(
    args: QueryArgs, dataset: Dataset, query: MetricQuery, made: tuple[pd.DataFrame, str, Subject]
) -> Finding:
    """Take each group's monthly cohorts together; the largest groups come first."""
    (rows, sql, total), as_of = made, dataset.need_as_of()
    found = {str(name): cohorts(part, "month", as_of) for name, part in rows.groupby("grp", sort=True)}
    sizes = {name: sum(cohort.back[0] for cohort in part) for name, part in found.items()}
    largest = sorted(found, key=lambda name: (-sizes[name], name))[: args.top or GROUPS_SHOWN]
    kind = SUBJECTS.get(query.by, SubjectKind.GROUP) if query.by else SubjectKind.GROUP
    subjects = {name: Subject(kind, name) for name in largest}
    everybody = cohorts(rows.groupby(["cohort", "later"], as_index=False).agg(
        first_at=("first_at", "min"), customers=("customers", "sum")), "month", as_of)  # fmt: skip
    facts = (
        *scope_facts(args, query, total),
        *group_facts({"": everybody}, "month", {"": total}),
        *group_facts({name: found[name] for name in largest}, "month", subjects),
    )
    there = dict.fromkeys(fact.name for fact in facts if fact.subject != total)
    dimension = query.by.value if query.by else ""
    return Finding(
        title="retention",
        facts=facts,
        method="cohorts",
        views=(View(f"by_{dimension}", (*subjects.values(), total), tuple(there)),),
        quality=Quality(n=sum(sizes.values()) or None),
        verdict=Verdict.OK if found else Verdict.INSUFFICIENT,
        notes=(*scope_notes(args, query), Note("cohorts_are_first_orders"), *small_groups(facts)),
        query=sql,
    )


def concentration(args: QueryArgs, dataset: Dataset, query: MetricQuery, rows_of: Rows) -> Finding:
    """Say how much of the revenue the best customers bring."""
    beside = set(query.measures) - {Measure.CONCENTRATION, Measure.NET_REVENUE, Measure.CUSTOMERS}
    if beside or query.by or query.before or _of_orders_too(query) or (args.top or 0) > 100:
        raise Retry(
            "concentration is asked for alone, for at most 100 percent of customers, and narrowed by a "
            "period and by conditions on customers only.",
            code="concentration_stands_alone",
        )
    sql = compile_concentration(dataset, query.selection, query.span, args.top)
    found = concentrated(rows_of(sql))
    total = total_subject(args, query)
    facts = (*scope_facts(args, query, total), *concentration_facts(found, total, args.top))
    best = tuple(dict.fromkeys(fact.subject for fact in facts if fact.name == "best_percent"))
    return Finding(
        title="concentration",
        facts=facts,
        method="ranked_by_revenue",
        views=(View("best", best, ("customers", "net_revenue", "share_of_revenue")),) if best else (),
        quality=Quality(n=found.customers or None),
        verdict=Verdict.OK if best else Verdict.INSUFFICIENT,
        notes=(*scope_notes(args, query), Note("guests_left_out")),
        currency=dataset.currency,
        query=sql,
    )


def _of_orders_too(query: MetricQuery) -> bool:
    """Whether anything but the period and conditions on customers narrows it."""
    return bool(query.categories or query.products or query.channels or query.order_number)


def column_statistic(args: QueryArgs, dataset: Dataset, query: MetricQuery, rows_of: Rows) -> Finding:
    """Aggregate one numeric column."""
    column = numeric_column(dataset, args.column or "")
    if query.by_change:
        raise Retry(
            "A column has no rising or falling groups. Ask for a measure, or for the highest or lowest.",
            code="column_by_change",
        )
    query = replace(query, lines=column.table is Table.ORDER_LINES)
    sql = compile_column(dataset, query, column.table, column.name, column.function)
    rows = rows_of(sql)
    names = product_names(dataset) if query.by is Dimension.PRODUCT else {}
    total = total_subject(args, query)
    facts = tuple(column_facts(rows, query, column, total, names, covered_days(dataset)))
    subjects = tuple(dict.fromkeys(fact.subject for fact in facts if fact.subject != total))
    view = f"by_{query.by.value}" if query.by else ""
    columns = tuple(dict.fromkeys(fact.name for fact in facts))
    about = {"name": column.name.removeprefix("attr_"), "source": column.table.value}
    note = Note("about_gaps") if column.name == DAYS_BETWEEN_ORDERS else Note("about_column", about)
    return Finding(
        title=f"metric_{view}" if view else "metric",
        facts=(*scope_facts(args, query, total), *facts),
        method="one_query",
        views=(View(view, subjects, columns),) if subjects else (),
        quality=Quality(n=int(rows.query("whole == 1 and span == 0")["counted"].sum()) or None),
        verdict=Verdict.OK if len(facts) > 1 else Verdict.INSUFFICIENT,
        notes=(note, *scope_notes(args, query), *(() if len(facts) > 1 else (Note("nothing_matched"),))),
        currency=dataset.currency,
        query=sql,
    )
