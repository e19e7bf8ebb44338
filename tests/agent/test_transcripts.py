from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from marketeer.agent.models.scripted import ScriptedModel, call
from marketeer.agent.session import Session
from marketeer.agent.transcripts import Transcripts
from marketeer.tools.core.errors import Retry, WorkspaceError

Open = Callable[..., Session]
GOOD = "Champions are 412 customers [F1.1]."


def talked(open_with: Open) -> Session:
    session = open_with(call("count_customers"), GOOD, "Ana Torres bought tea.")
    session.ask("How many champions?")
    session.ask("What did Ana Torres buy?")
    return session


def test_a_conversation_is_listed_with_its_first_question(open_with: Open) -> None:
    session = talked(open_with)
    (summary,) = session.transcripts.all()
    assert (summary.id, summary.turns, summary.question) == (session.conversation, 2, "How many champions?")
    assert session.transcripts.latest() == session.conversation


def test_only_its_owner_can_read_it(open_with: Open) -> None:
    session = talked(open_with)
    (path,) = (session.workspace.folder / "transcripts").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_resumed_conversation_goes_on_with_its_findings(open_with: Open) -> None:
    before = talked(open_with)
    model = ScriptedModel(turns=[GOOD])
    after = open_with(model)
    exchanges = after.resume(before.conversation)
    assert [asdict(exchange.answer)["text"] for exchange in exchanges] == [GOOD, "Ana Torres bought tea."]
    assert after.ask("And again?").unverified == ()
    assert len(model.seen[0]) == 1 + 6 + 1
    assert [one.turns for one in after.transcripts.all()] == [3]


def test_an_export_reads_like_a_page(open_with: Open) -> None:
    session = talked(open_with)
    page = session.transcripts.export(session.conversation)
    assert page.startswith(f"# Conversation {session.conversation}\n\n> How many champions?\n\n{GOOD}\n")


def test_nothing_is_kept_when_that_was_chosen(open_with: Open) -> None:
    session = open_with("Hello.", transcripts=False)
    session.ask("Hi")
    assert session.transcripts.all() == []


def test_one_conversation_or_all_can_be_forgotten(open_with: Open) -> None:
    session = talked(open_with)
    assert session.transcripts.forget(session.conversation) == 1
    assert session.transcripts.all() == []


def test_turns_that_mention_a_person_can_be_forgotten(open_with: Open) -> None:
    session = talked(open_with)
    assert session.transcripts.forget_mentions(["ana torres"]) == 1
    assert [turn.question for turn in session.transcripts.turns(session.conversation)] == [
        "How many champions?"
    ]


@pytest.mark.parametrize("name", ["20260101-000000-0000", "../ledger.sqlite", ""])
def test_an_unknown_conversation_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(Retry, match="conversation"):
        Transcripts(tmp_path).turns(name)


def test_a_damaged_one_is_one_clear_error(open_with: Open) -> None:
    session = talked(open_with)
    (path,) = (session.workspace.folder / "transcripts").iterdir()
    path.write_text(path.read_text()[30:])
    with pytest.raises(WorkspaceError, match="damaged"):
        session.transcripts.turns(session.conversation)


def path_of(session: Session) -> Path:
    return session.workspace.folder / "transcripts" / f"{session.conversation}.jsonl"


def test_a_line_of_another_script_ends_no_turn(open_with: Open) -> None:
    said = "How many\u2028champions\u0085are\u2029there?"
    session = open_with("Many.")
    session.ask(said)
    assert [turn.question for turn in session.transcripts.turns(session.conversation)] == [said]
    assert session.transcripts.forget_mentions(["Ana Torres"]) == 0
    assert session.transcripts.all()[0].turns == 1


@pytest.mark.parametrize("left", ["", '{"at": "2025-01-01", "question": "What did Ana Tor'])
def test_a_turn_torn_while_it_was_written_costs_no_other(open_with: Open, left: str) -> None:
    session = talked(open_with)
    path = path_of(session)
    path.write_text(path.read_text(encoding="utf-8") + left, encoding="utf-8")
    assert session.transcripts.all()[0].turns == 2
    session.transcripts.add(session.conversation, session.transcripts.turns(session.conversation)[0])
    assert [turn.question for turn in session.transcripts.turns(session.conversation)] == [
        "How many champions?", "What did Ana Torres buy?", "How many champions?",
    ]  # fmt: skip
    assert "Ana Tor" not in path.read_text(encoding="utf-8").rpartition("}")[2]


def test_a_conversation_without_a_whole_turn_is_not_listed(open_with: Open) -> None:
    session = talked(open_with)
    (path_of(session).parent / "20250101-000000-abcd.jsonl").write_text('{"at": "2025', encoding="utf-8")
    assert [one.id for one in session.transcripts.all()] == [session.conversation]


def test_forgetting_a_person_reaches_damaged_and_torn_turns(open_with: Open) -> None:
    session = talked(open_with)
    path = path_of(session)
    broken = path.read_text(encoding="utf-8") + '{"question": "Ana Torres"\n{"question": "Ana To'
    path.write_text(broken, encoding="utf-8")
    assert session.transcripts.forget_mentions(["Ana Torres"]) == 2
    assert "Ana" not in path.read_text(encoding="utf-8")
    assert session.transcripts.all()[0].turns == 1
