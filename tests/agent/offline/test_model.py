from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage

from marketeer.agent.models.offline import NAME, OfflineModel, sentences
from marketeer.agent.offline.planner import Planner
from marketeer.agent.toolkit import ASIDE, as_langchain
from marketeer.tools import load_tool
from marketeer.tools.core.errors import unknown_name
from marketeer.tools.core.findings import Fact, Finding, Recipe, Unit, Verdict, segment
from marketeer.tools.core.workspace import Workspace

QUESTION = HumanMessage("segment my customers")


@pytest.fixture(scope="module")
def model(planner: Planner) -> OfflineModel:
    return OfflineModel(planner=planner)


def answer_to(call: dict[str, Any], artifact: object, status: Any = "success") -> ToolMessage:
    return ToolMessage("…", artifact=artifact, tool_call_id=call["id"], name=call["name"], status=status)


def finding(tool: str, verdict: Verdict = Verdict.OK) -> Finding:
    facts = (Fact("customers", 412, Unit.CUSTOMERS, segment("champions")),)
    return Finding("title", facts, verdict=verdict).filed("F7", Recipe("s", tool, {}, "1"))


def test_a_question_becomes_a_tool_call(model: OfflineModel) -> None:
    reply = model.invoke([QUESTION])
    assert [call["name"] for call in reply.tool_calls] == ["segment_customers"]
    assert reply.text == ""


def test_the_finding_becomes_the_answer_with_its_kind(model: OfflineModel) -> None:
    asked = model.invoke([QUESTION])
    said = model.invoke([QUESTION, asked, answer_to(asked.tool_calls[0], finding("no_page"))])
    assert "412 customers [F7.1]" in said.text
    assert said.additional_kwargs["kind"] == "answered"


def test_a_finding_that_cannot_say_is_a_cannot_tell(model: OfflineModel) -> None:
    asked = model.invoke([QUESTION])
    artifact = finding("no_page", Verdict.INSUFFICIENT)
    said = model.invoke([QUESTION, asked, answer_to(asked.tool_calls[0], artifact)])
    assert said.additional_kwargs["kind"] == "cannot_tell"


def test_an_unknown_name_asks_back(model: OfflineModel) -> None:
    asked = model.invoke([QUESTION])
    error = unknown_name("segment", "Galactic", ["champions"])
    said = model.invoke([QUESTION, asked, answer_to(asked.tool_calls[0], error, "error")])
    assert said.additional_kwargs["kind"] == "asks_back"
    assert "“Galactic”" in said.text
    assert "Champions" in said.text


def test_a_tool_that_failed_without_saying_why_does_not_end_in_silence(model: OfflineModel) -> None:
    asked = model.invoke([QUESTION])
    said = model.invoke([QUESTION, asked, answer_to(asked.tool_calls[0], None, "error")])
    assert said.additional_kwargs["kind"] == "cannot_tell"
    assert said.text


def test_streamed_pieces_add_up_to_the_message(model: OfflineModel) -> None:
    for question in ("segment my customers", "help", "what is the weather?"):
        whole, chunks = model.invoke([HumanMessage(question)]), list(model.stream([HumanMessage(question)]))
        added = sum(chunks[1:], chunks[0])
        assert isinstance(added, AIMessageChunk)
        assert (added.text, added.tool_calls) == (whole.text, whole.tool_calls)
        assert added.additional_kwargs == whole.additional_kwargs
        assert added.usage_metadata == {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}


def test_tool_calls_are_streamed_as_chunks(model: OfflineModel) -> None:
    pieces = [piece for chunk in model.stream([QUESTION]) for piece in chunk.tool_call_chunks]
    assert [piece["name"] for piece in pieces] == ["segment_customers"]


def test_text_is_streamed_a_sentence_at_a_time() -> None:
    pieces = ["First of 3.5 items. ", "Second one!\n", "| a | b |\n", "| c | d |\n", "第一句。", "第二句。"]
    assert sentences("".join(pieces)) == pieces


def test_only_tools_on_offer_are_called(model: OfflineModel, workspace: Workspace) -> None:
    offered = as_langchain(load_tool("query_metric"), workspace, lambda: "en")
    reply = model.bind_tools([offered]).invoke([QUESTION])
    assert reply.tool_calls == []
    assert reply.additional_kwargs["kind"] == "asks_back"


def test_an_aside_of_the_loop_is_no_question(model: OfflineModel) -> None:
    aside = HumanMessage("Write the whole answer again.", additional_kwargs={ASIDE: True})
    assert model.invoke([QUESTION, aside]).tool_calls[0]["name"] == "segment_customers"


def test_the_language_of_answers_can_be_fixed(planner: Planner) -> None:
    model = OfflineModel(planner=planner, language="zh")
    assert "我" in model.invoke([HumanMessage("what is the weather?")]).text


def test_nothing_said_yet_is_met_with_a_greeting(model: OfflineModel) -> None:
    assert isinstance(model.invoke([AIMessage("…")]), AIMessage)


def test_it_says_what_it_is(model: OfflineModel) -> None:
    assert model._llm_type == NAME
