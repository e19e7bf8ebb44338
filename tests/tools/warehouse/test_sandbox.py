import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Refused, Retry
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.warehouse.sandbox import ask_sql, job, open_columns
from marketeer.tools.warehouse.sql_worker import answer, locked
from tests.shops import publish_shop, shop_frames, workspace_of

Frames = dict[Table, pd.DataFrame]

ATTACKS = (
    "ATTACH 'other.db'",
    "ATTACH '{customers}' AS other",
    "DETACH memory",
    "USE memory",
    "COPY orders TO '{folder}/stolen.csv'",
    "COPY (SELECT * FROM orders) TO '{folder}/stolen.parquet' (FORMAT parquet)",
    "COPY orders FROM '{customers}'",
    "EXPORT DATABASE '{folder}/stolen'",
    "IMPORT DATABASE '{folder}/stolen'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{folder}/evil.duckdb_extension'",
    "PRAGMA database_list",
    "PRAGMA enable_profiling",
    "CALL pragma_version()",
    "SET memory_limit = '64GB'",
    "SET enable_external_access = true",
    "RESET memory_limit",
    "SET VARIABLE x = 1",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TEMP TABLE x AS SELECT 1",
    "CREATE MACRO f(x) AS x",
    "CREATE SECRET s (TYPE s3)",
    "INSERT INTO orders SELECT * FROM orders",
    "UPDATE orders SET net_amount = 0",
    "DELETE FROM orders",
    "DROP VIEW orders",
    "ALTER TABLE orders ADD COLUMN x INTEGER",
    "BEGIN TRANSACTION",
    "CHECKPOINT",
    "VACUUM",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "EXPLAIN SELECT * FROM orders",
    "EXPLAIN ANALYZE SELECT * FROM orders",
    "SHOW TABLES",
    "SHOW ALL TABLES",
    "DESCRIBE customers",
    "SUMMARIZE customers",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP VIEW orders",
    "SELECT 1 /* ; */ ; COPY orders TO '{folder}/stolen.csv'",
    "",
    "-- nothing",
    "SELEC 1",
    "SELECT email FROM customers",
    "SELECT customer_id FROM customers",
    "SELECT c.first_name FROM customers AS c",
    "SELECT columns('email$') FROM customers",
    "SELECT * FROM '{customers}'",
    'SELECT * FROM "{customers}"',
    "SELECT * FROM read_parquet('{customers}')",
    "SELECT * FROM READ_PARQUET(['{customers}'])",
    "SELECT * FROM parquet_scan('{customers}')",
    "SELECT * FROM parquet_metadata('{customers}')",
    "SELECT * FROM parquet_schema('{customers}')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv_auto('/etc/passwd')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_json('{folder}/manifest.json')",
    "SELECT * FROM read_duckdb('x.db')",
    "SELECT * FROM glob('/*')",
    "SELECT (SELECT count(*) FROM glob('/*'))",
    "SELECT * FROM orders WHERE order_id IN (SELECT content FROM read_text('/etc/passwd'))",
    "SELECT * FROM orders ORDER BY (SELECT max(email) FROM read_parquet('{customers}'))",
    "SELECT * FROM orders, LATERAL (SELECT * FROM glob(order_id))",
    "SELECT 1 UNION ALL SELECT count(*) FROM glob('/*')",
    "WITH x AS (SELECT * FROM read_parquet('{customers}')) SELECT * FROM x",
    "WITH x AS (DELETE FROM orders RETURNING *) SELECT * FROM x",
    "WITH x AS (INSERT INTO orders SELECT * FROM orders RETURNING *) SELECT * FROM x",
    'WITH "{customers}" AS (SELECT 1) SELECT * FROM "{customers}"',
    'SELECT * FROM (WITH "{customers}" AS (SELECT 1) SELECT 1), "{customers}"',
    "SELECT * FROM (WITH sqlite_master AS (SELECT 1) SELECT 1), sqlite_master",
    "WITH sqlite_master AS (SELECT * FROM sqlite_master) SELECT * FROM sqlite_master",
    "WITH a AS (SELECT * FROM pg_class), pg_class AS (SELECT 1) SELECT * FROM a",
    "WITH RECURSIVE duckdb_tables AS (SELECT * FROM duckdb_tables UNION SELECT 1) SELECT 1",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_views()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_databases()",
    "SELECT * FROM duckdb_views",
    "SELECT sql FROM sqlite_master",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM memory.main.orders",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('orders')",
    "SELECT * FROM json_execute_serialized_sql('{{}}')",
    "SELECT * FROM pragma_table_info('orders')",
    "SELECT * FROM test_all_types()",
    "SELECT * FROM frames",
    "SELECT getenv('HOME')",
    "SELECT current_setting('allowed_paths')",
    "SELECT CURRENT_SETTING('temp_directory')",
    "SELECT getvariable('x')",
    "SELECT current_query()",
    "SELECT pg_get_viewdef(1)",
    "SELECT nextval('s')",
    "SELECT write_log('x')",
    "SELECT sleep_ms(60000)",
    "SELECT pg_sleep(60)",
    "SELECT list_transform([1], x -> sleep_ms(60000))",
    "SELECT net_amount FROM orders GROUP BY ALL HAVING current_setting('threads') = '1'",
    "SELECT count(*) FILTER (current_user = 'x') OVER (PARTITION BY current_setting('threads')) FROM orders",
    "SELECT * FROM orders AT (VERSION => 1)",
    "SELECT $1",
    "SELECT " + "(" * 3_000 + "1" + ")" * 3_000,
    "SELECT '" + "x" * 20_000 + "'",
)  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("shop")
    return workspace_of(folder, publish_shop(folder, shop_frames()))


