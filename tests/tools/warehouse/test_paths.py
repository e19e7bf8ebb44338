"""Folders are named as people like, also with what SQL and file patterns would read otherwise."""

import io
from pathlib import Path

import pandas as pd
import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.sources.loading import load
from marketeer.tools.warehouse.erasure import erase_person
from marketeer.tools.warehouse.features import customer_features
from marketeer.tools.warehouse.sandbox import ask_sql
from marketeer.tools.warehouse.snapshots import open_dataset
from tests.shops import publish_shop, shop_frames

NAME = """it's 50% "off" 数据 [1]*; {x}"""
LINES = (
    "order_id,customer_id,email,date,sku,qty,price\n"
    "1,7,a@x.de,2025-01-02,X,1,10\n2,8,b@x.de,2025-01-03,Y,2,4.5\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    odd = tmp_path / NAME
    odd.mkdir()
    return odd


def test_files_load_into_and_are_asked_from_a_folder_of_any_name(folder: Path) -> None:
    file = folder / f"{NAME}.csv"
    file.write_text(LINES)
    loaded = load([file], folder / "ws").dataset
    assert loaded.rows[Table.ORDERS] == 2
    assert len(customer_features(loaded, loaded.as_of)) == 2
    assert ask_sql(loaded, "SELECT sum(net_amount) AS net FROM orders").rows == ((19.0,),)


def test_parquet_and_workbooks_are_read_from_a_folder_of_any_name(folder: Path) -> None:
    table = pd.read_csv(io.StringIO(LINES))
    table.to_parquet(folder / f"{NAME}.parquet")
    table.to_excel(folder / f"{NAME}.xlsx", index=False)
    for ending in ("parquet", "xlsx"):
        loaded = load([folder / f"{NAME}.{ending}"], folder / ending).dataset
        assert loaded.frame("SELECT sum(line_amount)::DOUBLE AS s FROM order_lines")["s"].tolist() == [19.0]


def test_frames_are_published_in_a_folder_of_any_name(folder: Path) -> None:
    published = publish_shop(folder, shop_frames(customers=20))
    assert open_dataset(folder).rows == published.rows
    assert len(published.frame("SELECT * FROM customers")) == 20


def test_a_person_is_forgotten_in_a_folder_of_any_name(folder: Path) -> None:
    file = folder / "lines.csv"
    file.write_text(LINES)
    load([file], folder / "ws")
    (erased,) = erase_person(folder / "ws", "a@x.de")
    left = open_dataset(folder / "ws").frame("SELECT email FROM customers ORDER BY customer_row")
    assert erased is not None
    assert left["email"].dropna().tolist() == ["b@x.de"]
