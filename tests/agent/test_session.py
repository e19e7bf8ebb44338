import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from marketeer.agent.events import Event, Notice, ToolFinished, ToolProgress
from marketeer.agent.models.scripted import ScriptedModel, call
from marketeer.agent.session import Session, open_session
from marketeer.agent.settings import load_settings
from marketeer.tools import tool_names
from marketeer.tools.core.contract import Args, Example, Tool
from marketeer.tools.core.errors import Retry, WorkspaceError
from marketeer.tools.core.findings import Fact, Finding, Unit
from marketeer.tools.core.workspace import Workspace
from tests.shops import publish_shop, shop_frames

Open = Callable[..., Session]
GOOD = "Champions are 412 customers [F1.1]."


def test_the_answer_is_one_object_of_the_promised_shape(open_with: Open) -> None:
    answer = open_with(call("judge_offer"), "The data cannot tell [F1].").ask("Which segment?").to_json()
    assert set(answer) >= {"kind", "text", "findings", "drafts", "unverified", "model", "usage"}
    assert answer["kind"] == "cannot_tell"
    (finding,) = answer["findings"]
    assert (finding["id"], finding["tool"], finding["args"]) == ("F1", "judge_offer", {"percent": 15.0})
    assert (finding["title"], finding["verdict"]) == ("offer", "insufficient")
    assert finding["facts"][0] == {
        "id": "F1.1",
        "name": "profit",
        "value": 1204.5,
        "unit": "money",
        "subject": {"kind": "segment", "name": "at_risk"},
        "interval": {"low": -200.0, "high": 2600.0, "level": 0.9},
        "kind": "measured",
    }


def test_the_language_follows_the_question_unless_one_is_chosen(open_with: Open) -> None:
    assert open_with("好的。").ask("有多少客户？").language == "zh"
    assert open_with("Good.").ask("How many customers?").language == "en"
    assert open_with("Good.", language="zh").ask("How many customers?").language == "zh"


def test_a_new_conversation_knows_nothing_of_the_old(open_with: Open) -> None:
    session = open_with("One.", "Two.")
    session.ask("first")
    before = session.conversation
    session.new_conversation()
    assert (session.history, session.messages) == ((), ())
    assert session.conversation != before


@pytest.mark.skipif("describe_data" not in tool_names(), reason="the catalogue has no such tool")
def test_with_nothing_loaded_the_demo_shop_is_opened_and_said_so(tmp_path: Path) -> None:
    heard: list[Event] = []
    session = open_session(load_settings(workspace=tmp_path / "fresh", model=""), heard.append)
    assert [notice.code for notice in session.notices] == ["demo_shop", "offline"]
    assert [event.code for event in heard if isinstance(event, Notice)] == ["demo_shop", "offline"]
    assert any(isinstance(event, ToolProgress) for event in heard)
    finding = session.run_tool("describe_data", {})
    assert [filed.id for filed in session.findings] == [finding.id]
    assert session.replay(finding.id).agrees


def test_a_model_without_a_key_falls_back_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    publish_shop(tmp_path, shop_frames(customers=20))
    session = open_session(load_settings(workspace=tmp_path, model="gpt-x"))
    assert [notice.code for notice in session.notices] == ["no_key"]
    assert session.model_name == "offline"


def test_a_folder_that_is_a_file_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(WorkspaceError, match="taken"):
        open_session(load_settings(workspace=tmp_path / "taken"))


def test_a_finding_nobody_made_cannot_be_replayed(open_with: Open) -> None:
    with pytest.raises(Retry, match="F99"):
        open_with("Hi.").replay("F99")


def test_opening_a_session_imports_no_chat_library() -> None:
    script = (
        "import sys, marketeer.agent.session\n"
        "heavy = {'langchain_core', 'langgraph', 'openai', 'chromadb', 'sklearn'} & set(sys.modules)\n"
        "print(*sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def slow_tool(args: Args, workspace: Workspace) -> Finding:
    """Take long. Use for nothing."""
    for step in range(600):
        time.sleep(0.05)
        workspace.ports.progress.report("slow", step, 600)
    return Finding("slow", (Fact("steps", 600, Unit.COUNT),))


def test_ctrl_c_is_heard_at_once_and_the_conversation_stays(open_with: Open) -> None:
    base = open_with("unused")
    slow = Tool(slow_tool, Args, (Example("take long"),))
    model = ScriptedModel(turns=[call("slow_tool"), "never said"])
    session = Session(base.settings, base.workspace, tools=lambda: (slow,), model=model)
    began: list[float] = []

    def press(event: Event) -> None:
        if isinstance(event, ToolProgress) and not began:
            began.append(time.perf_counter())
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt):
        session.ask("Go", press)
    assert time.perf_counter() - began[0] < 2
    assert session.history == ()


def test_the_findings_of_an_answer_are_filed(open_with: Open) -> None:
    session = open_with(call("count_customers"), GOOD)
    events: list[Event] = []
    answer = session.ask("How many?", events.append)
    assert session.findings == list(answer.findings)
    assert [event.finding for event in events if isinstance(event, ToolFinished)] == list(answer.findings)
