from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.stats import binomtest

from marketeer.tools.recommendation.baskets import Baskets, read_baskets, rules
from marketeer.tools.sources.demo import TRUTH, load_demo


@pytest.fixture
def baskets() -> Baskets:
    random = np.random.default_rng(2)
    dense = random.random((500, 6)) < 0.25
    dense[:, 1] |= dense[:, 0] & (random.random(500) < 0.7)
    return Baskets(sp.csr_matrix(dense.astype(np.float32)), np.arange(10, 16, dtype=np.int32))


def test_rules_equal_hand_counts(baskets: Baskets) -> None:
    dense = baskets.matrix.toarray().astype(bool)
    table = rules(baskets)
    assert len(table) == len(list(combinations(range(6), 2)))
    for row in table.to_dict("records"):
        a, b = row["product_row"] - 10, row["product_row_with"] - 10
        together = int((dense[:, a] & dense[:, b]).sum())
        assert row["together"] == together
        assert row["confidence"] == pytest.approx(together / dense[:, a].sum())
        assert row["lift"] == pytest.approx(together * 500 / dense[:, a].sum() / dense[:, b].sum())


def test_the_interval_is_wilsons(baskets: Baskets) -> None:
    row = rules(baskets, of=10).iloc[0]
    n = int(baskets.matrix[:, 0].sum())
    expected = binomtest(int(row["together"]), n).proportion_ci(method="wilson")
    assert (row["confidence_low"], row["confidence_high"]) == pytest.approx((expected.low, expected.high))


def test_a_rule_needs_ten_common_baskets(baskets: Baskets) -> None:
    assert (rules(baskets)["together"] >= 10).all()
    assert rules(baskets, least=10_000).empty


def test_planted_complements_are_the_surest_pairs_of_the_demo_shop(tmp_path: Path) -> None:
    dataset = load_demo(tmp_path)
    truth = pd.read_parquet(tmp_path / TRUTH / "complements.parquet")
    planted = {frozenset(pair) for pair in truth[["product_row", "product_row_with"]].itertuples(index=False)}
    found = rules(read_baskets(dataset)).head(10)
    hits = [
        frozenset(pair) in planted
        for pair in found[["product_row", "product_row_with"]].itertuples(index=False)
    ]
    assert np.mean(hits) >= 0.9
