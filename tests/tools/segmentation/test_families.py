import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN, HDBSCAN, KMeans
from sklearn.datasets import make_blobs, make_moons
from sklearn.metrics import adjusted_rand_score

from marketeer.tools.segmentation.families import NOISE, Family, families
from marketeer.tools.segmentation.families.density import knee, neighbours_of

FAMILIES = tuple(families().values())


@pytest.fixture(scope="module")
def blobs() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    places, labels = make_blobs(600, centers=[[0, 0], [6, 0], [0, 6]], cluster_std=0.6, random_state=0)
    return places, labels


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_family_finds_well_separated_groups(
    family: Family, blobs: tuple[NDArray[np.float64], NDArray[np.int64]]
) -> None:
    places, truth = blobs
    labels = family.fit(places, 3, 0).assign(places)
    kept = labels != NOISE
    assert kept.mean() > 0.8
    assert adjusted_rand_score(truth[kept], labels[kept]) > 0.99
    assert set(labels[kept]) == {0, 1, 2}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_family_says_the_same_twice_and_place_by_place(
    family: Family, blobs: tuple[NDArray[np.float64], NDArray[np.int64]]
) -> None:
    places, _ = blobs
    first = family.fit(places, 3, 0).assign(places)
    partition = family.fit(places, 3, 0)
    np.testing.assert_array_equal(first, partition.assign(places))
    np.testing.assert_array_equal(first[:7], partition.assign(places[:7]))


def test_k_means_reaches_the_inertia_of_scikit_learn(
    blobs: tuple[NDArray[np.float64], NDArray[np.int64]],
) -> None:
    places, _ = blobs
    labels = families()["kmeans"].fit(places, 4, 0).assign(places)
    ours = sum(((places[labels == c] - places[labels == c].mean(axis=0)) ** 2).sum() for c in range(4))
    assert ours == pytest.approx(KMeans(4, n_init=10, random_state=0).fit(places).inertia_, rel=1e-3)


def test_density_families_find_dense_groups_of_any_shape_and_name_the_noise() -> None:
    moons, truth = make_moons(600, noise=0.05, random_state=0)
    stray = np.random.default_rng(0).uniform(-3, 4, (40, 2))
    stray = stray[np.linalg.norm(stray[:, None] - moons[None], axis=2).min(axis=1) > 0.6]
    places = np.vstack([moons, stray])
    for name in ("dbscan", "hdbscan"):
        labels = families()[name].fit(places, 0, 0).assign(places)
        assert (labels[len(moons) :] == NOISE).mean() > 0.9, name
        kept = labels[: len(moons)] != NOISE
        assert kept.mean() > 0.9, name
        assert adjusted_rand_score(truth[kept], labels[: len(moons)][kept]) > 0.95, name


def test_dbscan_on_all_places_labels_core_places_as_the_plain_algorithm_does() -> None:
    places, _ = make_blobs(400, centers=3, cluster_std=0.7, random_state=2)
    partition = families()["dbscan"].fit(places, 0, 0)
    radius = float(partition.radii[0])  # type: ignore[attr-defined]  # a density partition
    plain = DBSCAN(eps=radius, min_samples=10).fit(places)
    core = plain.core_sample_indices_
    np.testing.assert_array_equal(partition.assign(places)[core], plain.labels_[core])


def test_hdbscan_on_all_places_labels_them_as_the_plain_algorithm_does() -> None:
    places, _ = make_blobs(400, centers=3, cluster_std=0.7, random_state=2)
    plain = HDBSCAN(min_cluster_size=10, min_samples=10, copy=True).fit(places)
    np.testing.assert_array_equal(families()["hdbscan"].fit(places, 0, 0).assign(places), plain.labels_)


def test_the_knee_is_where_distances_turn_up() -> None:
    flat, steep = np.linspace(1, 1.1, 900), np.linspace(1.1, 10, 100)
    assert 1.05 < knee(np.concatenate([steep, flat])) < 1.5
    assert knee(np.full(50, 2.0)) == 2.0


def test_without_dense_places_everybody_is_noise() -> None:
    partition = neighbours_of(np.empty((0, 2)), np.empty(0), np.empty(0))
    assert partition.assign(np.zeros((3, 2))).tolist() == [NOISE] * 3
