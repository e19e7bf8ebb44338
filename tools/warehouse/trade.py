"""Products, orders and order lines.

Definitions (also in `docs/data.md`): `gross_amount` is the sum of an order's sale lines, `returned_amount`
what was given back, `net_amount = gross_amount - discount_amount - returned_amount`. Shipping and tax are in
neither.
"""

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import MONEY_TYPE
from marketeer.tools.warehouse.cleanfeeds import CleanFeeds
from marketeer.tools.warehouse.feeds import Feed
from marketeer.tools.warehouse.rules import POSTAGE_LINE
from marketeer.tools.warehouse.sql import empty, literal

_KEY = "coalesce(product_id, product_name)"
_DETAILS = (
    col.PRODUCT_NAME,
    col.DESCRIPTION,
    col.CATEGORY,
    col.PRICE,
    col.UNIT_COST,
    col.AVAILABLE,
)
_LINE_ORDERS = {
    "order_id": "VARCHAR",
    "who": "VARCHAR",
    "ordered_at": "TIMESTAMP",
    "channel": "VARCHAR",
    "country": "VARCHAR",
    "gross_amount": MONEY_TYPE,
    "returned_amount": MONEY_TYPE,
    "discount_amount": MONEY_TYPE,
    "shipping_amount": MONEY_TYPE,
    "first_row": "BIGINT",
}
_HEADS = _LINE_ORDERS | {"tax_amount": MONEY_TYPE}


def build_products(feeds: CleanFeeds) -> None:
    """Make the products table by id; without a product file, a name is the most frequent one in the lines."""
    if not (feeds.of(Feed.ORDER_LINES) or feeds.of(Feed.PRODUCTS)):
        return
    sold = _sold(feeds) if feeds.of(Feed.ORDER_LINES) else empty({"key": "VARCHAR"})
    listed = _listed(feeds) if feeds.of(Feed.PRODUCTS) else empty({"key": "VARCHAR"})
    chosen = []
    for name in _DETAILS:
        places = ["l"] if feeds.have(Feed.PRODUCTS, name) else []
        if name in {col.PRODUCT_NAME, col.CATEGORY} and feeds.have(Feed.ORDER_LINES, name):
            places.append("s")
        if places:
            chosen.append(f", coalesce({', '.join(f'{place}.{name}' for place in places)}) AS {name}")
    feeds.create(
        "canonical_products",
        f"""
        SELECT (row_number() OVER (ORDER BY key) - 1)::INTEGER AS product_row,
               key AS product_id{"".join(chosen)}
        FROM {sold} AS s FULL JOIN {listed} AS l USING (key)
        WHERE key IS NOT NULL
        """,
    )


def _sold(feeds: CleanFeeds) -> str:
    """Names and categories as the lines give them: the most frequent, the last in the alphabet on a tie."""
    return f"""(
        SELECT key,
               arg_max(product_name, (n, product_name)) FILTER (product_name IS NOT NULL) AS product_name,
               arg_max(category, (n, category)) FILTER (category IS NOT NULL) AS category
        FROM (SELECT {_KEY} AS key, product_name, category, count(*) AS n
              FROM {feeds.kept(Feed.ORDER_LINES)} GROUP BY ALL)
        GROUP BY key)"""


def _listed(feeds: CleanFeeds) -> str:
    columns = ", ".join(
        f"first({name} ORDER BY feed_number, raw_row) FILTER ({name} IS NOT NULL) AS {name}"
        for name in _DETAILS
    )
    return f"(SELECT {_KEY} AS key, {columns} FROM {feeds.kept(Feed.PRODUCTS)} GROUP BY key)"


