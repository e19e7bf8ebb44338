"""From cleaned feeds to the canonical tables, all inside DuckDB, written as Parquet.

Definitions (also in `docs/data.md`): `gross_amount` is the sum of an order's sale lines; `returned_amount` is what
was given back; `net_amount = gross_amount - discount_amount - returned_amount`. Shipping and tax are outside both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import MONEY_TYPE, SCHEMA, Table
from marketeer.tools.warehouse.cleaning import Cleaned
from marketeer.tools.warehouse.feeds import CUSTOMER_REF, Feed, TypedFeed
from marketeer.tools.warehouse.rules import POSTAGE_LINE
from marketeer.tools.warehouse.sql import literal


@dataclass(frozen=True, slots=True)
class CleanFeed:
    """A typed feed and what cleaning left of it."""

    typed: TypedFeed
    cleaned: Cleaned

    @property
    def feed(self) -> Feed:
        """What its rows are."""
        return self.typed.mapping.feed

    def has(self, column: str) -> bool:
        """Tell whether the input had this column."""
        mapping = self.typed.mapping
        return column in mapping.columns or column in mapping.expressions


class Assembly:
    """Builds the canonical tables step by step in one connection.

    Args:
        connection: Holds the cleaned feeds.
        feeds: All of them.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, feeds: Sequence[CleanFeed]) -> None:
        self._connection = connection
        self._feeds = feeds

    def build(self) -> None:
        """Create one table per canonical table that the feeds can fill."""
        self._products()
        self._people()
        self._customers()
        if self._of(Feed.ORDER_LINES) or self._of(Feed.ORDERS):
            self._orders()
        if self._of(Feed.ORDER_LINES):
            self._lines()
        if self._of(Feed.SENDS) or self._of(Feed.CAMPAIGNS):
            self._campaigns()

    def rows(self) -> dict[Table, int]:
        """Count the rows of every canonical table that has any."""
        counted = {table: self._count(f"canonical_{table.value}") for table in Table}
        return {table: count for table, count in counted.items() if count}

    def write(self, folder: Path) -> dict[Table, int]:
        """Write every table that has rows as Parquet with the schema's types; gives rows per table."""
        rows = self.rows()
        for table in rows:
            self._copy(table, folder)
        return rows

    def _of(self, feed: Feed) -> list[CleanFeed]:
        return [clean for clean in self._feeds if clean.feed is feed]

    def _have(self, feed: Feed, column: str) -> bool:
        return any(clean.has(column) for clean in self._of(feed))

    def _kept(self, feed: Feed) -> str:
        """Give the surviving rows of all feeds of a kind as a subquery, numbered by file."""
        parts = [
            f"SELECT {number} AS feed_number, * FROM {clean.cleaned.relation} WHERE dropped_by IS NULL"
            for number, clean in enumerate(self._of(feed))
        ]
        return f"({' UNION ALL BY NAME '.join(parts)})"

    def _count(self, relation: str) -> int:
        (there,) = self._connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [relation]
        ).fetchone() or (0,)
        if not there:
            return 0
        (count,) = self._connection.execute(f"SELECT count(*) FROM {relation}").fetchone() or (0,)
        return int(count)

    def _copy(self, table: Table, folder: Path) -> None:
        relation = f"canonical_{table.value}"
        there = [row[0] for row in self._connection.execute(f"DESCRIBE {relation}").fetchall()]
        types = {column.name: column.type for column in SCHEMA[table]}
        ordered = [name for name in types if name in there]
        ordered += [name for name in there if name.startswith(col.ATTRIBUTE_PREFIX)]
        chosen = ", ".join(
            f'CAST("{name}" AS {types[name]}) AS "{name}"' if name in types else f'"{name}"' for name in ordered
        )
        path = literal(str(folder / f"{table.value}.parquet"))
        self._connection.execute(
            f"COPY (SELECT {chosen} FROM {relation} ORDER BY {_SORTED[table]}) "
            f"TO {path} (FORMAT parquet, COMPRESSION zstd)"
        )

    def _products(self) -> None:
        """Products by id; a product's name is the most frequent one, the first in the alphabet on a tie."""
        if not (self._of(Feed.ORDER_LINES) or self._of(Feed.PRODUCTS)):
            return
        sold = self._sold() if self._of(Feed.ORDER_LINES) else "(SELECT NULL AS key LIMIT 0)"
        listed = self._listed() if self._of(Feed.PRODUCTS) else "(SELECT NULL AS key LIMIT 0)"
        names = [col.PRODUCT_NAME, col.DESCRIPTION, col.CATEGORY, col.PRICE, col.UNIT_COST, col.AVAILABLE]
        in_lines = [n for n in (col.PRODUCT_NAME, col.CATEGORY) if self._have(Feed.ORDER_LINES, n)]
        in_list = [n for n in names if self._have(Feed.PRODUCTS, n)]
        chosen = [
            f"coalesce({', '.join(source for source, there in (('l.' + n, n in in_list), ('s.' + n, n in in_lines)) if there)}) AS {n}"
            for n in names
            if n in in_lines or n in in_list
        ]
        self._connection.execute(
            f"""
            CREATE TABLE canonical_products AS
            SELECT (row_number() OVER (ORDER BY key) - 1)::INTEGER AS product_row,
                   key AS product_id, {", ".join(chosen) or "key AS product_name"}
            FROM {sold} AS s FULL JOIN {listed} AS l USING (key)
            WHERE key IS NOT NULL
            """
        )

    def _sold(self) -> str:
        return f"""(
            SELECT key, arg_max(product_name, (named, product_name)) AS product_name,
                   max(category) AS category
            FROM (SELECT {_PRODUCT_KEY} AS key, product_name, max(category) AS category,
                         CASE WHEN product_name IS NULL THEN -count(*) ELSE count(*) END AS named
                  FROM {self._kept(Feed.ORDER_LINES)} GROUP BY key, product_name)
            GROUP BY key)"""

    def _listed(self) -> str:
        columns = ", ".join(
            f"first({name} ORDER BY feed_number, raw_row) FILTER ({name} IS NOT NULL) AS {name}"
            for name in (
                col.PRODUCT_NAME, col.DESCRIPTION, col.CATEGORY, col.PRICE, col.UNIT_COST, col.AVAILABLE,
            )
        )  # fmt: skip
        return f"(SELECT {_PRODUCT_KEY} AS key, {columns} FROM {self._kept(Feed.PRODUCTS)} GROUP BY key)"

    def _people(self) -> None:
        """Everybody the feeds name, numbered by id; an e-mail of a known customer is that customer."""
        known = self._of(Feed.CUSTOMERS)
        both = known and self._have(Feed.CUSTOMERS, CUSTOMER_REF) and self._have(Feed.CUSTOMERS, col.EMAIL)
        source = (
            f"SELECT lower(email) AS mail, min(who) AS id FROM {self._kept(Feed.CUSTOMERS)} "
            "WHERE email IS NOT NULL AND customer_id IS NOT NULL GROUP BY mail"
            if both
            else "SELECT CAST(NULL AS VARCHAR) AS mail, CAST(NULL AS VARCHAR) AS id LIMIT 0"
        )
        self._connection.execute(f"CREATE TABLE addresses AS {source}")
        parts = [
            f"SELECT DISTINCT who FROM {self._kept(feed)} WHERE who IS NOT NULL"
            for feed in (Feed.CUSTOMERS, Feed.ORDERS, Feed.ORDER_LINES, Feed.SENDS)
            if self._of(feed)
        ]
        named = " UNION ".join(parts) or "SELECT CAST(NULL AS VARCHAR) AS who LIMIT 0"
        self._connection.execute(
            f"""
            CREATE TABLE people AS
            SELECT who, id,
                   (dense_rank() OVER (ORDER BY length(id), id) - 1)::INTEGER AS customer_row
            FROM (SELECT who, coalesce(a.id, who) AS id FROM ({named}) LEFT JOIN addresses a ON a.mail = who)
            """
        )

    def _customers(self) -> None:
        columns, joins = self._customer_columns()
        self._connection.execute(
            f"""
            CREATE TABLE canonical_customers AS
            SELECT p.customer_row, p.id AS customer_id{"".join(f", {column}" for column in columns)}
            FROM (SELECT DISTINCT customer_row, id FROM people) AS p {joins}
            """
        )

    def _customer_columns(self) -> tuple[list[str], str]:
        own = [
            column.name
            for column in SCHEMA[Table.CUSTOMERS]
            if column.name not in {col.CUSTOMER_ROW, col.CUSTOMER_ID} and self._have(Feed.CUSTOMERS, column.name)
        ]
        attributes = [name for clean in self._of(Feed.CUSTOMERS) for name in clean.typed.attributes.values()]
        columns, joins = [], ""
        if own or attributes:
            joins += f" LEFT JOIN ({self._profiles(own, attributes)}) AS c USING (customer_row)"
            columns += [f"c.{name}" for name in (*own, *attributes)]
        for name in (col.EMAIL, col.COUNTRY):
            feed = next((f for f in (Feed.ORDERS, Feed.ORDER_LINES) if self._have(f, name)), None)
            if feed and name not in own:
                joins += f" LEFT JOIN ({self._usual(feed, name)}) AS of_{name} USING (customer_row)"
                columns.append(f"of_{name}.{name}")
        return columns, joins

    def _profiles(self, own: Sequence[str], attributes: Sequence[str]) -> str:
        """One row per customer over all customer files: the first file's value wins, a refusal always does."""
        chosen = []
        for name in (*own, *attributes):
            if name in {col.EMAIL_CONSENT, col.SMS_CONSENT}:
                chosen.append(
                    f"CASE WHEN bool_or({name} = 'denied') THEN 'denied' "
                    f"WHEN bool_or({name} = 'granted') THEN 'granted' ELSE 'unknown' END AS {name}"
                )
            elif name == col.SUPPRESSED:
                chosen.append(f"coalesce(bool_or({name}), false) AS {name}")
            else:
                chosen.append(
                    f"first({name} ORDER BY feed_number, raw_row) FILTER ({name} IS NOT NULL) AS {name}"
                )
        return (
            f"SELECT customer_row, {', '.join(chosen)} FROM {self._kept(Feed.CUSTOMERS)} "
            "JOIN people USING (who) GROUP BY customer_row"
        )

    def _usual(self, feed: Feed, name: str) -> str:
        """The value a customer's rows carry most often, the first in the alphabet on a tie."""
        return (
            f"SELECT customer_row, arg_max({name}, (n, {name})) AS {name} FROM ("
            f"SELECT customer_row, {name}, count(*) AS n FROM {self._kept(feed)} JOIN people USING (who) "
            f"WHERE {name} IS NOT NULL GROUP BY customer_row, {name}) GROUP BY customer_row"
        )

    def _orders(self) -> None:
        lines = self._line_orders() if self._of(Feed.ORDER_LINES) else _NO_LINE_ORDERS
        heads = self._heads() if self._of(Feed.ORDERS) else _NO_HEADS
        optional = [
            name
            for name in (col.CHANNEL, col.COUNTRY)
            if self._have(Feed.ORDERS, name) or self._have(Feed.ORDER_LINES, name)
        ]
        optional_sql = "".join(f", coalesce(h.{name}, l.{name}) AS {name}" for name in optional)
        extra = [n for n in (col.SHIPPING_AMOUNT, col.TAX_AMOUNT) if self._have(Feed.ORDERS, n)]
        extra_sql = "".join(f", h.{name} AS {name}" for name in extra)
        postage = self._postage()
        extra_sql += ", s.shipping_amount AS shipping_amount" if postage else ""
        self._connection.execute(
            f"""
            CREATE TABLE canonical_orders AS
            SELECT *, gross_amount - discount_amount - returned_amount AS net_amount,
                   CASE WHEN gross_amount = 0 AND returned_amount > 0 THEN 'return' ELSE 'sale' END AS order_kind
            FROM (
                SELECT order_id, p.customer_row, coalesce(h.ordered_at, l.ordered_at) AS ordered_at
                       {optional_sql},
                       coalesce(l.gross_amount, h.gross_amount, 0) AS gross_amount,
                       coalesce(h.discount_amount, l.discount_amount, 0) AS discount_amount,
                       coalesce(h.returned_amount, 0) + coalesce(l.returned_amount, 0) AS returned_amount
                       {extra_sql}
                FROM {lines} AS l FULL JOIN {heads} AS h USING (order_id) {postage}
                LEFT JOIN people AS p ON p.who = coalesce(h.who, l.who)
            )
            """
        )

    def _postage(self) -> str:
        """Join what postage lines an order had, where the order files give no shipping of their own."""
        lines = self._of(Feed.ORDER_LINES)
        ruled = any(rule.code == POSTAGE_LINE for clean in lines for rule in clean.typed.mapping.rules)
        if not ruled or self._have(Feed.ORDERS, col.SHIPPING_AMOUNT):
            return ""
        parts = [
            f"SELECT order_id, amount FROM {clean.cleaned.relation} WHERE dropped_by = {literal(POSTAGE_LINE)}"
            for clean in lines
        ]
        return (
            f"LEFT JOIN (SELECT order_id, sum(amount) AS shipping_amount FROM ({' UNION ALL '.join(parts)}) "
            "GROUP BY order_id) AS s USING (order_id)"
        )

    def _line_orders(self) -> str:
        return f"""(
            SELECT order_id, min(who) AS who, min(ordered_at) AS ordered_at,
                   max(channel) AS channel, min(country) AS country,
                   coalesce(sum(amount) FILTER (amount > 0), 0) AS gross_amount,
                   coalesce(-sum(amount) FILTER (amount < 0), 0) AS returned_amount,
                   sum(discount_amount) AS discount_amount
            FROM {self._kept(Feed.ORDER_LINES)} GROUP BY order_id)"""

    def _heads(self) -> str:
        """One row per order of the order files; a negative amount is money given back."""
        return f"""(
            SELECT order_id, min(who) AS who, min(ordered_at) AS ordered_at, max(channel) AS channel,
                   min(country) AS country, greatest(sum(amount), 0) AS gross_amount,
                   coalesce(sum(returned_amount), 0) + greatest(-sum(amount), 0) AS returned_amount,
                   sum(discount_amount) AS discount_amount, sum(shipping_amount) AS shipping_amount,
                   sum(tax_amount) AS tax_amount
            FROM {self._kept(Feed.ORDERS)} GROUP BY order_id)"""

    def _lines(self) -> None:
        discount = "l.discount_amount," if self._have(Feed.ORDER_LINES, col.DISCOUNT_AMOUNT) else ""
        number = (
            "l.raw_row - min(l.raw_row) OVER (PARTITION BY order_id) + 1"
            if len(self._of(Feed.ORDER_LINES)) == 1
            else "row_number() OVER (PARTITION BY order_id ORDER BY feed_number, raw_row)"
        )
        self._connection.execute(
            f"""
            CREATE TABLE canonical_order_lines AS
            SELECT order_id,
                   ({number})::INTEGER AS line_number,
                   o.customer_row, p.product_row, o.ordered_at,
                   CASE WHEN amount < 0 OR quantity < 0 THEN 'return' ELSE 'sale' END AS line_kind,
                   round(coalesce(quantity, sign(amount), 1))::INTEGER AS quantity,
                   coalesce(unit_price, abs(amount) / nullif(abs(quantity), 0), abs(amount))::{MONEY_TYPE}
                       AS unit_price,
                   {discount} amount AS line_amount
            FROM {self._kept(Feed.ORDER_LINES)} AS l
            JOIN canonical_orders AS o USING (order_id)
            JOIN canonical_products AS p ON p.product_id = coalesce(l.product_id, l.product_name)
            """
        )
        self._match_returns()

    def _match_returns(self) -> None:
        """Name, for each return line, the customer's latest earlier order of that product that covers it."""
        self._connection.execute("ALTER TABLE canonical_order_lines ADD COLUMN return_of VARCHAR")
        self._connection.execute(
            """
            UPDATE canonical_order_lines AS r SET return_of = m.sold_in FROM (
                SELECT r.order_id, r.line_number, arg_max(s.order_id, (s.ordered_at, s.order_id)) AS sold_in
                FROM canonical_order_lines AS r
                JOIN canonical_order_lines AS s
                  ON s.customer_row = r.customer_row AND s.product_row = r.product_row
                 AND s.line_kind = 'sale' AND s.ordered_at <= r.ordered_at AND s.quantity >= abs(r.quantity)
                WHERE r.line_kind = 'return'
                GROUP BY r.order_id, r.line_number) AS m
            WHERE r.order_id = m.order_id AND r.line_number = m.line_number
            """
        )

    def _campaigns(self) -> None:
        sends = self._kept(Feed.SENDS) if self._of(Feed.SENDS) else None
        described = self._kept(Feed.CAMPAIGNS) if self._of(Feed.CAMPAIGNS) else None
        fields = {
            col.CAMPAIGN_NAME: "max", col.CHANNEL: "max", col.SENT_AT: "min", col.OFFER: "max",
            col.OFFER_PERCENT: "max", col.OUTCOME_DAYS: "max", col.ASSIGNMENT: "max",
        }  # fmt: skip
        parts = []
        for relation in (described, sends):
            if relation:
                held = {r[0] for r in self._connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}
                chosen = [f"{how}({n}) AS {n}" for n, how in fields.items() if n in held]
                parts.append(f"SELECT campaign_id, {', '.join(chosen)} FROM {relation} GROUP BY campaign_id")
        merged = ", ".join(f"{how}({name}) AS {name}" for name, how in fields.items())
        self._connection.execute(
            f"CREATE TABLE canonical_campaigns AS SELECT campaign_id, {merged} "
            f"FROM ({' UNION ALL BY NAME '.join(parts)}) GROUP BY campaign_id"
        )
        if sends:
            self._sends(sends)

    def _sends(self, sends: str) -> None:
        optional = (col.CONTACT_COST, col.VISITED, col.ORDERED, col.REVENUE, col.UNSUBSCRIBED)
        chosen = "".join(f", {name}" for name in optional if self._have(Feed.SENDS, name))
        self._connection.execute(
            f"CREATE TABLE canonical_sends AS SELECT campaign_id, customer_row, arm{chosen} "
            f"FROM {sends} JOIN people USING (who)"
        )


