"""What the demo shop's planted parameters let expect of each customer, given the orders observed."""

import numpy as np
import pandas as pd

from marketeer.tools.core.columns import Table
from marketeer.tools.sources.demo_shop.catalogue import words
from marketeer.tools.sources.demo_shop.people import DAYS, START
from marketeer.tools.sources.demo_shop.purchases import _SEASON
from marketeer.tools.sources.demo_shop.shop import DemoShop

_SHAPE = 3.0
_LEAST_LIFE = 5


def expected_rate(shop: DemoShop) -> pd.Series:
    """Give each customer's expected orders a day from the end on, by Bayes' rule: who has left is not known.

    A customer is of a group g with its share; orders at a rate that is gamma(3) around the group's, times the
    season; and leaves after 5 days and an exponential number of further whole days.
    """
    orders = shop.frames[Table.ORDERS]
    sales = orders[orders["order_kind"] == "sale"]
    day = (sales["ordered_at"].dt.normalize() - pd.Timestamp(START)).dt.days
    seen = day.groupby(sales["customer_row"]).agg(["min", "max", "size"])
    joined, last, more = (seen[name].to_numpy() for name in ("min", "max", "size"))
    month = (pd.Timestamp(START) + pd.to_timedelta(np.arange(DAYS), unit="D")).month.to_numpy()
    season = np.r_[0.0, _SEASON[month - 1].cumsum()]
    left = np.arange(DAYS + 1)
    lived = left[None, :] - joined[:, None]
    passed = season[left][None, :] - season[joined][:, None]
    weight, alive = np.zeros(len(seen)), np.zeros(len(seen))
    for group in words("people")["group"]:
        scale = 365 * _SHAPE / group["rate"]
        further = np.clip(lived - _LEAST_LIFE, 0, None)
        leaves = np.exp(-further / group["life"]) * -np.expm1(-1 / group["life"])
        possible = (left[None, :] > last[:, None]) & (lived >= _LEAST_LIFE) & (left[None, :] < DAYS)
        stays = np.exp(-further[:, -1] / group["life"])
        power = _SHAPE + more[:, None] - 1
        likely = (scale / (scale + passed)) ** _SHAPE / (scale + passed) ** (power - _SHAPE)
        weight += group["share"] * ((likely * leaves * possible).sum(axis=1) + likely[:, -1] * stays)
        alive += group["share"] * likely[:, -1] * stays * power[:, 0] / (scale + passed[:, -1])
    return pd.Series(alive / weight, index=seen.index)
