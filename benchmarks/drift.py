"""How often `describe_data` tells of a change in the last ninety days, where there is none and where one is.

Shops sell at a constant rate; customers differ in how often and how dear they buy (gamma rates, their own
level of amounts), weekdays and whole weeks vary (a weekly factor with 15 % spread). Every shop is judged as
the tool judges a snapshot.
"""

import numpy as np
import pandas as pd

from marketeer.tools.warehouse.drift import DRIFT_DAYS, WEEKS, compare

SHOPS, CHANGED = 1_000, 200
"""Shops without a change, and with each change, per size."""
CHANGES = {
    "none": (1.0, 1.0), "30 % dearer": (1.3, 1.0), "50 % dearer": (1.5, 1.0),
    "half the orders": (1.0, 0.5), "60 % more orders": (1.0, 1.6),
}  # fmt: skip


def told(chance: np.random.Generator, daily: float, dearer: float, more: float) -> bool:
    """Make one shop's last 180 days and judge them."""
    days = np.arange(2 * DRIFT_DAYS)
    weekday = np.array([1.1, 0.9, 0.9, 1.0, 1.1, 1.2, 0.8])[days % 7]
    weekly = chance.lognormal(-0.011, 0.15, len(days) // 7 + 1)[days // 7]
    rate = daily * weekday * weekly * np.where(days < DRIFT_DAYS, more, 1.0)
    age = np.repeat(days, chance.poisson(rate))
    people = max(int(daily * 60), 20)
    often = chance.gamma(0.5, 1, people)
    level = chance.normal(0, 0.5, people)
    who = chance.choice(people, len(age), p=often / often.sum())
    amount = np.exp(3.5 + level[who] + chance.normal(0, 0.7, len(age))) * np.where(
        age < DRIFT_DAYS, dearer, 1
    )
    orders = pd.DataFrame(
        {"earlier": (age >= DRIFT_DAYS) * 1, "week": age % DRIFT_DAYS // 7, "amount": amount}
    )
    recent, before = (orders.loc[orders["earlier"] == one, "amount"] for one in (0, 1))
    if not (len(recent) and len(before)):
        return False
    orders["above"] = orders["amount"] > orders["amount"].median()
    weeks = orders[orders["week"] < WEEKS].groupby(["earlier", "week"], as_index=False)
    table = weeks.agg(orders=("amount", "size"), above=("above", "mean"))
    return compare(table).told(len(recent) / len(before) - 1, recent.median() / before.median() - 1)


if __name__ == "__main__":
    print(f"| orders a day | {' | '.join(CHANGES)} |\n|{'---|' * (len(CHANGES) + 1)}")
    for daily in (0.5, 2, 10, 50):
        chance = np.random.default_rng(int(10 * daily))
        shares = []
        for name, change in CHANGES.items():
            shops = SHOPS if name == "none" else CHANGED
            shares.append(100 * np.mean([told(chance, daily, *change) for _ in range(shops)]))
        print(f"| {daily:g} | {' | '.join(f'{share:.1f} %' for share in shares)} |", flush=True)