def build_orders(feeds: CleanFeeds) -> None:
    """Make the orders table from order files, from lines, or from both; lines decide the amounts."""
    if not (feeds.of(Feed.ORDER_LINES) or feeds.of(Feed.ORDERS)):
        return
    optional = "".join(
        f", coalesce(h.{name}, l.{name}) AS {name}"
        for name in (col.CHANNEL, col.COUNTRY)
        if feeds.have(Feed.ORDERS, name) or feeds.have(Feed.ORDER_LINES, name)
    )
    postage = _postage(feeds)
    places = {
        "h.shipping_amount": feeds.have(Feed.ORDERS, col.SHIPPING_AMOUNT),
        "l.shipping_amount": feeds.have(Feed.ORDER_LINES, col.SHIPPING_AMOUNT),
        "s.shipping_amount": bool(postage),
        "h.tax_amount": feeds.have(Feed.ORDERS, col.TAX_AMOUNT),
    }
    shipping = [place for place, there in places.items() if there and "shipping" in place]
    optional += f", coalesce({', '.join(shipping)}) AS shipping_amount" if shipping else ""
    optional += ", h.tax_amount" if places["h.tax_amount"] else ""
    feeds.create(
        "canonical_orders",
        f"""
        SELECT *, row_number() OVER (ORDER BY ordered_at, order_id)::INTEGER AS place,
               gross_amount - discount_amount - returned_amount AS net_amount,
               CASE WHEN gross_amount = 0 AND returned_amount > 0 THEN 'return' ELSE 'sale' END AS order_kind
        FROM (
            SELECT order_id, l.first_row, p.customer_row, coalesce(h.ordered_at, l.ordered_at) AS ordered_at,
                   coalesce(l.gross_amount, h.gross_amount, 0) AS gross_amount,
                   coalesce(h.discount_amount, l.discount_amount, 0) AS discount_amount,
                   coalesce(h.returned_amount, 0) + coalesce(l.returned_amount, 0) AS returned_amount
                   {optional}
            FROM {_line_orders(feeds)} AS l FULL JOIN {_heads(feeds)} AS h USING (order_id) {postage}
            LEFT JOIN people AS p ON p.who = coalesce(h.who, l.who)
        )
        """,
    )


def _postage(feeds: CleanFeeds) -> str:
    """Join what postage lines an order had, where the order files give no shipping of their own."""
    lines = feeds.of(Feed.ORDER_LINES)
    ruled = any(rule.code == POSTAGE_LINE for clean in lines for rule in clean.typed.mapping.rules)
    if not ruled or feeds.have(Feed.ORDERS, col.SHIPPING_AMOUNT):
        return ""
    parts = " UNION ALL ".join(
        f"SELECT order_id, amount FROM {clean.cleaned.relation} WHERE dropped_by = {literal(POSTAGE_LINE)}"
        for clean in lines
    )
    return (
        f"LEFT JOIN (SELECT order_id, sum(amount) AS shipping_amount FROM ({parts}) GROUP BY order_id) AS s "
        "USING (order_id)"
    )


def _line_orders(feeds: CleanFeeds) -> str:
    """One row per order of the lines; what no line says is not looked for."""
    if not feeds.of(Feed.ORDER_LINES):
        return empty(_LINE_ORDERS)
    told = ", ".join(
        f"{sql if feeds.have(Feed.ORDER_LINES, name) else f'CAST(NULL AS {_LINE_ORDERS[name]})'} AS {name}"
        for name, sql in _TOLD_BY_LINES.items()
    )
    return f"""(
        SELECT order_id, min(who) AS who, min(ordered_at) AS ordered_at, min(raw_row) AS first_row,
               coalesce(sum(amount) FILTER (amount > 0), 0) AS gross_amount,
               coalesce(-sum(amount) FILTER (amount < 0), 0) AS returned_amount, {told}
        FROM {feeds.kept(Feed.ORDER_LINES)} GROUP BY order_id)"""


_TOLD_BY_LINES = {
    col.CHANNEL: f"max({col.CHANNEL})",
    col.COUNTRY: f"min({col.COUNTRY})",
    col.DISCOUNT_AMOUNT: f"sum({col.DISCOUNT_AMOUNT})",
    col.SHIPPING_AMOUNT: f"sum({col.SHIPPING_AMOUNT})",
}


