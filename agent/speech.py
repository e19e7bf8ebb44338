"""How an answer comes out: verified piece by piece, so that streaming and verification live together.

The model's last line may say how it met the question (`kind: cannot_tell`); that line is never shown.
"""

import re
from collections.abc import Sequence

from langchain_core.messages import AIMessage

from marketeer.agent.answers import AnswerKind
from marketeer.agent.events import Notice, OnEvent, TextReleased
from marketeer.agent.grounding import Grounded, Names, Releaser
from marketeer.tools.core.findings import Finding

_KIND_LINE = re.compile(r"\n*^[ \t>*_`]*kind:[ \t]*(\w+)[ \t*_`.]*\s*\Z", re.IGNORECASE | re.MULTILINE)
_NOTHING = Grounded("")


class Speech:
    """Follows what a model says, message by message, and lets verified pieces out.

    Args:
        given: What the person wrote in this conversation.
        names: Gives the display names of a subject.
        on_event: Hears what is released.
        already: What an earlier attempt at the same answer has released.
        strict: Whether to fall silent at the first number that rests on nothing, because the answer will be
            corrected; otherwise it comes out with its mark.
    """

    def __init__(
        self, given: str, names: Names, on_event: OnEvent, *, already: str = "", strict: bool = False
    ) -> None:
        self._given = given
        self._names = names
        self._on_event = on_event
        self._already = already
        self._strict = strict
        self._silent = False
        self._findings: Sequence[Finding] = ()
        self._offered: Sequence[str] = ()
        self._releaser: Releaser | None = None
        self._id: str | None = None
        self._line = ""
        self.released = ""

    def rest_on(self, findings: Sequence[Finding], offered: Sequence[str] = ()) -> None:
        """Take the findings that the next message may cite, and the names that tools offered."""
        self._findings = findings
        self._offered = offered

    def hear(self, chunk: AIMessage) -> None:
        """Take a piece of a message; a new message begins a new text."""
        if self._releaser is None or chunk.id != self._id:
            self._end_message()
            self._id, self._line, self.released = chunk.id, "", ""
            self._releaser = Releaser(self._findings, self._given, self._names, self._offered)
        text = self._line + chunk.text
        ready = len(text) - _held_back(text)
        self._line = text[ready:]
        self._let_out(self._releaser.feed(text[:ready]))

    def end(self) -> Grounded:
        """Say that the last message is complete; give it checked."""
        if self._releaser is None:
            return _NOTHING
        last, _ = without_kind(self._line)
        self._let_out(self._releaser.feed(last))
        self._let_out(self._releaser.close())
        return self._releaser.released

    def _end_message(self) -> None:
        if self._releaser is None:
            return
        self._let_out(self._releaser.close())
        if self.released:
            self._on_event(TextReleased("\n\n"))

    def _let_out(self, pieces: Sequence[Grounded]) -> None:
        for piece in pieces:
            self._silent = self._silent or (self._strict and not piece.ok)
            if not self._silent and piece.text:
                self._release(piece.text)

    def _release(self, text: str) -> None:
        self.released += text
        if not self._already:
            self._on_event(TextReleased(text))
        elif not self._already.startswith(self.released):
            self._on_event(Notice("restated", "The answer was corrected and is said again in full."))
            self._already = ""
            self._on_event(TextReleased(self.released))
        elif self._already == self.released:
            self._already = ""


def _held_back(text: str) -> int:
    """Give the length of a last line that may turn out to say the answer's kind."""
    start = text.rfind("\n") + 1
    line = text[start:].strip(" \t>*_`").lower()
    return len(text) - start if line.startswith("kind:") or "kind:".startswith(line) else 0


def without_kind(text: str) -> tuple[str, AnswerKind | None]:
    """Take the line that says the kind off the end of a text; give the text and the kind."""
    match = _KIND_LINE.search(text)
    if match is None or match[1].lower() not in set(AnswerKind):
        return text, None
    return text[: match.start()], AnswerKind(match[1].lower())
