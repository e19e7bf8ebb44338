from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from marketeer.tools.recommendation.blend import Task
from marketeer.tools.recommendation.levels import Choice, for_customer, for_segments
from marketeer.tools.recommendation.people import alike, like_members, takers
from marketeer.tools.recommendation.recommender import Recommender, fit
from marketeer.tools.sources.demo import load_demo

MEMBERS = np.arange(0, 900, 3, dtype=np.int32)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    folder: Path = tmp_path_factory.mktemp("levels")
    return fit(load_demo(folder), Task.DISCOVERY, folder / "models")


def _lists(fitted: Recommender) -> np.ndarray:
    rows = np.arange(fitted.interactions.users.size, dtype=np.int32)
    return np.vstack([one.columns for one in fitted.stream(rows, 10, fitted.assortment.allowed())])


def test_a_segments_reach_is_the_share_of_its_members_lists(fitted: Recommender) -> None:
    choice = Choice(5, fitted.assortment.allowed())
    others = np.setdiff1d(np.arange(3000, dtype=np.int32), MEMBERS)
    tables = dict(for_segments(fitted, {"some": MEMBERS, "others": others}, choice))
    listed = np.array([[column in row for row in _lists(fitted)] for column in tables["some"]["column"]])
    owned = fitted.owned[MEMBERS].toarray()
    outside = np.setdiff1d(np.arange(listed.shape[1]), MEMBERS)
    for row, (_, one) in zip(listed, tables["some"].iterrows(), strict=True):
        assert one["reach"] == pytest.approx(row[MEMBERS].mean())
        assert one["over_index"] == pytest.approx(row[MEMBERS].mean() / row[outside].mean())
        assert one["owned"] == pytest.approx(owned[:, int(one["column"])].mean())
    assert len(tables["others"]) == 5


def test_one_segment_of_everybody_gets_what_reaches_most(fitted: Recommender) -> None:
    everybody = np.arange(fitted.interactions.users.size, dtype=np.int32)
    ((_, table),) = for_segments(fitted, {"all": everybody}, Choice(5, fitted.assortment.allowed()))
    assert table["reach"].is_monotonic_decreasing


def test_a_reason_is_the_own_product_most_often_bought_by_the_same_people(fitted: Recommender) -> None:
    table = for_customer(fitted, 12, Choice(5, fitted.assortment.allowed()))
    between = cosine_similarity(fitted.owned.T)
    own = fitted.owned[[12]].indices
    for column, because in zip(table["column"], table["because"], strict=True):
        best = own[np.argsort(-between[column, own], kind="stable")][:2]
        assert sorted(because) == sorted(int(one) for one in best)


def test_likeness_is_the_cosine_in_which_rare_products_weigh_more(fitted: Recommender) -> None:
    owned = fitted.owned.toarray()
    weighted = owned * np.log(owned.shape[0] / np.maximum(owned.sum(axis=0), 1))
    expected = cosine_similarity(weighted[[40]], weighted)[0]
    expected[40] = 0
    table = alike(fitted, 40, 6)
    np.testing.assert_allclose(table["similarity"], np.sort(expected)[::-1][:6], atol=1e-5)
    assert table["shared"].tolist() == [int(owned[40] @ owned[row]) for row in table["row"]]


def test_those_like_a_segment_are_near_the_mean_of_its_members(fitted: Recommender) -> None:
    owned = fitted.owned.toarray()
    weighted = owned * np.log(owned.shape[0] / np.maximum(owned.sum(axis=0), 1))
    units = weighted / np.maximum(np.linalg.norm(weighted, axis=1, keepdims=True), 1e-12)
    expected = cosine_similarity(units[MEMBERS].mean(axis=0)[None], units)[0]
    expected[MEMBERS] = 0
    table = like_members(fitted, MEMBERS, 6)
    np.testing.assert_allclose(table["similarity"], np.sort(expected)[::-1][:6], atol=1e-5)


def test_the_place_of_a_product_is_that_in_the_customers_own_full_list(fitted: Recommender) -> None:
    allowed = fitted.assortment.allowed()
    column = int(np.flatnonzero(allowed)[7])
    table = takers(fitted, column, 4, allowed)
    full = fitted.top(table["row"].to_numpy(dtype=np.int32), allowed.size, allowed).columns
    assert [int(np.flatnonzero(row == column)[0]) + 1 for row in full] == table["place"].tolist()
    assert table.attrs["listed"] == (_lists(fitted) == column).sum()
