import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketeer.agent.session import Session, open_session
from marketeer.agent.settings import load_settings
from marketeer.tools.core.workspace import Workspace
from tests.loopback import Loopback, ask, say
from tests.shops import publish_shop, shop_frames


@pytest.fixture
def session(tmp_path: Path, endpoint: Loopback) -> Iterator[Session]:
    publish_shop(tmp_path, shop_frames())
    flags = {"model": "loopback", "base_url": endpoint.url, "embedder": "lexical", "retries": 0}
    opened = open_session(load_settings(workspace=tmp_path, **flags))
    yield opened
    opened.close()


def segment_of(workspace: Workspace) -> str:
    finding = next(
        finding for finding in workspace.ledger.all() if finding.recipe.tool == "segment_customers"
    )
    return next(fact.subject.name for fact in finding.facts if fact.subject.kind == "segment")


def test_a_model_outside_writes_drafts_through_the_gateway(session: Session, endpoint: Loopback) -> None:
    session.run_tool("segment_customers", {})
    endpoint.play(
        ask(("draft_campaign", {"segments": [segment_of(session.workspace)]})),
        say("this is no JSON"),
        say("still none"),
        say("The draft is ready."),
    )
    answer = session.ask("Draft a message for them")
    assert len(answer.drafts) == 1
    assert "fell_back" in answer.drafts[0].notes
    assert answer.usage.calls == 4
    assert [json.loads(parcel.body) for parcel in session.sent()] == endpoint.requests
    assert "person" not in json.dumps(endpoint.requests[1]["messages"]).replace("the person", "")


def test_a_writer_without_a_model_can_be_chosen(session: Session, endpoint: Loopback) -> None:
    session.switch_model(session.settings.model_copy(update={"writer": "template"}))
    session.run_tool("segment_customers", {})
    finding = session.run_tool("draft_campaign", {"segments": [segment_of(session.workspace)]})
    assert finding.drafts[0].writer.startswith("template/")
    assert endpoint.requests == []
