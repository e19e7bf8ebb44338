"""A shop may live in a folder of any name: it is loaded, described, asked and written from there."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.tools import load_tool
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import Finding
from marketeer.tools.core.payloads import Audience
from marketeer.tools.core.running import CatalogRunner, run
from marketeer.tools.core.workspace import Ports, Workspace
from marketeer.tools.sources.loading import load
from marketeer.tools.warehouse.erasure import erase_person
from marketeer.tools.warehouse.sandbox import ask_sql
from marketeer.tools.warehouse.snapshots import open_dataset
from tests.shops import workspace_of

LINES = (
    "order_id,customer_id,email,date,sku,qty,price\n"
    "1,7,a@x.de,2025-01-02,X,1,10\n2,8,b@x.de,2025-01-03,Y,2,4.5\n"
)
NAMES = (
    "what?", "what?now=1&then=2", "*", "**", "[1]", "back\\slash", "it's", 'so "called"', "-dash", "--flag",
    "数据 店铺", "50% off", "#1", "c:d", "s3:", "md:shop", ":memory:", "~", "$HOME", "{a,b}", "two\nlines",
    "year=2025", "  blanks  ", "semi;colon", "`ls`", "é̂",
)  # fmt: skip
TOOLS = tuple(map(load_tool, ("describe_data", "query_metric", "build_audience", "export_audience")))
DESCRIBE, QUERY, BUILD, EXPORT = TOOLS
ORDERS = pd.DataFrame(
    {
        "order_id": ["1", "2"],
        "customer_id": ["a", "b"],
        "date": ["2025-01-02", "2025-01-13"],
        "total": [10.0, 4.5],
    }
)
WRITERS: dict[str, Callable[[Path], object]] = {
    "csv": lambda path: ORDERS.to_csv(path, index=False),
    "parquet": lambda path: ORDERS.to_parquet(path),
    "jsonl": lambda path: path.write_text("\n".join(map(json.dumps, ORDERS.to_dict("records")))),
}


def at_work(folder: Path, data: Dataset) -> Workspace:
    plain = workspace_of(folder, data, Ports(vocabulary=PromptVocabulary()))
    return replace(plain, runner=CatalogRunner(lambda: TOOLS, plain))


def value(finding: Finding, name: str) -> float:
    return next(fact.value for fact in finding.facts if fact.name == name)


@pytest.mark.parametrize("name", NAMES)
def test_a_shop_in_a_folder_of_any_name_is_loaded_described_asked_and_exported(
    name: str, tmp_path: Path
) -> None:
    folder = tmp_path / name / "ws"
    folder.parent.mkdir()
    file = tmp_path / name / f"{name}.csv"
    file.write_text(LINES)
    report = load([file], folder)
    assert report.dataset.columns[Table.ORDERS][:2] == ("order_id", "customer_row")
    assert name not in report.dataset.columns[Table.ORDERS]
    assert "year" not in report.dataset.columns[Table.ORDERS]
    shop = at_work(folder, open_dataset(folder))
    assert value(run(DESCRIBE, {}, shop), "orders") == 2
    assert value(run(QUERY, {"measures": ["net_revenue"]}, shop), "net_revenue") == 19
    audience = run(BUILD, {"min_spend": 9.5}, shop)
    assert shop.require(Audience, audience.id).rows.tolist() == [0]
    exported = run(EXPORT, {"audience": audience.id, "folder": str(folder / "out"), "basis": "asked"}, shop)
    assert exported.facts
    assert ask_sql(shop.dataset, "SELECT sum(net_amount) AS net FROM orders").rows == ((19.0,),)
    assert erase_person(folder, "a@x.de")[0] is not None
    assert [path.name for path in folder.glob(".scratch*")] == []


@pytest.mark.parametrize("name", ["-dash", "~", "s3:", ":memory:", "what?"])
def test_a_folder_may_be_named_from_where_one_stands(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).mkdir()
    (Path(name) / "-lines.csv").write_text(LINES)
    report = load([Path(name, "-lines.csv")], Path(name))
    assert report.dataset.frame("SELECT sum(net_amount)::DOUBLE AS s FROM orders")["s"].tolist() == [19]
    monkeypatch.chdir(tmp_path / name)
    (tmp_path / name / name).write_text(LINES)
    assert load([Path(name)], Path()).dataset.rows[Table.ORDERS] == 2


@pytest.mark.parametrize("ending", WRITERS)
def test_the_name_of_a_folder_is_no_column_of_the_files_in_it(ending: str, tmp_path: Path) -> None:
    plain, parted = tmp_path / "plain", tmp_path / "country=DE" / "email=x@y.de"
    reports = []
    for folder in (plain, parted):
        folder.mkdir(parents=True)
        WRITERS[ending](folder / f"orders.{ending}")
        reports.append(load([folder / f"orders.{ending}"], folder / "ws"))
    apart, together = reports
    assert together.files[0].mapping == apart.files[0].mapping
    assert together.files[0].unused == apart.files[0].unused == ()
    assert together.dataset.snapshot == apart.dataset.snapshot
    assert together.dataset.columns == apart.dataset.columns
    for table in apart.dataset.columns:
        rows = f"SELECT * FROM {table.value}"
        pd.testing.assert_frame_equal(together.dataset.frame(rows), apart.dataset.frame(rows))
