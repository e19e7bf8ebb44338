import json
from pathlib import Path

import pytest

from marketeer.agent.terminal.at_home import AtHome
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from tests.shops import publish_shop, shop_frames


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return publish_shop(tmp_path, shop_frames(customers=30))


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("For **customer #4**, who", "For **customer C0004**, who"),
        ("客户 #12 · 茶", "客户 C0012 · 茶"),
        ("customer #4 and customer #29", "customer C0004 and customer C0029"),
        ("customer #30 is nobody", "customer #30 is nobody"),
        ("4 customers, No. #4", "4 customers, No. #4"),
    ],
)
def test_a_position_is_drawn_as_the_id_the_person_knows(dataset: Dataset, text: str, drawn: str) -> None:
    assert AtHome(dataset)(text) == drawn


def test_names_tell_which_position_is_who(dataset: Dataset) -> None:
    assert AtHome(dataset).names("customer #4, customer #99") == {"row 4": "C0004"}


def test_without_ids_a_position_stays_what_it_is(tmp_path: Path) -> None:
    frames = shop_frames(customers=5)
    frames[Table.CUSTOMERS] = frames[Table.CUSTOMERS].drop(columns="customer_id")
    assert AtHome(publish_shop(tmp_path, frames))("customer #4") == "customer #4"


def test_names_are_plain_json(dataset: Dataset) -> None:
    assert json.loads(json.dumps(AtHome(dataset).names("customer #1"))) == {"row 1": "C0001"}
