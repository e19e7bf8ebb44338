"""What a person may ask of recommendations."""

from typing import Literal

from pydantic import Field

from marketeer.tools.core.contract import Args

Level = Literal["auto", "segment", "customer", "everyone", "product", "bundle", "alike"]


class RecommendArgs(Args):
    """Arguments of `recommend_products`."""

    level: Level = Field(
        default="auto",
        description="For whom: each segment, one customer, everyone (export columns), beside a product, "
        "bundles; or alike: who is like the customer or segment, or would want the product. auto goes by "
        "what is named.",
    )
    customer: str | None = Field(default=None, description="A customer's id, e-mail, full name or row.")
    product: str | None = Field(
        default=None,
        description="A product's name or id, as the person wrote it; or, with level bundle, a word for many.",
    )
    segment: str | None = Field(default=None, description="Only this segment; None takes all of them.")
    segmentation: str | None = Field(
        default=None, description="A segmentation's finding id; None takes the current."
    )
    task: Literal["discovery", "basket"] = Field(
        default="discovery",
        description="discovery ranks products not bought before; basket allows repurchases.",
    )
    limit: int = Field(default=3, ge=1, le=20, description="How many products each.")
    rank_by: Literal["chance", "margin"] = Field(
        default="chance", description="Rank by the chance of a purchase or by expected margin."
    )
    min_margin_percent: float = Field(
        default=0.0,
        ge=0,
        lt=100,
        description="Leave out products that earn less than this share of their price.",
    )
    max_per_category: int = Field(
        default=0, ge=0, le=20, description="At most this many products of one category; 0 for no bound."
    )
    country: str | None = Field(
        default=None, description="Only products ever sold to this country code or name."
    )
