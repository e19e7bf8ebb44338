import numpy as np
import pytest

from marketeer.tools.targeting.shrinkage import expected_from_others, shrink


def test_the_eight_schools_come_out_as_published() -> None:
    effects = [28, 8, -3, 7, -1, 1, 18, 12]
    errors = [15, 10, 16, 11, 9, 11, 10, 18]
    shrunken = shrink(effects, errors)
    assert shrunken.means[0] == pytest.approx(11, abs=1.5)
    assert shrunken.means.mean() == pytest.approx(8, abs=0.7)
    assert shrunken.means.max() - shrunken.means.min() < 8


def test_precise_groups_keep_their_own_effect_and_vague_ones_take_the_whole() -> None:
    means = shrink([5.0, 5.2, 4.9, 30.0, -20.0], [0.1, 0.1, 0.1, 20, 0.1]).means
    assert means[4] == pytest.approx(-20, abs=0.05)
    assert means[0] == pytest.approx(5, abs=0.05)
    assert means[3] < 15


def test_a_single_group_is_left_alone() -> None:
    shrunken = shrink([2.0], [0.5])
    assert shrunken.means[0] == pytest.approx(2, abs=0.02)
    assert shrunken.best_probability() == pytest.approx([1])


def test_the_same_seed_gives_the_same_draws() -> None:
    one, two = shrink([1, 2, 3], [1, 1, 1], seed=5), shrink([1, 2, 3], [1, 1, 1], seed=5)
    assert np.array_equal(one.draws, two.draws)


def test_equal_groups_are_equally_likely_the_best() -> None:
    chances = shrink([1.0, 1.0, 1.0, 1.0], [0.3] * 4).best_probability()
    assert chances.sum() == pytest.approx(1)
    assert chances == pytest.approx([0.25] * 4, abs=0.02)


def test_ninety_percent_intervals_cover_ninety_percent_of_planted_effects() -> None:
    random = np.random.default_rng(7)
    inside = []
    for trial in range(400):
        errors = random.uniform(0.5, 2.0, 6)
        truth = random.normal(1, random.choice([0, 1, 3]), 6)
        low, high = shrink(random.normal(truth, errors), errors, seed=trial).bounds(0.9)
        inside.extend((low <= truth) & (truth <= high))
    assert np.mean(inside) == pytest.approx(0.9, abs=0.02)


def test_small_groups_take_an_effect_in_proportion_where_the_large_ones_show_it() -> None:
    rates = np.array([0.02, 0.05, 0.10, 0.20, 0.15])
    errors = np.array([0.001, 0.001, 0.001, 0.001, 0.05])
    means = shrink([0.01, 0.025, 0.05, 0.10, 0.0], errors, rates, 0.1).means
    assert means[4] == pytest.approx(0.075, abs=0.01)


def test_what_is_expected_of_a_group_does_not_hang_on_its_own_effect() -> None:
    errors, rates = [0.01] * 4, [0.02, 0.04, 0.06, 0.08]
    one = expected_from_others([0.01, 0.02, 0.03, 0.9], errors, rates, 0.05)
    two = expected_from_others([0.01, 0.02, 0.03, -0.9], errors, rates, 0.05)
    assert one[0][3] == pytest.approx(two[0][3])
    assert one[1][3] == pytest.approx(two[1][3])


def test_nothing_is_expected_of_a_single_group() -> None:
    _, sd = expected_from_others([0.01], [0.01])
    assert np.isinf(sd[0])
