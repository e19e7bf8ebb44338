from pathlib import Path

import pytest

from marketeer.tools.core.errors import DataError
from marketeer.tools.sources.loading import load
from tests.tools.sources.binary_workbook import write_binary_workbook
from tests.tools.sources.test_messy_exports import sums

HEADERS = ("order_id", "customer_id", "date", "product name", "qty", "price")
ROWS = (
    HEADERS,
    ("0012", 7.0, (45659.4375, 1), "Café au lait", 2.0, 1234.5),  # 2025-01-02 10:30
    ("0013", 8.0, (45701.0, 1), "龙井茶 “L”", 1.0, 4.25),
)


def test_a_binary_workbook_is_read_below_its_title_with_its_dates_and_without_hidden_sheets(
    tmp_path: Path,
) -> None:
    sheets = {"Sales": (("Sales of the year",), *ROWS), "Old": ROWS}
    file = write_binary_workbook(tmp_path / "shop.xlsb", sheets, hidden="Old")
    report = load([file], tmp_path / "ws")
    assert sums(report)["net"] == 2473.25
    data = report.dataset
    orders = data.frame("SELECT order_id, ordered_at FROM orders ORDER BY order_id")
    assert orders["order_id"].tolist() == ["0012", "0013"]
    assert str(orders["ordered_at"][0]) == "2025-01-02 10:30:00"
    assert data.frame("SELECT product_name FROM products ORDER BY 1")["product_name"].tolist() == [
        "Café au lait",
        "龙井茶 “L”",
    ]
    assert "hidden_sheets" in report.manifest.notes


def test_a_binary_workbook_under_another_workbooks_ending_is_read(tmp_path: Path) -> None:
    file = write_binary_workbook(tmp_path / "shop.xlsx", {"Sales": ROWS})
    assert sums(load([file], tmp_path / "ws"))["orders"] == 2


def test_a_truncated_binary_workbook_is_damaged(tmp_path: Path) -> None:
    file = write_binary_workbook(tmp_path / "shop.xlsb", {"Sales": ROWS})
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(DataError) as caught:
        load([file], tmp_path / "ws")
    assert caught.value.code == "damaged_workbook"
