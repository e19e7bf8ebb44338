from pathlib import Path

import numpy as np
import scipy.sparse as sp

from marketeer.tools.recommendation.measured import Accuracy, Measured
from marketeer.tools.recommendation.model import Model, load_model, sweep_models


def test_a_model_is_found_again_as_it_was_kept(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    accuracy = Accuracy(40, 0.2, 0.1, 0.5, 0.3, (0.2, 0.1))
    measured = Measured({"ease": 1.0}, {"items": 50}, accuracy, {"ease": accuracy}, "recent_28", 31, 3.0)
    dense = random.random((5, 5)).astype(np.float32)
    sparse = sp.random_array((5, 5), density=0.4, rng=random, dtype=np.float32, format="csr")
    kept = Model(measured, {"ease": dense, "items": sparse}, np.array([-np.inf, 1.0], dtype=np.float32))
    folder = tmp_path / "models" / "one"
    kept.save(folder)
    found = load_model(folder)
    assert found is not None
    assert found.measured == measured
    np.testing.assert_array_equal(found.weights["ease"], dense)
    np.testing.assert_array_equal(found.weights["items"].toarray(), sparse.toarray())
    np.testing.assert_array_equal(found.least, kept.least)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["one"]


def test_there_is_none_before_one_was_kept_and_a_shop_too_small_to_measure_keeps_that(tmp_path: Path) -> None:
    assert load_model(tmp_path / "none") is None
    Model(None, {}, np.zeros(2, dtype=np.float32)).save(tmp_path / "small")
    found = load_model(tmp_path / "small")
    assert found is not None
    assert found.measured is None


def test_only_the_newest_model_of_a_task_is_kept(tmp_path: Path) -> None:
    model = Model(None, {}, np.zeros(2, dtype=np.float32))
    names = ("recommendation-basket-a-v4", "recommendation-discovery-a-v4", "recommendation-discovery-b-v4")
    for name in names:
        model.save(tmp_path / name)
    sweep_models(tmp_path, tmp_path / names[2])
    assert sorted(path.name for path in tmp_path.iterdir()) == [names[0], names[2]]
