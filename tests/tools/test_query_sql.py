from pathlib import Path

import pandas as pd
import pytest

from marketeer.agent.fact_sheet import fact_sheet
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Refused, Retry
from marketeer.tools.core.findings import Finding, SubjectKind
from marketeer.tools.core.running import replay, run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.query_sql import GROUP_FLOOR, TOOL
from tests.shops import publish_shop, shop_frames, workspace_of

Frames = dict[Table, pd.DataFrame]


@pytest.fixture(scope="module")
def frames() -> Frames:
    return shop_frames()


@pytest.fixture
def shop(tmp_path: Path, frames: Frames) -> Workspace:
    return workspace_of(tmp_path, publish_shop(tmp_path, frames))


def asked(shop: Workspace, sql: str) -> Finding:
    return run(TOOL, {"sql": sql}, shop)


def kinds(finding: Finding) -> set[SubjectKind]:
    return {subject.kind for view in finding.views for subject in view.rows}


def test_groups_of_enough_customers_are_told_as_pandas_counts_them(shop: Workspace, frames: Frames) -> None:
    orders = frames[Table.ORDERS]
    months = orders.assign(month=orders["ordered_at"].dt.strftime("%Y-%m")).groupby("month")
    customers, net = months["customer_row"].nunique(), months["net_amount"].sum()
    finding = asked(
        shop,
        "SELECT strftime(ordered_at, '%Y-%m') AS month, count(*) AS orders, sum(net_amount) AS net "
        "FROM orders GROUP BY 1 ORDER BY 1",
    )
    sheet = fact_sheet(finding, "en", limit=100_000)
    told = {
        f.subject.name: f.value
        for f in finding.facts
        if f.subject.kind is SubjectKind.GROUP and f.name == "net"
    }
    large = customers[customers >= GROUP_FLOOR].index
    assert len(large) > 0
    assert told == pytest.approx({month: float(net[month]) for month in large})
    assert all(f"{told[month]:,.2f}" in sheet for month in large)
    assert finding.fact("rows_of_groups").value == len(large)  # type: ignore[union-attr]


def test_a_group_too_small_is_shown_to_people_and_told_to_no_model(shop: Workspace, frames: Frames) -> None:
    some = frames[Table.ORDERS].query("customer_row < 3")
    finding = asked(
        shop, "SELECT sum(net_amount) AS net, count(*) AS orders FROM orders WHERE customer_row < 3"
    )
    sheet = fact_sheet(finding, "en")
    assert kinds(finding) == {SubjectKind.ROW}
    assert [f.value for f in finding.facts if f.name == "net"] == [
        pytest.approx(float(some["net_amount"].sum()))
    ]
    assert f"{some['net_amount'].sum():,.2f}" not in sheet
    assert "net" not in sheet.replace("net_", "")
    assert [note.code for note in finding.notes] == ["rows_for_people"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT customer_row, net_amount FROM orders",
        "SELECT customer_row, sum(net_amount) AS net FROM orders GROUP BY 1",
        "SELECT max(net_amount) AS most FROM orders",
        "SELECT list(net_amount) AS every FROM orders",
        "SELECT string_agg(net_amount::VARCHAR, ' ') AS every FROM orders",
        "SELECT arg_max(net_amount, ordered_at) + 0 AS last FROM orders",
        "SELECT (SELECT max(net_amount) FROM orders) AS most, count(*) AS n FROM orders",
        "SELECT sum(net_amount) OVER () AS net FROM orders",
        "SELECT sum(net_amount) AS net FROM orders UNION ALL SELECT 1",
        "SELECT DISTINCT net_amount FROM orders",
        "WITH one AS (SELECT * FROM orders WHERE customer_row = 7) SELECT sum(net_amount) AS net FROM one",
        "SELECT sum(o.net_amount) AS n FROM orders o JOIN customers c ON o.customer_row = c.customer_row",
        "SELECT avg(product_row) AS a FROM products",
    ],
)
def test_single_values_and_groups_of_unknown_size_stay_with_the_person(shop: Workspace, sql: str) -> None:
    finding = asked(shop, sql)
    sheet = fact_sheet(finding, "en")
    assert kinds(finding) == {SubjectKind.ROW}
    assert "#1" not in sheet
    assert all(fact.id not in sheet for fact in finding.facts if fact.subject.kind is SubjectKind.ROW)


def test_the_rows_are_those_of_the_query_as_written(shop: Workspace, frames: Frames) -> None:
    finding = asked(shop, "SELECT order_id, net_amount FROM orders ORDER BY order_id LIMIT 2")
    first = frames[Table.ORDERS].sort_values("order_id").head(2)
    told = [[f.value for f in finding.facts if f.subject.name == f"#{place}"] for place in (1, 2)]
    assert told == [[o, pytest.approx(float(n))] for o, n in first[["order_id", "net_amount"]].to_numpy()]


def test_an_error_repeats_no_value_of_the_data(shop: Workspace, frames: Frames) -> None:
    order = str(frames[Table.ORDERS]["order_id"].iloc[0])
    with pytest.raises(Retry) as caught:
        asked(shop, "SELECT CAST('x' || order_id AS DATE) FROM orders")
    assert caught.value.code == "sql_failed"
    assert order not in caught.value.message


@pytest.mark.parametrize(
    "sql", ["DROP VIEW orders", "SELECT * FROM read_csv('/etc/passwd')", "SELECT 1; SELECT 2"]
)
def test_more_than_one_plain_select_is_refused(shop: Workspace, sql: str) -> None:
    with pytest.raises(Refused):
        asked(shop, sql)


def test_too_many_columns_are_refused(shop: Workspace) -> None:
    with pytest.raises(Retry, match="21 columns"):
        asked(shop, f"SELECT {', '.join(f'{n} AS c{n}' for n in range(21))}")


def test_columns_of_one_name_and_empty_answers_are_told(shop: Workspace) -> None:
    twice = asked(shop, "SELECT count(*) AS n, sum(net_amount) AS n FROM orders")
    assert twice.views[0].columns == ("n", "n_2")
    nothing = asked(shop, "SELECT order_id FROM orders WHERE net_amount < -1e9")
    assert (nothing.views, [note.code for note in nothing.notes]) == ((), ["no_rows"])


def test_a_long_answer_is_cut_and_says_so(shop: Workspace) -> None:
    finding = asked(shop, "SELECT order_id FROM orders")
    assert finding.fact("rows").value == 100  # type: ignore[union-attr]
    assert "more_rows" in [note.code for note in finding.notes]


def test_it_is_replayed(shop: Workspace) -> None:
    finding = asked(shop, "SELECT count(*) AS n FROM orders")
    assert replay(finding, TOOL, shop).agrees
