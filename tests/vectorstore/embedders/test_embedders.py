import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps, loads

import numpy as np
import pytest
from openai import OpenAI

from marketeer.tools.core.errors import ModelError, SettingsError
from marketeer.vectorstore.embedders import Context, Embedder, choose, unit_rows, ways
from marketeer.vectorstore.embedders.minilm import local_weights

TEXTS = [
    "red teapot",
    "blue teapot",
    "garden spade",
    "steel spade for the garden",
    "蓝色茶壶",
    "红色茶壶",
    "花园铁锹",
]


class Endpoint(BaseHTTPRequestHandler):
    """Embeds a text as its letter counts; answers nonsense for the model `broken`."""

    def do_POST(self) -> None:
        asked = loads(self.rfile.read(int(self.headers["Content-Length"])))
        rows = [[float(text.count(letter)) + 0.1 for letter in "abcdefgrst茶花"] for text in asked["input"]]
        data = [{"object": "embedding", "index": n, "embedding": row} for n, row in enumerate(rows)]
        answer = {"object": "list", "model": asked["model"], "data": data[::-1], "usage": {}}
        if asked["model"] == "broken":
            answer["data"] = data[:1]
        self.send_response(500 if asked["model"] == "down" else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(dumps(answer).encode())

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def client() -> Iterator[OpenAI]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="none", max_retries=0) as made:
        yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(params=[way.name for way in ways()])
def embedder(request: pytest.FixtureRequest, client: OpenAI) -> Embedder:
    name = request.param
    if name == "minilm" and local_weights() is None:
        pytest.skip("the MiniLM weights are not installed")
    return choose(
        f"{name}:small" if name == "openai" else name, Context(lambda: TEXTS, client=lambda: client)
    )


def test_rows_are_float32_of_unit_length_in_the_order_of_the_texts(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.dtype == np.float32
    assert len(vectors) == len(TEXTS)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert np.allclose(embedder.embed([text])[0], vector, atol=1e-4)


def test_texts_that_share_words_are_nearer(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_nothing_to_embed_gives_no_rows(embedder: Embedder) -> None:
    assert len(embedder.embed([])) == 0


def test_two_of_one_name_have_one_fingerprint_and_agree(embedder: Embedder, client: OpenAI) -> None:
    name = "openai:small" if embedder.name == "openai" else embedder.name
    other = choose(name, Context(lambda: TEXTS, client=lambda: client))
    assert other.fingerprint == embedder.fingerprint
    assert np.array_equal(other.embed(TEXTS), embedder.embed(TEXTS))


@pytest.mark.parametrize(
    ("text", "understood"), [("teapots", True), ("gardening", True), ("chess dice", False)]
)
def test_the_lexical_embedder_forgives_endings_but_not_strangers(text: str, understood: bool) -> None:
    assert choose("lexical", Context(lambda: TEXTS)).embed([text])[0].any() == understood


def test_the_lexical_embedder_reads_chinese() -> None:
    vectors = choose("lexical", Context(lambda: TEXTS)).embed(["茶壶", *TEXTS])
    nearest = np.argsort(-(vectors[1:] @ vectors[0]))[:2]
    assert {TEXTS[n] for n in nearest} == {"蓝色茶壶", "红色茶壶"}


@pytest.mark.parametrize("corpus", [[], [""], ["the"], ["-"], ["teapot"], ["a b", "a b"]])
def test_the_lexical_embedder_takes_any_corpus(corpus: list[str]) -> None:
    vectors = choose("lexical", Context(lambda: corpus)).embed(["teapot", "zzz"])
    assert vectors.shape[0] == 2
    assert np.isfinite(vectors).all()


def test_auto_takes_the_best_that_can_work_here() -> None:
    english = choose("auto", Context(lambda: ["red teapot", "garden spade"]))
    assert english.name == ("lexical" if local_weights() is None else "minilm")
    assert choose("auto", Context(lambda: ["蓝色茶壶", "花园铁锹"])).name == "lexical"


def test_auto_sends_nothing_to_an_endpoint_unasked(client: OpenAI) -> None:
    assert choose("auto", Context(lambda: TEXTS, client=lambda: client)).name != "openai"


def test_an_endpoint_needs_a_client_and_a_model(client: OpenAI) -> None:
    for name, given in (("openai:small", None), ("openai", lambda: client)):
        with pytest.raises(SettingsError, match="OPENAI_API_KEY"):
            choose(name, Context(list, client=given))


@pytest.mark.parametrize(("model", "code"), [("broken", "embedding_shape"), ("down", "embedding")])
def test_an_endpoint_that_fails_gives_one_clear_error(client: OpenAI, model: str, code: str) -> None:
    with pytest.raises(ModelError) as caught:
        choose(f"openai:{model}", Context(list, client=lambda: client)).embed(["one", "two"])
    assert caught.value.code == code


def test_a_row_of_zeros_stays_zeros() -> None:
    assert unit_rows(np.array([[0.0, 0.0], [3.0, 4.0]])).tolist() == [
        [0, 0],
        [pytest.approx(0.6), pytest.approx(0.8)],
    ]
