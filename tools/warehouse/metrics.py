"""What metric questions are made of: measures with their units, dimensions, and a question in codes."""

from dataclasses import dataclass, field
from enum import StrEnum

from marketeer.tools.core.findings import SubjectKind, Unit
from marketeer.tools.warehouse.periods import GRAINS, Span
from marketeer.tools.warehouse.selection import Selection


class Measure(StrEnum):
    """What can be measured."""

    NET_REVENUE = "net_revenue"
    GROSS_REVENUE = "gross_revenue"
    RETURNED = "returned_amount"
    DISCOUNTS = "discount_amount"
    ORDERS = "orders"
    CUSTOMERS = "customers"
    ITEMS = "items"
    ITEMS_PER_ORDER = "items_per_order"
    MEAN_ORDER = "mean_order_amount"
    REPEAT_RATE = "repeat_rate"
    ORDERS_PER_CUSTOMER = "orders_per_customer"
    REVENUE_PER_CUSTOMER = "revenue_per_customer"
    RETURN_SHARE = "return_share"
    DISCOUNT_SHARE = "discount_share"
    ON_FILE = "customers_on_file"
    RETENTION = "retention"
    CONCENTRATION = "concentration"


@dataclass(frozen=True, slots=True)
class MeasureSpec:
    """How a measure is computed from the per-customer sums, and its unit."""

    sql: str
    unit: Unit
    decimals: int | None = None


_BUYERS = "count(*) FILTER (customer_row IS NOT NULL AND $orders > 0)"
_REPEATING = "count(*) FILTER (customer_row IS NOT NULL AND $orders > 1)"
_KNOWN = "FILTER (customer_row IS NOT NULL)"

MEASURES: dict[Measure, MeasureSpec] = {
    Measure.NET_REVENUE: MeasureSpec("coalesce(sum($net), 0)::DOUBLE", Unit.MONEY),
    Measure.GROSS_REVENUE: MeasureSpec("coalesce(sum($gross), 0)::DOUBLE", Unit.MONEY),
    Measure.RETURNED: MeasureSpec("coalesce(sum($returned), 0)::DOUBLE", Unit.MONEY),
    Measure.DISCOUNTS: MeasureSpec("coalesce(sum($discount), 0)::DOUBLE", Unit.MONEY),
    Measure.ORDERS: MeasureSpec("coalesce(sum($orders), 0)::BIGINT", Unit.ORDERS),
    Measure.CUSTOMERS: MeasureSpec(_BUYERS, Unit.CUSTOMERS),
    Measure.ITEMS: MeasureSpec("coalesce(sum($items), 0)::BIGINT", Unit.ITEMS),
    Measure.ITEMS_PER_ORDER: MeasureSpec("sum($items)::DOUBLE / nullif(sum($orders), 0)", Unit.RATIO, 1),
    Measure.MEAN_ORDER: MeasureSpec("sum($net + $returned)::DOUBLE / nullif(sum($orders), 0)", Unit.MONEY),
    Measure.REPEAT_RATE: MeasureSpec(f"100.0 * {_REPEATING} / nullif({_BUYERS}, 0)", Unit.PERCENT),
    Measure.ORDERS_PER_CUSTOMER: MeasureSpec(
        f"(sum($orders) {_KNOWN})::DOUBLE / nullif({_BUYERS}, 0)", Unit.RATIO, 2
    ),
    Measure.REVENUE_PER_CUSTOMER: MeasureSpec(
        f"(sum($net) {_KNOWN})::DOUBLE / nullif({_BUYERS}, 0)", Unit.MONEY
    ),
    Measure.RETURN_SHARE: MeasureSpec(
        "100.0 * sum($returned)::DOUBLE / nullif(sum($gross), 0)::DOUBLE", Unit.PERCENT
    ),
    Measure.DISCOUNT_SHARE: MeasureSpec(
        "100.0 * sum($discount)::DOUBLE / nullif(sum($gross), 0)::DOUBLE", Unit.PERCENT
    ),
    Measure.ON_FILE: MeasureSpec("count(*)", Unit.CUSTOMERS),
    Measure.RETENTION: MeasureSpec("NULL", Unit.PERCENT),
    Measure.CONCENTRATION: MeasureSpec("NULL", Unit.PERCENT),
}
"""Measure → its SQL over per-customer sums, `$` before each. `net` is gross less discounts and returns.

Retention and concentration have none: they are tables of their own (`retention.py`, `concentration.py`).
"""

SHARES = {
    Measure.NET_REVENUE: "share_of_revenue",
    Measure.ORDERS: "share_of_orders",
    Measure.CUSTOMERS: "share_of_customers",
    Measure.GROSS_REVENUE: "share_of_gross_revenue",
    Measure.ITEMS: "share_of_items",
    Measure.ON_FILE: "share_of_customers_on_file",
    Measure.RETURNED: "share_of_returns",
    Measure.DISCOUNTS: "share_of_discounts",
}
"""Measures that add up over groups → the name of a group's share of them."""


