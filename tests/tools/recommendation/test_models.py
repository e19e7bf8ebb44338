import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.metrics import ndcg_score
from sklearn.metrics.pairwise import cosine_similarity

from marketeer.tools.recommendation.content import best_products, text_likeness
from marketeer.tools.recommendation.evaluation import evaluate, top_products
from marketeer.tools.recommendation.gram import gram
from marketeer.tools.recommendation.graph import ALPHA, BETA, walk_weights
from marketeer.tools.recommendation.interactions import from_frame
from marketeer.tools.recommendation.linear import ItemWeights, ease_weights
from marketeer.tools.recommendation.neighbours import (
    UserNeighbours,
    cosine_neighbours,
    gram_neighbours,
    strongest,
)


@pytest.fixture
def matrix() -> sp.csr_matrix:
    random = np.random.default_rng(3)
    dense = (random.random((40, 15)) < 0.3) * random.integers(1, 5, (40, 15))
    dense[0] = 0
    return sp.csr_matrix(dense, dtype=np.float32)


def test_cosine_neighbours_equal_scikit_learns_cosine_similarity(matrix: sp.csr_matrix) -> None:
    ours = cosine_neighbours(matrix.T.tocsr(), k=15).toarray()
    expected = cosine_similarity(matrix.T)
    np.fill_diagonal(expected, 0.0)
    np.testing.assert_allclose(ours, expected, atol=1e-6)


def test_only_the_k_most_similar_are_kept(matrix: sp.csr_matrix) -> None:
    ours = cosine_neighbours(matrix.T.tocsr(), k=4).toarray()
    expected = cosine_similarity(matrix.T)
    np.fill_diagonal(expected, 0.0)
    for row, truth in zip(ours, expected, strict=True):
        assert np.count_nonzero(row) <= 4
        np.testing.assert_allclose(np.sort(row)[-4:], np.sort(truth)[-4:], atol=1e-6)


def test_shrinkage_damps_where_there_is_little_to_go_by(matrix: sp.csr_matrix) -> None:
    damped = cosine_neighbours(matrix.T.tocsr(), k=15, shrinkage=10.0).toarray()
    dense = matrix.toarray().astype(float)
    lengths = np.linalg.norm(dense, axis=0)
    expected = dense.T @ dense / (np.outer(lengths, lengths) + 10.0)
    np.fill_diagonal(expected, 0.0)
    np.testing.assert_allclose(damped, expected, atol=1e-6)


@pytest.mark.parametrize("shrinkage", [0.0, 10.0])
def test_neighbours_from_the_shared_gram_matrix_are_the_same(matrix: sp.csr_matrix, shrinkage: float) -> None:
    shared = gram(matrix)
    np.testing.assert_allclose(shared, matrix.toarray().T @ matrix.toarray(), rtol=1e-6)
    expected = cosine_neighbours(matrix.T.tocsr(), 4, shrinkage).toarray()
    np.testing.assert_allclose(gram_neighbours(shared, 4, shrinkage).toarray(), expected, atol=1e-6)
    np.testing.assert_allclose(
        strongest(gram_neighbours(shared, 15, shrinkage), 4).toarray(), expected, atol=1e-6
    )


def test_neighbours_are_exact_in_every_block_of_a_large_catalogue() -> None:
    random = np.random.default_rng(8)
    wide = sp.random_array((300, 3000), density=0.02, rng=random, dtype=np.float32, format="csr")
    expected = cosine_similarity(wide.T)
    np.fill_diagonal(expected, 0.0)
    ours = cosine_neighbours(wide.T.tocsr(), k=3000).toarray()
    np.testing.assert_allclose(ours, expected, atol=1e-6)


def test_ease_equals_its_closed_form(matrix: sp.csr_matrix) -> None:
    dense = matrix.toarray().astype(float)
    inverse = np.linalg.inv(dense.T @ dense + 25.0 * np.eye(15))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0.0)
    np.testing.assert_allclose(ease_weights(gram(matrix), 25.0), expected, atol=1e-4)


def test_walk_weights_equal_dense_random_walks(matrix: sp.csr_matrix) -> None:
    owned = (matrix.toarray() > 0).astype(float)
    degree_user = np.maximum(owned.sum(axis=1, keepdims=True), 1)
    degree_item = np.maximum(owned.sum(axis=0, keepdims=True), 1)
    expected = (owned / degree_item).T ** ALPHA @ (owned / degree_user) ** ALPHA * degree_item ** (-BETA)
    np.fill_diagonal(expected, 0.0)
    ours = walk_weights(sp.csr_matrix(owned, dtype=np.float32), k=15).toarray()
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_user_neighbours_equal_a_dense_computation(matrix: sp.csr_matrix) -> None:
    similarity = cosine_similarity(matrix)
    np.fill_diagonal(similarity, 0.0)
    scores = UserNeighbours(matrix, k=40).scores(np.arange(40, dtype=np.int32))
    np.testing.assert_allclose(scores, similarity @ matrix.toarray(), atol=1e-4)


@pytest.mark.parametrize("kept", [0.0, 0.99], ids=["many weights", "few weights"])
def test_item_scores_are_profile_times_weights(matrix: sp.csr_matrix, kept: float) -> None:
    weights = cosine_neighbours(matrix.T.tocsr(), k=15)
    weights.data[weights.data < np.quantile(weights.data, kept)] = 0
    weights.eliminate_zeros()
    scores = ItemWeights(weights, matrix).scores(np.array([3, 7], dtype=np.int32))
    np.testing.assert_allclose(scores, matrix[[3, 7]].toarray() @ weights.toarray(), atol=1e-5)


