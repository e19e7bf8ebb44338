from collections.abc import Iterator
from pathlib import Path

import pytest

from marketeer.agent.session import Session, open_session
from marketeer.agent.settings import load_settings
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import Finding, Verdict
from tests.loopback import Loopback, ask, say
from tests.shops import publish_shop, shop_frames

AT_HAND = {"scheme": "eight_groups"}
LATER = "Those are hibernating [F3]."


@pytest.fixture
def session(tmp_path: Path, endpoint: Loopback) -> Iterator[Session]:
    publish_shop(tmp_path, shop_frames())
    flags = {"model": "loopback", "base_url": endpoint.url, "embedder": "lexical", "retries": 0}
    opened = open_session(load_settings(workspace=tmp_path, **flags))
    assert opened.run_tool("segment_customers", AT_HAND).id == "F1"
    yield opened
    opened.close()


def is_made_and_told(session: Session, finding: Finding) -> None:
    assert finding.recipe is not None
    assert finding.recipe.parents == {"segmentation": "F2"}
    made = session.workspace.ledger.get("F2")
    assert made.recipe is not None
    assert (made.recipe.tool, made.recipe.args["scheme"]) == ("segment_customers", "quintiles")
    told = [note.params for note in finding.notes if note.code == "segmented_for"]
    assert told == [{"segment": "hibernating", "scheme": "rfm_quintiles", "made": "F2"}]
    assert session.workspace.current("segmentation") == "F2"


def test_the_planner_answers_and_tells(session: Session) -> None:
    session.switch_model(session.settings.model_copy(update={"model": "offline"}))
    for question, said in (
        ("describe the Hibernating segment", "so the customers were segmented first: RFM grid [F2]"),
        ("介绍一下沉睡客户", "所以先按“RFM 网格”给客户分了群 [F2]"),
    ):
        session.run_tool("segment_customers", AT_HAND)
        answer = session.ask(question)
        assert [finding.recipe.tool for finding in answer.findings if finding.recipe] == ["describe_segment"]
        is_made_and_told(session, answer.findings[-1])
        assert said in answer.text
        assert answer.unverified == ()


def test_a_chat_model_is_given_the_finding_and_what_to_say(session: Session, endpoint: Loopback) -> None:
    endpoint.play(ask(("describe_segment", {"segment": "hibernating"})), say(LATER))
    answer = session.ask("Who is hibernating?")
    is_made_and_told(session, answer.findings[-1])
    sheet = endpoint.requests[1]["messages"][-1]["content"]
    assert "must be said" in sheet
    assert "[F2]" in sheet


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        ("describe_segment", {"segment": "Hibernating"}),
        ("query_metric", {"segment": "Hibernating"}),
        ("build_audience", {"segment": "Hibernating"}),
        ("find_customers", {"segment": "Hibernating", "mode": "typical"}),
        ("recommend_products", {"segment": "Hibernating"}),
        ("offer_economics", {"segment": "Hibernating"}),
        ("plan_test", {"segment": "Hibernating"}),
        ("rank_offer_targets", {"segment": "Hibernating"}),
        ("plan_campaign", {"segments": ["Hibernating", "Champions"]}),
        ("draft_campaign", {"segments": ["Hibernating"]}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_tool_run_by_itself_has_it_made_and_says_so(
    session: Session, tool: str, args: dict[str, object]
) -> None:
    finding = session.run_tool(tool, args)
    assert finding.recipe is not None
    assert finding.recipe.parents["segmentation"] == "F2"
    is_told = {note.params.get("segment") for note in finding.notes if note.code == "segmented_for"}
    assert "hibernating" in is_told
    assert session.replay(finding.id).agrees
    assert finding.verdict in set(Verdict)


def test_an_export_has_it_made_too(session: Session, tmp_path: Path) -> None:
    args = {"segments": ["Hibernating"], "folder": str(tmp_path / "out"), "sender": "plain"}
    finding = session.run_tool("export_audience", args)
    assert finding.recipe is not None
    assert finding.recipe.parents["segmentation"] == "F2"


def test_the_same_question_gives_the_same_finding_whatever_was_at_hand(session: Session) -> None:
    first = session.run_tool("describe_segment", {"segment": "Hibernating"})
    again = session.run_tool("describe_segment", {"segment": "Hibernating"})
    assert again == first
    session.run_tool("segment_customers", AT_HAND)
    once_more = session.run_tool("describe_segment", {"segment": "Hibernating"})
    assert (once_more.id, once_more.facts) == (first.id, first.facts)
    assert session.workspace.current("segmentation") == "F2"


def test_a_segmentation_named_by_its_id_is_never_replaced(session: Session) -> None:
    with pytest.raises(Retry) as caught:
        session.run_tool("describe_segment", {"segment": "Hibernating", "segmentation": "F1"})
    assert caught.value.code == "segment_of_other_scheme"
    assert session.workspace.current("segmentation") == "F1"


def test_a_name_of_no_scheme_has_nothing_made(session: Session) -> None:
    with pytest.raises(Retry) as caught:
        session.run_tool("plan_campaign", {"segments": ["Hibernating", "Galactic"]})
    assert session.workspace.current("segmentation") == "F1"
    assert caught.value.code in {"segment_of_other_scheme", "unknown_segment"}
