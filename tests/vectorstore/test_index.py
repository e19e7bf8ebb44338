from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient, SettingsError
from marketeer.vectorstore import open_index
from marketeer.vectorstore.index import CustomerIndex
from tests.vectorstore.tastes import NOBODY, TASTES, rows_of, taste_frames, taste_of, taste_shop

Opened = Callable[..., CustomerIndex]


class Heard:
    """A `Progress` that remembers what it heard."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, float, float | None]] = []

    def report(self, stage: str, done: float, total: float | None = None) -> None:
        self.reports.append((stage, done, total))


@pytest.fixture
def shop(tmp_path: Path) -> Dataset:
    return taste_shop(tmp_path)


@pytest.fixture(params=["chroma", "memory"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, shop: Dataset) -> Opened:
    folder = tmp_path if request.param == "chroma" else None
    return lambda **options: open_index(shop, folder, "lexical", **options)


@pytest.mark.parametrize("taste", TASTES)
def test_a_text_finds_those_who_buy_like_it(opened: Opened, taste: str) -> None:
    hits = opened().search(taste, None, 10)
    assert len(hits) == 10
    assert {taste_of(hit.row) for hit in hits} == {taste}
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)


def test_a_hit_shows_which_purchases_made_it_rank(opened: Opened) -> None:
    for hit in opened().search("garden", None, 5):
        assert 1 <= len(hit.evidence) <= 2
        assert set(hit.evidence) <= set(TASTES["garden"])
        assert "Last ordered" in hit.document


def test_only_the_rows_given_are_ranked(opened: Opened) -> None:
    rows = np.array([0, 1, 25, 41], dtype=np.int32)
    hits = opened().search("garden", rows, 3)
    assert hits[0].row == 25
    assert {hit.row for hit in hits} <= set(rows.tolist())


def test_whoever_buys_alike_is_similar_and_nobody_is_similar_to_themselves(opened: Opened) -> None:
    hits = opened().similar(45, None, 15)
    assert 45 not in {hit.row for hit in hits}
    assert [taste_of(hit.row) for hit in hits] == ["baking"] * 15


def test_typical_customers_are_the_medoids_of_the_group(opened: Opened) -> None:
    index = opened()
    group = np.array([*rows_of("christmas"), 30], dtype=np.int32)
    hits = index.typical(group, 3)
    assert {taste_of(hit.row) for hit in hits} == {"christmas"}
    mean = {
        row: np.mean([h.score for h in index.similar(row, group[group != row], 99)]) for row in group.tolist()
    }
    assert hits[0].row in sorted(mean, key=lambda row: -mean[row])[:2]


def test_a_text_of_unknown_words_is_an_honest_no(opened: Opened) -> None:
    with pytest.raises(Insufficient) as caught:
        opened().search("圣诞装饰", None, 3)
    assert caught.value.code == "text_not_understood"


def test_whoever_bought_nothing_has_no_likes_and_is_never_found(opened: Opened) -> None:
    index = opened()
    with pytest.raises(Insufficient, match="bought nothing"):
        index.similar(NOBODY, None, 3)
    assert NOBODY not in {hit.row for hit in index.search("cake", None, 99)}


def test_every_text_has_a_product_vector_of_unit_length(opened: Opened) -> None:
    vectors = opened().product_vectors(TASTES["garden"])
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_typical_customer_is_shown_with_what_they_spent_most_on(opened: Opened) -> None:
    (hit,) = opened().typical(np.array([7], dtype=np.int32), 1)
    lines = taste_frames()[Table.ORDER_LINES].query("customer_row == 7").sort_values("line_amount")
    names = taste_frames()[Table.PRODUCTS]["product_name"]
    assert hit.evidence == tuple(names[lines["product_row"].tail(2)][::-1])


def test_two_indices_over_one_shop_agree(opened: Opened) -> None:
    one, other = opened(), opened()
    assert one.fingerprint == other.fingerprint == "lexical/1-192"
    assert one.search("cake", None, 8) == other.search("cake", None, 8)


def test_the_profiles_are_in_the_language_asked_for(opened: Opened) -> None:
    (hit,) = opened(language="zh").search("cake", None, 1)
    assert hit.document.startswith("最近一次下单在")


def test_preparing_writes_everybody_who_bought_once_and_says_how_far_it_is(opened: Opened) -> None:
    heard = Heard()
    index = opened(progress=heard)
    assert index.prepare() == NOBODY
    assert heard.reports[-1] == ("index_profiles", NOBODY, NOBODY)
    assert index.prepare() == 0


def test_nothing_is_written_or_read_before_the_first_question(tmp_path: Path, shop: Dataset) -> None:
    folder = tmp_path / "new"
    index = open_index(shop, folder, "lexical")
    assert index.fingerprint
    assert not folder.exists()


def test_an_unknown_embedder_is_named_with_those_there_are(shop: Dataset) -> None:
    with pytest.raises(SettingsError, match="lexical") as caught:
        open_index(shop, None, "words2vec").search("cake", None, 1)
    assert caught.value.code == "unknown_embedder"