class Dimension(StrEnum):
    """What a measure can be split by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    WEEKDAY = "weekday"
    HOUR = "hour"
    COUNTRY = "country"
    CITY = "city"
    LANGUAGE = "language"
    CHANNEL = "channel"
    CATEGORY = "category"
    PRODUCT = "product"
    SEGMENT = "segment"
    ORDER_NUMBER = "order_number"
    NEW_OR_RETURNING = "new_or_returning"
    FIRST_ORDER_MONTH = "first_order_month"
    CUSTOMER = "customer"
    ATTRIBUTE = "attribute"


SUBJECTS = {
    **dict.fromkeys((Dimension(grain) for grain in GRAINS), SubjectKind.PERIOD),
    Dimension.CATEGORY: SubjectKind.CATEGORY,
    Dimension.PRODUCT: SubjectKind.PRODUCT,
    Dimension.CHANNEL: SubjectKind.CHANNEL,
    Dimension.SEGMENT: SubjectKind.SEGMENT,
    Dimension.FIRST_ORDER_MONTH: SubjectKind.PERIOD,
    Dimension.CUSTOMER: SubjectKind.CUSTOMER,
}
"""Dimension → the kind of subject its groups are; groups of any other are plain groups."""

OF_LINES = frozenset({Dimension.CATEGORY, Dimension.PRODUCT})
OF_CUSTOMERS = frozenset(
    {Dimension.COUNTRY, Dimension.CITY, Dimension.LANGUAGE, Dimension.SEGMENT, Dimension.ATTRIBUTE}
)
IN_ORDER = frozenset(
    {
        *map(Dimension, GRAINS),
        Dimension.WEEKDAY,
        Dimension.HOUR,
        Dimension.ORDER_NUMBER,
        Dimension.NEW_OR_RETURNING,
        Dimension.FIRST_ORDER_MONTH,
    }
)
"""Dimensions whose groups are shown in their own order, not by size."""


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """A metric question in codes of the data.

    Attributes:
        measures: What to measure; the first one orders the groups.
        by: What to split by.
        attribute: The `attr_*` column, when splitting by an attribute.
        selection: Which customers.
        categories: Only lines of these categories.
        products: Only lines of these product rows.
        channels: Only orders of these channels.
        countries: Only orders of these countries, where orders name one; customers' own are in `selection`.
        order_number: Only each customer's n-th order.
        span: Only orders in this stretch; None takes all.
        before: The stretch to compare with.
        top: Show only so many groups, by the first measure.
        lowest: Whether the smallest come first.
        by_change: Whether groups are ranked by how the first measure changed since `before`.
        lines: Whether it is about order lines in any case.
        growth: What each stretch of a series is compared with: `previous_period`, `previous_year` or nothing.
    """

    measures: tuple[Measure, ...]
    by: Dimension | None = None
    attribute: str = ""
    selection: Selection = field(default_factory=Selection)
    categories: tuple[str, ...] = ()
    products: tuple[int, ...] = ()
    channels: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    order_number: int | None = None
    span: Span | None = None
    before: Span | None = None
    top: int | None = None
    lowest: bool = False
    by_change: bool = False
    growth: str = ""
    lines: bool = False

    @property
    def of_lines(self) -> bool:
        """Whether it must be answered from order lines rather than orders."""
        narrowed = self.categories or self.products or self.by in OF_LINES
        counted = {Measure.ITEMS, Measure.ITEMS_PER_ORDER}.intersection(self.measures)
        return self.lines or bool(narrowed) or bool(counted)

    @property
    def of_people(self) -> bool:
        """Whether a measure counts customers, so that sums must be gathered per customer first."""
        return any("customer_row" in MEASURES[measure].sql for measure in self.measures)

    @property
    def of_baskets(self) -> bool:
        """Whether a measure counts orders, which lines must not count twice."""
        return any("$orders" in MEASURES[m].sql and m is not Measure.CUSTOMERS for m in self.measures)

    @property
    def of_orders(self) -> bool:
        """Whether it needs orders at all."""
        return any(measure is not Measure.ON_FILE for measure in self.measures)

    @property
    def numbered(self) -> bool:
        """Whether it needs each order's number in its customer's life."""
        return self.order_number is not None or self.by in {
            Dimension.ORDER_NUMBER,
            Dimension.NEW_OR_RETURNING,
        }

    @property
    def filtered(self) -> bool:
        """Whether anything but the period narrows it."""
        narrowed = (self.selection, self.categories, self.products, self.channels, self.countries)
        return any(map(bool, narrowed)) or self.order_number is not None
