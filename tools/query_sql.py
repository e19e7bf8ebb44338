"""Tool: one read-only SELECT; its rows are the person's, a model reads groups of enough customers."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import Field

from marketeer.tools.core.contract import Args, Example, Tool
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import Fact, Finding, Note, Quality, Subject, SubjectKind, Unit, View
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.warehouse.sandbox import SqlAnswer, ask_sql

GROUP_FLOOR = 10
"""The fewest customers a row must stand for before anybody but the person reads it."""
_ROWS = 100
_COLUMNS = 20


class SqlArgs(Args):
    """The query."""

    sql: str = Field(
        min_length=1,
        description="DuckDB SELECT over customers, orders, order_lines, products, campaigns, sends.",
    )


def query_sql(args: SqlArgs, workspace: Workspace) -> Finding:
    """Run one read-only SELECT over the loaded tables, without personal columns.

    Use only for what query_metric cannot express, or when the person gives SQL. The person sees the rows; you
    read those that group at least 10 customers: group by something, aggregate with count, sum, avg or median,
    and keep customer_row in what you select from. Tables join by customer_row, product_row, order_id.
    """
    answer = ask_sql(workspace.dataset, args.sql, rows=_ROWS, sized=True)
    if len(answer.columns) > _COLUMNS:
        raise Retry(
            f"The query gives {len(answer.columns)} columns, and at most {_COLUMNS} are shown. Name some.",
            code="sql_too_wide",
            columns=len(answer.columns),
            most=_COLUMNS,
        )
    subjects = _subjects(answer)
    names = _names(answer.columns)
    grouped = sum(subject.kind is SubjectKind.GROUP for subject in subjects)
    shown = [name for name, kind in zip(names, answer.types, strict=True) if not _texts_name(kind, subjects)]
    return Finding(
        title="sql_rows",
        facts=(
            Fact("rows", len(answer.rows), Unit.ROWS),
            Fact("rows_of_groups", grouped, Unit.ROWS),
            Fact("group_floor", GROUP_FLOOR, Unit.CUSTOMERS),
            *(cell for cell in _cells(answer, subjects, names) if cell.name in shown),
        ),
        method="sql",
        views=(View("rows", subjects, tuple(shown)),) if subjects else (),
        quality=Quality(n=len(answer.rows)),
        notes=tuple(_notes(answer, grouped)),
        query=args.sql,
    )


def _subjects(answer: SqlAnswer) -> tuple[Subject, ...]:
    """Name each row: a group of enough customers by its texts, any other, which only people see, by place."""
    sizes = answer.sizes or (0,) * len(answer.rows)
    found: list[Subject] = []
    for place, (row, size) in enumerate(zip(answer.rows, sizes, strict=True), start=1):
        texts = [str(cell) for cell, kind in zip(row, answer.types, strict=True) if cell and _is_text(kind)]
        if size < GROUP_FLOOR:
            found.append(Subject(SubjectKind.ROW, f"#{place}"))
            continue
        group = Subject(SubjectKind.GROUP, " · ".join(texts) or f"#{place}")
        found.append(Subject(SubjectKind.GROUP, f"{group.name} #{place}") if group in found else group)
    return tuple(found)


def _texts_name(kind: str, subjects: Sequence[Subject]) -> bool:
    """Tell whether a column's texts stand in the names of the rows already."""
    return _is_text(kind) and all(subject.kind is SubjectKind.GROUP for subject in subjects)


def _is_text(kind: str) -> bool:
    return kind.startswith(("VARCHAR", "DATE", "TIME", "ENUM"))


def _names(columns: Sequence[str]) -> tuple[str, ...]:
    """Give each column a fact name of its own."""
    names: list[str] = []
    for place, column in enumerate(columns, start=1):
        words = "".join(char if char.isalnum() else " " for char in column.casefold()).split()
        name = "_".join(words) or f"column_{place}"
        taken = name in names or name in {"rows", "rows_of_groups", "group_floor"}
        names.append(f"{name}_{place}" if taken else name)
    return tuple(names)


def _cells(answer: SqlAnswer, subjects: Sequence[Subject], names: Sequence[str]) -> Iterator[Fact]:
    for subject, row in zip(subjects, answer.rows, strict=True):
        for name, kind, cell in zip(names, answer.types, row, strict=True):
            if cell is not None:
                yield _fact(name, kind, cell, subject)


def _fact(name: str, kind: str, cell: Any, subject: Subject) -> Fact:
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return Fact(name, str(cell), Unit.TEXT, subject)
    if "INT" in kind:
        return Fact(name, int(cell), Unit.COUNT, subject)
    return Fact(name, float(cell), Unit.RATIO, subject, decimals=2)


def _notes(answer: SqlAnswer, grouped: int) -> Iterator[Note]:
    if not answer.rows:
        yield Note("no_rows")
    elif grouped < len(answer.rows):
        yield Note("rows_for_people")
    if answer.more:
        yield Note("more_rows")


TOOL = Tool(
    query_sql,
    SqlArgs,
    examples=(
        Example(
            "run this SQL: SELECT count(*) AS orders FROM orders",
            args={"sql": "SELECT count(*) AS orders FROM orders"},
        ),
        Example(
            "sql: SELECT country, count(*) AS customers FROM customers GROUP BY country",
            args={"sql": "SELECT country, count(*) AS customers FROM customers GROUP BY country"},
        ),
        Example(
            "执行 SQL：SELECT count(*) AS orders FROM orders",
            "zh",
            {"sql": "SELECT count(*) AS orders FROM orders"},
        ),
        Example(
            "运行这条 SQL 查询：SELECT sum(net_amount) AS net FROM orders",
            "zh",
            {"sql": "SELECT sum(net_amount) AS net FROM orders"},
        ),
    ),
)
