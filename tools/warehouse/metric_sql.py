"""Compiles a metric question to one DuckDB query.

Rows are first gathered per customer and group, then per group, so that customers, orders and repeat buyers
are counted exactly in one pass. Money sums are DECIMAL and therefore the same in every run.
"""

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import MONEY_TYPE, Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.warehouse.metrics import (
    MEASURES,
    OF_CUSTOMERS,
    OF_LINES,
    SHARES,
    Dimension,
    Measure,
    MetricQuery,
)
from marketeer.tools.warehouse.periods import GRAINS, bucket_sql, moved_sql, within_sql
from marketeer.tools.warehouse.selection import chosen_sql
from marketeer.tools.warehouse.splits import need_customers_only, order_split, own_split
from marketeer.tools.warehouse.sql import listed, quoted

DAYS_BETWEEN_ORDERS = "days_between_orders"
"""A column of orders made here: days since the customer's order day before; the first has none."""


def compile_query(dataset: Dataset, query: MetricQuery) -> str:
    """Compile a metric question to one query.

    Returns:
        SQL giving `span` (0 asked, 1 compared with), `grp` (the group, NULL for the whole), `whole`, one
        column per measure, and `all_<measure>` with the filters (but not the period) off.

    Raises:
        Insufficient: A table or column it rests on was not loaded.
        Retry: The parts do not go together.
    """
    if not query.of_orders:
        return _on_file(dataset, query)
    if Measure.ON_FILE in query.measures:
        raise Retry(
            "customers_on_file counts people, not orders: ask for it alone.", code="measures_do_not_mix"
        )
    _check(dataset, query)
    chosen = [f"{MEASURES[measure].sql.replace('$', '')} AS {measure.value}" for measure in query.measures]
    chosen += [
        f"{MEASURES[measure].sql.replace('$', 'all_')} AS all_{measure.value}"
        for measure in query.measures
        if measure in SHARES
    ]
    chosen += [
        "coalesce(sum(net) FILTER (customer_row IS NULL), 0)::DOUBLE AS guest_net",
        "coalesce(sum(net), 0)::DOUBLE AS whole_net",
    ]
    return "\n".join(
        (
            f"WITH sold AS ({_sold(dataset, query)}),",
            f"buyers AS ({_buyers(query)})",
            f"SELECT span, grp, whole, {', '.join(chosen)}",
            "FROM buyers GROUP BY span, grp, whole ORDER BY span, whole DESC, grp",
        )
    )


def compile_column(dataset: Dataset, query: MetricQuery, table: Table, column: str, function: str) -> str:
    """Compile one aggregate of a numeric column; sales only, where the table has sales and returns.

    Returns:
        SQL giving `span`, `grp`, `whole`, `value` and `counted` (rows with a value).

    Raises:
        Insufficient: A table or column it rests on was not loaded.
        Retry: The parts do not go together.
    """
    if table is Table.CUSTOMERS:
        source = _column_of_customers(dataset, query, column)
    elif table is Table.ORDERS and query.of_lines:
        raise Retry(
            f"{column} belongs to whole orders and cannot be split or narrowed by product. Ask for a column "
            "of order lines, such as line_amount, unit_price or quantity.",
            code="column_of_orders",
            name=column,
        )
    else:
        _check(dataset, query)
        row, sale = ("l", "line_kind") if table is Table.ORDER_LINES else ("o", "order_kind")
        gaps = column == DAYS_BETWEEN_ORDERS
        value = f"g.{column}" if gaps else f"{row}.{quoted(column)}"
        kept = "" if column == col.RETURNED_AMOUNT else f" AND {row}.{sale} = 'sale'"
        source = (
            f"SELECT o.span, {_group_sql(dataset, query)} AS grp, "
            f"{value} AS value FROM {_asked(query)} AS o {_joins(dataset, query)} {_GAPS if gaps else ''}"
            f"WHERE ({_picked_sql(dataset, query)}){kept}"
        )
    sets = "(span, grp), (span)" if query.by else "(span)"
    group = "grp, grouping(grp)" if query.by else "NULL::VARCHAR AS grp, 1"
    return (
        f"WITH taken AS ({source})\nSELECT span, {group} AS whole, {function}(value)::DOUBLE AS value, "
        f"count(value) AS counted\nFROM taken GROUP BY GROUPING SETS ({sets}) ORDER BY span, whole DESC, grp"
    )


