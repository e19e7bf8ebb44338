import json
from collections.abc import Callable

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.utils.function_calling import convert_to_openai_tool

from marketeer.agent.events import Event, ToolFailed, ToolFinished, ToolProgress, ToolStarted
from marketeer.agent.models.scripted import call, calls
from marketeer.agent.session import Session
from marketeer.agent.toolkit import as_langchain, schema
from marketeer.tools import catalog
from marketeer.tools.core.contract import Tool
from marketeer.tools.core.errors import Insufficient, MarketeerError, Retry
from marketeer.tools.core.findings import Finding
from marketeer.tools.core.workspace import Workspace
from tests.agent.conftest import TOOLS

Open = Callable[..., Session]


def messages_of(session: Session, question: str = "Go") -> list[ToolMessage]:
    session.ask(question)
    return [message for message in session.messages if isinstance(message, ToolMessage)]


def test_a_finding_travels_as_a_sheet_and_whole(open_with: Open) -> None:
    (message,) = messages_of(open_with(call("count_customers"), "Done."))
    assert isinstance(message.artifact, Finding)
    assert "[F1.1" in message.text
    assert message.status == "success"


def test_an_unknown_name_comes_back_with_the_nearest_and_as_an_error(open_with: Open) -> None:
    session = open_with(call("count_customers", segment="championes"), "Done.")
    (message,) = messages_of(session)
    assert isinstance(message.artifact, Retry)
    assert "champions" in message.text
    assert message.status == "error"


def test_wrong_arguments_name_the_fields_there_are(open_with: Open) -> None:
    (message,) = messages_of(open_with(call("count_customers", slices=3), "Done."))
    assert "Its arguments are: segment" in message.text


def test_what_the_data_cannot_say_is_told_to_the_model_as_such(open_with: Open) -> None:
    (message,) = messages_of(open_with(call("predict_weather"), "Done."))
    assert isinstance(message.artifact, Insufficient)
    assert message.text.startswith("insufficient: The data holds no weather.")


def test_an_unknown_tool_is_answered_with_those_there_are(open_with: Open) -> None:
    (message,) = messages_of(open_with(call("guess_everything"), "Done."))
    assert "count_customers" in message.text


def test_a_fault_in_a_tool_is_one_clear_error(open_with: Open) -> None:
    session = open_with(call("break_down"))
    with pytest.raises(MarketeerError, match=r"break_down.*ZeroDivisionError.*division by zero"):
        session.ask("Go")
    assert session.history == ()


def test_every_step_is_told_in_order(open_with: Open) -> None:
    session = open_with(calls(call("count_customers"), call("export_all")), "Done.")
    events: list[Event] = []
    session.ask("Go", events.append)
    kinds = [
        type(event)
        for event in events
        if isinstance(event, (ToolStarted, ToolProgress, ToolFinished, ToolFailed))
    ]
    assert kinds == [ToolStarted, ToolProgress, ToolFinished, ToolStarted, ToolFailed]
    failed = next(event for event in events if isinstance(event, ToolFailed))
    assert failed.message == "Exports of everybody are not made."


@pytest.mark.parametrize("tool", [*TOOLS, *catalog()], ids=lambda tool: tool.name)
def test_the_schema_a_model_reads_is_flat_and_described(tool: Tool, shop: Workspace) -> None:
    plain = schema(tool)
    text = json.dumps(plain)
    assert "$ref" not in text
    assert '"type": "null"' not in text
    for name, field in plain["properties"].items():
        assert field.get("description"), f"{tool.name}.{name}"
    function = convert_to_openai_tool(as_langchain(tool, shop, lambda: "en"))["function"]
    assert function["name"] == tool.name
    assert function["description"].startswith(tool.description)
    assert function["parameters"]["properties"] == plain["properties"]


def test_all_tools_together_leave_a_model_room_for_the_conversation(shop: Workspace) -> None:
    told = [convert_to_openai_tool(as_langchain(tool, shop, lambda: "en")) for tool in catalog()]
    assert len(json.dumps(told, ensure_ascii=False, separators=(",", ":"))) < 38_000
