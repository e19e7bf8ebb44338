"""The arguments of a metric question, in a person's own words."""

from datetime import date
from typing import Literal

from pydantic import Field

from marketeer.tools.warehouse.conditions import CustomerConditions
from marketeer.tools.warehouse.metrics import Dimension, Measure


class QueryArgs(CustomerConditions):
    """What to measure, split by what, for whom and when; everything has a default."""

    measures: tuple[Measure, ...] = Field(
        default=(),
        max_length=6,
        description="What to measure. net_revenue is after discounts and returns, gross_revenue before. "
        "customers are those who bought; customers_on_file counts people whether they bought or not. "
        "retention (cohorts by month or quarter of the first order, or split by a dimension of customers) "
        "and concentration (how much of the revenue the best customers bring) stand alone.",
    )
    column: str | None = Field(
        default=None,
        description="Instead of measures: sum, mean, median, min or max of any numeric column of orders, "
        "lines or customers, such as 'median unit_price', or days_between_orders.",
    )
    by: Dimension | None = Field(default=None, description="Split by this; for an attribute also name it.")
    attribute: str | None = Field(
        default=None, description="A customer attribute of the data to split by, such as tier."
    )
    period: str | None = Field(
        default=None,
        description="Only this period: 2011-03, 2011-Q2, 2011, this_month, last_quarter, last_90_days. "
        "'This' and 'last' count from the data's last day.",
    )
    since: date | None = Field(default=None, description="Only from this day on.")
    until: date | None = Field(default=None, description="Only up to this day.")
    compare: Literal["previous_period", "previous_year"] | None = Field(
        default=None, description="Compare with the period before, or with the same dates a year earlier."
    )
    category: str | None = Field(default=None, description="Only this product category.")
    product: str | None = Field(default=None, description="Only this product, or products with these words.")
    channel: str | None = Field(default=None, description="Only orders of this sales channel.")
    segment: str | None = Field(default=None, description="Only customers of this segment.")
    segmentation: str | None = Field(
        default=None, description="The finding id of a segmentation, such as F3; the current one by default."
    )
    order_number: int | None = Field(default=None, ge=1, description="Only each customer's n-th order.")
    top: int | None = Field(
        default=None,
        ge=1,
        le=200,
        description="Show only so many groups; with concentration, the best percent.",
    )
    order: Literal["highest", "lowest", "rising", "falling"] = Field(
        default="highest",
        description="Which groups come first, by the first measure; rising and falling by its change "
        "between two periods (the last 90 days and the 90 before, if none is named).",
    )
