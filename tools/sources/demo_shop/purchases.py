"""When the demo shop's customers order, and what is in their baskets."""

import numpy as np
import pandas as pd

from marketeer.tools.sources.demo_shop.catalogue import TRAP, words
from marketeer.tools.sources.demo_shop.people import DAYS, START

COMPLEMENT_CHANCE = 0.55
TRAP_CHANCE = 0.33
_SEASON = np.array([0.9, 0.9, 1.0, 1.0, 0.95, 0.85, 0.8, 0.85, 1.0, 1.1, 1.35, 1.6])
"""Relative order intensity by calendar month."""


def order_days(people: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Draw organic orders: the first on joining, then a seasonal Poisson process until the customer leaves.

    Returns:
        One row per order with `customer_row` and `day`.
    """
    active = np.minimum(people["left"], DAYS) - people["joined"]
    peak = _SEASON.max()
    counts = random.poisson(people["rate"] * active * peak)
    row = np.repeat(people["customer_row"].to_numpy(), counts)
    length = np.repeat(active.to_numpy(), counts)
    day = np.repeat(people["joined"].to_numpy(), counts) + (random.random(row.size) * length).astype(int)
    month = (START + pd.to_timedelta(day, unit="D")).month.to_numpy()
    kept = random.random(row.size) < _SEASON[month - 1] / peak
    orders = pd.DataFrame(
        {
            "customer_row": np.concatenate([people["customer_row"], row[kept]]),
            "day": np.concatenate([people["joined"], day[kept]]),
        }
    )
    return orders.sort_values(["day", "customer_row"], ignore_index=True)


def fill_baskets(
    orders: pd.DataFrame, people: pd.DataFrame, products: pd.DataFrame, random: np.random.Generator
) -> pd.DataFrame:
    """Draw the lines of every order.

    Each customer has two favourite categories and a few favourite products in them; consumables among those
    come back, complements ride along with what they complement, and the trap product lands everywhere.

    Returns:
        Rows of `order_at` (position in `orders`), `product_row`, `quantity`.
    """
    scale = people.set_index("customer_row")["spend"].loc[orders["customer_row"]].to_numpy()
    lines_per = 1 + random.poisson(1.25 * scale)
    at = np.repeat(np.arange(len(orders)), lines_per)
    product = _draw_products(orders["customer_row"].to_numpy()[at], len(people), products, random)
    lines = pd.DataFrame({"order_at": at, "product_row": product})
    lines = pd.concat([lines, _complements(lines, products, random), _trap(orders, products, random)])
    lines = lines.drop_duplicates(["order_at", "product_row"]).sort_values(["order_at", "product_row"])
    lines["quantity"] = 1 + (random.random(len(lines)) < 0.22) + (random.random(len(lines)) < 0.05) * 2
    return lines.reset_index(drop=True)


def _draw_products(
    customer: np.ndarray, customers: int, products: pd.DataFrame, random: np.random.Generator
) -> np.ndarray:
    category = products["category"].astype("category").cat.codes.to_numpy()
    groups = category.max() + 1
    favourites = random.random((customers, groups)).argsort(axis=1)[:, :2]
    chosen = np.where(
        random.random(customer.size) < 0.72,
        favourites[customer, random.integers(0, 2, customer.size)],
        random.integers(0, groups, customer.size),
    )
    # one personal pick per customer and category, bought again when the category is a consumable
    picks = np.empty((customers, groups), dtype=int)
    drawn = np.empty(customer.size, dtype=int)
    for group in range(groups):
        members = np.flatnonzero(category == group)
        weight = products["appeal"].to_numpy()[members]
        weight = weight / weight.sum()
        picks[:, group] = random.choice(members, customers, p=weight)
        here = chosen == group
        drawn[here] = random.choice(members, int(here.sum()), p=weight)
    again = random.random(customer.size) < products["repeat"].to_numpy()[drawn]
    return np.where(again, picks[customer, chosen], drawn)


def _complements(lines: pd.DataFrame, products: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    added = []
    item = products["item"].to_numpy()[lines["product_row"]]
    for pair in words("catalogue")["complement"]:
        partners = products.loc[products["item"] == pair["with"], "product_row"].to_numpy()
        here = lines[(item == pair["of"]) & (random.random(len(lines)) < COMPLEMENT_CHANCE)]
        added.append(here.assign(product_row=random.choice(partners, len(here))))
    riding: pd.DataFrame = pd.concat(added)
    return riding


def _trap(orders: pd.DataFrame, products: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    row = products.loc[products["item"] == TRAP, "product_row"].iloc[0]
    here = np.flatnonzero(random.random(len(orders)) < TRAP_CHANCE)
    return pd.DataFrame({"order_at": here, "product_row": row})
