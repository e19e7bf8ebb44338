"""The conversation in the terminal: typed, piped, or the short tour where there is no input at all."""

import sys
from collections.abc import Iterable

from marketeer.agent.console import Console
from marketeer.agent.desk import HISTORY, Desk
from marketeer.agent.session import Session
from marketeer.agent.slash import Leave, SlashCommands
from marketeer.agent.terminal.words import say, tour
from marketeer.tools.core.errors import MarketeerError


def talk(desk: Desk, conversation: str = "") -> int:
    """Hold a conversation on this terminal or pipe; give the exit code.

    Args:
        desk: The options given.
        conversation: The id of a stored conversation to go on with.
    """
    with desk.open() as (console, session):
        talking = Conversation(session, console)
        if conversation:
            talking.resume(conversation)
        if sys.stdin.isatty() and sys.stdout.isatty():
            from marketeer.agent.prompting import Prompt

            return talking.typed(Prompt(session, session.workspace.folder / HISTORY))
        return talking.piped(sys.stdin)


class Conversation:
    """Takes one line after another: a question, or a command that begins with a slash.

    Args:
        session: Answers questions.
        console: Draws answers.
    """

    def __init__(self, session: Session, console: Console) -> None:
        self._session = session
        self._console = console
        self._commands = SlashCommands(session, console)

    def resume(self, conversation: str) -> None:
        """Go on with a stored conversation: show its last exchange."""
        history = self._session.resume(conversation)
        self._console.notice(say("resumed", self._console.language, at=conversation, n=len(history)))
        for exchange in history[-1:]:
            self._console.question(exchange.question)
            self._console.answer(exchange.answer)

    def typed(self, prompt: "Iterable[str]") -> int:
        """Answer what is typed until the person leaves."""
        self._console.notice(say("welcome", self._console.language))
        try:
            for line in prompt:
                self._take(line)
        except Leave:
            pass
        self._console.notice(say("goodbye", self._console.language))
        return 0

    def piped(self, lines: Iterable[str]) -> int:
        """Answer each line of a pipe; without any line give the tour. Exit code 1 where one failed."""
        failed = asked = 0
        try:
            for line in filter(None, (line.strip() for line in lines)):
                asked += 1
                self._console.question(line)
                failed += not self._take(line)
        except Leave:
            pass
        return int(failed > 0) if asked else self.tour()

    def tour(self) -> int:
        """Show what Marketeer does with three questions."""
        language = self._session.settings.language
        for question in tour("zh" if language == "zh" else "en"):
            self._console.question(question)
            if not self._take(question):
                return 1
        return 0

    def _take(self, line: str) -> bool:
        """Answer one line; say what went wrong, if anything did, and tell whether all went well."""
        try:
            if line.startswith("/"):
                self._commands.run(line)
            else:
                self._console.answer(self._session.ask(line, self._console.hear))
        except MarketeerError as error:
            self._console.error(error.message)
            return False
        except KeyboardInterrupt:
            if not sys.stdin.isatty():
                raise
            self._console.rest()
            self._console.notice(say("interrupted", self._console.language))
        return True
