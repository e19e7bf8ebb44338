"""The rows of a metric query as facts: measures, shares, growth, and what must be said with them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import Fact, Note, Subject, SubjectKind, Unit
from marketeer.tools.warehouse.metrics import (
    IN_ORDER,
    MEASURES,
    SHARES,
    SUBJECTS,
    Dimension,
    Measure,
    MetricQuery,
)
from marketeer.tools.warehouse.series import MOST_GROUPS, Covered, Series, series_of, too_many_groups

Row = Mapping[str, Any]
NO_CUSTOMER = Subject(SubjectKind.GROUP, "no_customer")
"""Orders without a known customer: revenue of the shop that belongs to nobody on file."""

_SHOWN = 15
_ALL = 100.0
"""Percent: more given back than sold."""


@dataclass(frozen=True)
class MetricResult:
    """What a metric query gave.

    Attributes:
        dataset: The data it ran on.
        query: The question.
        rows: Its rows: `span`, `grp`, `whole`, the measures and `all_<measure>`.
        days: The days the data covers.
    """

    dataset: Dataset
    query: MetricQuery
    rows: pd.DataFrame
    days: Covered

    @property
    def total(self) -> Row:
        """The row over everything asked about."""
        found = self._part(whole=True)
        return found[0] if found else self._nothing

    @property
    def matched(self) -> bool:
        """Whether anything was found."""
        return any(bool(self.total.get(measure.value)) for measure in self.query.measures)

    @property
    def covered_by_data(self) -> bool:
        """Whether there were any orders to count in the period; zero of them is an answer, none is not."""
        return bool(self._part(whole=True))

    @cached_property
    def groups(self) -> list[Row]:
        """The groups in the order they are shown, cut to as many as are shown."""
        query, rows = self.query, self._ranked
        if query.by in IN_ORDER and not (query.top or query.by_change or query.lowest):
            if len(rows) > MOST_GROUPS:
                raise too_many_groups(len(rows))
            return _records(rows.sort_values("grp"))
        return _records(rows.head(query.top or _SHOWN))

    @property
    def more_groups(self) -> bool:
        """Whether there are groups that are not shown."""
        return len(self._ranked) > len(self.groups)

    @cached_property
    def series(self) -> Series | None:
        """The stretches it is split into, where it is split by time."""
        return series_of(self.query, self.days)

    @cached_property
    def _ranked(self) -> pd.DataFrame:
        """Give all groups by the first measure, or its change, with the empty ones of a series.

        Elsewhere a group without anything is left out: who only ever gave back is no group of its own.
        """
        query, rows, series = self.query, self._rows(whole=False), self.series
        if query.by_change:
            rows = self._with(rows, self._rows(whole=False, before=True)["grp"])
        if series is not None:
            rows = self._with(rows, pd.Series(list(series.spans), dtype=object))
        elif query.by not in IN_ORDER or query.top:
            measured = rows[[measure.value for measure in query.measures]].apply(pd.to_numeric)
            rows = rows[measured.fillna(0).ne(0).any(axis=1) | query.by_change]
        order = ["rank", "grp"]
        ranked = rows.assign(rank=self._rank(rows)).sort_values(order, ascending=[query.lowest, True])
        return ranked.drop(columns="rank")

    def _rank(self, rows: pd.DataFrame) -> "pd.Series[float]":
        first = self.query.measures[0].value
        now = pd.to_numeric(rows[first]).fillna(0)
        if not self.query.by_change:
            return now
        before = self._rows(whole=False, before=True).set_index("grp")[first]
        return now - pd.to_numeric(rows["grp"].map(before)).fillna(0)

    def _with(self, rows: pd.DataFrame, groups: "pd.Series[str]") -> pd.DataFrame:
        """Add the groups that are missing, with nothing in them, where there is anything at all."""
        missing = groups[~groups.isin(rows["grp"])]
        if missing.empty or not self.covered_by_data:
            return rows
        filled = rows.set_index("grp").reindex([*rows["grp"], *missing])
        return filled.fillna({name: 0 for name, value in self._nothing.items() if value == 0}).reset_index()

    @property
    def _nothing(self) -> dict[str, Any]:
        """The measures of a group with nothing in it: sums are zero, rates have no value."""
        return {measure.value: 0 if measure in SHARES else None for measure in self.query.measures}

    def total_facts(self, subject: Subject) -> Iterator[Fact]:
        """Give the measures over everything, their share of the shop, and the comparison."""
        shop = {measure.value: self.total.get(f"all_{measure.value}") for measure in self.query.measures}
        yield from self._measured(self.total, subject, shop if self.query.filtered else {})
        guests, net = self.total.get("guest_net"), self.total.get("whole_net")
        if guests and net:
            share = 100 * float(guests) / float(net)
            yield Fact("guest_share_of_revenue", share, Unit.PERCENT, NO_CUSTOMER)
        before = self._part(whole=True, before=True)
        if self.query.before and before:
            yield from self._compared(self.total, before[0], subject)

    def group_facts(self) -> Iterator[Fact]:
        """Give the measures of each group shown, their share of the total, and the comparison."""
        query = self.query
        names = product_names(self.dataset) if query.by is Dimension.PRODUCT else {}
        kind = SUBJECTS.get(query.by, SubjectKind.GROUP) if query.by else SubjectKind.GROUP
        for row in self.groups:
            code = str(row["grp"])
            name = f"row {code}" if query.by is Dimension.CUSTOMER else names.get(code, code)
            subject = Subject(kind, name)
            yield from self._measured(row, subject, self.total)
            other = self._earlier(code)
            if other is not None:
                yield from self._compared(row, other, subject)

    def _earlier(self, group: str) -> Row | None:
        """Give what a group is compared with: itself before, or the stretch of a series before it."""
        if self.query.growth:
            name = self.series.earlier(group, self.query.growth) if self.series else None
            return self._found(group=name, before=False) if name else None
        return self._found(group=group, before=True) if self._part(whole=True, before=True) else None

    def _found(self, *, group: str, before: bool) -> Row:
        rows = self._rows(whole=False, before=before)
        found = _records(rows[rows["grp"] == group])
        return found[0] if found else self._nothing

    def covered(self, subject: Subject) -> Iterator[Fact]:
        """Give the first and last day that were counted, and those of the stretch compared with."""
        span, begins, ends = self.query.span, self.days.begins, self.days.ends
        days = [("since", begins), ("until", ends)]
        if span and begins and ends and begins <= span.until and span.since <= ends:
            days = [("since", max(span.since, begins)), ("until", min(span.until, ends))]
        elif span:
            since = None if span.since == date.min else span.since
            days = [("since", since), ("until", span.until), ("data_since", begins), ("data_until", ends)]
        before = self.query.before
        if before and not self.days.wholly(before):
            days.append(("data_since", begins))
        if before:
            days += [("compared_since", before.since), ("compared_until", before.until)]
        for name, day in days:
            if day is not None:
                yield Fact(name, day, Unit.DATE, subject)

    def caveats(self) -> Iterator[Note]:
        """Give what must be said with the figures."""
        query = self.query
        if not self.matched:
            yield Note("nothing_matched")
        if query.before:
            yield Note(self._comparison())
        if self.total.get("guest_net"):
            yield Note("guests_included")
        groups = self.groups if query.by else []
        if self.series is not None:
            yield from self.series.notes({str(row["grp"]) for row in groups})
        ranked = query.by_change or (query.lowest and not query.top)
        if query.by and (query.by not in IN_ORDER or ranked) and self.more_groups:
            yield Note("more_groups", {"of": query.by.value, "order": self._order})
        if query.of_lines and query.by is not None:
            yield Note("spread_over_lines")
        returned = Measure.RETURN_SHARE.value
        if any(float(row.get(returned) or 0) > _ALL for row in (self.total, *groups)):
            yield Note("returns_of_earlier_sales")

    @property
    def _order(self) -> str:
        change, lowest = self.query.by_change, self.query.lowest
        return ("falling" if lowest else "rising") if change else "lowest" if lowest else "highest"

    def _comparison(self) -> str:
        """Tell how far the data reaches into the stretch compared with."""
        if not self._part(whole=True, before=True):
            return "nothing_to_compare"
        return "compared_with" if self.days.wholly(self.query.before) else "compared_in_part"

    def _part(self, *, whole: bool, before: bool = False) -> list[Row]:
        return _records(self._rows(whole=whole, before=before))

    def _rows(self, *, whole: bool, before: bool = False) -> pd.DataFrame:
        """Give the rows of the whole, or of the groups; orders of nobody are no customer's group."""
        rows = self.rows
        return rows[
            (rows["whole"] == int(whole)) & (rows["span"] == int(before)) & (whole | rows["grp"].notna())
        ]

    def _measured(self, row: Row, subject: Subject, whole: Row) -> Iterator[Fact]:
        for measure in self.query.measures:
            value = row.get(measure.value)
            if value is None or pd.isna(value):
                continue
            yield _fact(measure.value, value, measure, subject)
            base = whole.get(measure.value)
            if measure in SHARES and base:
                share = 100 * float(value) / float(base)
                yield Fact(SHARES[measure], share, Unit.PERCENT, subject)

    def _compared(self, now: Row, before: Row, subject: Subject) -> Iterator[Fact]:
        for measure in self.query.measures:
            this, last = now.get(measure.value), before.get(measure.value)
            if this is None or last is None or pd.isna(this) or pd.isna(last):
                continue
            yield _fact(f"{measure.value}_before", last, measure, subject)
            if self.query.by_change and MEASURES[measure].unit is not Unit.PERCENT:
                yield _fact(f"change_of_{measure.value}", this - last, measure, subject)
            if MEASURES[measure].unit is Unit.PERCENT:
                yield Fact(f"change_of_{measure.value}", float(this - last), Unit.POINTS, subject)
            elif last > 0 and self.days.wholly(self.query.before):
                growth = 100 * (float(this) / float(last) - 1)
                yield Fact(f"growth_of_{measure.value}", growth, Unit.PERCENT, subject)


def _fact(name: str, value: Any, measure: Measure, subject: Subject) -> Fact:
    spec = MEASURES[measure]
    number = float(value) if spec.unit in {Unit.MONEY, Unit.PERCENT, Unit.RATIO} else int(value)
    return Fact(name, number, spec.unit, subject, decimals=spec.decimals)


def _records(rows: pd.DataFrame) -> list[Row]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def product_names(dataset: Dataset) -> dict[str, str]:
    """Give the name of every product by row; one that is not unique gets its id added."""
    named = dataset.has(Table.PRODUCTS, col.PRODUCT_NAME)
    label = "coalesce(product_name, product_id)" if named else "product_id"
    products = dataset.frame(f"SELECT product_row, product_id, {label} AS name FROM products")
    twice = products["name"].duplicated(keep=False)
    shown = products["name"].where(~twice, products["name"] + " (" + products["product_id"] + ")")
    return dict(zip(products["product_row"].astype(str), shown, strict=True))
