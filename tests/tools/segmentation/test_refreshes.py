import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.segmentation.bands import BandMethod
from marketeer.tools.segmentation.clustering import ClusterMethod, FittedClustering
from marketeer.tools.segmentation.families import NOISE, families
from marketeer.tools.segmentation.identity import Landmarks, continue_names, landmarks_of
from marketeer.tools.segmentation.migration import migrate
from marketeer.tools.segmentation.outcome import past_periods
from marketeer.tools.segmentation.processes import ProcessMethod
from marketeer.tools.segmentation.refresh import carried
from marketeer.tools.segmentation.rfm import SCHEMES, RfmMethod
from marketeer.tools.segmentation.stability import Method
from marketeer.tools.segmentation.stored import Laid, restored, stored
from marketeer.tools.warehouse.features import customer_features
from tests.shops import publish_shop, shop_frames

RFM = ("recency_days", "orders", "net_revenue")


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return customer_features(publish_shop(tmp_path_factory.mktemp("shop"), shop_frames()))


@pytest.mark.parametrize("kind", ["scheme", "centres", "bands", "processes"])
def test_a_stored_rule_says_the_same_when_read_back(tmp_path: Path, kind: str) -> None:
    dataset = publish_shop(tmp_path, shop_frames())
    features = customer_features(dataset)
    methods: dict[str, Method] = {
        "scheme": RfmMethod(SCHEMES["quintiles"]),
        "centres": ClusterMethod(families()["kmeans"], 4, RFM, "yeo_johnson"),
        "bands": BandMethod(past_periods(dataset, dataset.need_as_of())[-1], 4),
        "processes": ProcessMethod(3),
    }
    fitted = methods[kind].fit(features, 0)
    laid = Laid(fitted, {label: f"segment {label}" for label in range(-1, 12)})
    frame = Segmentation(pd.DataFrame({"customer_row": [0]}), {"rule": stored(laid)})
    frame.save(tmp_path / "payload")
    again = restored(Segmentation.load(tmp_path / "payload").about["rule"])
    assert again is not None
    np.testing.assert_array_equal(again.codes(features), laid.codes(features))


def test_what_cannot_be_stored_is_not() -> None:
    assert restored({}) is None


def landmarks(fitted: FittedClustering, features: pd.DataFrame, names: dict[int, str]) -> Landmarks:
    return landmarks_of(fitted.space, fitted.space.place(features), fitted.assign(features), names)


@pytest.mark.parametrize("family", ["kmeans", "bisecting_kmeans", "agglomerative", "gaussian_mixture"])
def test_clusters_keep_their_names_when_the_data_are_refreshed(features: pd.DataFrame, family: str) -> None:
    method = ClusterMethod(families()[family], 2, RFM)
    names = {0: "ants", 1: "bees"}
    fitted = method.fit(features, 0)
    before = Landmarks.restored(json.loads(json.dumps(landmarks(fitted, features, names).stored())))
    assert before is not None
    refreshed = features.sample(frac=0.95, random_state=3)
    labels = method.fit(refreshed, 7).assign(refreshed)
    match = continue_names(before, refreshed, labels, {0: "x", 1: "y"})
    assert match is not None
    assert sorted(match.names.values()) == ["ants", "bees"]
    assert match.ended == match.begun == ()
    assert set(match.landmarks.codes) == {"ants", "bees"}
    named = np.array([match.names[label] for label in labels])
    earlier = np.array([names[label] for label in fitted.assign(refreshed)])
    assert (named == earlier).mean() > 0.9
    assert max(match.drift.values()) < 0.5


def test_drift_is_the_distance_of_the_means_per_feature(features: pd.DataFrame) -> None:
    fitted = ClusterMethod(families()["kmeans"], 2, RFM).fit(features, 0)
    before = landmarks(fitted, features, {0: "ants", 1: "bees"})
    labels = fitted.assign(features)
    later = features.assign(recency_days=features["recency_days"] * 1.5)
    match = continue_names(before, later, labels, {0: "x", 1: "y"})
    assert match is not None
    places, moved = fitted.space.place(features), fitted.space.place(later)
    for label, code in enumerate(("ants", "bees")):
        step = moved[labels == label].mean(axis=0) - places[labels == label].mean(axis=0)
        assert match.drift[code] == pytest.approx(np.sqrt((step**2).mean()))


def test_a_group_far_from_all_earlier_ones_is_new_and_one_without_heirs_has_ended(
    features: pd.DataFrame,
) -> None:
    fitted = ClusterMethod(families()["kmeans"], 2, ("orders",)).fit(features, 0)
    before = landmarks(fitted, features, {0: "few", 1: "many"})
    moved = features.assign(orders=features["orders"] * 1_000)
    match = continue_names(before, moved, np.zeros(len(moved), dtype=np.int64), {0: "huge"})
    assert match is not None
    assert match.begun == ("huge",)
    assert set(match.ended) == {"few", "many"}


def test_other_columns_or_noise_alone_continue_nothing(features: pd.DataFrame) -> None:
    fitted = ClusterMethod(families()["kmeans"], 2, ("orders",)).fit(features, 0)
    before = landmarks(fitted, features, {0: "few", 1: "many"})
    noise = np.full(len(features), NOISE)
    assert continue_names(before, features.drop(columns="orders"), noise + 1, {0: "x"}) is None
    assert continue_names(before, features, noise, {}) is None
    assert Landmarks.restored({}) is None


def test_moves_arrivals_and_newcomers_are_counted() -> None:
    then = pd.DataFrame({"customer_row": [0, 1, 2]})
    now = pd.DataFrame({"customer_row": [0, 1, 2, 3]})
    counted = migrate(
        then, np.array(["a", "a", "b"], dtype=object), now, np.array(["a", "b", "b", "b"], dtype=object)
    )
    moves = {(row.before, row.now): row.customers for row in counted.moves.itertuples()}
    assert moves == {("a", "a"): 1, ("a", "b"): 1, ("b", "b"): 1}
    assert counted.joined.to_dict() == {"b": 1}


def test_segments_are_carried_over_by_customer_id_not_by_row(tmp_path: Path) -> None:
    frames = shop_frames(20)
    old = publish_shop(tmp_path, frames, snapshot="old")
    shuffled = frames[Table.CUSTOMERS].iloc[::-1].reset_index(drop=True)
    shuffled["customer_row"] = np.arange(20)
    new = publish_shop(tmp_path, {**frames, Table.CUSTOMERS: shuffled[:15]}, snapshot="new")
    earlier = Segmentation(
        pd.DataFrame({"customer_row": np.arange(20), "segment": [f"s{n}" for n in range(20)]})
    )
    found = carried(earlier, old, new).set_index("customer_row")["segment"]
    assert found.to_dict() == {row: f"s{19 - row}" for row in range(15)}
