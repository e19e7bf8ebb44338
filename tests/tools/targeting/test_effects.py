import numpy as np
import pytest
from scipy import stats

from marketeer.tools.targeting.effects import (
    Moments,
    Proportion,
    mean_difference,
    pool_campaigns,
    rate_difference,
    weighted_rate_difference,
)


def test_newcombes_interval_equals_his_published_example() -> None:
    effect = rate_difference(Proportion(56, 70), Proportion(48, 80))
    assert effect.value == pytest.approx(0.2)
    assert (round(effect.low, 4), round(effect.high, 4)) == (0.0524, 0.3339)


def test_walds_interval_is_the_textbook_one() -> None:
    effect = rate_difference(Proportion(56, 70), Proportion(48, 80), method="wald")
    se = np.sqrt(0.8 * 0.2 / 70 + 0.6 * 0.4 / 80)
    assert effect.high - effect.low == pytest.approx(2 * 1.959964 * se)


def test_a_weighted_difference_with_equal_weights_is_newcombes() -> None:
    arms = Proportion(30, 400), Proportion(22, 410)
    plain = rate_difference(*arms, level=0.9)
    weighted = weighted_rate_difference(*arms, (20, 20), 0.5)
    assert weighted.value == pytest.approx(20 * plain.value - 0.5)
    assert weighted.low == pytest.approx(20 * plain.low - 0.5)
    assert weighted.se == pytest.approx(20 * plain.se)


def test_profit_intervals_hold_their_level_even_where_orders_lose_money() -> None:
    random = np.random.default_rng(0)
    for kept in (15.0, -4.0):
        truth = kept * 0.06 - 25 * 0.04 - 0.1
        inside = 0
        for _ in range(2000):
            treated = Proportion(int(random.binomial(900, 0.06)), 900)
            control = Proportion(int(random.binomial(300, 0.04)), 300)
            effect = weighted_rate_difference(treated, control, (kept, 25.0), 0.1)
            inside += effect.low <= truth <= effect.high
        assert inside / 2000 == pytest.approx(0.9, abs=0.02)


def test_an_arm_without_successes_still_has_an_uncertain_effect() -> None:
    effect = rate_difference(Proportion(0, 50), Proportion(0, 50))
    assert effect.value == 0
    assert effect.low < 0 < effect.high
    assert effect.se > 0


def test_welchs_interval_equals_scipys() -> None:
    random = np.random.default_rng(3)
    a, b = random.gamma(0.3, 20, 400), random.gamma(0.3, 18, 90)
    sums = [Moments.of_sums(x.sum(), (x**2).sum(), x.size) for x in (a, b)]
    effect = mean_difference(*sums, level=0.9)
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.9)
    assert (effect.low, effect.high) == pytest.approx((expected.low, expected.high))


def test_constant_means_have_no_uncertainty() -> None:
    effect = mean_difference(Moments(2, 0, 5), Moments(1, 0, 5))
    assert (effect.value, effect.se, effect.low) == (1, 0, 1)


def test_campaigns_taken_together_do_not_lend_each_other_a_difference() -> None:
    busy = Proportion(900, 1000), Proportion(90, 100)
    quiet = Proportion(10, 100), Proportion(100, 1000)
    treated, control = pool_campaigns([busy, quiet])
    assert treated.rate - control.rate == pytest.approx(0)


def test_one_campaign_alone_is_left_as_it_is() -> None:
    arms = Proportion(30, 400), Proportion(20, 300)
    assert pool_campaigns([arms]) == arms
    assert pool_campaigns([arms, (Proportion(0, 0), Proportion(0, 5))]) == arms


def test_two_equal_campaigns_are_twice_the_people() -> None:
    arms = Proportion(30, 400), Proportion(20, 300)
    treated, control = pool_campaigns([arms, arms])
    assert (treated.successes, treated.people) == pytest.approx((60, 800))
    assert (control.successes, control.people) == pytest.approx((40, 600))
