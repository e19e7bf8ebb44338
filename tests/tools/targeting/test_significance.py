import numpy as np
import pytest
from scipy import stats

from marketeer.tools.targeting.effects import Proportion
from marketeer.tools.targeting.significance import (
    false_discovery_q,
    heterogeneity_p,
    p_not_above_zero,
    sample_ratio_p,
    sidak_p,
)


@pytest.mark.parametrize(
    ("weights", "constant", "base", "people"),
    [
        ((1.0, 1.0), 0.0, 0.02, (900, 100)),
        ((1.0, 1.0), 0.0, 0.2, (200, 200)),
        ((15.0, 25.0), 0.1, 0.01, (2000, 250)),
    ],
)
def test_the_score_test_holds_its_error_rate(
    weights: tuple[float, float], constant: float, base: float, people: tuple[int, int]
) -> None:
    random = np.random.default_rng(5)
    offered = (constant + weights[1] * base) / weights[0]
    false = 0
    for _ in range(3000):
        treated = Proportion(int(random.binomial(people[0], offered)), people[0])
        control = Proportion(int(random.binomial(people[1], base)), people[1])
        false += p_not_above_zero(treated, control, weights, constant) <= 0.05
    assert false / 3000 == pytest.approx(0.05, abs=0.013)


def test_in_large_arms_the_score_test_is_the_pooled_z_test() -> None:
    treated, control = Proportion(5300, 50_000), Proportion(5000, 50_000)
    pooled = 10_300 / 100_000
    z = (0.106 - 0.1) / np.sqrt(pooled * (1 - pooled) * 2 / 50_000)
    assert p_not_above_zero(treated, control) == pytest.approx(stats.norm.sf(z), rel=0.01)


def test_what_loses_on_every_order_cannot_be_shown_to_pay() -> None:
    arms = Proportion(90, 100), Proportion(1, 100)
    assert p_not_above_zero(*arms, (-1.0, 5.0)) == 1
    assert p_not_above_zero(*arms, (5.0, 9.0), 6.0) == 1


def test_arms_without_any_successes_show_nothing() -> None:
    assert p_not_above_zero(Proportion(0, 50), Proportion(0, 50)) > 0.3


def test_many_looks_are_corrected_as_published() -> None:
    p = [0.01, 0.04, 0.03, 0.2]
    assert false_discovery_q(p) == pytest.approx(stats.false_discovery_control(p))
    assert sidak_p(p) == pytest.approx(1 - (1 - np.array(p)) ** 4)


def test_cochrans_q_is_uniform_where_effects_are_equal() -> None:
    random = np.random.default_rng(4)
    se = np.array([0.5, 1.0, 2.0, 0.7])
    p = [heterogeneity_p(random.normal(3, se), se) for _ in range(2000)]
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert heterogeneity_p([1.0], [0.1]) == 1


def test_sample_ratio_matches_scipys_chi_square() -> None:
    assert sample_ratio_p([900, 100], [0.9, 0.1]) == pytest.approx(1)
    assert sample_ratio_p([5300, 4700], [1, 1]) < 1e-8
