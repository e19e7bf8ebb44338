"""The commands of a conversation: `/help`, `/why F3`, `/export` …"""

import os
from pathlib import Path

from marketeer.agent.console import Console
from marketeer.agent.run_command import summary
from marketeer.agent.session import Session
from marketeer.agent.settings import load_settings
from marketeer.tools import tool_names
from marketeer.tools.core.errors import MarketeerError, Retry, unknown_name


class Leave(Exception):
    """The person wants to leave the conversation."""


class SlashCommands:
    """Every public method but `run` is a command of its name; its docstring is its help.

    Args:
        session: What the commands ask.
        console: Where they draw.
    """

    def __init__(self, session: Session, console: Console) -> None:
        self._session = session
        self._console = console

    @staticmethod
    def names() -> tuple[str, ...]:
        """Give the commands' names."""
        own = {"run", "names"}
        return tuple(name for name in vars(SlashCommands) if not name.startswith("_") and name not in own)

    def run(self, line: str) -> None:
        """Run a line such as `/why F3`; raises `Retry` with the nearest names for an unknown command."""
        name, _, rest = line.removeprefix("/").strip().partition(" ")
        if name not in self.names():
            raise unknown_name("command", f"/{name}", [f"/{known}" for known in self.names()])
        getattr(self, name)(rest.strip())

    def help(self, _: str) -> None:
        """List the commands."""
        for name in self.names():
            said = getattr(self, name).__doc__ or ""
            self._console.line(f"  /{name:<10} {said}")

    def tools(self, _: str) -> None:
        """List what can be computed."""
        self._console.tools({name: summary(name) for name in tool_names()})

    def findings(self, _: str) -> None:
        """List all findings."""
        self._console.findings(self._session.findings)

    def why(self, finding: str) -> None:
        """Show how a finding came to be: /why F3."""
        self._console.why(self._session.workspace.ledger.get(_id(finding)))

    def replay(self, finding: str) -> None:
        """Compute a finding again and compare: /replay F3."""
        self._console.replay(self._session.replay(_id(finding), self._console.hear))

    def drafts(self, finding: str) -> None:
        """List campaign drafts, or show those of one finding: /drafts F3."""
        ledger = self._session.workspace.ledger
        chosen = [ledger.get(_id(finding))] if finding else self._session.findings
        self._console.drafts(chosen, whole=bool(finding))

    def model(self, name: str) -> None:
        """Say which model answers, or choose another: /model NAME."""
        if name:
            given = self._session.settings.model_dump(exclude_unset=True) | {"model": name}
            for notice in self._session.switch_model(load_settings(**given)):
                self._console.notice(notice.text)
        self._console.line(self._session.model_name)

    def sent(self, _: str) -> None:
        """Show what left this machine."""
        self._console.sent(list(self._session.sent()))

    def export(self, path: str) -> None:
        """Write this conversation to a Markdown file: /export FILE."""
        conversation = self._session.conversation
        text = self._session.transcripts.export(conversation)
        target = Path(path or f"{conversation}.md").expanduser()
        try:
            handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise MarketeerError(
                f"{target} cannot be written: {error.strerror}. Name another file."
            ) from error
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        self._console.line(str(target))

    def new(self, _: str) -> None:
        """Begin a new conversation; findings stay."""
        self._session.new_conversation()

    def quit(self, _: str) -> None:
        """Leave."""
        raise Leave


def _id(text: str) -> str:
    if not text:
        raise Retry("Which finding? Name its id, such as F3; /findings lists them.", code="no_finding")
    return text.split()[0].upper()
