"""What a person may ask of recommendations."""

from typing import Literal

from pydantic import Field

from marketeer.tools.core.contract import Args

Level = Literal["auto", "segment", "customer", "everyone", "product", "bundle", "alike"]


class RecommendArgs(Args):
    """Arguments of `recommend_products`."""

    level: Level = Field(
        default="auto",
        description="segment: each. everyone: export columns. product: beside it. alike: who is like the "
        "customer or segment, or would want the product. auto: by what is named.",
    )
    customer: str | None = Field(default=None, description="Id, e-mail, full name or row.")
    product: str | None = Field(
        default=None,
        description="Name or id as written; with bundle, a word for many.",
    )
    segment: str | None = Field(default=None, description="Default: all.")
    segmentation: str | None = Field(default=None, description="Finding id. Default: current.")
    task: Literal["discovery", "basket"] = Field(
        default="discovery",
        description="discovery: not bought before. basket: repurchases too.",
    )
    limit: int = Field(default=3, ge=1, le=20, description="Products each.")
    rank_by: Literal["chance", "margin"] = Field(
        default="chance", description="Chance of a purchase, or expected margin."
    )
    min_margin_percent: float = Field(
        default=0.0,
        ge=0,
        lt=100,
        description="Leave out products that earn less of their price.",
    )
    max_per_category: int = Field(default=0, ge=0, le=20, description="Most of one category; 0: no bound.")
    country: str | None = Field(default=None, description="Only products ever sold there.")
