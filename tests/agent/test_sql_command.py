import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from marketeer.agent.cli import app, main
from marketeer.tools.core.columns import Table
from marketeer.tools.core.workspace import Workspace
from tests.shops import publish_shop, shop_frames


def sql(folder: Path, *words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, ["--workspace", str(folder), "sql", *words], input=stdin)


def test_a_query_is_answered_as_a_table_or_as_json(workspace: Workspace) -> None:
    query = "SELECT country, count(*) AS customers FROM customers GROUP BY 1 ORDER BY 1"
    expected = shop_frames()[Table.CUSTOMERS].groupby("country").size()
    told = json.loads(sql(workspace.folder, query, "--json").stdout)
    assert told["columns"] == ["country", "customers"]
    assert told["rows"] == [[country, count] for country, count in expected.items()]
    assert not told["more"]
    drawn = sql(workspace.folder, "-", stdin=query).stdout
    assert all(str(count) in drawn for count in expected)


def test_cut_rows_are_said(workspace: Workspace) -> None:
    result = sql(workspace.folder, "SELECT order_id FROM orders", "--rows", "2")
    assert "2 rows. There are more" in result.stderr
    assert json.loads(sql(workspace.folder, "FROM orders", "--rows", "2", "--json").stdout)["more"]


def test_without_a_query_tables_and_columns_are_listed(workspace: Workspace) -> None:
    assert "customer_row" in sql(workspace.folder).stdout
    assert "email," not in sql(workspace.folder).stdout
    assert "customers" in json.loads(sql(workspace.folder, "--json").stdout)


def test_a_refused_query_is_one_line_with_the_next_step(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--workspace", str(workspace.folder), "sql", "DROP VIEW orders"])
    assert stopped.value.code == 1
    error = capsys.readouterr().err.strip()
    assert error.count("\n") == 0
    assert "marketeer sql" in error


def test_values_cannot_steer_the_terminal(tmp_path: Path) -> None:
    frames = shop_frames(5)
    frames[Table.CUSTOMERS]["country"] = "\x1b]0;owned\x07[red]D\x1b[2JE"
    publish_shop(tmp_path, frames)
    drawn = sql(tmp_path, "SELECT DISTINCT country FROM customers").stdout
    assert "\x1b" not in drawn
    assert "[red]DE" in drawn
