"""Metric questions answered once more, in plain pandas over the same frames: what the SQL is held against."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from marketeer.tools.core.columns import Table

Frames = Mapping[Table, pd.DataFrame]
OF_LINES = {"items", "items_per_order"}
SHARES = {
    "net_revenue": "share_of_revenue",
    "gross_revenue": "share_of_gross_revenue",
    "returned_amount": "share_of_returns",
    "discount_amount": "share_of_discounts",
    "orders": "share_of_orders",
    "customers": "share_of_customers",
    "items": "share_of_items",
}
GRAINS = {"day", "week", "month", "quarter", "year"}
IN_ORDER = {*GRAINS, "weekday", "hour", "new_or_returning"}
RATES = {"repeat_rate", "return_share", "discount_share"}


def mixed_shop(seed: int, customers: int = 40) -> dict[Table, pd.DataFrame]:
    """Generate a shop with guests, channels, countries, discounts, refunds and credit notes of its own."""
    random = np.random.default_rng(seed)
    orders = _orders(random, customers)
    lines = _lines(random, orders)
    amounts = lines.assign(back=-lines["line_amount"].where(lines["line_kind"] == "return", 0.0))
    amounts["sold"] = lines["line_amount"].where(lines["line_kind"] == "sale", 0.0)
    sums = amounts.groupby("order_id")[["sold", "back"]].sum().reindex(orders["order_id"]).to_numpy()
    orders["gross_amount"] = sums[:, 0]
    sale = orders["order_kind"] == "sale"
    cut = np.round(orders["gross_amount"] * random.choice([0, 0, 0.1, 0.25], len(orders)), 2)
    orders["discount_amount"] = cut.where(sale, 0.0)
    refund = np.round(orders["gross_amount"] * random.choice([0, 0, 0, 0.5], len(orders)), 2)
    orders["returned_amount"] = sums[:, 1] + refund.where(sale, 0.0)
    orders["net_amount"] = orders["gross_amount"] - orders["discount_amount"] - orders["returned_amount"]
    tiers = random.choice(["gold", "basic", "none"], customers)
    return {
        Table.CUSTOMERS: pd.DataFrame(
            {
                "customer_row": np.arange(customers),
                "customer_id": [f"C{n:03d}" for n in range(customers)],
                "country": random.choice(["DE", "FR", "CN"], customers),
                "city": [None if n % 9 == 0 else f"city {n % 4}" for n in range(customers)],
                "email_consent": random.choice(["granted", "denied", "unknown"], customers),
                "suppressed": [n % 11 == 0 for n in range(customers)],
                "attr_tier": [None if tier == "none" else tier for tier in tiers],
            }
        ),
        Table.ORDERS: orders,
        Table.ORDER_LINES: lines,
        Table.PRODUCTS: pd.DataFrame(
            {
                "product_row": np.arange(8),
                "product_id": [f"P{n}" for n in range(8)],
                "product_name": [f"thing {chr(97 + n)}" for n in range(8)],
                "category": [None if n == 7 else f"category {n % 3}" for n in range(8)],
            }
        ),
    }


def _orders(random: np.random.Generator, customers: int) -> pd.DataFrame:
    """Orders of two years, of which the first is thin; a tenth has no customer, some give back only."""
    buyers = random.choice(customers - 6, 170)  # the last six never order
    guest = random.random(170) < 0.1
    hours = np.sort(random.beta(2.0, 1.2, 170) * 700 * 24).astype(int)
    kinds = np.where(random.random(170) < 0.08, "return", "sale")
    return pd.DataFrame(
        {
            "order_id": [f"O{n:04d}" for n in range(170)],
            "customer_row": pd.array(np.where(guest, None, buyers), dtype="Int32"),
            "ordered_at": pd.Timestamp("2024-01-10") + pd.to_timedelta(hours, unit="h"),
            "order_kind": kinds,
            "channel": random.choice(["web", "store", None], 170, p=[0.6, 0.3, 0.1]),
        }
    )


def _lines(random: np.random.Generator, orders: pd.DataFrame) -> pd.DataFrame:
    at = np.repeat(np.arange(len(orders)), random.integers(1, 4, len(orders)))
    lines = orders.iloc[at][["order_id", "customer_row", "ordered_at"]].reset_index(drop=True)
    lines["line_number"] = lines.groupby("order_id").cumcount() + 1
    lines["product_row"] = random.integers(0, 8, at.size)
    later = (lines["line_number"] > 1) & (random.random(at.size) < 0.15)
    given_back = (orders["order_kind"].to_numpy()[at] == "return") | later
    lines["line_kind"] = np.where(given_back, "return", "sale")
    lines["quantity"] = random.integers(1, 4, at.size) * np.where(given_back, -1, 1)
    lines["unit_price"] = np.round(4 + 2.75 * lines["product_row"], 2)
    lines["line_amount"] = np.round(lines["quantity"] * lines["unit_price"], 2)
    return lines


@dataclass
class Question:
    """A metric question in the data's own spelling."""

    measures: Sequence[str]
    by: str | None = None
    customers: Mapping[str, Any] = field(default_factory=dict)
    product: int | None = None
    category: str | None = None
    channel: str | None = None
    order_number: int | None = None
    since: date | None = None
    until: date | None = None
    before: tuple[date, date] | None = None
    top: int | None = None
    lowest: bool = False


