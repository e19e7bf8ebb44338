import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from marketeer.vectorstore.lsa import LatentSemantics, TfIdf, grams_of, words_of

CORPUS = [
    f"{colour} {thing} for the {place}"
    for colour in ("red", "blue", "old")
    for thing in ("teapot", "spade", "lamp", "chair")
    for place in ("garden", "kitchen", "hall")
]


def test_tf_idf_is_that_of_scikit_learn() -> None:
    ours = TfIdf(words_of, CORPUS)
    plain = TfidfVectorizer(sublinear_tf=True, vocabulary=list(ours.column)).fit(CORPUS)
    texts = ["red red teapot", "unknown words", "lamp for the hall and the garden"]
    assert np.allclose(ours.weigh(texts).toarray(), plain.transform(texts).toarray())


def test_n_grams_are_those_of_scikit_learn() -> None:
    analyse = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)).build_analyzer()
    for text in ("Red teapot", "x", "蓝色茶壶", "red red"):
        assert sorted(set(grams_of(text))) == sorted(set(analyse(text)))


def test_the_projection_is_that_of_a_full_svd() -> None:
    ours = LatentSemantics(CORPUS, 12).embed(CORPUS)
    words, grams = TfIdf(words_of, CORPUS), TfIdf(grams_of, CORPUS)
    matrix = np.hstack([words.weigh(CORPUS).toarray(), grams.weigh(CORPUS).toarray()])
    plain = TruncatedSVD(12, algorithm="arpack", random_state=0).fit_transform(matrix)
    plain /= np.linalg.norm(plain, axis=1, keepdims=True)
    assert np.allclose(ours @ ours.T, plain @ plain.T, atol=1e-3)


def test_stop_words_say_nothing() -> None:
    model = LatentSemantics(CORPUS, 12)
    assert not model.embed(["what are the things for"]).any()
    assert np.allclose(model.embed(["which teapot"]), model.embed(["teapot"]))


@pytest.mark.parametrize("dimensions", [1, 5, 400])
def test_there_are_never_more_dimensions_than_asked_for(dimensions: int) -> None:
    assert LatentSemantics(CORPUS, dimensions).embed(["teapot"]).shape[1] <= dimensions
