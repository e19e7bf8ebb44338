"""Puts the demo shop together: canonical tables on one side, the planted truth on the other."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from marketeer.tools.core.columns import Table
from marketeer.tools.sources.demo_shop.campaigns import PAST, campaign_table, send_campaigns
from marketeer.tools.sources.demo_shop.catalogue import TRAP, make_products, words
from marketeer.tools.sources.demo_shop.people import START, make_people
from marketeer.tools.sources.demo_shop.purchases import fill_baskets, order_days

SHIPPING = 4.9
FREE_SHIPPING_OVER = 50.0
_PLANTED = ("group", "rate", "joined", "left", "spend", "coupon", "effect")


@dataclass(frozen=True, slots=True)
class DemoShop:
    """A generated shop.

    Attributes:
        frames: The canonical tables.
        people: Planted truth per customer: group, rate, days joined and left, offer effect.
        effects: Planted truth per send: campaign, customer, effect in percentage points.
        complements: Planted pairs of product rows.
    """

    frames: dict[Table, pd.DataFrame]
    people: pd.DataFrame
    effects: pd.DataFrame
    complements: pd.DataFrame


def make_shop(customers: int = 6000, seed: int = 20) -> DemoShop:
    """Generate the demo shop.

    Args:
        customers: How many customers it has.
        seed: The same seed gives the same shop.

    Returns:
        The shop with its planted truth; money in EUR.
    """
    random = np.random.default_rng(seed)
    products = make_products(random)
    people = make_people(customers, random)
    organic = order_days(people, random)
    sends, extra = send_campaigns(people, organic, random)
    orders = _with_vouchers(organic, extra, people, random)
    lines = _price_lines(orders, fill_baskets(orders, people, products, random), products)
    orders = _price_orders(orders, lines, people, random)
    orders, lines = _with_returns(orders, lines, random)
    frames = {
        Table.CUSTOMERS: people.drop(columns=list(_PLANTED)),
        Table.ORDERS: orders.drop(columns=["day", "percent", "campaign_id"]),
        Table.ORDER_LINES: lines,
        Table.PRODUCTS: products.drop(columns=["item", "repeat", "appeal"]),
        Table.CAMPAIGNS: campaign_table(),
        Table.SENDS: _with_revenue(sends, orders).drop(columns="effect"),
    }
    truth = people[["customer_row", *_PLANTED]]
    effects = sends[["campaign_id", "customer_row", "effect"]]
    return DemoShop(frames, truth, effects, _complement_rows(products))


def _with_vouchers(
    organic: pd.DataFrame, extra: pd.DataFrame, people: pd.DataFrame, random: np.random.Generator
) -> pd.DataFrame:
    coupon = people.set_index("customer_row")["coupon"].loc[organic["customer_row"]].to_numpy()
    voucher = np.where(random.random(len(organic)) < coupon, 10.0, 0.0)
    orders = pd.concat([organic.assign(percent=voucher), extra], ignore_index=True)
    orders = orders.sort_values(["day", "customer_row"], ignore_index=True)
    minute = random.integers(7 * 60, 23 * 60, len(orders))
    orders["ordered_at"] = START + pd.to_timedelta(orders["day"] * 1440 + minute, unit="min")
    orders = orders.sort_values("ordered_at", ignore_index=True)
    orders["order_id"] = [f"{n + 100001}" for n in range(len(orders))]
    return orders


def _price_lines(orders: pd.DataFrame, lines: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    at = lines["order_at"].to_numpy()
    lines = lines.assign(
        order_id=orders["order_id"].to_numpy()[at],
        line_number=lines.groupby("order_at").cumcount() + 1,
        customer_row=orders["customer_row"].to_numpy()[at],
        ordered_at=orders["ordered_at"].to_numpy()[at],
        line_kind="sale",
        unit_price=products["price"].to_numpy()[lines["product_row"]],
    )
    full = (lines["unit_price"] * lines["quantity"]).round(2)
    lines["discount_amount"] = (full * orders["percent"].to_numpy()[at] / 100).round(2)
    lines["line_amount"] = (full - lines["discount_amount"]).round(2)
    return lines.drop(columns="order_at")


def _price_orders(
    orders: pd.DataFrame, lines: pd.DataFrame, people: pd.DataFrame, random: np.random.Generator
) -> pd.DataFrame:
    sums = lines.groupby("order_id")[["line_amount", "discount_amount"]].sum().round(2)
    sums = sums.loc[orders["order_id"]].reset_index(drop=True)
    orders = orders.assign(
        order_kind="sale",
        channel=random.choice(["web", "app", "store"], len(orders), p=[0.62, 0.28, 0.10]),
        country=people["country"].to_numpy()[orders["customer_row"]],
        gross_amount=sums["line_amount"],
        discount_amount=sums["discount_amount"],
        shipping_amount=np.where(sums["line_amount"] >= FREE_SHIPPING_OVER, 0.0, SHIPPING),
        net_amount=sums["line_amount"],
    )
    days = np.array([campaign.day for campaign in PAST])
    keys = np.array(["", *(campaign.key for campaign in PAST)])
    within = (orders["day"].to_numpy()[:, None] >= days) & (orders["day"].to_numpy()[:, None] < days + 14)
    orders["campaign_id"] = keys[np.where(within.any(axis=1), within.argmax(axis=1) + 1, 0)]
    return orders


def _with_returns(
    orders: pd.DataFrame, lines: pd.DataFrame, random: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    end = orders["ordered_at"].max()
    chosen = orders[random.random(len(orders)) < 0.03]
    when = chosen["ordered_at"] + pd.to_timedelta(random.integers(4, 20, len(chosen)), unit="D")
    chosen = chosen.assign(ordered_at=when)[when <= end]
    back = lines[lines["order_id"].isin(chosen["order_id"])].groupby("order_id").head(1)
    amount = back.set_index("order_id")["line_amount"].loc[chosen["order_id"]].to_numpy()
    returns = chosen.assign(
        order_id="R" + chosen["order_id"],
        order_kind="return",
        gross_amount=0.0,
        discount_amount=0.0,
        shipping_amount=0.0,
        net_amount=-amount,
    )
    when_of = chosen.set_index("order_id")["ordered_at"]
    back = back.assign(
        ordered_at=when_of.loc[back["order_id"]].to_numpy(),
        order_id="R" + back["order_id"],
        line_kind="return",
        quantity=-back["quantity"],
        line_amount=-back["line_amount"],
        discount_amount=0.0,
    )
    return (
        pd.concat([orders, returns], ignore_index=True).sort_values("ordered_at", ignore_index=True),
        pd.concat([lines, back], ignore_index=True),
    )


def _with_revenue(sends: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    sales = orders[(orders["order_kind"] == "sale") & (orders["campaign_id"] != "")]
    revenue = sales.groupby(["campaign_id", "customer_row"])["gross_amount"].sum().rename("revenue")
    joined = sends.merge(revenue, on=["campaign_id", "customer_row"], how="left")
    return joined.assign(revenue=joined["revenue"].fillna(0.0).round(2))


def _complement_rows(products: pd.DataFrame) -> pd.DataFrame:
    rows = products[["item", "product_row"]]
    pairs = pd.DataFrame(words("catalogue")["complement"])
    joined = pairs.merge(rows, left_on="of", right_on="item").merge(
        rows, left_on="with", right_on="item", suffixes=("", "_with")
    )
    return joined[["product_row", "product_row_with"]].assign(trap=TRAP)


def truth_of(shop: DemoShop) -> dict[str, pd.DataFrame]:
    """Give the planted truth by name, as it is written for tests."""
    return {"people": shop.people, "effects": shop.effects, "complements": shop.complements}
