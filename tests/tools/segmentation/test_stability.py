import numpy as np
import pandas as pd
import pytest

from marketeer.tools.segmentation.clustering import ClusterMethod
from marketeer.tools.segmentation.families import families
from marketeer.tools.segmentation.stability import agreement, bootstrap_rand, changed_share, sample_rows


def table_of(values: np.ndarray) -> pd.DataFrame:  # type: ignore[type-arg]  # any shape
    return pd.DataFrame({"a": values[:, 0], "b": values[:, 1]})


def method(k: int) -> ClusterMethod:
    return ClusterMethod(families()["kmeans"], k, ("a", "b"), "raw")


def test_clear_groups_come_back_on_resamples_and_a_cloud_cut_too_often_does_not() -> None:
    random = np.random.default_rng(0)
    centres = random.integers(0, 2, (300, 2)) * 10
    clear = table_of(centres + random.normal(size=(300, 2)))
    cloud = table_of(random.normal(size=(300, 2)))
    assert bootstrap_rand(method(4), clear).mean > 0.95
    assert changed_share(method(4), clear) < 0.01
    assert bootstrap_rand(method(7), cloud).mean < 0.8
    assert changed_share(method(7), cloud) > 0.05


def test_the_same_seed_gives_the_same_figure() -> None:
    table = table_of(np.random.default_rng(1).normal(size=(200, 2)))
    assert bootstrap_rand(method(3), table, seed=4) == bootstrap_rand(method(3), table, seed=4)
    assert changed_share(method(3), table, seed=4) == changed_share(method(3), table, seed=4)


def test_agreement_does_not_mind_how_labels_are_called() -> None:
    one = np.array([0, 0, 1, 1, 2, 2])
    assert agreement(one, (one + 1) % 3) == 1.0
    assert agreement(one, np.array([0, 0, 1, 1, 2, 1])) == pytest.approx(5 / 6)


def test_a_sample_keeps_rows_in_order_and_small_tables_whole() -> None:
    table = table_of(np.random.default_rng(1).normal(size=(200, 2)))
    assert sample_rows(table, 0) is table
    sample = sample_rows(table, 0, size=50)
    assert len(sample) == 50
    assert sample.index.is_monotonic_increasing
