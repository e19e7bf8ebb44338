import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketeer.tools.segmentation.scores import above, equal_parts


def test_values_without_ties_are_cut_into_equal_parts() -> None:
    values = np.arange(100, dtype=float)
    scores = equal_parts(values, 5, alone=3).score(values)
    assert np.bincount(scores).tolist() == [0, 20, 20, 20, 20, 20]
    assert (np.diff(scores) >= 0).all()


def test_one_time_buyers_fill_one_score_and_the_others_share_the_rest() -> None:
    orders = np.repeat([1, 2, 3, 4, 5], [700, 100, 80, 60, 60]).astype(float)
    scores = equal_parts(orders, 5, alone=3).score(orders)
    assert dict(zip(orders.astype(int).tolist(), scores.tolist(), strict=True)) == {n: n for n in range(1, 6)}


def test_fewer_values_than_scores_reach_both_ends() -> None:
    values = np.array([1.0, 1.0, 1.0, 2.0])
    assert equal_parts(values, 5, alone=3).score(values).tolist() == [1, 1, 1, 5]


def test_one_value_gets_the_score_it_is_told() -> None:
    assert equal_parts(np.ones(4), 5, alone=1).score(np.ones(4)).tolist() == [1, 1, 1, 1]


def test_thresholds_hold_on_another_date() -> None:
    ruler = equal_parts(np.arange(1.0, 11.0), 5, alone=3)
    assert ruler.bounds == (3.0, 5.0, 7.0, 9.0)
    assert ruler.score(np.array([0.0, 3.0, 100.0])).tolist() == [1, 2, 5]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=200), st.integers(2, 6))
def test_equal_values_share_a_score_and_higher_values_never_score_less(numbers: list[int], bins: int) -> None:
    values = np.array(numbers, dtype=float)
    scores = equal_parts(values, bins, alone=1).score(values)
    assert scores.min() >= 1
    assert scores.max() <= bins
    order = np.argsort(values, kind="stable")
    assert (np.diff(scores[order]) >= 0).all()
    for value in np.unique(values):
        assert np.unique(scores[values == value]).size == 1
    distinct = np.unique(values).size
    assert np.unique(scores).size == min(bins, distinct)


@pytest.mark.parametrize(("split", "expected"), [("mean", [1, 1, 1, 2]), ("median", [1, 1, 2, 2])])
def test_above_means_strictly_above(split: str, expected: list[int]) -> None:
    values = np.array([1.0, 2.0, 3.0, 100.0])
    assert above(values, split).score(values).tolist() == expected  # type: ignore[arg-type]  # parametrised


def test_nobody_is_above_where_all_are_alike() -> None:
    assert above(np.full(7, 0.1), "mean").score(np.full(7, 0.1)).tolist() == [1] * 7
