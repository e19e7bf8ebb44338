"""The demo shop's products."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_HERE = Path(__file__).parent
TRAP = "Paper Gift Bag"
"""A cheap product in every third basket: popular, and a poor recommendation."""
_TRAP = {
    "product_name": TRAP,
    "item": TRAP,
    "price": 1.95,
    "description": "A plain paper bag for any present.",
}


def words(name: str) -> dict[str, Any]:
    """Read one of the shop's word lists."""
    return tomllib.loads((_HERE / f"{name}.toml").read_text(encoding="utf-8"))


def make_products(random: np.random.Generator) -> pd.DataFrame:
    """Make the product table.

    Returns:
        Canonical product columns plus `item` (the thing without its variant), `repeat` (chance that a buyer
        buys the same product again) and `appeal` (relative popularity within the category).
    """
    rows = []
    for category in words("catalogue")["category"]:
        for at, item in enumerate(category["items"]):
            for variant, note in zip(category["variants"], category["notes"], strict=True):
                rows.append(_product(category, item, variant, note, at))
    products = pd.DataFrame(rows)
    spread = random.random(len(products))
    products["price"] = (products["low"] + (products["high"] - products["low"]) * spread**1.6).round(1) - 0.05
    trap = products.index == len(products) - 1
    for column, value in _TRAP.items():
        products[column] = products[column].mask(trap, value)
    products["unit_cost"] = (
        products["price"] * products["cost"] * random.uniform(0.9, 1.1, len(products))
    ).round(2)
    products["appeal"] = random.gamma(1.2, 1.0, len(products)) + 0.15
    products["available"] = random.random(len(products)) > 0.03
    products["product_row"] = np.arange(len(products), dtype=np.int32)
    products["product_id"] = [f"LL-{n + 1001}" for n in range(len(products))]
    return products.drop(columns=["low", "high", "cost"])


def _product(category: dict[str, Any], item: str, variant: str, note: str, at: int) -> dict[str, Any]:
    return {
        "product_name": f"{variant} {item}",
        "description": category["description"].format(variant=variant, item=item.lower(), note=note),
        "category": category["name"],
        "item": item,
        "repeat": category["repeat"],
        "low": category["low"] * (1 + 0.12 * at),
        "high": category["high"],
        "cost": category["cost"],
    }