class _Fixed:
    def __init__(self, scores: np.ndarray) -> None:
        self._scores = scores

    def scores(self, rows: np.ndarray) -> np.ndarray:
        return self._scores[rows].copy()


def test_accuracy_equals_hand_counts_and_scikit_learns_ndcg() -> None:
    random = np.random.default_rng(5)
    scores = random.random((30, 20)).astype(np.float32)
    truth = (random.random((30, 20)) < 0.2).astype(np.float32)
    truth[truth.sum(axis=1) == 0, 0] = 1
    judged = evaluate(_Fixed(scores), sp.csr_matrix(truth), None, k=10)
    expected = np.mean([ndcg_score([t], [s], k=10) for t, s in zip(truth, scores, strict=True)])
    assert judged.accuracy.ndcg == pytest.approx(expected, abs=1e-9)
    best = top_products(scores, 10)
    hits = np.take_along_axis(truth, best, axis=1)
    assert judged.accuracy.recall == pytest.approx((hits.sum(axis=1) / truth.sum(axis=1)).mean())
    assert judged.accuracy.hit_rate == pytest.approx(hits.any(axis=1).mean())
    assert judged.accuracy.coverage == pytest.approx(np.unique(best).size / 20)


def test_the_best_are_those_of_a_full_sort_ties_by_column() -> None:
    random = np.random.default_rng(6)
    scores = random.random((50, 2011)).astype(np.float32)
    scores[:, 700] = scores[:, 3]
    scores[0, :] = -np.inf
    scores[1, 5:] = -np.inf
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :10]
    np.testing.assert_array_equal(top_products(scores, 10)[2:], expected[2:])
    np.testing.assert_array_equal(top_products(scores, 10)[1, :5], expected[1, :5])


def test_owned_products_leave_lists_and_truth() -> None:
    scores = np.tile(np.arange(6, dtype=np.float32), (2, 1))
    truth = sp.csr_matrix(np.array([[1, 0, 0, 0, 0, 1], [0, 0, 0, 0, 1, 0]], dtype=np.float32))
    owned = sp.csr_matrix(np.array([[0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 1, 0]], dtype=np.float32))
    fresh = sp.csr_matrix(truth - truth.multiply(owned))
    judged = evaluate(_Fixed(scores), fresh, owned, k=5)
    assert judged.accuracy.customers == 1
    assert judged.accuracy.hit_rate == 1.0


def test_text_finds_the_product_that_reads_alike_in_english_and_chinese() -> None:
    texts = [
        "porcelain teapot white",
        "cast iron teapot",
        "scented candle fig",
        "白瓷茶壶",
        "铸铁茶壶",
        "香薰蜡烛",
    ]
    assert best_products(text_likeness(texts, 1), 2).tolist() == [1, 0]
    assert best_products(text_likeness(texts, 3), 2).tolist() == [3, 4]


def test_an_embedder_reorders_what_is_near_by_words() -> None:
    texts = ["green tea tin", "green garden chair", "tea caddy green", "scented candle"]
    meaning = {texts[0]: [1, 0], texts[1]: [0, 1], texts[2]: [1, 0], texts[3]: [0, 1]}
    words = text_likeness(texts, 0)
    both = text_likeness(texts, 0, lambda some: np.array([meaning[text] for text in some], dtype=np.float32))
    assert both[2] == pytest.approx((words[2] + 1) / 2, abs=1e-6)
    assert both[1] == pytest.approx(words[1] / 2, abs=1e-6)
    assert both[0] == 1.0


def test_purchases_in_any_order_give_the_same_matrices() -> None:
    random = np.random.default_rng(9)
    frame = pd.DataFrame(
        {
            "customer_row": random.integers(0, 20, 400),
            "product_row": random.integers(0, 9, 400),
            "age_days": random.integers(1, 200, 400).astype(float),
        }
    )
    shuffled, known = from_frame(frame.sample(frac=1, random_state=1)), from_frame(frame)
    table = frame.assign(weight=np.exp(-frame["age_days"] / 90), n=1.0)
    cells = table.groupby(["customer_row", "product_row"]).agg(
        latest=("weight", "max"), summed=("weight", "sum"), n=("n", "sum")
    )
    for one in (known, shuffled):
        for matrix, column in (
            (one.latest(90), "latest"),
            (one.decayed(90), "summed"),
            (one.decayed(np.inf), "n"),
        ):
            expected = cells[column].unstack(fill_value=0).to_numpy()
            np.testing.assert_allclose(matrix.toarray(), expected, rtol=1e-5)


def test_interactions_hold_the_latest_purchase_the_counts_and_recent_buyers() -> None:
    frame = pd.DataFrame(
        {"customer_row": [4, 4, 9, 9], "product_row": [2, 2, 2, 5], "age_days": [40.0, 10.0, 3.0, 90.0]}
    )
    known = from_frame(frame)
    assert known.users.tolist() == [4, 9]
    assert known.items.tolist() == [2, 5]
    assert known.decayed(np.inf).toarray().tolist() == [[2, 0], [1, 1]]
    np.testing.assert_allclose(known.latest(90).toarray()[0, 0], np.exp(-10 / 90), rtol=1e-5)
    assert known.recent_buyers(30).tolist() == [2, 0]
    earlier = known.before(30)
    assert earlier.age.tolist() == [10.0, 60.0]
    assert known.within(30).toarray().tolist() == [[1, 0], [1, 0]]
