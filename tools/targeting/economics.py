"""What an offer costs and what it must bring: margin, discount, contact cost, break-even lift, profit.

All money is in one currency. `M` is the margin of an order before the discount, `D` what the discount takes
off a redeemed order, `r` the share of treated buyers who redeem, `c` the cost of a contact, `p_c` and `p_t`
the order rates without and with the offer. Per contact, profit is `p_t (M - r D) - p_c M - c`, so the lift
that breaks even is `(p_c r D + c) / (M - r D)`.
"""

from dataclasses import dataclass
from enum import StrEnum, auto

import numpy as np
from numpy.typing import ArrayLike

from marketeer.tools.core.errors import Retry


class OfferKind(StrEnum):
    """What a customer is offered."""

    NONE = auto()
    PERCENT = auto()
    ABSOLUTE = auto()
    THRESHOLD = auto()
    FREE_SHIPPING = auto()
    GIFT = auto()
    POINTS = auto()


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer as it is made to a customer.

    Attributes:
        kind: What sort of offer it is.
        percent: Percent taken off the order, 0-100 (percent offers), or given back as points.
        amount: Money taken off an order, or what a gift or a parcel costs the shop.
        threshold: Order value from which the amount is taken off; 0 for any order.
    """

    kind: OfferKind
    percent: float = 0.0
    amount: float = 0.0
    threshold: float = 0.0

    def cost_of_orders(self, order_values: ArrayLike) -> float:
        """Give the mean cost of the offer over orders of these values, if all of them redeem it.

        A threshold offer costs nothing on an order below its threshold, so the whole distribution of order
        values matters and not its mean.
        """
        values = np.asarray(order_values, dtype=np.float64)
        if self.kind is OfferKind.NONE or values.size == 0:
            return 0.0
        if self.kind in (OfferKind.PERCENT, OfferKind.POINTS):
            cost = values * self.percent / 100
        elif self.kind is OfferKind.ABSOLUTE:
            cost = np.minimum(values, self.amount)
        else:
            cost = np.full_like(values, self.amount)
        return float(np.where(values >= self.threshold, cost, 0.0).mean())


@dataclass(frozen=True, slots=True)
class Economics:
    """The money in one order and one contact under an offer.

    Attributes:
        margin: Margin of an order before the discount (M).
        discount: What the offer takes off a redeemed order (D).
        contact_cost: Cost of contacting one customer (c).
        redemption: Share of treated buyers who redeem, 0-1 (r).
    """

    margin: float
    discount: float
    contact_cost: float = 0.0
    redemption: float = 1.0

    @property
    def given_away(self) -> float:
        """What the offer costs on a treated order, on average: r D."""
        return self.redemption * self.discount

    @property
    def kept(self) -> float:
        """What is left of the margin of a treated order: M - r D."""
        return self.margin - self.given_away

    def break_even_lift(self, base_rate: float) -> float | None:
        """Give the lift in order rate (0-1) at which nothing is gained or lost; None when none could.

        Without any cost the break-even lift is 0. It is None when a treated order loses money, or when even
        an order from every contact would not pay.
        """
        cost = base_rate * self.given_away + self.contact_cost
        if cost == 0:
            return 0.0
        if self.kept <= 0 or cost / self.kept > 1 - base_rate:
            return None
        return cost / self.kept

    def profit_per_contact(self, base_rate: float, treated_rate: float) -> float:
        """Give what one contact earns more than no contact would."""
        return treated_rate * self.kept - base_rate * self.margin - self.contact_cost

    def subsidy(self, base_rate: float) -> float:
        """Give what one contact hands to people who would have bought anyway."""
        return base_rate * self.given_away


def order_economics(
    offer: Offer,
    order_values: ArrayLike,
    margin_percent: float,
    contact_cost: float = 0.0,
    redemption: float = 1.0,
) -> Economics:
    """Work out the money in a mean order from the values of orders and the offer.

    Args:
        offer: The offer.
        order_values: Values of orders before the discount; one value stands for all.
        margin_percent: Margin before the discount, percent of the order value.
        contact_cost: Cost of contacting one customer.
        redemption: Share of treated buyers who redeem, 0-1.

    Raises:
        Retry: There is no order value, or it is not positive.
    """
    values = np.asarray(order_values, dtype=np.float64)
    if values.size == 0 or not values.mean() > 0:
        raise Retry(
            "The economics of an offer need the value of an order. Give order_value.", code="no_order_value"
        )
    return Economics(
        margin=float(values.mean()) * margin_percent / 100,
        discount=offer.cost_of_orders(values),
        contact_cost=contact_cost,
        redemption=redemption,
    )
