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
        description="net_revenue is after discounts and returns, gross_revenue before. customers bought; "
        "customers_on_file may not have. retention (cohorts by month or quarter of the first "
        "order, or a dimension of customers) and concentration (revenue of the best "
        "customers) stand alone.",
    )
    column: str | None = Field(
        default=None,
        description="Instead of measures: sum, mean, median, min or max of any numeric column, such as "
        "'median unit_price', or days_between_orders.",
    )
    by: Dimension | None = Field(default=None, description="Split by; for attribute, name it too.")
    attribute: str | None = Field(default=None, description="Customer attribute to split by, such as tier.")
    period: str | None = Field(
        default=None,
        description="2011-03, 2011-Q2, 2011, this_month, last_quarter, last_90_days; counted from the "
        "data's last day.",
    )
    since: date | None = Field(default=None, description="From this day on.")
    until: date | None = Field(default=None, description="Up to this day.")
    compare: Literal["previous_period", "previous_year"] | None = Field(
        default=None, description="With the period before, or the same dates a year earlier."
    )
    category: str | None = Field(default=None, description="Product category.")
    product: str | None = Field(default=None, description="This product, or products with these words.")
    channel: str | None = Field(default=None, description="Sales channel.")
    segment: str | None = Field(default=None, description="Customers of this segment.")
    segmentation: str | None = Field(default=None, description="Finding id. Default: current.")
    order_number: int | None = Field(default=None, ge=1, description="Each customer's n-th order.")
    top: int | None = Field(
        default=None,
        ge=1,
        le=200,
        description="Only so many groups; with concentration, the best percent.",
    )
    order: Literal["highest", "lowest", "rising", "falling"] = Field(
        default="highest",
        description="By the first measure; rising and falling: by its change between two periods. "
        "Default: the last 90 days and those before.",
    )
