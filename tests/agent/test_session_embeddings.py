from collections.abc import Iterator
from pathlib import Path

import pytest

from marketeer.agent.session import Session, open_session
from marketeer.agent.settings import load_settings
from marketeer.tools.core.errors import ModelError
from tests.loopback import Loopback, embed
from tests.shops import publish_shop, shop_frames


@pytest.fixture
def session(tmp_path: Path, endpoint: Loopback) -> Iterator[Session]:
    publish_shop(tmp_path, shop_frames())
    flags = {"base_url": endpoint.url, "api_key": "sk-test", "embedder": "openai:small", "retries": 0}
    endpoint.play(embed)
    opened = open_session(load_settings(workspace=tmp_path, model="", **flags))
    yield opened
    opened.close()


def test_texts_sent_to_an_embeddings_endpoint_are_on_the_record(session: Session, endpoint: Loopback) -> None:
    session.run_tool("find_customers", {"text": "tea"})
    assert endpoint.keys[0] == "sk-test"
    parcels = list(session.sent())
    assert len(parcels) == len(endpoint.requests)
    assert all(parcel.address.endswith("/v1/embeddings") for parcel in parcels)


def test_an_answer_of_the_planner_counts_what_embeddings_sent(session: Session, endpoint: Loopback) -> None:
    answer = session.ask("find customers who would like tea")
    assert endpoint.requests
    assert answer.sent.requests == len(endpoint.requests)
    assert answer.sent.bytes == sum(parcel.bytes for parcel in session.sent())


def test_a_search_that_names_a_person_does_not_leave(session: Session, endpoint: Loopback) -> None:
    session.run_tool("find_customers", {"text": "tea"})
    before = len(endpoint.requests)
    with pytest.raises(ModelError, match="would have carried"):
        session.workspace.ports.index.search("gifts for person3@example.com", None, 5)
    assert len(endpoint.requests) == before


def test_the_client_is_opened_again_after_a_session_let_go(session: Session, endpoint: Loopback) -> None:
    session.run_tool("find_customers", {"text": "tea"})
    session.close()
    assert session.workspace.ports.index.search("cups", None, 5)
