"""What is typed: history, completion, several lines, and leaving without harm."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent

from marketeer.agent.session import Session
from marketeer.agent.slash import SlashCommands
from marketeer.agent.terminal.safe_text import safe
from marketeer.prompts.wording import show_subject
from marketeer.tools.core.findings import SubjectKind

_TAKES_FINDING = ("/why ", "/replay ", "/drafts ")
_LEAST = 2


class Prompt:
    """Gives one typed line after another. Ctrl-C clears the line, Ctrl-D leaves.

    Args:
        session: Knows the findings and segments that can be completed.
        history: The file of lines typed before; not written where conversations are not kept.
    """

    def __init__(self, session: Session, history: Path) -> None:
        self._words = Words(session)
        kept = _history(history) if session.settings.transcripts else InMemoryHistory()
        self._prompt: PromptSession[str] = PromptSession(
            "› ",
            history=kept,
            completer=self._words,
            complete_while_typing=True,
            key_bindings=_keys(),
            prompt_continuation="  ",
            multiline=True,
        )

    def __iter__(self) -> Iterator[str]:
        while True:
            self._words.refresh()
            try:
                line = self._prompt.prompt().strip()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            if line:
                yield line


class Words(Completer):
    """Completes commands, finding ids and names of segments.

    Args:
        session: Knows findings and segments.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._findings: list[str] = []
        self._segments: list[str] = []

    def refresh(self) -> None:
        """Take note of what there is now."""
        findings = self._session.findings
        self._findings = [finding.id for finding in reversed(findings)]
        subjects = {s for f in findings for s in f.subjects(SubjectKind.SEGMENT)}
        self._segments = sorted(
            {safe(show_subject(subject, language)) for subject in subjects for language in ("en", "zh")}
        )

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Give what could be meant by the text before the cursor."""
        text = document.text_before_cursor
        if text.startswith(_TAKES_FINDING):
            word = text.partition(" ")[2]
            yield from _starting(word, self._findings)
        elif text.startswith("/") and " " not in text:
            yield from _starting(text, [f"/{name}" for name in SlashCommands.names()])
        else:
            yield from self._segments_for(text)

    def _segments_for(self, text: str) -> Iterator[Completion]:
        words = text.split(" ")
        tails = [" ".join(words[-count:]) for count in (3, 2, 1)]
        for tail in tails:
            found = list(_starting(tail, self._segments)) if len(tail) >= _LEAST else []
            if found:
                yield from found
                return


def _starting(word: str, known: Iterable[str]) -> Iterator[Completion]:
    for one in known:
        if one.casefold().startswith(word.casefold()):
            yield Completion(one, start_position=-len(word))


def _history(path: Path) -> History:
    path.touch(mode=0o600)
    return FileHistory(str(path))


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.document.text_before_cursor.endswith("\\"):
            buffer.delete_before_cursor()
            buffer.newline(copy_margin=False)
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.newline(copy_margin=False)

    return keys
