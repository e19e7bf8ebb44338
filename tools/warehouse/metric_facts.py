"""The rows of a metric query as facts: measures, shares, growth, and what must be said with them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Retry
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
from marketeer.tools.warehouse.periods import GRAINS, span_of

Row = Mapping[str, Any]
NO_CUSTOMER = Subject(SubjectKind.GROUP, "no_customer")
"""Orders without a known customer: revenue of the shop that belongs to nobody on file."""

_MOST_PERIODS = 400
_SHOWN = 15


@dataclass(frozen=True, slots=True)
class MetricResult:
    """What a metric query gave.

    Attributes:
        dataset: The data it ran on.
        query: The question.
        rows: Its rows: `span`, `grp`, `whole`, the measures and `all_<measure>`.
    """

    dataset: Dataset
    query: MetricQuery
    rows: pd.DataFrame

    @property
    def total(self) -> Row:
        """The row over everything asked about; zeros where nothing matched."""
        found = self._part(whole=True)
        return found[0] if found else dict.fromkeys(map(str, self.rows.columns), 0)

    @property
    def matched(self) -> bool:
        """Whether anything was found."""
        return any(bool(self.total.get(measure.value)) for measure in self.query.measures)

    @property
    def covered_by_data(self) -> bool:
        """Whether there were any orders to count in the period; zero of them is an answer, none is not."""
        return bool(self._part(whole=True))

    @property
    def groups(self) -> list[Row]:
        """The groups in the order they are shown, cut to as many as are shown."""
        query, rows = self.query, self._rows(whole=False)
        if query.by in IN_ORDER and not query.top and not query.by_change:
            if len(rows) > _MOST_PERIODS:
                raise Retry(
                    f"That would be {len(rows)} groups. Choose a coarser split, a shorter period, or top.",
                    code="too_many_groups",
                )
            return _records(rows)
        rows = rows[self._counted(rows)]
        if query.by_change:
            rows = self._with_gone(rows)
        ranked = rows.assign(rank=self._ranked_by(rows)).sort_values(
            ["rank", "grp"], ascending=[query.lowest, True], kind="stable"
        )
        return _records(ranked.drop(columns="rank").head(query.top or _SHOWN))

    def _counted(self, rows: pd.DataFrame) -> "pd.Series[bool]":
        """Tell which groups have anything: who only ever gave back is no group of its own."""
        measured = rows[[measure.value for measure in self.query.measures]].apply(pd.to_numeric)
        counted: pd.Series[bool] = measured.fillna(0).ne(0).any(axis=1)
        return counted

    def _ranked_by(self, rows: pd.DataFrame) -> "pd.Series[float]":
        """Give what groups are ranked by: the first measure, or how it changed."""
        first = self.query.measures[0].value
        now = pd.to_numeric(rows[first]).fillna(0)
        if not self.query.by_change:
            return now
        before = self._rows(whole=False, before=True).set_index("grp")[first]
        return now - pd.to_numeric(rows["grp"].map(before)).fillna(0)

    def _with_gone(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Add, at nothing, the groups that were there only before."""
        before = self._rows(whole=False, before=True)
        gone = before[~before["grp"].isin(rows["grp"])].copy()
        gone[[measure.value for measure in self.query.measures]] = 0
        return pd.concat([rows, gone], ignore_index=True)

    def total_facts(self, subject: Subject) -> Iterator[Fact]:
        """Give the measures over everything, their share of the shop, and the comparison."""
        shop = {measure.value: self.total.get(f"all_{measure.value}") for measure in self.query.measures}
        yield from self._measured(self.total, subject, shop if self.query.filtered else {})
        guests, shop_net = self.total.get("guest_net"), self.total.get("shop_net")
        if guests and shop_net:
            share = 100 * float(guests) / float(shop_net)
            yield Fact("guest_share_of_revenue", share, Unit.PERCENT, NO_CUSTOMER)
        before = self._part(whole=True, before=True)
        if self.query.before and before:
            yield from self._compared(self.total, before[0], subject)

    def group_facts(self) -> Iterator[Fact]:
        """Give the measures of each group shown, their share of the total, and the comparison."""
        query = self.query
        names = product_names(self.dataset) if query.by is Dimension.PRODUCT else {}
        kind = SUBJECTS.get(query.by, SubjectKind.GROUP) if query.by else SubjectKind.GROUP
        before = {row["grp"]: row for row in self._part(whole=False, before=True)}
        previous: Row | None = None
        for row in self.groups:
            code = str(row["grp"])
            name = f"row {code}" if query.by is Dimension.CUSTOMER else names.get(code, code)
            subject = Subject(kind, name)
            yield from self._measured(row, subject, self.total)
            other = previous if query.growth else before.get(row["grp"])
            if other is not None:
                yield from self._compared(row, other, subject)
            previous = row

    def covered(self, subject: Subject) -> Iterator[Fact]:
        """Give the first and last day that were counted, and those of the stretch compared with."""
        span, first = self.query.span, _day(self.total.get("first_at"))
        since = span.since if span and span.since != date.min else first
        until = min(span.until, self.dataset.need_as_of()) if span else self.dataset.as_of
        days = [("since", since), ("until", until)]
        if before := self.query.before:
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
            yield Note("compared_with")
        if self.total.get("guest_net"):
            yield Note("guests_included")
        if query.by and query.by.value in GRAINS and not query.top:
            yield from self._partial(query.by.value)
        if query.by and query.by not in IN_ORDER and len(self._rows(whole=False)) > (query.top or _SHOWN):
            yield Note("more_groups")
        if query.of_lines and query.by is not None:
            yield Note("spread_over_lines")

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
            elif last > 0:
                growth = 100 * (float(this) / float(last) - 1)
                yield Fact(f"growth_of_{measure.value}", growth, Unit.PERCENT, subject)

    def _partial(self, grain: str) -> Iterator[Note]:
        """Say which stretches at the ends the data does not cover in full."""
        there = {row["grp"] for row in self._part(whole=False)}
        first = None if self.query.span else _day(self.total.get("first_at"))
        for day, begins in ((first, True), (self.dataset.as_of, False)):
            if day is None:
                continue
            whole = span_of(day, grain)
            if whole.name in there and (whole.since if begins else whole.until) != day:
                yield Note("partial_period", {"name": whole.name})


def _fact(name: str, value: Any, measure: Measure, subject: Subject) -> Fact:
    spec = MEASURES[measure]
    number = float(value) if spec.unit in {Unit.MONEY, Unit.PERCENT, Unit.RATIO} else int(value)
    return Fact(name, number, spec.unit, subject, decimals=spec.decimals)


def _records(rows: pd.DataFrame) -> list[Row]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _day(value: Any) -> date | None:
    return None if value is None or pd.isna(value) or value == 0 else pd.Timestamp(value).date()


def product_names(dataset: Dataset) -> dict[str, str]:
    """Give the name of every product by row; one that is not unique gets its id added."""
    named = dataset.has(Table.PRODUCTS, col.PRODUCT_NAME)
    label = "coalesce(product_name, product_id)" if named else "product_id"
    products = dataset.frame(f"SELECT product_row, product_id, {label} AS name FROM products")
    twice = products["name"].duplicated(keep=False)
    shown = products["name"].where(~twice, products["name"] + " (" + products["product_id"] + ")")
    return dict(zip(products["product_row"].astype(str), shown, strict=True))