class Plain:
    """One shop, asked in pandas."""

    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self.begins = frames[Table.ORDERS]["ordered_at"].min().normalize()
        self.as_of = frames[Table.ORDERS]["ordered_at"].max().normalize()

    def chosen(self, conditions: Mapping[str, Any]) -> set[int]:
        """Give the customers for whom all conditions hold."""
        people = self.frames[Table.CUSTOMERS].set_index("customer_row")
        orders = self.frames[Table.ORDERS].dropna(subset="customer_row")
        sales = orders[orders["order_kind"] == "sale"]
        per = people.assign(
            orders=sales.groupby("customer_row").size(),
            spend=orders.groupby("customer_row")["net_amount"].sum(),
            first=sales.groupby("customer_row")["ordered_at"].min(),
            last=sales.groupby("customer_row")["ordered_at"].max(),
        ).fillna({"orders": 0, "spend": 0.0})
        age = (self.as_of - per["last"].dt.normalize()).dt.days
        tests: dict[str, Callable[[Any], pd.Series]] = {
            "country": lambda v: per["country"] == v,
            "tier": lambda v: per["attr_tier"] == v,
            "min_orders": lambda v: per["orders"] >= v,
            "max_orders": lambda v: (per["orders"] <= v) & (per["orders"] > 0),
            "min_spend": lambda v: per["spend"].round(4) >= v,
            "max_spend": lambda v: per["spend"].round(4) <= v,
            "min_recency_days": lambda v: age >= v,
            "max_recency_days": lambda v: age <= v,
            "first_order": lambda v: per["first"].dt.strftime("%Y-%m") == v,
            "last_order": lambda v: per["last"].dt.strftime("%Y-%m") == v,
            "bought": lambda v: per.index.isin(self._buyers(v)),
            "not_bought": lambda v: ~per.index.isin(self._buyers(v)),
            "consent": lambda v: (per["email_consent"] == "granted") & ~per["suppressed"],
        }
        held = pd.Series(data=True, index=per.index)
        for name, value in conditions.items():
            held &= tests[name](value)
        return set(per.index[held])

    def _buyers(self, product: int) -> set[int]:
        lines = self.frames[Table.ORDER_LINES]
        sold = lines[(lines["line_kind"] == "sale") & (lines["product_row"] == product)]
        return set(sold["customer_row"].dropna())

    def rows(self, question: Question) -> pd.DataFrame:
        """Give the orders, or their lines, with amounts and the group each is in."""
        of_lines = question.by in {"product", "category"} or question.product is not None
        of_lines |= question.category is not None or bool(OF_LINES.intersection(question.measures))
        rows = self._sold_lines() if of_lines else self._sold_orders()
        rows["number"] = rows["order_id"].map(self._numbers())
        return rows.assign(group=self._group(rows, question.by), picked=self._picked(rows, question))

    def _sold_orders(self) -> pd.DataFrame:
        rows = self.frames[Table.ORDERS].rename(columns={"net_amount": "net", "gross_amount": "gross"})
        rows = rows.rename(columns={"returned_amount": "returned", "discount_amount": "discount"})
        return rows.assign(sale=rows["order_kind"] == "sale", items=0)

    def _sold_lines(self) -> pd.DataFrame:
        """Spread each order's discount, and what was refunded beside lines given back, by amount."""
        kept = ["order_id", "channel", "order_kind", "gross_amount", "discount_amount", "returned_amount"]
        rows = self.frames[Table.ORDER_LINES].merge(self.frames[Table.ORDERS][kept], on="order_id")
        sale, amount = rows["line_kind"] == "sale", rows["line_amount"]
        back = (-amount.where(~sale, 0.0)).groupby(rows["order_id"]).transform("sum")
        part = amount.where(sale, 0.0) / rows["gross_amount"].where(rows["gross_amount"] != 0, np.inf)
        returned = part * (rows["returned_amount"] - back).clip(lower=0) - amount.where(~sale, 0.0)
        rows = rows.assign(sale=sale, gross=amount.where(sale, 0.0), returned=returned)
        rows = rows.assign(discount=part * rows["discount_amount"], items=rows["quantity"].where(sale, 0))
        rows = rows.assign(net=rows["gross"] - rows["discount"] - rows["returned"])
        products = self.frames[Table.PRODUCTS][["product_row", "product_name", "category"]]
        return rows.merge(products, on="product_row")

    def _numbers(self) -> dict[str, int]:
        sales = self.frames[Table.ORDERS].query("order_kind == 'sale'").dropna(subset="customer_row")
        sales = sales.sort_values(["ordered_at", "order_id"])
        return dict(zip(sales["order_id"], sales.groupby("customer_row").cumcount() + 1, strict=True))

    def _group(self, rows: pd.DataFrame, by: str | None) -> pd.Series:
        at, person = rows["ordered_at"].dt, rows["customer_row"]
        own = self.frames[Table.CUSTOMERS].set_index("customer_row")
        known = person.notna()
        if by in {"country", "city", "tier"}:
            column = own["attr_tier" if by == "tier" else by]
            return person.map(column).fillna("unknown").where(known, "no_customer")
        if by == "new_or_returning":
            named = pd.Series(np.where(rows["number"] == 1, "first_order", "repeat_order"), rows.index)
            return named.where(rows["order_kind"] == "sale", "returns").where(known, "no_customer")
        if by == "customer":
            return ("row " + person.astype(str)).where(known)
        groups: dict[str | None, Callable[[], Any]] = {
            None: lambda: "",
            "day": lambda: at.strftime("%Y-%m-%d"),
            "week": lambda: at.strftime("%G-W%V"),
            "month": lambda: at.strftime("%Y-%m"),
            "quarter": lambda: at.year.astype(str) + "-Q" + at.quarter.astype(str),
            "year": lambda: at.strftime("%Y"),
            "weekday": lambda: "weekday_" + (at.day_of_week + 1).astype(str),
            "hour": lambda: at.strftime("%H:00"),
            "channel": lambda: rows["channel"].fillna("unknown"),
            "category": lambda: rows["category"].fillna("unknown"),
            "product": lambda: rows["product_name"],
        }
        return pd.Series(groups[by](), index=rows.index)

    def _picked(self, rows: pd.DataFrame, question: Question) -> pd.Series:
        picked = pd.Series(data=True, index=rows.index)
        if question.customers:
            picked &= rows["customer_row"].isin(self.chosen(question.customers))
        if question.product is not None:
            picked &= rows["product_row"] == question.product
        if question.category is not None:
            picked &= rows["category"] == question.category
        if question.channel is not None:
            picked &= rows["channel"] == question.channel
        if question.order_number is not None:
            picked &= rows["number"] == question.order_number
        return picked.fillna(value=False)

    def answer(self, question: Question) -> dict[str, dict[str, float]]:
        """Give, for the whole (`""`) and each group, every figure that can be said."""
        rows = self.rows(question)
        now = within(rows, question.since, question.until)
        base = measured(now, question.measures)
        filtered = not rows["picked"].all() or bool(question.customers) or question.order_number is not None
        filtered |= any(v is not None for v in (question.product, question.category, question.channel))
        kept = now[now["picked"]]
        whole = measured(kept, question.measures)
        before = self._before(rows, question)
        full = question.before is None or pd.Timestamp(question.before[0]) >= self.begins
        last = None if before is None else self._last(before, None, question)
        told = {"": figures(whole, base if filtered else {}, last, grown=full)}
        for group in self._groups(now, question) if question.by else ():
            own = measured(kept[kept["group"] == group], question.measures)
            if any(own.values()) or question.by in GRAINS or (question.by in IN_ORDER and not question.top):
                last = None if before is None else self._last(before, group, question)
                told[str(group)] = figures(own, whole, last, grown=full)
        return told

    def _groups(self, now: pd.DataFrame, question: Question) -> list[str]:
        """Give all groups: of a series, every stretch from the first day counted to the last."""
        if now.empty or question.by not in GRAINS:
            return list(now["group"].dropna().unique())
        since = max(pd.Timestamp(question.since or self.begins), self.begins)
        until = min(pd.Timestamp(question.until or self.as_of), self.as_of)
        days = pd.DataFrame({"ordered_at": pd.date_range(since, until)}).assign(customer_row=0)
        return list(self._group(days, question.by).unique())

    def _before(self, rows: pd.DataFrame, question: Question) -> pd.DataFrame | None:
        """Give the rows of the stretch compared with; in a series, each at its place in the one asked."""
        if question.before is None or question.since is None:
            return None
        before = within(rows, *question.before)
        if before.empty:
            return None
        if question.by in GRAINS:
            first, since = map(pd.Timestamp, (question.before[0], question.since))
            moved = pd.Timedelta(days=(since - first).days)
            if question.by == "week":
                moved = pd.Timedelta(weeks=round(moved.days / 7))
            elif question.by != "day" and first.day == since.day:
                moved = pd.DateOffset(months=12 * (since.year - first.year) + since.month - first.month)
            placed = before.assign(ordered_at=before["ordered_at"] + moved)
            before = before.assign(group=self._group(placed, question.by))
        return before

    def _last(self, before: pd.DataFrame, group: str | None, question: Question) -> dict[str, float]:
        kept = before[before["picked"]]
        return measured(kept if group is None else kept[kept["group"] == group], question.measures)


