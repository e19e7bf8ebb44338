from pathlib import Path

import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.sources.loading import load

MASTER = " 00001 19970101  1   11.77\r\n 00002 19970112  1   12.00\r\n 00002 19970112  5   77.00\r\n"
NAMED = " customer_id  date number_of_cds  dollar_value\r\n" + MASTER
SAMPLE = " 00004 0001 19970101  2   29.33\n 00004 0001 19970118  2   29.73\n 00018 0002 970104  1   14.96\n"


@pytest.mark.parametrize(("text", "customers", "paid"), [
    (MASTER, ["00001", "00002"], 100.77),
    (NAMED, ["00001", "00002"], 100.77),
    (SAMPLE, ["00004", "00018"], 74.02),
])  # fmt: skip
def test_every_variant_of_the_text_file_is_read(
    tmp_path: Path, text: str, customers: list[str], paid: float
) -> None:
    file = tmp_path / "CDNOW.txt"
    file.write_text(text, newline="")
    report = load([file], tmp_path / "ws")
    assert report.files[0].source == "cdnow"
    data = report.dataset
    assert data.rows[Table.ORDERS] == 3
    assert data.currency == "USD"
    ids = data.frame("SELECT customer_id FROM customers ORDER BY customer_row")["customer_id"].tolist()
    assert ids == customers
    assert data.frame("SELECT sum(net_amount)::DOUBLE AS s FROM orders")["s"].tolist() == [paid]
    assert data.frame("SELECT min(ordered_at)::DATE::VARCHAR AS d FROM orders")["d"].tolist() == [
        "1997-01-01"
    ]
