"""An attribute is open to a person's own SQL only where nothing in it can name a customer."""

from pathlib import Path

import pandas as pd
import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.sources.loading import load
from marketeer.tools.warehouse.private import holds_contacts, open_attributes
from marketeer.tools.warehouse.sandbox import open_columns
from tests.shops import publish_shop, shop_frames

PEOPLE = 60
OPEN = {
    "attr_club": [["gold", "silver", "basic"][n % 3] for n in range(PEOPLE)],
    "attr_age": [20 + n % 50 for n in range(PEOPLE)],
    "attr_income": [30_000.5 + 997 * n for n in range(PEOPLE)],
    "attr_turnover": [2_000_000.25 + 997 * n for n in range(PEOPLE)],
    "attr_postal_area": [[10_000_000, 20_000_000][n % 2] for n in range(PEOPLE)],
    "attr_newsletter": [n % 2 == 0 for n in range(PEOPLE)],
    "attr_等级": [["金卡", "普卡"][n % 2] for n in range(PEOPLE)],
}
CLOSED = {
    "attr_called": [f"Person {n}" for n in range(PEOPLE)],
    "attr_remark": [f"called on day {n}, asked for {n} teapots" for n in range(PEOPLE)],
    "attr_line": [13_800_000_001 + n for n in range(PEOPLE)],
    "attr_line_as_float": [13_800_000_001.0 + n if n else None for n in range(PEOPLE)],
    "attr_agent": [["ann@shop.de", "ben@shop.de"][n % 2] for n in range(PEOPLE)],
    "attr_hotline": [["+49 30 1234567", "+49 30 7654321"][n % 2] for n in range(PEOPLE)],
}


def test_numbers_and_shared_words_are_open_names_notes_and_numbers_of_people_are_not(tmp_path: Path) -> None:
    frames = shop_frames(customers=PEOPLE)
    extra = pd.DataFrame({**OPEN, **CLOSED})
    frames[Table.CUSTOMERS] = pd.concat([frames[Table.CUSTOMERS].reset_index(drop=True), extra], axis=1)
    dataset = publish_shop(tmp_path, frames)
    assert open_attributes(dataset) == set(OPEN) | {"attr_tier"}
    seen = {name for name in open_columns(dataset)["customers"] if name.startswith("attr_")}
    assert seen == set(OPEN) | {"attr_tier"}


@pytest.mark.parametrize(
    ("values", "contacts"),
    [
        (["a@x.de", "b@y.cn"], True),
        (["'+49 30 123456", "+1 (555) 123-4567", ""], True),
        (["13800000001", "139 0000"], True),
        (["030 / 1234567", "0211-987654"], True),
        (["(555) 123-4567"], True),
        (["11010519491231002X"], True),
        (["2024-01-05", "2024-01-06 10:00:00"], False),
        (["0.25", "1250000", "12.50", "-4"], False),
        (["gold", "silver", "a@x.de", "basic"], False),
        (["TEE-M", "2024/25", "38"], False),
        ([], False),
    ],
)
def test_contacts_are_told_by_their_form(values: list[str], contacts: bool) -> None:
    assert holds_contacts(values) is contacts


def test_a_column_of_contacts_is_no_attribute_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text(
        "customer_id,country,whatsapp,tier\n" + "".join(f"{n},DE,+4917012345{n:02d},gold\n" for n in range(9))
    )
    assert set(load([tmp_path / "customers.csv"], tmp_path / "ws").dataset.attributes) == {"attr_tier"}
