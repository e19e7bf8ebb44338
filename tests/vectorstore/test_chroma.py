import multiprocessing
from pathlib import Path

import chromadb
import numpy as np
import pytest
from chromadb.config import Settings

from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import WorkspaceError
from marketeer.vectorstore import FOLDER, drop_index, open_index
from marketeer.vectorstore.chroma import ChromaStore
from marketeer.vectorstore.profiles import Profile, Profiles
from tests.vectorstore.tastes import NOBODY, taste_shop

VECTORS = np.eye(8, dtype=np.float32)


@pytest.fixture
def shop(tmp_path: Path) -> Dataset:
    return taste_shop(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> ChromaStore:
    return ChromaStore(tmp_path / FOLDER, "profiles-test", NOBODY + 1, "texts")


def collection(folder: Path) -> chromadb.Collection:
    client = chromadb.PersistentClient(str(folder / FOLDER), settings=Settings(anonymized_telemetry=False))
    return client.get_collection(client.list_collections()[0].name, embedding_function=None)


def test_chroma_holds_sentence_metadata_and_vector(tmp_path: Path, shop: Dataset, store: ChromaStore) -> None:
    profiles = Profiles(shop).of([3, 4])
    assert store.remember(profiles, VECTORS[:2]) == 2
    kept = collection(tmp_path).get(ids=["4"], include=["documents", "metadatas", "embeddings"])
    assert kept["documents"] == [profiles[1].document]
    assert kept["metadatas"][0].items() >= profiles[1].metadata.items()
    assert np.array_equal(kept["embeddings"][0], VECTORS[1])


def test_an_unchanged_profile_is_skipped_and_a_changed_one_replaced(
    tmp_path: Path, shop: Dataset, store: ChromaStore
) -> None:
    profiles = Profiles(shop).of([0, 1, 2])
    store.remember(profiles, VECTORS[:3])
    assert store.remember(profiles, VECTORS[:3]) == 0
    changed = [profiles[0], *Profiles(shop, "zh").of([1]), profiles[2]]
    assert store.remember(changed, VECTORS[[0, 1, 7]]) == 2
    kept = collection(tmp_path).get(include=["documents", "embeddings"])
    found = dict(zip(kept["ids"], zip(kept["documents"], kept["embeddings"], strict=True), strict=True))
    assert found["1"][0] == changed[1].document
    assert np.array_equal(found["2"][1], VECTORS[7])
    assert len(found) == 3


def test_what_was_written_before_a_stop_is_not_written_again(tmp_path: Path, shop: Dataset) -> None:
    first = open_index(shop, tmp_path, "lexical")
    first.search("garden", None, 9)
    assert collection(tmp_path).count() == 9
    assert open_index(shop, tmp_path, "lexical").prepare() == NOBODY - 9


def test_chroma_ranks_only_when_it_holds_everybody(shop: Dataset, store: ChromaStore) -> None:
    random = np.random.default_rng(0).normal(size=(NOBODY + 1, 8)).astype(np.float32)
    vectors = random / np.linalg.norm(random, axis=1, keepdims=True)
    profiles = Profiles(shop).of(range(NOBODY + 1))
    store.remember(profiles[:-1], vectors[:-1])
    assert store.approximate(vectors[5], 3, NOBODY + 1) is None
    store.remember(profiles, vectors)
    found = store.approximate(vectors[5], 3, NOBODY + 1)
    assert found is not None
    rows, scores = found
    assert rows.tolist() == np.argsort(-(vectors @ vectors[5]))[:3].tolist()
    assert scores[0] == 1


def test_vectors_are_read_from_their_file_the_second_time(store: ChromaStore) -> None:
    made = np.ones((NOBODY + 1, 4), dtype=np.float32)
    store.vectors(lambda: made)
    assert np.array_equal(store.vectors(lambda: made * 0), made)


def test_files_are_for_their_owner_only(tmp_path: Path, shop: Dataset) -> None:
    open_index(shop, tmp_path, "lexical").search("cake", None, 2)
    folder = tmp_path / FOLDER
    assert folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.glob("*.np?"))


def test_damaged_vectors_are_made_again(tmp_path: Path, shop: Dataset) -> None:
    before = open_index(shop, tmp_path, "lexical").search("cake", None, 5)
    for path in (tmp_path / FOLDER).glob("*.np?"):
        path.write_bytes(b"\x93NUMPY broken")
    assert open_index(shop, tmp_path, "lexical").search("cake", None, 5) == before


def test_a_folder_chroma_cannot_open_is_named_with_the_way_out(tmp_path: Path, shop: Dataset) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / "chroma.sqlite3").write_bytes(b"this is no database" * 500)
    with pytest.raises(WorkspaceError, match="Delete that folder") as caught:
        open_index(shop, tmp_path, "lexical").search("cake", None, 1)
    assert caught.value.code == "profiles_damaged"


def test_dropping_leaves_nothing_and_the_index_comes_back(tmp_path: Path, shop: Dataset) -> None:
    before = open_index(shop, tmp_path, "lexical").search("cake", None, 5)
    drop_index(tmp_path)
    assert not (tmp_path / FOLDER).exists()
    assert open_index(shop, tmp_path, "lexical").search("cake", None, 5) == before


def _write(folder: str, seed: int) -> None:
    store = ChromaStore(Path(folder), "shared", 300, "texts")
    vectors = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    for turn in range(6):
        rows = np.random.default_rng(100 * seed + turn).choice(300, 80, replace=False)
        profiles = [Profile(int(row), f"{row} said in turn {turn}", {}) for row in rows]
        store.remember(profiles, vectors[rows])


def test_two_programs_writing_in_turns_leave_every_vector_readable(tmp_path: Path) -> None:
    folder = str(tmp_path / FOLDER)
    other = multiprocessing.get_context("spawn").Process(target=_write, args=(folder, 1))
    other.start()
    while other.is_alive() and not (tmp_path / FOLDER / "chroma.sqlite3").exists():
        other.join(0.05)
    _write(folder, 2)
    other.join()
    assert other.exitcode == 0
    kept = collection(tmp_path).get(include=["embeddings"])
    vectors = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    rows = [int(name) for name in kept["ids"]]
    assert len(rows) == len(set(rows)) > 200
    assert np.allclose(kept["embeddings"], vectors[rows])
