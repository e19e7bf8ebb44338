import numpy as np
import pytest
import scipy.sparse as sp

from marketeer.tools.recommendation.evaluation import top_products
from marketeer.tools.recommendation.exposure import MOST_LISTS, Capped, least_scores


class _Popular:
    """Everybody's best product is the first one; the rest is a matter of taste."""

    def __init__(self, customers: int, products: int) -> None:
        self._scores = np.random.default_rng(1).random((customers, products)).astype(np.float32)
        self._scores[:, 0] += 1

    def scores(self, rows: np.ndarray) -> np.ndarray:
        return self._scores[rows].copy()


@pytest.mark.parametrize(("products", "share"), [(600, MOST_LISTS), (60, 0.5), (20, 1.0)])
def test_a_popular_product_stands_in_its_share_of_the_lists_and_a_small_catalogue_is_not_cut_short(
    products: int, share: float
) -> None:
    customers = 400
    scorer = _Popular(customers, products)
    least = least_scores(scorer, sp.csr_matrix((customers, products), dtype=np.float32))
    lists = top_products(Capped(scorer, least).scores(np.arange(customers, dtype=np.int32)), 10)
    listed = (lists == 0).any(axis=1)
    assert listed.mean() == pytest.approx(share)
    kept = scorer.scores(np.arange(customers, dtype=np.int32))[:, 0]
    assert kept[listed].min() >= (kept[~listed].max() if (~listed).any() else 0)
