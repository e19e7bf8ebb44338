import json
from collections.abc import Callable

import pytest

from marketeer.agent.events import Event, TextReleased, ToolFinished
from marketeer.agent.session import Session
from marketeer.tools.core.errors import ModelError
from tests.loopback import Loopback, Reply, ask, fail, html, say

Open = Callable[..., Session]
ANSWER = "Champions are 412 customers [F1.1]. At Risk are 97 customers [F1.2].\n\nkind: answered"


@pytest.fixture
def session(open_with: Open, endpoint: Loopback) -> Session:
    return open_with(model="loopback", base_url=endpoint.url, api_key="sk-test", retries=0, timeout=3)


def test_a_streamed_tool_call_in_pieces_runs_and_the_answer_is_verified(
    session: Session, endpoint: Loopback
) -> None:
    endpoint.play(ask(("count_customers", {})), say(ANSWER))
    events: list[Event] = []
    answer = session.ask("How many customers are in each segment?", events.append)
    assert answer.text == "Champions are 412 customers [F1.1]. At Risk are 97 customers [F1.2]."
    assert (answer.kind, answer.unverified) == ("answered", ())
    assert [type(event) for event in events].count(ToolFinished) == 1
    assert "".join(event.text for event in events if isinstance(event, TextReleased)).strip() == answer.text
    assert endpoint.keys == ["sk-test", "sk-test"]


def test_the_fact_sheet_reaches_the_endpoint_with_its_ids(session: Session, endpoint: Loopback) -> None:
    endpoint.play(ask(("count_customers", {})), say(ANSWER))
    session.ask("How many?")
    results = [m["content"] for m in endpoint.requests[1]["messages"] if m["role"] == "tool"]
    assert "Champions [F1.1]: 412 customers" in results[0]
    assert {tool["function"]["name"] for tool in endpoint.requests[0]["tools"]} >= {
        "count_customers",
        "judge_offer",
    }


def test_parallel_calls_run_in_the_order_asked_for(session: Session, endpoint: Loopback) -> None:
    endpoint.play(
        ask(
            ("judge_offer", {"percent": 10}),
            ("count_customers", {"segment": "at_risk"}),
            ("read_profile", {}),
        ),
        say("Nothing to say about numbers."),
    )
    answer = session.ask("Everything, please")
    assert [finding.title for finding in answer.findings] == ["offer", "segment_sizes", "profile"]
    assert [finding.id for finding in answer.findings] == ["F1", "F2", "F3"]


def test_a_name_repeated_in_every_piece_is_read_once(session: Session, endpoint: Loopback) -> None:
    endpoint.play(ask(("count_customers", {"segment": "at_risk"}), repeat_names=True), say("Done."))
    assert session.ask("Count").findings[0].recipe.tool == "count_customers"  # type: ignore[union-attr]


def test_arguments_that_are_no_json_are_asked_for_again_and_never_guessed(
    session: Session, endpoint: Loopback
) -> None:
    endpoint.play(
        ask(("count_customers", '{"segment": "at_r')),
        ask(("count_customers", {"segment": "at_risk"})),
        say("At Risk are 97 customers [F1.1]."),
    )
    answer = session.ask("How many at risk?")
    assert answer.unverified == ()
    assert len(answer.findings) == 1
    assert "not valid JSON" in json.dumps(endpoint.requests[1]["messages"][-1])
    assert not any("tool_calls" in message for message in endpoint.requests[1]["messages"])


def test_a_refusal_is_told_as_one(session: Session, endpoint: Loopback) -> None:
    endpoint.play(Reply(deltas=({"refusal": "I cannot "}, {"refusal": "do that."})))
    answer = session.ask("Something bad")
    assert (answer.text, answer.kind) == ("I cannot do that.", "declined")


def test_usage_is_what_the_endpoint_counted(session: Session, endpoint: Loopback) -> None:
    endpoint.play(ask(("count_customers", {})), say(ANSWER))
    usage = session.ask("How many?").usage
    assert (usage.calls, usage.input_tokens, usage.output_tokens) == (2, 100, 40)


def test_every_byte_that_left_is_on_record(session: Session, endpoint: Loopback) -> None:
    endpoint.play(say("Nothing here has a number."))
    answer = session.ask("Hello")
    parcels = list(session.sent())
    assert [json.loads(parcel.body) for parcel in parcels] == endpoint.requests
    assert answer.sent.requests == 1
    assert answer.sent.bytes == parcels[0].bytes
    assert "sk-test" not in (session.workspace.folder / "sent.jsonl").read_text()
    assert (session.workspace.folder / "sent.jsonl").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (fail(401, "Incorrect API key provided: sk-test"), "key_refused"),
        (fail(403, "no"), "key_refused"),
        (fail(404, "no such model"), "no_such_model"),
        (fail(429, "slow down"), "busy"),
        (fail(429, "pay first", "insufficient_quota"), "credit"),
        (fail(400, "too many tokens", "context_length_exceeded"), "too_long"),
        (fail(400, "this model does not support tools"), "endpoint_failed"),
        (fail(500, "oops"), "endpoint_failed"),
        (html(), "not_an_endpoint"),
        (Reply(choices=False), "interrupted"),
        (say("Half of an ans", finish=None), "interrupted"),
        (say(""), "empty_answer"),
    ],
)
def test_each_way_to_fail_is_one_clear_error_and_leaves_the_conversation_as_it_was(
    session: Session, endpoint: Loopback, reply: Reply, code: str
) -> None:
    endpoint.play(reply)
    with pytest.raises(ModelError) as raised:
        session.ask("How many?")
    assert raised.value.code == code
    assert "sk-test" not in raised.value.message
    assert len(raised.value.message) < 300
    assert session.history == ()
    endpoint.play(say("Fine now."))
    assert session.ask("And now?").text == "Fine now."


def test_an_endpoint_that_is_not_there_is_named(open_with: Open) -> None:
    session = open_with(model="m", base_url="http://127.0.0.1:9/v1", retries=0, timeout=2)
    with pytest.raises(ModelError, match=r"127\.0\.0\.1:9.*cannot be reached"):
        session.ask("Hello")


def test_a_dropped_stream_is_tried_once_more_when_nothing_was_said(
    session: Session, endpoint: Loopback
) -> None:
    endpoint.play(Reply(finish=None), say("Here again."))
    assert session.ask("Hello").text == "Here again."
    assert len(endpoint.requests) == 2
