"""What can be predicted of a customer over the days after a cut-off."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum, auto

import pandas as pd

from marketeer.tools.core.dataset import Dataset


class Target(StrEnum):
    """What is predicted, per customer.

    SPEND and ORDERS are amounts within the horizon. BUYS_AGAIN is the chance of an order within it, LAPSE
    its complement. NEXT_ORDER is the days until the next order. ANSWER is the chance of a yes, to a campaign
    or in a yes-no column; NUMBER is a column of numbers, which may be negative.
    """

    SPEND = auto()
    ORDERS = auto()
    BUYS_AGAIN = auto()
    LAPSE = auto()
    NEXT_ORDER = auto()
    ANSWER = auto()
    NUMBER = auto()


class Kind(StrEnum):
    """How a target is modelled and judged: as an amount of at least nothing, a chance, or any number."""

    AMOUNT = auto()
    CHANCE = auto()
    NUMBER = auto()


KIND = {
    Target.SPEND: Kind.AMOUNT,
    Target.ORDERS: Kind.AMOUNT,
    Target.BUYS_AGAIN: Kind.CHANCE,
    Target.LAPSE: Kind.CHANCE,
    Target.NEXT_ORDER: Kind.AMOUNT,
    Target.ANSWER: Kind.CHANCE,
    Target.NUMBER: Kind.NUMBER,
}

_OUTCOME = """
SELECT customer_row,
       count(DISTINCT ordered_at::DATE) FILTER (order_kind = 'sale')::DOUBLE AS orders,
       greatest(sum(net_amount), 0)::DOUBLE AS spend
FROM orders
WHERE customer_row IS NOT NULL AND ordered_at >= $since AND ordered_at < $until
GROUP BY customer_row
"""


@dataclass(frozen=True, slots=True)
class Period:
    """The days of an outcome: those after `cut_off`, `days` of them."""

    cut_off: date
    days: int

    @property
    def until(self) -> date:
        """The first day after the period."""
        return self.cut_off + timedelta(days=self.days + 1)


def outcomes(dataset: Dataset, period: Period) -> pd.DataFrame:
    """Read what customers did in a period.

    Returns:
        `orders` (days with an order) and `spend` (less returns, at least 0) by `customer_row`; those without
        an order are not in it.
    """
    since = period.cut_off + timedelta(days=1)
    frame = dataset.frame(_OUTCOME, {"since": since, "until": period.until})
    return frame.set_index("customer_row")
