import numpy as np

from marketeer.vectorstore.embedders import unit_rows
from marketeer.vectorstore.ranking import centroid, nearest

VECTORS = unit_rows(np.array([[1, 0], [1, 1], [0, 1], [0, 0], [-1, 0], [1, 0]], dtype=np.float32))
QUERY = np.array([1, 0], dtype=np.float32)


def test_the_nearest_come_first_and_ties_go_to_the_lower_row() -> None:
    rows, scores = nearest(VECTORS, QUERY, None, 3)
    assert rows.tolist() == [0, 5, 1]
    assert np.allclose(scores, [1, 1, np.sqrt(0.5)], atol=1e-4)


def test_only_the_rows_asked_for_are_ranked() -> None:
    rows, scores = nearest(VECTORS, QUERY, np.array([4, 2], dtype=np.int32), 5)
    assert rows.tolist() == [2, 4]
    assert scores.tolist() == [0, -1]


def test_a_row_of_zeros_is_never_ranked() -> None:
    rows, _ = nearest(VECTORS, QUERY, None, 99)
    assert 3 not in rows
    assert rows.size == 5


def test_the_ranking_is_that_of_a_full_sort() -> None:
    random = np.random.default_rng(1)
    vectors = unit_rows(random.normal(size=(500, 16)).astype(np.float32))
    rows, scores = nearest(vectors, vectors[17], None, 20)
    cosine = vectors.astype(np.float64) @ vectors[17]
    assert rows.tolist() == np.argsort(-cosine.round(4), kind="stable")[:20].tolist()
    assert np.allclose(scores, np.sort(cosine)[::-1][:20], atol=1e-4)


def test_the_member_nearest_to_the_centroid_is_the_medoid() -> None:
    random = np.random.default_rng(2)
    vectors = unit_rows((random.normal(size=(60, 8)) + 1).astype(np.float32))
    group = np.arange(10, 40, dtype=np.int32)
    rows, _ = nearest(vectors, centroid(vectors, group), group, 3)
    summed = (vectors[group] @ vectors[group].T).sum(axis=1)
    assert rows.tolist() == group[np.argsort(-summed)[:3]].tolist()
