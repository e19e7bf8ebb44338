from collections.abc import Callable

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from marketeer.agent.events import AnswerReady, Event, Notice, TextReleased
from marketeer.agent.models.scripted import ScriptedModel, call
from marketeer.agent.session import Session
from marketeer.tools.core.errors import ModelError

Open = Callable[..., Session]
GOOD = "Champions are 412 customers [F1.1]."
BAD = "Champions are 412 customers [F1.1]. Champions bring 99 % of revenue [F1.1]."


def released(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextReleased))


def test_an_honest_answer_comes_out_sentence_by_sentence(open_with: Open) -> None:
    text = f"{GOOD} At Risk are 97 customers [F1.2]."
    events: list[Event] = []
    answer = open_with(call("count_customers"), text).ask("How many?", events.append)
    pieces = [event.text for event in events if isinstance(event, TextReleased)]
    assert pieces == [f"{GOOD} ", "At Risk are 97 customers [F1.2]."]
    assert answer.text == text
    assert events[-1] == AnswerReady(answer)


def test_an_unbound_number_is_held_back_and_corrected_once(open_with: Open) -> None:
    session = open_with(call("count_customers"), BAD, GOOD)
    events: list[Event] = []
    answer = session.ask("How many?", events.append)
    assert "99" not in released(events)
    assert released(events).strip() == GOOD
    assert (answer.text, answer.unverified) == (GOOD, ())
    assert [event.code for event in events if isinstance(event, Notice)] == ["repair"]


def test_a_number_that_stays_unbound_is_marked(open_with: Open) -> None:
    answer = open_with(call("count_customers"), BAD, BAD).ask("How many?")
    assert answer.unverified == ("99 %",)
    assert "⚠" in answer.text


def test_a_correction_that_begins_differently_is_said_again_in_full(open_with: Open) -> None:
    other = "At Risk are 97 customers [F1.2]."
    events: list[Event] = []
    open_with(call("count_customers"), BAD, other).ask("How many?", events.append)
    assert [event.code for event in events if isinstance(event, Notice)] == ["repair", "restated"]
    assert released(events).endswith(other)


def test_a_correction_may_compute_what_was_missing(open_with: Open) -> None:
    session = open_with(
        "At Risk are 97 customers.", call("count_customers"), "At Risk are 97 customers [F1.2]."
    )
    answer = session.ask("How many?")
    assert (answer.unverified, len(answer.findings)) == ((), 1)


def test_corrections_are_no_part_of_the_conversation(open_with: Open) -> None:
    session = open_with(call("count_customers"), BAD, GOOD)
    session.ask("How many?")
    assert [type(message).__name__ for message in session.messages] == [
        "HumanMessage",
        "AIMessage",
        "ToolMessage",
        "AIMessage",
    ]
    assert session.messages[-1].text == GOOD


@pytest.mark.parametrize(
    ("turns", "kind"),
    [
        (("Hello there.",), "answered"),
        (("Which offer do you mean?",), "asks_back"),
        (("您指的是哪个优惠？",), "asks_back"),
        ((call("judge_offer"), "The data cannot tell."), "cannot_tell"),
        ((call("predict_weather"), "There is no weather in the data."), "cannot_tell"),
        ((call("export_all"), "That is not done."), "declined"),
        ((call("judge_offer"), call("count_customers"), "Here they are."), "answered"),
        (("I will not do that.\n\nkind: declined",), "declined"),
        (("Which one?\n**kind: asks_back**",), "asks_back"),
        ((AIMessage("Nothing to say.", additional_kwargs={"kind": "cannot_tell"}),), "cannot_tell"),
    ],
)
def test_the_kind_is_what_the_model_says_or_what_the_tools_gave(
    open_with: Open, turns: tuple[object, ...], kind: str
) -> None:
    answer = open_with(*turns).ask("Go")
    assert answer.kind == kind
    assert "kind:" not in answer.text


def test_the_line_that_says_the_kind_is_never_released(open_with: Open) -> None:
    events: list[Event] = []
    open_with("Kindly wait.\nIt is done.\n\nkind: answered").ask("Go", events.append)
    assert released(events).strip() == "Kindly wait.\nIt is done."


def test_a_follow_up_sees_the_conversation_and_its_findings(open_with: Open) -> None:
    session = open_with(call("count_customers"), GOOD, "As I said: Champions are 412 customers [F1.1].")
    session.ask("How many?")
    answer = session.ask("Say it again")
    assert answer.unverified == ()
    assert [exchange.question for exchange in session.history] == ["How many?", "Say it again"]


def test_figures_of_the_person_may_be_repeated(open_with: Open) -> None:
    answer = open_with("With a margin of 40 % I can compute it.").ask("Our margin is 40 %. Does it pay?")
    assert answer.unverified == ()


def test_a_model_that_only_calls_tools_is_stopped(open_with: Open) -> None:
    endless = [call("count_customers") for _ in range(40)]
    with pytest.raises(ModelError, match="5 model calls") as raised:
        open_with(*endless, model_calls=5).ask("Go")
    assert raised.value.code == "limit"


def test_too_many_tool_calls_are_stopped(open_with: Open) -> None:
    endless = [call("count_customers") for _ in range(40)]
    with pytest.raises(ModelError, match="3 tool calls"):
        open_with(*endless, tool_calls=3, model_calls=30).ask("Go")


def test_a_budget_of_tokens_is_kept(open_with: Open) -> None:
    session = open_with("One.", "Two.", token_budget=5)
    session.ask("Go")
    with pytest.raises(ModelError) as raised:
        session.ask("Go on")
    assert raised.value.code == "budget"


def test_the_model_is_told_the_rules_and_nothing_from_the_files(open_with: Open) -> None:
    model = ScriptedModel(turns=["Hello."])
    open_with(model).ask("Hi")
    system, asked = model.seen[0]
    assert "Never crown a winner" in system.text
    assert "40 customers" in system.text
    assert isinstance(asked, HumanMessage)


def test_tracing_is_off_whatever_the_environment_says(
    open_with: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGSMITH_API_KEY", "ls-nothing")
    assert open_with("Fine.").ask("Hi").text == "Fine."  # a trace would need a socket, and those are closed