def rows_of(shop: Workspace, sql: str) -> pd.DataFrame:
    told = answer(job(shop.dataset, sql))
    assert "error" not in told, told
    return pd.DataFrame(told["rows"], columns=told["columns"])


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack[:60])
def test_what_is_no_plain_select_over_the_views_is_refused(shop: Workspace, attack: str) -> None:
    customers = shop.dataset.path(Table.CUSTOMERS)
    before = sorted(shop.folder.iterdir())
    told = answer(job(shop.dataset, attack.format(customers=customers, folder=shop.folder)))
    assert told["error"] in {"refused", "failed"}
    assert told["reason"]
    assert sorted(shop.folder.iterdir()) == before


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH '{folder}/x.db'",
        "COPY orders TO '{folder}/x.csv'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '64GB'",
        "SET enable_external_access = true",
        "SET allowed_paths = ['/etc/passwd']",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_text('https://example.com/')",
        "SELECT * FROM secret_frame",
    ],
)
def test_the_connection_itself_is_locked_whatever_the_query_says(shop: Workspace, statement: str) -> None:
    secret_frame = pd.DataFrame({"a": [1]})
    known = job(shop.dataset, "")
    with (
        locked(known["views"], known["paths"]) as connection,
        pytest.raises(duckdb.Error),
    ):
        connection.execute(statement.format(folder=shop.folder)).fetchall()
    assert not secret_frame.empty


def test_no_column_that_can_name_a_person_is_there(shop: Workspace) -> None:
    columns = open_columns(shop.dataset)
    assert columns["customers"] == ("customer_row", "country", "email_consent", "attr_tier")
    assert list(rows_of(shop, "SELECT * FROM customers").columns) == list(columns["customers"])