_SORTED = {
    Table.CUSTOMERS: col.CUSTOMER_ROW,
    Table.ORDERS: f"{col.ORDERED_AT}, {col.ORDER_ID}",
    Table.ORDER_LINES: f"{col.ORDERED_AT}, {col.ORDER_ID}, {col.LINE_NUMBER}",
    Table.PRODUCTS: col.PRODUCT_ROW,
    Table.CAMPAIGNS: col.CAMPAIGN_ID,
    Table.SENDS: f"{col.CAMPAIGN_ID}, {col.CUSTOMER_ROW}, {col.ARM}",
}
_PRODUCT_KEY = "coalesce(product_id, product_name)"
_NO_LINE_ORDERS = (
    "(SELECT CAST(NULL AS VARCHAR) AS order_id, CAST(NULL AS VARCHAR) AS who, CAST(NULL AS TIMESTAMP) AS ordered_at, "
    "CAST(NULL AS VARCHAR) AS channel, CAST(NULL AS VARCHAR) AS country, CAST(NULL AS DECIMAL(18,4)) AS gross_amount, "
    "CAST(NULL AS DECIMAL(18,4)) AS returned_amount, CAST(NULL AS DECIMAL(18,4)) AS discount_amount LIMIT 0)"
)
_NO_HEADS = _NO_LINE_ORDERS.replace(
    " LIMIT 0)",
    ", CAST(NULL AS DECIMAL(18,4)) AS shipping_amount, CAST(NULL AS DECIMAL(18,4)) AS tax_amount LIMIT 0)",
)
