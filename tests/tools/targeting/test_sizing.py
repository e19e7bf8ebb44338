import math

import numpy as np
import pytest

from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.targeting.sizing import Design, detectable_lift, mean_test_size, rate_test_size


@pytest.mark.parametrize(
    ("base", "target", "per_arm", "control", "sent"),
    [
        (0.01, 0.012, 42_693, 24_373, 219_352),
        (0.02, 0.022, 80_682, 45_476, 409_284),
        (0.02, 0.025, 13_809, 7_925, 71_320),
        (0.03, 0.036, 13_914, 7_938, 71_438),
        (0.05, 0.055, 31_234, 17_596, 158_360),
        (0.10, 0.11, 14_751, 8_302, 74_718),
        (0.20, 0.22, 6_510, 3_656, 32_897),
    ],
)
def test_sizes_equal_the_published_closed_forms(
    base: float, target: float, per_arm: int, control: int, sent: int
) -> None:
    equal = rate_test_size(base, target)
    assert (equal.control, equal.treated, equal.total) == (per_arm, per_arm, 2 * per_arm)
    held_out = rate_test_size(base, target, Design(control_share=0.1))
    assert held_out.control == control
    assert held_out.treated == pytest.approx(sent, abs=9)


def test_six_thousand_people_at_three_percent_show_136_or_253_points() -> None:
    assert round(detectable_lift(6000, 0.03) * 100, 2) == 1.36
    assert round(detectable_lift(6000, 0.03, Design(control_share=0.1)) * 100, 2) == 2.53


def test_the_detectable_lift_is_the_inverse_of_the_size() -> None:
    size = rate_test_size(0.04, 0.04 + detectable_lift(9000, 0.04))
    assert size.total == pytest.approx(9000, abs=2)


def test_simulated_power_is_the_power_that_was_asked_for() -> None:
    design = Design(power=0.8, control_share=0.3)
    size = rate_test_size(0.05, 0.08, design)
    random = np.random.default_rng(1)
    control = random.binomial(size.control, 0.05, 20_000) / size.control
    treated = random.binomial(size.treated, 0.08, 20_000) / size.treated
    pooled = (control * size.control + treated * size.treated) / size.total
    z = (treated - control) / np.sqrt(pooled * (1 - pooled) * (1 / size.control + 1 / size.treated))
    assert (np.abs(z) > 1.959964).mean() == pytest.approx(0.8, abs=0.015)


def test_clusters_and_several_arms_need_more_people() -> None:
    plain = rate_test_size(0.05, 0.06)
    clustered = rate_test_size(0.05, 0.06, Design(cluster_size=3, cluster_correlation=0.1))
    assert clustered.control == pytest.approx(plain.control * 1.2, abs=2)
    three = rate_test_size(0.05, 0.06, Design(control_share=0.25, comparisons=3))
    assert three.arms == 3
    assert three.control > plain.control
    assert three.treated == pytest.approx(three.control, abs=1)


def test_the_size_for_means_is_the_textbook_formula() -> None:
    size = mean_test_size(10, 1)
    assert size.control == math.ceil(2 * (1.959964 + 0.841621) ** 2 * 100)


@pytest.mark.parametrize("rate", [0, 1, -0.1])
def test_a_rate_of_nought_or_one_is_refused_with_a_way_out(rate: float) -> None:
    with pytest.raises(Retry, match="above 0"):
        rate_test_size(rate, 0.5)
    with pytest.raises(Retry, match="above 0"):
        detectable_lift(1000, rate)


def test_too_few_people_show_nothing() -> None:
    with pytest.raises(Insufficient):
        detectable_lift(4, 0.5)
