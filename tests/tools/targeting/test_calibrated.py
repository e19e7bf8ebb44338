import numpy as np
import pytest
from scipy.stats import beta

from marketeer.tools.targeting.calibrated import Contrasts, calibrated_bounds
from marketeer.tools.targeting.effects import Proportion, equal_tailed_rate_difference


def lifts(treated: list[Proportion], control: list[Proportion]) -> Contrasts:
    return Contrasts(treated, control, np.ones((2, len(treated))), np.zeros(len(treated)))


def test_without_any_expectation_both_tails_are_alike() -> None:
    arms = Proportion(50, 1000), Proportion(30, 1000)
    low, high = calibrated_bounds(lifts([arms[0]], [arms[1]]), np.zeros(1), np.array([np.inf]), 0.9)
    plain = equal_tailed_rate_difference(*arms, 0.9)
    assert (low[0], high[0]) == pytest.approx((plain.low, plain.high), abs=1e-6)


def test_an_expectation_that_comes_true_makes_the_interval_shorter_by_up_to_a_fifth() -> None:
    one = lifts([Proportion(500, 10_000)], [Proportion(300, 10_000)])
    low, high = calibrated_bounds(one, np.array([0.02]), np.array([np.inf]), 0.9)
    near, far = calibrated_bounds(one, np.array([0.02]), np.array([1e-4]), 0.9)
    assert (far - near)[0] / (high - low)[0] == pytest.approx(1.2816 / 1.6449, abs=0.01)


@pytest.mark.parametrize("expected", [-0.02, 0.0, 0.02, 0.2])
def test_ninety_percent_cover_the_truth_whatever_was_expected(expected: float) -> None:
    random = np.random.default_rng(3)
    people, rates, truth = 800, (0.06, 0.05), 0.01
    treated, control = (random.binomial(people, rate, 4000) for rate in rates)
    one = lifts([Proportion(int(n), people) for n in treated], [Proportion(int(n), people) for n in control])
    low, high = calibrated_bounds(one, np.full(4000, expected), np.full(4000, 0.005), 0.9)
    assert np.mean((low <= truth) & (truth <= high)) == pytest.approx(0.9, abs=0.015)


def test_jeffreys_limits_are_the_quantiles_of_a_beta() -> None:
    effect = equal_tailed_rate_difference(Proportion(8, 100), Proportion(0, 10**9), 0.9)
    assert effect.low == pytest.approx(beta.ppf(0.05, 8.5, 92.5), abs=1e-6)
    assert effect.high == pytest.approx(beta.ppf(0.95, 8.5, 92.5), abs=1e-6)
