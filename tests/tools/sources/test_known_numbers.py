"""Columns that a known format says are numbers are read as such at once, and as text where one is not."""

from pathlib import Path

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from marketeer.tools.sources.loading import load
from marketeer.tools.sources.understanding import known_numbers, stack, understand
from marketeer.tools.warehouse.feeds import type_feed
from marketeer.tools.warehouse.reading import Numbers, read_tables, text_only

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
NUMBERS = {"Quantity": "DECIMAL(12,3)", "UnitPrice": "DECIMAL(18,4)"}


def line(quantity: str, price: str, number: int = 1) -> str:
    return f"53636{number},85123A,HEART,{quantity},12/1/2010 8:26,{price},00{number},France"


def typed_as(folder: Path, lines: list[str], numbers: Numbers) -> tuple[list[object], dict[str, str]]:
    path = folder / "retail.csv"
    path.write_text("\n".join((HEADER, *lines)))
    with duckdb.connect() as connection:
        (table,) = read_tables(connection, path, folder, numbers)
        (part,) = understand([table], {})
        feed = type_feed(connection, table, part.match.feeds[0])
        rows = connection.execute(
            f"SELECT customer_id, quantity, unit_price FROM {feed.relation} ORDER BY raw_row"
        ).fetchall()
        return rows, dict(table.columns)


def test_only_the_numbers_of_a_known_format_are_typed(tmp_path: Path) -> None:
    rows, types = typed_as(tmp_path, [line("6", "2.55")], known_numbers)
    assert {header: kind for header, kind in types.items() if kind != "VARCHAR"} == NUMBERS
    assert [(who, float(count), float(price)) for who, count, price in rows] == [("001", 6.0, 2.55)]


def test_one_value_that_is_no_number_leaves_its_table_as_text(tmp_path: Path) -> None:
    rows, types = typed_as(tmp_path, [line("6", "2.55"), line("6", "n/a", 2)], known_numbers)
    assert set(types.values()) == {"VARCHAR"}
    assert [price if price is None else float(price) for *_, price in rows] == [2.55, None]


def test_a_table_that_is_only_guessed_is_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("order id,date,customer,total\n1,2024-05-01,a,10.50\n2,2024-05-02,b,12.00\n")
    with duckdb.connect() as connection:
        (table,) = read_tables(connection, path, tmp_path, known_numbers)
    assert set(table.columns.values()) == {"VARCHAR"}


cells = st.one_of(
    st.integers(-99, 99_999).map(str),
    st.decimals(-999, 999_999, places=5, allow_nan=False).map(str),
    st.sampled_from(
        ["", " 7 ", "1e3", "1,234.50", "€5", "(3.00)", "inf", "nan", "0x10", "1_000", "+4", ".5", "5."]
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=8))
def test_a_column_read_as_numbers_reads_as_its_text_does(pairs: list[tuple[str, str]]) -> None:
    import tempfile

    lines = [line(f'"{count}"', f'"{price}"') for count, price in pairs]
    with tempfile.TemporaryDirectory() as folder:
        at_once, _ = typed_as(Path(folder), lines, known_numbers)
        from_text, _ = typed_as(Path(folder), lines, text_only)
    assert at_once == from_text


def test_years_of_one_export_are_stacked_though_one_of_them_holds_a_word_for_a_price(tmp_path: Path) -> None:
    for year, price in (("2010", "2.55"), ("2011", "free")):
        (tmp_path / f"{year}.csv").write_text(f"{HEADER}\n{line('6', price, int(year[-1]) + 1)}\n")
    with duckdb.connect() as connection:
        tables = [
            table
            for year in ("2010", "2011")
            for table in read_tables(connection, tmp_path / f"{year}.csv", tmp_path, known_numbers)
        ]
        (stacked,) = stack(connection, tables)
        prices = connection.execute(f'SELECT "UnitPrice" FROM {stacked.relation} ORDER BY rowid').fetchall()
    assert stacked.columns["UnitPrice"] == "VARCHAR"
    assert prices == [("2.5500",), ("free",)]


def test_a_wrong_price_is_set_aside_with_its_row_and_the_others_count(tmp_path: Path) -> None:
    path = tmp_path / "retail.csv"
    path.write_text("\n".join((HEADER, line("6", "2.55"), line("6", "n/a", 2))))
    manifest = load([path], tmp_path / "ws").manifest
    assert (manifest.raw_rows, manifest.kept_rows, float(manifest.kept_amount)) == (2, 1, 15.3)
    assert [(rule.code, rule.rows) for rule in manifest.rules if rule.dropped] == [("unreadable_number", 1)]