HONEST: tuple[tuple[str, Callable[[Frames], list[Any]]], ...] = (
    ("SELECT count(*) FROM orders", lambda f: [len(f[Table.ORDERS])]),
    ("SELECT sum(net_amount) FROM orders", lambda f: [f[Table.ORDERS]["net_amount"].sum()]),
    ("FROM orders SELECT max(net_amount)", lambda f: [f[Table.ORDERS]["net_amount"].max()]),
    (
        "SELECT sum(net_amount) FROM orders GROUP BY strftime(ordered_at, '%Y-%m') ORDER BY min(ordered_at)",
        lambda f: f[Table.ORDERS].groupby(f[Table.ORDERS]["ordered_at"].dt.strftime("%Y-%m"))["net_amount"]
        .sum().tolist(),
    ),
    (
        "SELECT count(DISTINCT customer_row) FROM orders JOIN customers AS c USING (customer_row) "
        "WHERE c.country = 'DE'",
        lambda f: [(f[Table.CUSTOMERS]["country"] == "DE").sum()],
    ),
    (
        "WITH per AS (SELECT customer_row, count(*) AS n FROM orders GROUP BY 1) "
        "SELECT count(*) FROM per WHERE n > 1",
        lambda f: [(f[Table.ORDERS].groupby("customer_row").size() > 1).sum()],
    ),
    (
        "SELECT median(quantity * unit_price) FROM order_lines",
        lambda f: [(f[Table.ORDER_LINES]["quantity"] * f[Table.ORDER_LINES]["unit_price"]).median()],
    ),
    (
        "SELECT sum(line_amount) FROM order_lines JOIN products USING (product_row) "
        "GROUP BY category ORDER BY category",
        lambda f: f[Table.ORDER_LINES].merge(f[Table.PRODUCTS], on="product_row")
        .groupby("category")["line_amount"].sum().tolist(),
    ),
    (
        "SELECT net_amount FROM orders QUALIFY row_number() OVER (PARTITION BY customer_row "
        "ORDER BY ordered_at, order_id) = 1 ORDER BY customer_row",
        lambda f: f[Table.ORDERS].sort_values(["customer_row", "ordered_at", "order_id"])
        .groupby("customer_row")["net_amount"].first().tolist(),
    ),
    (
        "SELECT count(o.order_id) FROM range(2024, 2026) AS y(year) "
        "LEFT JOIN orders AS o ON year(o.ordered_at) = y.year GROUP BY y.year ORDER BY y.year",
        lambda f: f[Table.ORDERS]["ordered_at"].dt.year.value_counts().sort_index().tolist(),
    ),
    (
        "SELECT x FROM (VALUES (1), (2)) AS v(x) UNION ALL SELECT 3 ORDER BY x; ",
        lambda f: [1, 2, 3],
    ),
    (
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 4) SELECT n FROM t",
        lambda f: [1, 2, 3, 4],
    ),
    (
        "SELECT CASE WHEN country IN (SELECT country FROM customers WHERE country LIKE 'D%') "
        "THEN 1 ELSE 0 END FROM customers ORDER BY customer_row",
        lambda f: (f[Table.CUSTOMERS]["country"] == "DE").astype(int).tolist(),
    ),
)  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), HONEST, ids=[sql[:50] for sql, _ in HONEST])
def test_honest_queries_give_what_pandas_gives(
    shop: Workspace, sql: str, expected: Callable[[Frames], list[Any]]
) -> None:
    got = rows_of(shop, sql).iloc[:, 0].tolist()
    assert got == pytest.approx([float(value) for value in expected(shop_frames())])


def test_a_process_of_its_own_answers_and_says_when_rows_were_cut(shop: Workspace) -> None:
    told = ask_sql(shop.dataset, "SELECT order_id, ordered_at, NULL AS n FROM orders ORDER BY 1", rows=3)
    assert told.columns == ("order_id", "ordered_at", "n")
    assert [row[0] for row in told.rows] == ["O00000", "O00001", "O00002"]
    assert str(pd.Timestamp(told.rows[0][1])) == told.rows[0][1]
    assert told.more
    assert not ask_sql(shop.dataset, "SELECT 1").more


@pytest.mark.parametrize(
    "bomb",
    [
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
        "SELECT count(*) FROM orders a, orders b, orders c WHERE a.net_amount + b.net_amount > c.net_amount",
    ],
)
def test_a_query_without_end_is_stopped(shop: Workspace, bomb: str) -> None:
    began = time.monotonic()
    with pytest.raises(Retry) as caught:
        ask_sql(shop.dataset, bomb, seconds=1)
    assert caught.value.code == "sql_out_of_time"
    assert time.monotonic() - began < 8


@pytest.mark.parametrize(
    "bomb",
    [
        "SELECT length(range(3000000000))",
        "SELECT list(a.i) FROM range(2000000000) AS a(i)",
    ],
)
def test_a_query_that_takes_too_much_memory_is_stopped(shop: Workspace, bomb: str) -> None:
    with pytest.raises(Retry) as caught:
        ask_sql(shop.dataset, bomb, seconds=20)
    assert caught.value.code == "sql_out_of_memory"


def test_many_long_rows_are_cut_rather_than_kept(shop: Workspace) -> None:
    told = answer({**job(shop.dataset, "SELECT repeat('x', 9000) FROM range(100000)"), "rows": 100_000})
    assert told["more"]
    assert len(told["rows"]) < 2_500


def test_refusals_and_mistakes_name_the_next_step(shop: Workspace) -> None:
    with pytest.raises(Refused, match="marketeer sql"):
        ask_sql(shop.dataset, "DROP VIEW orders")
    with pytest.raises(Retry, match="marketeer sql"):
        ask_sql(shop.dataset, "SELECT email FROM customers")


def test_a_folder_with_signs_of_patterns_in_its_name_can_be_asked(tmp_path: Path) -> None:
    folder = tmp_path / "shop [1] *"
    folder.mkdir()
    dataset = publish_shop(folder, shop_frames(20))
    told = answer(job(dataset, "SELECT count(*) FROM customers"))
    assert told.get("rows") == [[20]], told
