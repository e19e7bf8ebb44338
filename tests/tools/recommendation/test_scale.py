import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.preprocessing import StandardScaler

from marketeer.tools.recommendation.blend import Blend
from marketeer.tools.recommendation.scale import standardised, weighted_sum
from marketeer.tools.recommendation.simple import Own


def _expected(scores: np.ndarray) -> np.ndarray:
    by_row: np.ndarray = StandardScaler().fit_transform(scores.astype(float).T).T
    return by_row


@pytest.fixture
def parts() -> list[np.ndarray]:
    random = np.random.default_rng(4)
    dense = [random.normal(3, 2, (30, 200)), random.exponential(0.01, (30, 200))]
    few = np.where(random.random((30, 200)) < 0.05, random.random((30, 200)), 0.0)
    dense[0][3] = few[5] = 0.0
    dense[1][7] = 0.123456
    return [one.astype(np.float32) for one in (*dense, few, np.tile(random.random(200), (30, 1)))]


def test_rows_are_standardised_as_scikit_learn_does_and_flat_ones_become_zero(
    parts: list[np.ndarray],
) -> None:
    for scores in parts:
        np.testing.assert_allclose(standardised(scores.copy()), _expected(scores), atol=2e-5)


def test_a_sum_of_dense_sparse_and_repeated_scores_is_that_of_the_standardised_ones(
    parts: list[np.ndarray],
) -> None:
    weights = np.array([0.5, 2.0, 1.0, 0.25], dtype=np.float32)
    expected = sum(weight * _expected(scores) for weight, scores in zip(weights, parts, strict=True))
    first, second, few, row = parts
    kinds = [first.copy(), second.copy(), sp.csr_matrix(few), np.broadcast_to(row[0], row.shape)]
    for order in ([0, 1, 2, 3], [3, 2, 1, 0]):
        given = [(weights[at], kinds[at].copy() if at < 3 else kinds[at]) for at in order]
        np.testing.assert_allclose(weighted_sum(given, (30, 200)), expected, atol=1e-4)


def test_what_may_not_be_written_into_is_left_as_it_was(parts: list[np.ndarray]) -> None:
    frozen = parts[0].copy()
    frozen.flags.writeable = False
    once = weighted_sum([(np.float32(1), frozen)], (30, 200))
    np.testing.assert_array_equal(frozen, parts[0])
    np.testing.assert_allclose(once, _expected(parts[0]), atol=2e-5)


def test_a_blend_of_habits_alone_ranks_by_them(parts: list[np.ndarray]) -> None:
    bought = sp.csr_matrix(parts[2])
    scores = Blend({"own": Own(bought)}, {"own": 1.0}).scores(np.array([1, 4], dtype=np.int32))
    np.testing.assert_allclose(scores, _expected(parts[2][[1, 4]]), atol=1e-4)
