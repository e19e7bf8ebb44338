import io
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console as RichConsole

from marketeer.agent.chat import Conversation
from marketeer.agent.console import Console
from marketeer.agent.desk import Desk
from marketeer.agent.models.scripted import call
from marketeer.agent.prompting import Prompt, Words
from marketeer.agent.session import Session
from marketeer.agent.slash import SlashCommands

Opener = Callable[..., Session]
COUNTED = "Champions are 412 customers [F1.1]."


def drawn() -> Console:
    plain = [RichConsole(file=io.StringIO(), width=120, markup=False, highlight=False) for _ in range(2)]
    return Console(*plain)


def out(console: Console) -> str:
    assert isinstance(console.out.file, io.StringIO)
    return console.out.file.getvalue()


def err(console: Console) -> str:
    assert isinstance(console.err.file, io.StringIO)
    return console.err.file.getvalue()


def counting(open_with: Opener) -> Session:
    return open_with(call("count_customers"), AIMessage(COUNTED))


def test_each_line_of_a_pipe_is_answered(open_with: Opener) -> None:
    console = drawn()
    session = open_with(
        call("count_customers"), AIMessage(COUNTED), AIMessage("At Risk are 97 customers [F1.2].")
    )
    assert Conversation(session, console).piped(["how many?\n", "\n", "and at risk?\n"]) == 0
    text = out(console)
    assert (
        text.index("> how many?")
        < text.index(COUNTED)
        < text.index("> and at risk?")
        < text.index("97 customers")
    )


def test_commands_work_in_a_pipe_and_quit_ends_it(open_with: Opener) -> None:
    console = drawn()
    lines = ["how many?", "/findings", "/why f1", "/drafts", "/sent", "/model", "/help", "/quit", "never"]
    assert Conversation(counting(open_with), console).piped(lines) == 0
    text = out(console)
    assert "412" in text
    assert "count_customers" in text
    assert all(f"/{name}" in text for name in SlashCommands.names())
    assert "> never" not in text


def test_a_line_that_fails_is_said_and_the_next_one_answered(open_with: Opener) -> None:
    console = drawn()
    assert Conversation(counting(open_with), console).piped(["/why F9", "/wyh", "/why", "how many?"]) == 1
    assert COUNTED in out(console)
    errors = err(console)
    assert "There is no finding called 'F9'" in errors
    assert "/why" in errors.split("'/wyh'")[1]
    assert "Which finding?" in errors


def test_a_conversation_is_exported_once_to_a_file_of_its_owner(open_with: Opener, tmp_path: Path) -> None:
    target = tmp_path / "talk.md"
    console = drawn()
    lines = ["how many?", f"/export {target}", f"/export {target}"]
    assert Conversation(counting(open_with), console).piped(lines) == 1
    assert COUNTED in target.read_text()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert "cannot be written" in err(console)


def test_a_new_conversation_forgets_the_old_one_and_keeps_its_findings(open_with: Opener) -> None:
    session = counting(open_with)
    Conversation(session, drawn()).piped(["how many?", "/new"])
    assert session.history == ()
    assert [finding.id for finding in session.findings] == ["F1"]


def test_a_stored_conversation_goes_on_where_it_was(open_with: Opener) -> None:
    first = counting(open_with)
    Conversation(first, drawn()).piped(["how many?"])
    console = drawn()
    Conversation(open_with(AIMessage("Nothing more.")), console).resume(first.conversation)
    assert "1 questions so far" in err(console)
    assert COUNTED in out(console)


def test_no_input_at_all_gives_the_tour(tmp_path: Path) -> None:
    console = drawn()
    with Desk({"workspace": tmp_path / "demo"}).open() as (_, session):
        assert Conversation(session, console).piped([]) == 0
        answers = [exchange.answer for exchange in session.history]
    text = out(console)
    assert [answer.unverified for answer in answers] == [(), (), ()]
    assert "break even" in text
    assert "level A" in text
    segments = {draft.segment for draft in answers[2].drafts}
    assert len(segments) == len(answers[2].drafts) >= 8


def typing(session: Session, history: Path, keys: str) -> list[str]:
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text(keys)
        return list(Prompt(session, history))


@pytest.mark.parametrize(
    ("keys", "lines"),
    [
        ("hello\r\x04", ["hello"]),
        ("one\\\rtwo\r\x04", ["one\ntwo"]),
        ("one\x1b\rtwo\r\x04", ["one\ntwo"]),
        ("lost\x03kept\r\x04", ["kept"]),
        ("\r  \rlast\r\x04", ["last"]),
        ("春季优惠发给谁？\r\x04", ["春季优惠发给谁？"]),
    ],
)
def test_what_is_typed_comes_as_lines(open_with: Opener, tmp_path: Path, keys: str, lines: list[str]) -> None:
    assert typing(open_with(AIMessage("x")), tmp_path / "history", keys) == lines


def test_history_is_the_owners_alone_and_only_kept_with_conversations(
    open_with: Opener, tmp_path: Path
) -> None:
    kept, unkept = tmp_path / "kept", tmp_path / "unkept"
    typing(open_with(AIMessage("x")), kept, "hello\r\x04")
    typing(open_with(AIMessage("x"), transcripts=False), unkept, "hello\r\x04")
    assert "hello" in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert not unkept.exists()


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("/fi", ["/findings"]),
        ("/why F", ["F1"]),
        ("write to at r", ["At Risk"]),
        ("what about Cham", ["Champions"]),
        ("冠军", ["冠军客户"]),
        ("hello", []),
    ],
)
def test_commands_findings_and_segments_are_completed(
    open_with: Opener, text: str, offered: list[str]
) -> None:
    session = counting(open_with)
    session.ask("how many?")
    words = Words(session)
    words.refresh()
    found = words.get_completions(Document(text), CompleteEvent())
    assert [completion.text for completion in found] == offered