def _column_of_customers(dataset: Dataset, query: MetricQuery, column: str) -> str:
    need_customers_only(query, "A column of customers")
    split = own_split(dataset, query)
    return (
        f"SELECT 0 AS span, {split.named} AS grp, o.{quoted(column)} AS value "
        f"FROM customers AS o {split.join}WHERE {_chosen(dataset, query)}"
    )


def _chosen(dataset: Dataset, query: MetricQuery) -> str:
    return f"o.customer_row IN ({chosen_sql(dataset, query.selection)})" if query.selection else "true"


def _check(dataset: Dataset, query: MetricQuery) -> None:
    dataset.need(Table.ORDERS)
    if query.of_lines:
        dataset.need(Table.ORDER_LINES)
        if query.by is Dimension.CATEGORY or query.categories:
            dataset.need(Table.PRODUCTS, col.CATEGORY)
    if query.channels:
        dataset.need(Table.ORDERS, col.CHANNEL)
    if query.by is Dimension.HOUR and not _timed(dataset):
        raise Insufficient(
            "The orders have days but no times, so nothing can be told by hour. Load a file with times.",
            code="missing_times",
        )


def _timed(dataset: Dataset) -> bool:
    """Tell whether any order has a time of day."""
    sql = "SELECT count(*) AS n FROM orders WHERE ordered_at <> ordered_at::DATE"
    return bool(dataset.frame(sql)["n"].iloc[0])


def _buyers(query: MetricQuery) -> str:
    """Sums per customer and group, and per customer over all groups."""
    counted = "count(DISTINCT order_id)" if query.of_lines and query.of_baskets else "count(*)"
    sums = {"orders": f"{counted} FILTER (sale$and)"}
    sums |= {name: f"sum({name})$only" for name in ("net", "gross", "returned", "discount", "items")}
    picked = {name: sql.replace("$and", " AND picked") for name, sql in sums.items()}
    columns = [f"coalesce({sql.replace('$only', ' FILTER (picked)')}, 0) AS {n}" for n, sql in picked.items()]
    columns += [
        f"coalesce({sql.replace('$and', '').replace('$only', '')}, 0) AS all_{n}" for n, sql in sums.items()
    ]
    whole, sets = "1", "span, grp, customer_row"
    if query.by:
        whole, sets = "grouping(grp)", "GROUPING SETS ((span, grp, customer_row), (span, customer_row))"
    return f"SELECT span, grp, {whole} AS whole, customer_row, {', '.join(columns)} FROM sold GROUP BY {sets}"


def _sold(dataset: Dataset, query: MetricQuery) -> str:
    """One row per order, or per line, in the periods asked about."""
    amounts = _line_amounts(dataset) if query.of_lines else _order_amounts(dataset)
    joins = _joins(dataset, query)
    who = "o.customer_row" if query.of_people else "CASE WHEN o.customer_row IS NOT NULL THEN 0 END"
    return (
        f"SELECT o.span, {_group_sql(dataset, query)} AS grp, "
        f"coalesce({_picked_sql(dataset, query)}, false) AS picked, {who} AS customer_row, o.order_id, "
        f"{amounts} FROM {_asked(query)} AS o {joins}"
    )


def _money(dataset: Dataset, column: str) -> str:
    """Give an order amount that a file may not have had; a return without one gave its net amount back."""
    if dataset.has(Table.ORDERS, column):
        return f"coalesce(o.{column}, 0)"
    if column == col.RETURNED_AMOUNT:
        return "CASE WHEN o.order_kind = 'return' THEN -o.net_amount ELSE 0 END"
    return "0"


