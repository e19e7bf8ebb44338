import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console as RichConsole

from marketeer.agent.console import Console
from marketeer.agent.load_command import load_files, load_options
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import DataError
from marketeer.tools.warehouse.snapshots import open_dataset

ODD = "Beleg;Wer;Wann;Ding;Menge;Preis\nA1;7;03/04/2025;Tee;2;3,50\nA2;8;05/06/2025;Tee;1;3,50\n"


class Sitting(Console):
    """A console before which somebody sits who has their answers ready."""

    can_ask = True

    def __init__(self, *answers: str) -> None:
        self.printed = io.StringIO()
        super().__init__(RichConsole(file=self.printed, width=200), RichConsole(file=io.StringIO()))
        self.answers = list(answers)
        self.asked: list[str] = []

    def choose(self, question: str, options: Sequence[str], examples: Sequence[str] = ()) -> str:
        self.asked.append(question)
        assert self.answers[0] in options
        return self.answers.pop(0)


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    file = tmp_path / "odd.csv"
    file.write_text(ODD, encoding="utf-8")
    return file


def test_a_table_nobody_knows_is_asked_about_until_it_loads(odd: Path, tmp_path: Path) -> None:
    console = Sitting("order_lines", "Beleg", "Ding", "Menge", "Preis", "Wann", "dmy")
    load_files([odd], tmp_path / "ws", load_options({}, dry_run=False), console)
    dataset = open_dataset(tmp_path / "ws")
    assert str(dataset.as_of) == "2025-06-05"
    assert dataset.frame("SELECT sum(line_amount) AS s FROM order_lines")["s"].item() == 10.5
    assert console.asked[1] == "Which column is order_id of order_lines in odd.csv?"


def test_answers_are_saved_and_the_next_export_needs_none(odd: Path, tmp_path: Path) -> None:
    saved = tmp_path / "shop.toml"
    answers = ("order_lines", "Beleg", "Ding", "Menge", "Preis", "Wann", "dmy")
    load_files([odd], tmp_path / "one", load_options({}, dry_run=False), Sitting(*answers), saved)
    console = Sitting()
    options = load_options({"mapping_file": saved, "date_order": "dmy"}, dry_run=False)
    load_files([odd], tmp_path / "two", options, console)
    assert console.asked == []
    assert open_dataset(tmp_path / "two").rows[Table.ORDER_LINES] == 2


def test_a_column_named_on_the_line_goes_before_a_saved_one(tmp_path: Path) -> None:
    saved = tmp_path / "shop.toml"
    saved.write_text('[orders]\norder_id = "A"\n', encoding="utf-8")
    options = load_options({"mapping_file": saved, "mapping": ["orders.order_id=B"]}, dry_run=False)
    assert options.mapping == {"orders.order_id": "B"}


@pytest.mark.parametrize("text", ["nothing = [", "[orders]\nlines = 3\n[x", 'orders = "id"'])
def test_a_mapping_that_cannot_be_read_is_one_clear_error(tmp_path: Path, text: str) -> None:
    saved = tmp_path / "shop.toml"
    saved.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"shop\.toml"):
        load_options({"mapping_file": saved}, dry_run=False)


def test_where_nobody_can_answer_the_error_says_the_flag(odd: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--map"):
        load_files([odd], tmp_path / "ws", load_options({}, dry_run=False), Console(quiet=True))
    assert not list((tmp_path / "ws").glob("snapshots/*"))


def test_a_dry_run_shows_the_first_rows_and_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("order_id,customer_id,date,amount\n1,7,2025-03-04,10.25\n", encoding="utf-8")
    console = Sitting()
    load_files([file], tmp_path / "ws", load_options({}, dry_run=True), console)
    assert "First rows of orders" in console.printed.getvalue()
    assert "10.25" in console.printed.getvalue()
    assert not (tmp_path / "ws" / "snapshots").exists()


def test_the_first_rows_are_in_the_json_of_a_dry_run(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("order_id,customer_id,date,amount\n1,7,2025-03-04,10.25\n", encoding="utf-8")
    printed = io.StringIO()
    console = Console(RichConsole(file=printed, width=200), quiet=True)
    load_files([file], tmp_path / "ws", load_options({}, dry_run=True), console)
    assert json.loads(printed.getvalue())["first"]["customers"][0]["customer_id"] == "7"


NAMELESS = (
    "Order ID,Purchased by,Order Date,Order Total\n"
    "1,Ann Smith,2026-01-05,10.00\n2,Bob Jones,2026-01-16,20.00\n3,Ann Smith,2026-02-05,30.00\n"
)


def test_who_bought_is_asked_and_nobody_is_an_answer_that_is_kept(tmp_path: Path) -> None:
    file, saved = tmp_path / "orders.csv", tmp_path / "shop.toml"
    file.write_text(NAMELESS)
    console = Sitting("Purchased by")
    load_files([file], tmp_path / "one", load_options({}, dry_run=False), console)
    assert open_dataset(tmp_path / "one").rows[Table.CUSTOMERS] == 2
    assert console.asked == ["Which column is customer_id of orders in orders.csv, who bought?"]
    load_files([file], tmp_path / "two", load_options({}, dry_run=False), Sitting("none of these"), saved)
    assert Table.CUSTOMERS not in open_dataset(tmp_path / "two").rows
    console = Sitting()
    load_files([file], tmp_path / "three", load_options({"mapping_file": saved}, dry_run=False), console)
    assert console.asked == []
    assert Table.CUSTOMERS not in open_dataset(tmp_path / "three").rows
    options = load_options({"mapping": ["orders.customer_id="]}, dry_run=False)
    load_files([file], tmp_path / "four", options, console)
    assert console.asked == []


def test_whether_a_repeated_amount_is_the_lines_or_the_orders_is_one_question(tmp_path: Path) -> None:
    file = tmp_path / "lines.csv"
    rows = "".join(f"{n},2026-01-0{n},a@x.de,{sku},1,{10 + n}\n" for n in (1, 2, 3) for sku in "TP")
    file.write_text("Order ID,Order Date,Customer Email,SKU,Qty,Total\n" + rows)
    console = Sitting("the whole order")
    load_files([file], tmp_path / "ws", load_options({}, dry_run=False), console)
    assert len(console.asked) == 1
    assert open_dataset(tmp_path / "ws").frame("SELECT sum(net_amount) AS s FROM orders")["s"].item() == 36


def test_a_currency_told_by_signs_is_no_column_of_the_saved_mapping(tmp_path: Path) -> None:
    file, saved = tmp_path / "orders.csv", tmp_path / "shop.toml"
    file.write_text("Order ID,Customer Email,Order Date,Order Total\n1,a@x.de,2026-01-05,€10.00\n")
    load_files([file], tmp_path / "one", load_options({}, dry_run=False), Sitting(), saved)
    assert "currency" not in saved.read_text()
    load_files([file], tmp_path / "two", load_options({"mapping_file": saved}, dry_run=False), Sitting())
    assert open_dataset(tmp_path / "two").currency == "EUR"
