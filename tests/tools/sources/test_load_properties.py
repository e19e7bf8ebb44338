import csv
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketeer.tools.core.errors import DataError
from marketeer.tools.sources.loading import LoadOptions, LoadReport, load

UCI = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
]
PLAIN = ["order_id", "sku", "product name", "qty", "date", "price", "customer_id", "country"]
CELLS = {
    "order": st.sampled_from(["536365", "536366", "C536367", "A536368", ""]),
    "product": st.sampled_from(["85123A", "85123a", "22423", "POST", "M", ""]),
    "name": st.sampled_from(["Mug", "Cup, blue", 'The "best"', "送礼杯", ""]),
    "quantity": st.sampled_from(["1", "2", "-3", "0", "12", "x", ""]),
    "date": st.sampled_from(["12/1/2010 8:26", "12/13/2010 9:00", "1/25/2011 10:15", "never", ""]),
    "price": st.sampled_from(["2.55", "0.001", "1.125", "0", "-5", "99999.99", "free", ""]),
    "customer": st.sampled_from(["17850", "12347", " 12347", ""]),
    "country": st.sampled_from(["France", "EIRE", ""]),
}
FAULTY = st.lists(st.tuples(*CELLS.values()), min_size=1, max_size=25)
SOUND = ("536365", "85123A", "Mug", "6", "12/13/2010 8:26", "2.55", "17850", "France")


def amount(row: tuple[str, ...]) -> Decimal:
    """What a raw row stands for, in plain Python; what cannot be read stands for nothing."""
    try:
        return (Decimal(row[3]) * Decimal(row[5])).quantize(Decimal("0.0001"))
    except ArithmeticError:
        return Decimal(0)


def padded(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Put sound rows before faulty ones: a column most of whose dates cannot be read stops a load."""
    unread = sum(row[4] == "never" for row in rows)
    return [SOUND, *((f"6{n:05d}", *SOUND[1:]) for n in range(12 * unread)), *rows]


def loaded(headers: list[str], rows: list[tuple[str, ...]], folder: Path, **options: object) -> LoadReport:
    folder.mkdir(exist_ok=True)
    file = folder / "lines.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([headers, *rows])
    return load([file], folder / "ws", LoadOptions(date_order="mdy", **options))


def lost(report: LoadReport) -> Mapping[str, tuple[int, Decimal]]:
    return {e.code: (e.rows, e.amount) for e in report.manifest.rules if e.dropped}


@given(rows=FAULTY, headers=st.sampled_from([UCI, PLAIN]), repeats=st.integers(0, 3))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_raw_rows_and_money_are_what_was_kept_and_what_each_rule_dropped(
    rows: list[tuple[str, ...]], headers: list[str], repeats: int
) -> None:
    table = padded([*rows, *rows[:repeats]])
    with TemporaryDirectory() as folder:
        report = loaded(headers, table, Path(folder))
        manifest, gone = report.manifest, lost(report).values()
        assert manifest.raw_rows == len(table)
        assert manifest.raw_amount == sum(map(amount, table), Decimal(0))
        assert manifest.raw_rows == manifest.kept_rows + sum(count for count, _ in gone)
        assert manifest.raw_amount == manifest.kept_amount + sum((money for _, money in gone), Decimal(0))
        sums = report.dataset.frame(
            "SELECT (SELECT count(*) FROM order_lines) AS n, "
            "(SELECT sum(line_amount)::VARCHAR FROM order_lines) AS lines, "
            "(SELECT sum(net_amount)::VARCHAR FROM orders) AS orders"
        ).iloc[0]
        assert sums["n"] == manifest.kept_rows
        assert Decimal(sums["lines"]) == Decimal(sums["orders"]) == manifest.kept_amount


@given(rows=FAULTY)
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_same_files_give_the_same_snapshot_and_the_same_contents(rows: list[tuple[str, ...]]) -> None:
    with TemporaryDirectory() as folder:
        one = loaded(UCI, padded(rows), Path(folder) / "one")
        two = loaded(UCI, padded(rows), Path(folder) / "two")
        assert one.manifest == two.manifest
        for name in (table.value for table in one.rows):
            query = f"SELECT * FROM {name}"
            assert one.dataset.frame(query).equals(two.dataset.frame(query))


@given(rows=FAULTY)
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_rule_that_is_not_fixed_can_be_turned_off(rows: list[tuple[str, ...]]) -> None:
    table = [SOUND, *padded(rows)]
    with TemporaryDirectory() as folder:
        before = loaded(UCI, table, Path(folder))
        for code in ("exact_duplicate", "postage_line", "price_not_positive"):
            if code not in lost(before):
                continue
            after = loaded(UCI, table, Path(folder), keep=frozenset({code}))
            assert code not in lost(after)
            assert after.manifest.raw_amount == before.manifest.raw_amount
            assert after.manifest.kept_rows >= before.manifest.kept_rows


def test_an_unknown_rule_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="exact_duplicate") as caught:
        loaded(UCI, [SOUND], tmp_path, keep=frozenset({"exact_duplicat"}))
    assert caught.value.code == "unknown_rule"