def _order_amounts(dataset: Dataset) -> str:
    sale = "o.order_kind = 'sale'"
    return (
        f"{sale} AS sale, o.net_amount AS net, CASE WHEN {sale} THEN o.gross_amount ELSE 0 END AS gross, "
        f"{_money(dataset, col.RETURNED_AMOUNT)} AS returned, "
        f"{_money(dataset, col.DISCOUNT_AMOUNT)} AS discount, 0 AS items"
    )


def _line_amounts(dataset: Dataset) -> str:
    """A line's amounts: what an order's discount and refund change is spread over its sale lines by amount.

    Net amounts of lines therefore sum to those of their orders.
    """
    sale = "l.line_kind = 'sale'"
    share = "l.line_amount::DOUBLE / nullif(o.gross_amount, 0)::DOUBLE"
    refund = f"greatest({_money(dataset, col.RETURNED_AMOUNT)} - coalesce(r.line_returns, 0), 0)::DOUBLE"
    cut = f"({_money(dataset, col.DISCOUNT_AMOUNT)})::DOUBLE"
    discount = f"(CASE WHEN {sale} THEN coalesce({share} * {cut}, 0) ELSE 0 END)::{MONEY_TYPE}"
    back = f"CASE WHEN {sale} THEN coalesce({share} * {refund}, 0) ELSE -l.line_amount::DOUBLE END"
    returned = f"({back})::{MONEY_TYPE}"
    kept = f"(o.net_amount + {_money(dataset, col.RETURNED_AMOUNT)})::DOUBLE"
    paid = f"(CASE WHEN {sale} THEN coalesce({share} * {kept}, 0) ELSE 0 END)::{MONEY_TYPE}"
    gross = f"CASE WHEN {sale} THEN l.line_amount ELSE 0 END"
    items = f"CASE WHEN {sale} THEN l.quantity ELSE 0 END"
    return (
        f"{sale} AS sale, {paid} - {returned} AS net, {gross} AS gross, "
        f"{returned} AS returned, {discount} AS discount, {items} AS items"
    )


_LINES = """
JOIN order_lines AS l USING (order_id)
LEFT JOIN (SELECT order_id, -sum(line_amount) AS line_returns FROM order_lines
           WHERE line_kind = 'return' GROUP BY order_id) AS r USING (order_id)
"""
_FIRSTS = """
LEFT JOIN (SELECT customer_row, min(ordered_at) AS first_at FROM orders
           WHERE order_kind = 'sale' GROUP BY customer_row) AS f ON f.customer_row = o.customer_row
"""
_GAPS = f"""
LEFT JOIN (SELECT order_id,
                  date_diff('day', lag(day) OVER (PARTITION BY customer_row ORDER BY day), day)
                      AS {DAYS_BETWEEN_ORDERS}
           FROM (SELECT customer_row, ordered_at::DATE AS day, min(order_id) AS order_id FROM orders
                 WHERE order_kind = 'sale' AND customer_row IS NOT NULL
                 GROUP BY customer_row, day)) AS g USING (order_id)
"""
_NUMBERS = """
LEFT JOIN (SELECT order_id,
                  row_number() OVER (PARTITION BY customer_row ORDER BY ordered_at, order_id) AS number
           FROM orders WHERE order_kind = 'sale' AND customer_row IS NOT NULL) AS n USING (order_id)
"""


def _joins(dataset: Dataset, query: MetricQuery) -> str:
    joins = ""
    if query.of_lines:
        joins += _LINES
        if query.by in OF_LINES or query.categories:
            joins += "LEFT JOIN products AS p ON p.product_row = l.product_row "
    if order_split(dataset, query) is None:
        joins += own_split(dataset, query).join
    if query.by is Dimension.FIRST_ORDER_MONTH:
        joins += _FIRSTS
    if query.numbered:
        joins += _NUMBERS
    return joins