def _heads(feeds: CleanFeeds) -> str:
    """One row per order of the order files; a negative amount is money given back.

    An order all of whose lines were dropped, such as one for a gift card only, is no order; one that has no
    line in any file counts with the amounts of its order file.
    """
    if not feeds.of(Feed.ORDERS):
        return empty(_HEADS)
    lined = [clean for clean in feeds.of(Feed.ORDER_LINES) if not clean.typed.mapping.partial]
    relations = (clean.cleaned.relation for clean in lined)
    everything = " UNION ALL ".join(f"SELECT order_id, dropped_by FROM {name}" for name in relations)
    emptied = (
        f"WHERE order_id NOT IN (SELECT order_id FROM ({everything}) WHERE order_id IS NOT NULL "
        "GROUP BY order_id HAVING count(*) FILTER (dropped_by IS NULL) = 0)"
        if lined
        else ""
    )
    return f"""(
        SELECT order_id, min(who) AS who, min(ordered_at) AS ordered_at,
               max(channel) AS channel, min(country) AS country,
               greatest(sum(amount), 0) AS gross_amount,
               coalesce(sum(returned_amount), 0) + greatest(-sum(amount), 0) AS returned_amount,
               sum(discount_amount) AS discount_amount,
               sum(shipping_amount) AS shipping_amount, sum(tax_amount) AS tax_amount
        FROM {feeds.kept(Feed.ORDERS)} {emptied} GROUP BY order_id)"""


def build_order_lines(feeds: CleanFeeds) -> None:
    """Make the order lines, numbered as the file orders them, and match return lines to their sale.

    They are stored sorted by order and number, as they are written.
    """
    if not feeds.of(Feed.ORDER_LINES):
        return
    number = (
        "l.raw_row - o.first_row + 1"
        if len(feeds.of(Feed.ORDER_LINES)) == 1
        else "row_number() OVER (PARTITION BY order_id ORDER BY feed_number, raw_row)"
    )
    discount = "discount_amount, " if feeds.have(Feed.ORDER_LINES, col.DISCOUNT_AMOUNT) else ""
    feeds.create(
        "placed_lines",
        f"""
        SELECT o.place, order_id, ({number})::INTEGER AS line_number, o.customer_row,
               p.product_row, o.ordered_at, amount < 0 OR coalesce(quantity < 0, false) AS returned,
               round(coalesce(quantity, sign(amount), 1))::INTEGER AS quantity,
               CASE WHEN unit_price IS NOT NULL THEN unit_price::{MONEY_TYPE}
                    ELSE coalesce(abs(amount) / nullif(abs(quantity), 0), abs(amount))::{MONEY_TYPE}
               END AS unit_price,
               {discount and "l." + discount}amount, CAST(NULL AS VARCHAR) AS return_of
        FROM {feeds.kept(Feed.ORDER_LINES)} AS l
        JOIN canonical_orders AS o USING (order_id)
        JOIN canonical_products AS p ON p.product_id = coalesce(l.product_id, l.product_name)
        ORDER BY place, line_number
        """,
    )
    feeds.create("returned_lines", _RETURNED)
    feeds.connection.execute(_MATCH_RETURNS)
    feeds.connection.execute(
        f"""
        CREATE TEMP VIEW canonical_order_lines AS
        SELECT order_id, line_number, customer_row, product_row, ordered_at,
               (CASE WHEN returned THEN 'return' ELSE 'sale' END)::ENUM ('sale', 'return') AS line_kind,
               quantity, unit_price, {discount}amount AS line_amount, return_of
        FROM placed_lines
        """
    )


_RETURNED = """
SELECT place, line_number, customer_row, product_row, quantity FROM placed_lines
WHERE returned AND customer_row IS NOT NULL
"""
_MATCH_RETURNS = """
UPDATE placed_lines AS r SET return_of = o.order_id FROM (
    SELECT r.place, r.line_number, max(s.place) AS sold_at
    FROM returned_lines AS r
    JOIN placed_lines AS s
      ON s.customer_row = r.customer_row AND s.product_row = r.product_row
     AND NOT s.returned AND s.place < r.place AND s.quantity >= abs(r.quantity)
    GROUP BY r.place, r.line_number) AS m
JOIN canonical_orders AS o ON o.place = m.sold_at
WHERE r.place = m.place AND r.line_number = m.line_number
"""
"""Names, for each return line, the customer's latest earlier order of that product that covers it."""
