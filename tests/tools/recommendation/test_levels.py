from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from marketeer.tools.recommendation.assortment import Assortment
from marketeer.tools.recommendation.blend import Task
from marketeer.tools.recommendation.ground import Ground
from marketeer.tools.recommendation.interactions import from_frame
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


def _planted(lists: np.ndarray, products: int) -> Recommender:
    """A recommender that lists for each customer exactly what is planted."""
    customers = len(lists)
    scores = np.tile(-np.arange(products, dtype=np.float32), (customers, 1))
    np.put_along_axis(scores, lists, np.float32(10), axis=1)
    frame = pd.DataFrame({"customer_row": range(customers), "product_row": products, "age_days": 5.0})
    seen = pd.DataFrame({"customer_row": customers, "product_row": range(products), "age_days": 5.0})
    interactions = from_frame(pd.concat([frame, seen]))
    catalogue = pd.DataFrame({"price": np.ones(products + 1), "unit_cost": np.zeros(products + 1)})
    return Recommender(
        Task.DISCOVERY, Ground(interactions), Assortment(catalogue), _Planted(scores, products + 1), None
    )


class _Planted:
    def __init__(self, scores: np.ndarray, products: int) -> None:
        self._scores = np.full((len(scores) + 1, products), -99, dtype=np.float32)
        self._scores[:-1, :-1] = scores

    def scores(self, rows: np.ndarray) -> np.ndarray:
        return self._scores[rows].copy()


def test_what_suits_all_who_lapsed_heads_only_the_list_of_those_it_suits_best() -> None:
    random = np.random.default_rng(3)
    groups = {f"lapsed {n}": np.arange(300 * n, 300 * (n + 1), dtype=np.int32) for n in range(3)}
    groups["active"] = np.arange(900, 2900, dtype=np.int32)
    chance = np.full((2900, 40), 0.02)
    for n, share in enumerate((0.70, 0.90, 0.72)):
        chance[300 * n : 300 * (n + 1), 0] = share
        chance[300 * n : 300 * (n + 1), 1 + n] = 0.5
    chance[900:, 4] = 0.5
    wanted = random.random(chance.shape) + (random.random(chance.shape) < chance)
    lists = np.argsort(-wanted, axis=1)[:, :10]
    choice = Choice(3, np.ones(41, dtype=bool))
    tables = dict(for_segments(_planted(lists, 40), groups, choice))
    assert [int(table["column"].iloc[0]) for table in tables.values()] == [1, 0, 3, 4]
    assert all(0 in table["column"].to_numpy()[:3] for table in list(tables.values())[:3])


def test_segments_alike_get_the_same_head() -> None:
    lists = np.tile(np.arange(10), (400, 1))
    lists[::2, 9] = 20
    groups = {"some": np.arange(200, dtype=np.int32), "others": np.arange(200, 400, dtype=np.int32)}
    some, others = dict(
        for_segments(_planted(lists, 40), groups, Choice(3, np.ones(41, dtype=bool)))
    ).values()
    assert some["column"].tolist() == others["column"].tolist()
