from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.sources.loading import LoadReport, load


def _basket_lines(orders: int, most: int, seed: int) -> pd.DataFrame:
    """Draw order lines in the columns of UCI Online Retail, many products standing twice in an order."""
    draw = np.random.default_rng(seed)
    order = np.repeat(np.arange(orders), draw.integers(1, most, orders))
    lines = len(order)
    product = draw.integers(0, 300, lines)
    return pd.DataFrame(
        {
            "InvoiceNo": 500_000 + order,
            "StockCode": 20_000 + product,
            "Description": [f"THING {number}" for number in product],
            "Quantity": draw.integers(1, 3, lines),
            "InvoiceDate": (pd.Timestamp("2024-01-01") + pd.to_timedelta(order % 997, "h")).strftime(
                "%m/%d/%Y %H:%M"
            ),
            "UnitPrice": draw.integers(50, 900, lines) / 100,
            "CustomerID": 10_000 + order % 771,
            "Country": "France",
        }
    )


def _taken(report: LoadReport, code: str) -> int:
    return sum(effect.rows for effect in report.manifest.rules if effect.code == code)


def _stored(report: LoadReport) -> str:
    assert report.dataset is not None
    return str(report.dataset.folder / "order_lines.parquet")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_lines_are_stored_by_time_and_order_in_whatever_order_the_file_has_them(
    tmp_path: Path, ending: str
) -> None:
    lines = _basket_lines(orders=30_000, most=20, seed=1).drop_duplicates().sample(frac=1, random_state=1)
    file = tmp_path / f"lines.{ending}"
    lines.to_csv(file, index=False) if ending == "csv" else lines.to_parquet(file, index=False)
    report = load([file], tmp_path / "ws")
    assert report.rows[Table.ORDER_LINES] == len(lines)
    misplaced = (
        "SELECT count(*) FROM (SELECT row(ordered_at, order_id, line_number) AS here, "
        f"lag(here) OVER (ORDER BY file_row_number) AS above FROM read_parquet('{_stored(report)}', "
        "file_row_number = true)) WHERE above >= here"
    )
    assert duckdb.execute(misplaced).fetchone() == (0,)


@pytest.mark.parametrize("most", [4, 60])
def test_copies_are_found_in_small_and_large_orders_and_where_no_order_is_named(
    tmp_path: Path, most: int
) -> None:
    lines = _basket_lines(orders=2_000, most=most, seed=2).astype({"InvoiceNo": "Int64"})
    lines.loc[::50, "InvoiceNo"] = pd.NA
    copied = pd.concat([lines, lines.iloc[::25]], ignore_index=True)
    copied.to_csv(tmp_path / "lines.csv", index=False)
    report = load([tmp_path / "lines.csv"], tmp_path / "ws")
    assert _taken(report, "exact_duplicate") == int(copied.duplicated().sum()) >= len(lines) // 25
    assert _taken(report, "missing_order_id") == int(copied["InvoiceNo"].isna().sum()) - int(
        copied[copied["InvoiceNo"].isna()].duplicated().sum()
    )


def test_wide_and_broken_numbers_of_a_typed_file_are_read_in_full(tmp_path: Path) -> None:
    lines = _basket_lines(orders=50, most=5, seed=3).drop_duplicates().astype({"Quantity": "float"})
    lines.loc[lines.index[0], ["Quantity", "UnitPrice"]] = [1.5, 7_654_321.1234]
    lines.to_parquet(tmp_path / "lines.parquet", index=False)
    report = load([tmp_path / "lines.parquet"], tmp_path / "ws")
    amounts = [
        Decimal(str(q)) * Decimal(str(p)) for q, p in zip(lines["Quantity"], lines["UnitPrice"], strict=True)
    ]
    assert report.manifest.raw_amount == round(sum(amounts), 4)