def within(rows: pd.DataFrame, since: date | None, until: date | None) -> pd.DataFrame:
    """Keep the rows of a stretch of whole days, both ends included."""
    day = rows["ordered_at"].dt.normalize()
    held = pd.Series(data=True, index=rows.index)
    if since is not None:
        held &= day >= pd.Timestamp(since)
    if until is not None:
        held &= day <= pd.Timestamp(until)
    return rows[held]


def measured(rows: pd.DataFrame, measures: Sequence[str]) -> dict[str, float]:
    """Compute measures of some rows; what has no value is left out."""
    sold = rows[rows["sale"]]
    known = sold.dropna(subset="customer_row")
    orders = sold["order_id"].nunique()
    per = known.groupby("customer_row")["order_id"].nunique()
    net, gross, discount, returned = (rows[n].sum() for n in ("net", "gross", "discount", "returned"))
    values = {
        "net_revenue": net,
        "gross_revenue": gross,
        "returned_amount": returned,
        "discount_amount": discount,
        "orders": orders,
        "customers": len(per),
        "items": rows["items"].sum(),
        "items_per_order": _ratio(rows["items"].sum(), orders),
        "mean_order_amount": _ratio(gross - discount, orders),
        "repeat_rate": _ratio(100 * (per > 1).sum(), len(per)),
        "orders_per_customer": _ratio(known["order_id"].nunique(), len(per)),
        "revenue_per_customer": _ratio(rows.dropna(subset="customer_row")["net"].sum(), len(per)),
        "return_share": _ratio(100 * returned, gross),
        "discount_share": _ratio(100 * discount, gross),
    }
    return {name: float(values[name]) for name in measures if values[name] is not None}


def _ratio(above: float, below: float) -> float | None:
    return above / below if below else None


def figures(
    now: Mapping[str, float],
    whole: Mapping[str, float],
    before: Mapping[str, float] | None,
    *,
    grown: bool,
) -> dict[str, float]:
    """Give values, their share of the whole, and how they stand to those before."""
    told = dict(now)
    for name, share in SHARES.items():
        if name in now and whole.get(name):
            told[share] = 100 * now[name] / whole[name]
    for name, value in now.items() if before is not None else ():
        if before is None or name not in before:
            continue
        told[f"{name}_before"] = before[name]
        if name in RATES:
            told[f"change_of_{name}"] = value - before[name]
        elif round(before[name], 4) > 0 and grown:
            told[f"growth_of_{name}"] = 100 * (value / before[name] - 1)
    return told