def _group_sql(dataset: Dataset, query: MetricQuery) -> str:
    """Give SQL for the group of a row; split by customers, orders of nobody are a group of their own."""
    by, own = query.by, order_split(dataset, query)
    if by is None:
        return "CAST(NULL AS VARCHAR)"
    if own is not None:
        return own.named
    if by.value in GRAINS:
        return bucket_sql(by.value, "o.told_at")
    if by in OF_CUSTOMERS:
        named = own_split(dataset, query).named
        return f"CASE WHEN o.customer_row IS NULL THEN 'no_customer' ELSE {named} END"
    return _GROUPS[by]


_NUMBERED = (
    "CASE WHEN o.customer_row IS NULL THEN 'no_customer' WHEN o.order_kind = 'return' THEN 'returns' "
    "{} ELSE 'unknown' END"
)
_GROUPS = {
    Dimension.WEEKDAY: "concat('weekday_', isodow(o.ordered_at))",
    Dimension.HOUR: "lpad(CAST(hour(o.ordered_at) AS VARCHAR), 2, '0') || ':00'",
    Dimension.CATEGORY: "coalesce(p.category, 'unknown')",
    Dimension.PRODUCT: "CAST(l.product_row AS VARCHAR)",
    Dimension.ORDER_NUMBER: _NUMBERED.format(
        "WHEN n.number <= 5 THEN concat('order_', n.number) WHEN n.number > 5 THEN 'order_6_or_later'"
    ),
    Dimension.NEW_OR_RETURNING: _NUMBERED.format(
        "WHEN n.number = 1 THEN 'first_order' WHEN n.number > 1 THEN 'repeat_order'"
    ),
    Dimension.FIRST_ORDER_MONTH: bucket_sql("month", "f.first_at"),
    Dimension.CUSTOMER: "CAST(o.customer_row AS VARCHAR)",
}


def _picked_sql(dataset: Dataset, query: MetricQuery) -> str:
    conditions = []
    if query.selection:
        conditions.append(_chosen(dataset, query))
    if query.categories:
        conditions.append(f"p.category IN ({listed(query.categories)})")
    if query.products:
        conditions.append(f"l.product_row IN ({', '.join(map(str, query.products))})")
    if query.channels:
        conditions.append(f"o.channel IN ({listed(query.channels)})")
    if query.countries:
        conditions.append(f"o.country IN ({listed(query.countries)})")
    if query.order_number is not None:
        conditions.append(f"n.number = {query.order_number}")
    return " AND ".join(conditions) or "true"


def _asked(query: MetricQuery) -> str:
    """Orders of the stretch asked about (`span` 0), and once more those of the one compared with (`span` 1).

    `told_at` is when an order counts in a series: one of the stretch compared with counts at its place in the
    stretch asked about, so that March of one year stands beside March of the other.
    """
    now = f" WHERE {within_sql(query.span, 'ordered_at')}" if query.span else ""
    asked = f"SELECT *, 0 AS span, ordered_at AS told_at FROM orders{now}"
    if query.span is None or query.before is None:
        return f"({asked})"
    grain = query.by.value if query.by else ""
    moved = moved_sql(query.before, query.span, grain, "ordered_at")
    before = f"SELECT *, 1, {moved} FROM orders WHERE {within_sql(query.before, 'ordered_at')}"
    return f"({asked} UNION ALL {before})"


def _on_file(dataset: Dataset, query: MetricQuery) -> str:
    """Count customers on file, whether or not they bought."""
    dataset.need(Table.CUSTOMERS)
    need_customers_only(query, Measure.ON_FILE.value)
    split, name = own_split(dataset, query), Measure.ON_FILE.value
    return (
        f"WITH filed AS (SELECT {split.named} AS grp, {_chosen(dataset, query)} AS picked "
        f"FROM customers AS o {split.join})\n"
        f"SELECT 0 AS span, grp, grouping(grp) AS whole, count(*) FILTER (picked) AS {name}, "
        f"count(*) AS all_{name}\nFROM filed GROUP BY GROUPING SETS ((grp), ()) ORDER BY whole DESC, grp"
    )
