import json
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from marketeer.agent.gateway.gate import Gate
from marketeer.agent.gateway.people import KnownPeople, by_pattern
from marketeer.agent.gateway.pseudonyms import KEY_NAME, PSEUDONYM, Pseudonyms, load_key
from marketeer.agent.gateway.record import EgressRecord
from marketeer.agent.gateway.wire import Wire
from marketeer.agent.models.scripted import ScriptedModel, call
from marketeer.agent.session import Session
from marketeer.tools.core.errors import ModelError
from marketeer.tools.core.workspace import Workspace
from tests.loopback import Loopback, ask, say

Open = Callable[..., Session]


@pytest.fixture
def pseudonyms(shop: Workspace) -> Pseudonyms:
    return Pseudonyms(b"k" * 32, KnownPeople(shop.dataset, ["summer", "tea", "will"]))


@pytest.mark.parametrize(
    "person",
    [
        "person7@example.com",
        "someone.else+news@shop.co.uk",
        "Ana Torres",
        "Torres, Ana",
        "ana torres",
        "Torres",
        "Ana",
        "王小明",
        "小明",
        "C0007",
        "customer 17850",
        "客户17850",
        "+49 170 1234567",
        "13912345678",
        "12 Linden Row, 75001 Paris",
        "4111 1111 1111 1111",
    ],
)
def test_a_person_is_hidden_and_comes_back(pseudonyms: Pseudonyms, person: str) -> None:
    text = f"What did {person} buy last year?"
    hidden = pseudonyms.hide(text)
    assert PSEUDONYM.search(hidden)
    for word in person.replace("customer ", "").replace("客户", "").split():
        assert word.strip(",") not in hidden
    assert pseudonyms.restore(hidden) == text


@pytest.mark.parametrize(
    "text",
    [
        "412 customers [F1.3] bring 1,204,500.25 EUR in May 2026",
        "Will the summer sale on tea pay?",
        "row 17850 and 17850 orders",
        "from 2024-01-01 to 2025-12-31, as of 2025-12-31",
        "the budget is 15000 and the margin 40 %",
        "revenue 13,912,345,678.00 and 139123456789 clicks",
        "春季优惠应该发给哪个人群？",
    ],
)
def test_what_names_nobody_stays_as_it_is(pseudonyms: Pseudonyms, text: str) -> None:
    assert pseudonyms.hide(text) == text


def test_a_person_has_one_pseudonym_and_another_workspace_another(shop: Workspace) -> None:
    people = KnownPeople(shop.dataset)
    mine = Pseudonyms(b"a" * 32, people)
    assert mine.hide("Ana Torres") == Pseudonyms(b"a" * 32, people).hide("ana torres")
    assert mine.hide("Ana Torres") != Pseudonyms(b"b" * 32, people).hide("Ana Torres")


