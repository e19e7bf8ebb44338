"""Further per-customer features in named groups: what, when, where and how steadily a customer buys.

Each group is one query over the sales (or their lines) up to the as-of day, computed only when asked for. A
column whose source was not loaded is absent. Shares are between 0 and 1, days are whole days, and of two
equally frequent values the first in the alphabet is the favourite. `docs/data.md` lists every column.
"""

from collections.abc import Collection
from enum import StrEnum, auto

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset


class Habit(StrEnum):
    """The groups of further features."""

    CATEGORY = auto()
    CHANNEL = auto()
    DISCOUNT = auto()
    RETURNS = auto()
    SEASON = auto()
    TIME = auto()
    RHYTHM = auto()
    BASKET = auto()


SALES = """sales AS (
    SELECT * FROM orders
    WHERE customer_row IS NOT NULL AND order_kind = 'sale' AND ordered_at < $until
), sold_lines AS (
    SELECT * FROM order_lines
    WHERE customer_row IS NOT NULL AND line_kind = 'sale' AND ordered_at < $until
)"""

_FAVOURITE = """
    SELECT customer_row, arg_max({value}, (weight, -place)) AS {name},
           coalesce(max(weight) / nullif(sum(weight), 0), 1)::DOUBLE AS {name}_share, count(*) AS {several}
    FROM (SELECT *, row_number() OVER (ORDER BY {value}) AS place
          FROM (SELECT customer_row, {value}, {weight}::DOUBLE AS weight FROM {source}
                WHERE {value} IS NOT NULL GROUP BY ALL))
    GROUP BY customer_row"""

_DISCOUNT = """
    SELECT customer_row,
           coalesce(sum(discount_amount)::DOUBLE / nullif(sum(gross_amount), 0)::DOUBLE, 0) AS discount_share,
           avg((coalesce(discount_amount, 0) > 0)::INT) AS discounted_order_share
    FROM sales GROUP BY customer_row"""

_RETURNS = """
    SELECT customer_row,
           coalesce(coalesce(sum(returned_amount), 0)::DOUBLE
                    / nullif(sum(gross_amount) FILTER (order_kind = 'sale'), 0)::DOUBLE, 0) AS returned_share,
           count(*) FILTER (coalesce(returned_amount, 0) > 0) AS orders_with_returns
    FROM orders WHERE customer_row IS NOT NULL AND ordered_at < $until GROUP BY customer_row"""

_SEASON = """
    SELECT customer_row, avg((quarter(ordered_at) = 1)::INT) AS first_quarter_share,
           avg((quarter(ordered_at) = 2)::INT) AS second_quarter_share,
           avg((quarter(ordered_at) = 3)::INT) AS third_quarter_share,
           avg((quarter(ordered_at) = 4)::INT) AS fourth_quarter_share,
           avg(((month(ordered_at) - month($until::DATE) + 12) % 12 < 3)::INT) AS coming_season_share
    FROM sales GROUP BY customer_row"""

_WEEK = """
    SELECT customer_row, avg((isodow(ordered_at) > 5)::INT) AS weekend_share,
           mode(isodow(ordered_at) ORDER BY isodow(ordered_at)) AS main_weekday{hours}
    FROM sales GROUP BY customer_row"""

_HOURS = """,
           avg((hour(ordered_at) < 6)::INT) AS night_share,
           avg((hour(ordered_at) BETWEEN 6 AND 11)::INT) AS morning_share,
           avg((hour(ordered_at) BETWEEN 12 AND 17)::INT) AS afternoon_share,
           avg((hour(ordered_at) > 17)::INT) AS evening_share"""

_RHYTHM = """
    SELECT customer_row, median(gap) AS median_gap_days, stddev_samp(gap) AS sd_gap_days,
           max(gap)::DOUBLE AS longest_gap_days
    FROM (SELECT customer_row, date_diff('day', lag(day) OVER (PARTITION BY customer_row ORDER BY day), day)
                 AS gap
          FROM (SELECT DISTINCT customer_row, ordered_at::DATE AS day FROM sales))
    WHERE gap IS NOT NULL GROUP BY customer_row"""

_BASKET = """
    SELECT customer_row, avg(units)::DOUBLE AS mean_basket_items,
           avg(different)::DOUBLE AS mean_basket_products,
           (sum(amount) / nullif(sum(units), 0))::DOUBLE AS mean_item_price
    FROM (SELECT customer_row, order_id, sum(quantity) AS units, count(DISTINCT product_row) AS different,
                 sum(line_amount)::DOUBLE AS amount
          FROM sold_lines GROUP BY ALL)
    GROUP BY customer_row"""


def habit_queries(dataset: Dataset, habits: Collection[Habit], *, timed: bool) -> dict[Habit, str]:
    """Give the query of each group whose sources were loaded; each reads `sales` and `sold_lines`.

    Args:
        dataset: The snapshot.
        habits: The groups asked for.
        timed: Whether the orders carry times of day, not only dates.
    """
    category = _FAVOURITE.format(
        value=col.CATEGORY,
        name="favourite_category",
        several="categories",
        weight="sum(line_amount)",
        source="sold_lines JOIN products USING (product_row)",
    )
    channel = _FAVOURITE.format(
        value=col.CHANNEL, name="main_channel", several="channels", weight="count(*)", source="sales"
    )
    lines = dataset.has(Table.ORDER_LINES)
    queries = {
        Habit.CATEGORY: (category, lines and dataset.has(Table.PRODUCTS, col.CATEGORY)),
        Habit.CHANNEL: (channel, dataset.has(Table.ORDERS, col.CHANNEL)),
        Habit.DISCOUNT: (_DISCOUNT, dataset.has(Table.ORDERS, col.DISCOUNT_AMOUNT)),
        Habit.RETURNS: (_RETURNS, dataset.has(Table.ORDERS, col.RETURNED_AMOUNT)),
        Habit.SEASON: (_SEASON, True),
        Habit.TIME: (_WEEK.format(hours=_HOURS if timed else ""), True),
        Habit.RHYTHM: (_RHYTHM, True),
        Habit.BASKET: (_BASKET, lines),
    }
    return {habit: sql for habit, (sql, there) in queries.items() if habit in habits and there}
