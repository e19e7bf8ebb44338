"""Ways around the rules that look like a plain SELECT: queries in strings, whole rows, functions by name."""

import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.warehouse.sandbox import ask_sql, job, open_columns
from marketeer.tools.warehouse.sql_worker import answer
from tests.shops import publish_shop, shop_frames, workspace_of

QUERIES_IN_STRINGS = (
    "SELECT json_serialize_plan('SELECT min(email) FROM read_parquet(''{customers}'')', optimize := true)",
    "SELECT JSON_SERIALIZE_PLAN('SELECT current_setting(''allowed_paths'')', optimize := true)",
    "SELECT list_transform(['SELECT 1'], lambda q: json_serialize_plan(q))",
    "SELECT json_serialize_sql('SELECT 1')",
    "SELECT json_deserialize_sql('{{}}')",
    "SELECT json_execute_serialized_sql('{{}}')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT * FROM query('SELECT * FROM customers')",
    "SELECT * FROM sql_auto_complete('SEL')",
    "PIVOT orders ON order_kind USING sum(net_amount)",
    "SELECT * FROM (PIVOT orders ON order_kind USING sum(net_amount))",
    "UNPIVOT customers ON COLUMNS(*) INTO NAME n VALUE v",
    "SELECT * FROM (DESCRIBE customers)",
    "SELECT * FROM (SUMMARIZE customers)",
    "SELECT * FROM summary((SELECT * FROM customers))",
    "SELECT * FROM histogram('orders', 'net_amount')",
    "SELECT * FROM pragma_storage_info('orders')",
    "SELECT * FROM parquet_kv_metadata('{customers}')",
    "SELECT * FROM parquet_bloom_probe('{customers}', 'email', 'person1@example.com')",
    "SELECT * FROM duckdb_logs()",
    "SELECT * FROM which_secret('a', 's3')",
    "SELECT * FROM main.customers",
    "FROM 'snapshots/test-shop/customers.parquet'",
    "SELECT (FROM read_text('/etc/passwd') SELECT content)",
    "SELECT ARRAY(SELECT content FROM read_text('/etc/passwd'))",
    "SELECT EXISTS(FROM glob('/*'))",
    "WITH x AS MATERIALIZED (FROM glob('/*')) FROM x",
    "SELECT * FROM customers SEMI JOIN glob('/*') ON true",
    "SELECT * FROM unnest([getenv('HOME')])",
    "SELECT 'HOME'.getenv()",
    "SELECT list_aggregate([1], 'getenv')",
    "SELECT system.main.getenv('HOME')",
    "SELECT ('threads').current_setting()",
    "SELECT list_filter(['a'], lambda x: sleep_ms(60000) IS NULL)",
    "SELECT * FROM orders LIMIT (SELECT length(current_setting('threads')))",
    "SELECT CAST('{customers}' AS customers)",
    "SELECT stats(net_amount) FROM orders",
    "SELECT current_database()",
    "SELECT add_parquet_key('a', 'b')",
    "MERGE INTO orders USING orders ON true WHEN MATCHED THEN DELETE",
    "SELECT 1 ;; SELECT 2",
    "SELECT * REPLACE (email AS country) FROM customers",
    "SELECT o.email FROM orders o LEFT JOIN customers c USING (customer_row)",
    "SELECT d.email FROM orders, LATERAL (SELECT email FROM customers) AS d",
    "WITH customers AS (SELECT * FROM customers) SELECT email FROM customers",
    "SELECT country FROM customers UNION SELECT email FROM customers",
)
WHOLE_ROWS = (
    "SELECT * FROM customers",
    "TABLE customers",
    "SELECT customers FROM customers",
    "SELECT row(c) FROM customers AS c",
    "SELECT to_json(c) FROM customers AS c",
    "SELECT unnest(c) FROM customers AS c",
    "SELECT COLUMNS(*) FROM customers",
    "SELECT COLUMNS('.*')::VARCHAR FROM customers",
    "SELECT * RENAME (country AS email) FROM customers",
    "SELECT struct_pack(x := c, y := o) FROM orders AS o JOIN customers AS c USING (customer_row)",
    "SELECT * FROM orders POSITIONAL JOIN customers",
    "SELECT c FROM orders, LATERAL (FROM customers) AS c LIMIT 1000",
)
BOMBS = (
    "WITH RECURSIVE t(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM t) SELECT max(length(s)) FROM t",
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT a.n FROM t AS a, t AS b) SELECT count(*) FROM t",
    "SELECT length(repeat('x', 4000000000))",
    "SELECT list_reduce(range(1000000000), lambda x, y: x + y)",
    "SELECT string_agg(a.order_id || b.order_id || c.order_id) FROM orders AS a, orders AS b, orders AS c",
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("shop")
    return workspace_of(folder, publish_shop(folder, shop_frames()))


@pytest.mark.parametrize("trick", QUERIES_IN_STRINGS, ids=lambda trick: trick[:60])
def test_what_hides_another_query_or_file_is_refused(shop: Workspace, trick: str) -> None:
    told = answer(job(shop.dataset, trick.format(customers=shop.dataset.path(Table.CUSTOMERS))))
    assert told.get("error") in {"refused", "failed"}, told
    assert "person1" not in str(told["reason"]).replace(trick, "")


@pytest.mark.parametrize("sql", WHOLE_ROWS, ids=lambda sql: sql[:60])
def test_a_whole_row_holds_the_open_columns_only(shop: Workspace, sql: str) -> None:
    told = answer({**job(shop.dataset, sql), "rows": 1_000})
    assert "email_consent" in open_columns(shop.dataset)["customers"]
    assert told["rows"]
    text = str(told)
    assert "@example.com" not in text
    assert "C0001" not in text


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb[:60])
def test_a_query_that_grows_without_end_is_stopped(shop: Workspace, bomb: str) -> None:
    with pytest.raises(Retry) as caught:
        ask_sql(shop.dataset, bomb, seconds=1)
    assert caught.value.code in {"sql_out_of_memory", "sql_out_of_time"}
