"""The stretches of a series: which there are, which are counted in full, which one each is compared with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pandas as pd

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import Note
from marketeer.tools.warehouse.metrics import MetricQuery
from marketeer.tools.warehouse.periods import GRAINS, Span, stretches

MOST_GROUPS = 400


@dataclass(frozen=True, slots=True)
class Series:
    """The stretches of time a question is split into.

    Attributes:
        spans: Name → stretch, from the first day counted to the last, whether or not anything was sold.
        partial: Name → why it is not counted in full: the `data` does not reach so far, or the `question`
            begins or ends within it.
    """

    spans: dict[str, Span]
    partial: dict[str, str]

    def earlier(self, name: str, compare: str) -> str | None:
        """Give the stretch one is compared with: the one before, or the same a year earlier.

        None where there is none, or where either of the two is not counted in full.
        """
        span = self.spans[name]
        other = span.year_before() if compare == "previous_year" else span.previous()
        there = other.name in self.spans and not {name, other.name} & set(self.partial)
        return other.name if there else None

    def notes(self, shown: set[str]) -> Iterator[Note]:
        """Say which stretches shown are not counted in full."""
        for name, why in self.partial.items():
            if name in shown:
                yield Note("partial_period" if why == "data" else "cut_period", {"name": name})


@dataclass(frozen=True, slots=True)
class Covered:
    """The days the data covers: those of its first order and of its end; None without orders."""

    begins: date | None = None
    ends: date | None = None

    def wholly(self, span: Span | None) -> bool:
        """Tell whether a stretch does not begin before the data."""
        return span is None or self.begins is None or span.since >= self.begins


def covered_days(dataset: Dataset) -> Covered:
    """Give the days a snapshot covers."""
    if not dataset.has(Table.ORDERS):
        return Covered()
    first = dataset.frame("SELECT min(ordered_at) AS first FROM orders")["first"].iloc[0]
    return Covered(None if pd.isna(first) else pd.Timestamp(first).date(), dataset.as_of)


def series_of(query: MetricQuery, days: Covered) -> Series | None:
    """Give the stretches a question is split into; None where it is not split by time.

    Args:
        query: The question.
        days: The days the data covers.

    Raises:
        Retry: There are more of them than can be shown.
    """
    begins, ends = days.begins, days.ends
    if query.by is None or query.by.value not in GRAINS or begins is None or ends is None:
        return None
    span = query.span or Span(begins, ends)
    since, until = max(span.since, begins), min(span.until, ends)
    found = {stretch.name: stretch for stretch in stretches(since, until, query.by.value)}
    if len(found) > MOST_GROUPS and not query.top:
        raise too_many_groups(len(found))
    partial = {}
    for name, stretch in found.items():
        if stretch.since < since:
            partial[name] = "question" if query.span and since == query.span.since else "data"
        if stretch.until > until:
            partial[name] = "question" if query.span and until == query.span.until < ends else "data"
    return Series(found, partial)


def too_many_groups(count: int) -> Retry:
    """Say that there are more groups than anybody reads."""
    return Retry(
        f"That would be {count} groups. Choose a coarser split, a shorter period, or top.",
        code="too_many_groups",
    )
