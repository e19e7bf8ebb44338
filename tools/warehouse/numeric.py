"""Sum, mean, median, smallest and largest value of any numeric column of orders, order lines or customers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from marketeer.tools.core.columns import ATTRIBUTE_PREFIX, CUSTOMER_ROW, LINE_NUMBER, SCHEMA, Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import unknown_name
from marketeer.tools.core.findings import Fact, Subject, SubjectKind, Unit
from marketeer.tools.warehouse.metric_sql import DAYS_BETWEEN_ORDERS
from marketeer.tools.warehouse.metrics import IN_ORDER, SUBJECTS, MetricQuery
from marketeer.tools.warehouse.series import MOST_GROUPS, Covered, Series, series_of, too_many_groups

_WORDS = {
    "sum": "sum", "total": "sum", "mean": "avg", "average": "avg", "avg": "avg", "median": "median",
    "min": "min", "minimum": "min", "smallest": "min", "lowest": "min",
    "max": "max", "maximum": "max", "largest": "max", "highest": "max",
    "总和": "sum", "合计": "sum",
    "平均": "avg", "均值": "avg", "中位数": "median", "最小": "min", "最大": "max",
}  # fmt: skip
_NAMES = {"sum": "sum", "avg": "mean", "median": "median", "min": "smallest", "max": "largest"}
_NUMERIC = re.compile(r"DECIMAL.*|DOUBLE|FLOAT|U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?")
_SHOWN = 15


@dataclass(frozen=True, slots=True)
class NumericColumn:
    """A numeric column and what is asked of it.

    Attributes:
        table: Its table.
        name: Its name.
        function: The DuckDB aggregate: `sum`, `avg`, `median`, `min` or `max`.
        unit: What its values are: money, days, or plain numbers.
    """

    table: Table
    name: str
    function: str
    unit: Unit

    @property
    def fact(self) -> str:
        """The name of the value as a fact."""
        return f"{_NAMES[self.function]}_value"


def numeric_column(dataset: Dataset, text: str) -> NumericColumn:
    """Read "median unit_price": a statistic (the mean by default) and a column as the person wrote it.

    Raises:
        Retry: No numeric column is called that; the nearest are given.
    """
    folded = " ".join(text.casefold().replace("_", " ").split())
    said, wanted = _statistic(folded)
    known = _numeric(dataset)
    for function, spelt in (("avg", folded), (said, wanted)):
        for (table, name), unit in known.items():
            if name.removeprefix(ATTRIBUTE_PREFIX).casefold().replace("_", " ") == spelt:
                return NumericColumn(table, name, function, unit)
    raise unknown_name("column", text, dict.fromkeys(n.removeprefix(ATTRIBUTE_PREFIX) for _, n in known))


def _statistic(folded: str) -> tuple[str, str]:
    """Take the word for a statistic off the front; the mean where there is none."""
    for word, function in _WORDS.items():
        rest = folded.removeprefix(word)
        if rest != folded and (rest[:1] == " " or not word.isascii()):
            return function, rest.strip().removeprefix("of ").removeprefix("的").strip()
    return "avg", folded


def _numeric(dataset: Dataset) -> Mapping[tuple[Table, str], Unit]:
    """Give the numeric columns with their units, orders before lines before customers."""
    found = {}
    if dataset.has(Table.ORDERS, CUSTOMER_ROW):
        found[Table.ORDERS, DAYS_BETWEEN_ORDERS] = Unit.DAYS
    for table in (Table.ORDERS, Table.ORDER_LINES, Table.CUSTOMERS):
        if not dataset.has(table):
            continue
        types = dataset.frame(f"DESCRIBE {table.value}")
        own = {column.name: column.type for column in SCHEMA[table]}
        for name, kind in zip(types["column_name"], types["column_type"], strict=True):
            if _NUMERIC.fullmatch(kind) and not name.endswith("_row") and name != LINE_NUMBER:
                money = own.get(name, "").startswith("DECIMAL")
                found[table, str(name)] = Unit.MONEY if money else Unit.RATIO
    return found


def column_facts(
    rows: pd.DataFrame,
    query: MetricQuery,
    column: NumericColumn,
    total: Subject,
    names: Mapping[str, str],
    days: Covered,
) -> Iterator[Fact]:
    """Give the value over everything and of each group shown, how many rows have one, and the comparison.

    Args:
        rows: What `compile_column` gave.
        query: The question.
        column: The column.
        total: What the whole is about.
        names: Names of groups, where they go by another one.
        days: The days the data covers; there is no growth since a stretch it does not cover in full.

    Raises:
        Retry: There are more groups than can be shown.
    """
    kind = SUBJECTS.get(query.by, SubjectKind.GROUP) if query.by else SubjectKind.GROUP
    before = _before(rows, query, series_of(query, days))
    shown = list(_shown(rows[rows["span"] == 0], query))
    if not shown:
        yield Fact("rows_counted", 0, Unit.ROWS, total)
    for row in shown:
        code = str(row["grp"])
        subject = total if row["whole"] else Subject(kind, names.get(code, code))
        yield _fact(column.fact, row["value"], column, subject)
        yield Fact("rows_counted", int(row["counted"]), Unit.ROWS, subject)
        last = before.get("" if row["whole"] else code)
        if last is not None and not pd.isna(last):
            yield _fact(f"{column.fact}_before", last, column, subject)
            if last > 0 and days.wholly(query.before):
                growth = 100 * (float(row["value"]) / float(last) - 1)
                yield Fact(f"growth_of_{column.fact}", growth, Unit.PERCENT, subject)


def _before(rows: pd.DataFrame, query: MetricQuery, series: Series | None) -> Mapping[str, Any]:
    """Give the value each group is compared with; that of the whole under no name."""
    parts = rows[(rows["span"] == (0 if query.growth else 1)) & (rows["counted"] > 0)]
    values = {"" if row["whole"] else str(row["grp"]): row["value"] for row in _records(parts)}
    if not query.growth:
        return values
    earlier = {name: series.earlier(name, query.growth) for name in series.spans} if series else {}
    return {name: values[other] for name, other in earlier.items() if other in values}


def _shown(rows: pd.DataFrame, query: MetricQuery) -> Iterator[Mapping[str, Any]]:
    rows = rows[rows["counted"] > 0]
    yield from _records(rows[rows["whole"] == 1])
    groups = rows[rows["whole"] == 0]
    if query.by not in IN_ORDER or query.top:
        groups = groups.sort_values(["value", "grp"], ascending=[query.lowest, True], kind="stable")
        groups = groups.head(query.top or _SHOWN)
    if len(groups) > MOST_GROUPS:
        raise too_many_groups(len(groups))
    yield from _records(groups)


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _fact(name: str, value: Any, column: NumericColumn, subject: Subject) -> Fact:
    decimals = {Unit.MONEY: None, Unit.DAYS: 1}.get(column.unit, 2)
    return Fact(name, float(value), column.unit, subject, decimals=decimals)