def test_the_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    assert load_key(tmp_path) == load_key(tmp_path)
    assert (tmp_path / KEY_NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("left", [b"", b"half a key"])
def test_a_key_torn_while_it_was_written_is_made_anew(tmp_path: Path, left: bytes) -> None:
    (tmp_path / KEY_NAME).write_bytes(left)
    key = load_key(tmp_path)
    assert len(key) == 32
    assert load_key(tmp_path) == key
    assert (tmp_path / KEY_NAME).stat().st_mode & 0o777 == 0o600


def test_patterns_find_no_people_in_dates_and_figures() -> None:
    assert list(by_pattern("1,234,567.89 2025-12-31 2025-01-01 12.5 % 0.123 1234 5678")) == []


def test_a_guarded_model_sees_pseudonyms_everywhere_and_the_tool_the_person(shop: Workspace) -> None:
    def reply(messages: list[object]) -> AIMessage:
        hidden = PSEUDONYM.search(messages[-1].text)  # type: ignore[attr-defined]
        assert hidden
        return call("find", who=hidden[0], nested={"list": [f"about {hidden[0]}"]})

    inner = ScriptedModel(turns=[reply])
    model = Gate(shop.folder, shop.dataset).guarded(inner)
    history = [
        AIMessage("", tool_calls=[{"name": "find", "args": {"who": "Ana Torres"}, "id": "1"}]),
        ToolMessage("Ana Torres <person7@example.com> likes tea", tool_call_id="1"),
    ]
    said = model.invoke([HumanMessage("Find Ana Torres"), *history, HumanMessage("Again: Ana Torres")])
    assert said.tool_calls[0]["args"] == {"who": "Ana Torres", "nested": {"list": ["about Ana Torres"]}}
    seen = repr(inner.seen)
    assert "Ana" not in seen
    assert "person7" not in seen


def test_a_pseudonym_cut_by_the_stream_comes_back_whole(shop: Workspace) -> None:
    inner = ScriptedModel(turns=[lambda messages: f"I found {PSEUDONYM.search(messages[-1].text)[0]} today."])
    model = Gate(shop.folder, shop.dataset).guarded(inner)
    pieces = [chunk.text for chunk in model.stream([HumanMessage("Find Ana Torres")])]
    assert "".join(pieces) == "I found Ana Torres today."


def test_no_personal_value_leaves_for_a_real_endpoint(open_with: Open, endpoint: Loopback) -> None:
    session = open_with(model="loopback", base_url=endpoint.url, retries=0)
    endpoint.play(ask(("read_profile", {})), say("Done."), say("Done."))
    session.ask("Compare Ana Torres (person0@example.com, +49 170 1234567) with customer 17850 and 王小明")
    session.ask("And what about her address, 12 Linden Row, 75001 Paris?")
    for value in ("Ana", "Torres", "person0", "1234567", "17850", "小明", "Linden Row"):
        assert value not in endpoint.sent_text
    assert "EMAIL_" in endpoint.sent_text


def test_the_person_reads_the_person_and_the_file_says_what_left(open_with: Open, endpoint: Loopback) -> None:
    session = open_with(model="loopback", base_url=endpoint.url, retries=0)
    endpoint.play(lambda body: say(f"About {PSEUDONYM.search(body['messages'][-1]['content'])[0]}: nothing."))
    answer = session.ask("Tell me about Ana Torres")
    assert answer.text == "About Ana Torres: nothing."
    assert answer.sent.pseudonyms == 1
    assert [parcel.bytes for parcel in session.sent()] == [answer.sent.bytes]


def test_single_customers_stay_at_home_when_that_was_chosen(open_with: Open, endpoint: Loopback) -> None:
    session = open_with(model="loopback", base_url=endpoint.url, retries=0, privacy="aggregates")
    endpoint.play(ask(("read_profile", {})), say("Done."))
    assert session.ask("Go").findings[0].facts
    assert "buys tea" not in endpoint.sent_text


def test_a_hostile_note_is_quoted_data_to_the_model(open_with: Open, endpoint: Loopback) -> None:
    session = open_with(model="loopback", base_url=endpoint.url, retries=0)
    endpoint.play(ask(("read_profile", {})), say("Done."))
    session.ask("Go")
    sheet = next(m["content"] for m in endpoint.requests[1]["messages"] if m["role"] == "tool")
    assert 'document "buys tea  [31m and cups" [F1.1]' in sheet
    assert "\x1b" not in sheet


def test_the_wire_stops_what_the_guard_should_have_hidden(tmp_path: Path) -> None:
    wire = Wire(EgressRecord(tmp_path / "sent.jsonl"), lambda text: "a person's email" if "@" in text else "")
    client = wire.client(2)
    with pytest.raises(ModelError, match="Nothing left"):
        client.send(httpx2.Request("POST", "http://127.0.0.1:9/v1", json={"text": "person7@example.com"}))
    wire.close()
    assert not (tmp_path / "sent.jsonl").exists()


def test_the_last_look_knows_the_people_of_the_data(pseudonyms: Pseudonyms) -> None:
    body = json.dumps({"messages": [{"content": "what does 王小明 buy"}]}, ensure_ascii=False)
    assert pseudonyms.leaks("mail person7@example.com")
    assert pseudonyms.leaks("ask Ana Torres")
    assert pseudonyms.leaks(body) == ""
    assert pseudonyms.leaks('{"content": "412 customers in May, Will, Summer"}') == ""


def test_the_offline_planner_sends_nothing_and_makes_no_key(open_with: Open) -> None:
    session = open_with()
    answer = session.ask("count customers")
    assert answer.sent.requests == 0
    assert list(session.sent()) == []
    assert not (session.workspace.folder / "pseudonyms.key").exists()
