import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketeer.tools.core.errors import Retry
from marketeer.tools.targeting.economics import Economics, Offer, OfferKind, order_economics

MONEY = st.floats(0.01, 1e4)
RATE = st.floats(0, 1)


@pytest.mark.parametrize(("base", "points"), [(0.01, 0.73), (0.05, 3.4), (0.20, 13.4)])
def test_break_even_lift_of_margin_25_discount_10_contact_1_cent(base: float, points: float) -> None:
    lift = Economics(margin=25, discount=10, contact_cost=0.01).break_even_lift(base)
    assert lift is not None
    assert round(lift * 100, 1 if points > 1 else 2) == points


def test_the_chinese_example_needs_six_points() -> None:
    money = order_economics(Offer(OfferKind.PERCENT, percent=20), [200], margin_percent=40)
    assert (money.margin, money.discount) == (80, 40)
    assert money.break_even_lift(0.06) == pytest.approx(0.06)


def test_a_discount_at_or_above_the_margin_never_breaks_even() -> None:
    assert Economics(margin=10, discount=10).break_even_lift(0.05) is None
    assert Economics(margin=10, discount=12, redemption=1).break_even_lift(0.05) is None
    assert Economics(margin=10, discount=12, redemption=0.5).break_even_lift(0.05) == pytest.approx(0.3 / 4)


def test_a_lift_beyond_every_contact_ordering_never_breaks_even() -> None:
    assert Economics(margin=20, discount=19).break_even_lift(0.2) is None


def test_without_any_cost_nothing_has_to_be_lifted() -> None:
    assert Economics(margin=0, discount=0).break_even_lift(0.4) == 0
    assert Economics(margin=9, discount=0).break_even_lift(1.0) == 0


@given(margin=MONEY, share=st.floats(0, 0.9), cost=st.floats(0, 0.5), base=RATE, redeem=RATE)
def test_profit_is_nil_at_the_break_even_lift(
    margin: float, share: float, cost: float, base: float, redeem: float
) -> None:
    money = Economics(margin, margin * share, cost, redeem)
    lift = money.break_even_lift(base)
    if lift is not None:
        assert money.profit_per_contact(base, base + lift) == pytest.approx(0, abs=1e-9 * (1 + margin))


def test_profit_splits_into_new_margin_less_subsidy_less_contact() -> None:
    money = Economics(margin=30, discount=6, contact_cost=0.1, redemption=0.5)
    assert money.subsidy(0.2) == pytest.approx(0.6)
    assert money.profit_per_contact(0.2, 0.25) == pytest.approx(0.05 * 27 - 0.6 - 0.1)


def test_a_threshold_offer_costs_only_on_orders_that_reach_it() -> None:
    offer = Offer(OfferKind.THRESHOLD, amount=50, threshold=300)
    values = np.array([100.0, 299.99, 300.0, 900.0])
    assert offer.cost_of_orders(values) == 25
    assert order_economics(offer, values, 40).margin == pytest.approx(values.mean() * 0.4)


@pytest.mark.parametrize(
    ("offer", "cost"),
    [
        (Offer(OfferKind.NONE), 0),
        (Offer(OfferKind.PERCENT, percent=10), 6),
        (Offer(OfferKind.POINTS, percent=5), 3),
        (Offer(OfferKind.ABSOLUTE, amount=50), 35),
        (Offer(OfferKind.FREE_SHIPPING, amount=4.5), 4.5),
        (Offer(OfferKind.FREE_SHIPPING, amount=4.5, threshold=50), 2.25),
        (Offer(OfferKind.GIFT, amount=3), 3),
    ],
)
def test_each_kind_of_offer_costs_what_it_takes_off(offer: Offer, cost: float) -> None:
    assert offer.cost_of_orders([20.0, 100.0]) == pytest.approx(cost)


def test_an_order_without_value_is_asked_for() -> None:
    with pytest.raises(Retry, match="order_value"):
        order_economics(Offer(OfferKind.PERCENT, percent=10), [], 40)
