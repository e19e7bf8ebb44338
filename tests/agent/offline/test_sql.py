import pytest

from marketeer.agent.offline.conversation import Turn
from marketeer.agent.offline.planner import Planner, Step


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT country, count(*) AS n FROM customers GROUP BY 1",
        "select *\nfrom orders",
        "WITH big AS (SELECT * FROM orders) SELECT count(*) FROM big",
        "SELECT n FROM (SELECT count(*) AS n FROM orders)",
    ],
)
def test_a_select_is_run_as_it_is_written(planner: Planner, sql: str) -> None:
    assert planner.plan([Turn(sql)]).steps == (Step("query_sql", {"sql": sql}),)


@pytest.mark.parametrize(
    "question", ["select all customers in France", "with the spring offer, who will buy?"]
)
def test_a_sentence_is_no_query(planner: Planner, question: str) -> None:
    assert "query_sql" not in [step.tool for step in planner.plan([Turn(question)]).steps]


@pytest.mark.parametrize(
    "question",
    ["run this SQL: SELECT sum(items) AS i FROM orders", "执行 SQL：SELECT sum(items) AS i FROM orders"],
)
def test_a_query_that_is_announced_is_run(planner: Planner, question: str) -> None:
    sql = "SELECT sum(items) AS i FROM orders"
    assert planner.plan([Turn(question)]).steps == (Step("query_sql", {"sql": sql}),)
