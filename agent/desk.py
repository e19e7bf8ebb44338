"""What a command works with: the options given, and from them settings, console and session."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # `--help` imports none of these
    from marketeer.agent.answers import Answer
    from marketeer.agent.console import Console
    from marketeer.agent.gateway.record import Parcel
    from marketeer.agent.session import Session
    from marketeer.agent.settings import Settings
    from marketeer.agent.transcripts import Transcripts
    from marketeer.tools.core.copy import Language
    from marketeer.tools.core.ledger import Ledger

HISTORY = "history"
"""The file of lines typed in conversations."""


@dataclass
class Desk:
    """The global options of one command line.

    Attributes:
        flags: Options given on the line, by settings name.
    """

    flags: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def settings(self) -> "Settings":
        """All options; raises `SettingsError` naming the one that cannot work."""
        from marketeer.agent.settings import load_settings

        return load_settings(**self.flags)

    @property
    def language(self) -> "Language":
        """The language of lists and reports: the one chosen, else English."""
        return "zh" if self.settings.language == "zh" else "en"

    def console(self, *, quiet: bool = False) -> "Console":
        """Give a console; `quiet` where the answer is printed as JSON."""
        from marketeer.agent.console import Console

        console = Console(quiet=quiet)
        console.language = self.language
        return console

    @contextmanager
    def open(self, *, quiet: bool = False) -> "Iterator[tuple[Console, Session]]":
        """Open console and workspace, and close them again; notices and progress are drawn."""
        from marketeer.agent.session import open_session
        from marketeer.agent.terminal.at_home import AtHome

        with self.console(quiet=quiet) as console:
            session = open_session(self.settings, console.hear)
            console.named = AtHome(session.workspace.dataset)
            try:
                yield console, session
            finally:
                session.close()

    def answer_json(self, session: "Session", answer: "Answer") -> dict[str, Any]:
        """Give the object that `--json` prints; `customers` names those the text speaks of by position."""
        from marketeer.agent.terminal.at_home import AtHome

        return {**answer.to_json(), "customers": AtHome(session.workspace.dataset).names(answer.text)}

    def ledger(self) -> "Ledger":
        """Open the findings without opening the data; raises `WorkspaceError` where there are none."""
        from marketeer.tools.core.errors import WorkspaceError
        from marketeer.tools.core.ledger import Ledger

        path = self.settings.workspace / "ledger.sqlite"
        if not path.exists():
            raise WorkspaceError(
                f"There are no findings in {self.settings.workspace} yet. Ask something first."
            )
        return Ledger(path)

    def transcripts(self) -> "Transcripts":
        """Give the conversations of the workspace."""
        from marketeer.agent.transcripts import Transcripts

        return Transcripts(self.settings.workspace)

    def sent(self) -> "list[Parcel]":
        """Give what left this machine from this workspace."""
        from marketeer.agent.gateway.record import FILE_NAME, EgressRecord

        return list(EgressRecord(self.settings.workspace / FILE_NAME).parcels())

    def forget(self, conversation: str, person: Sequence[str]) -> str:
        """Delete conversations, or a person everywhere; say in a sentence what is gone."""
        from marketeer.agent.forgetting import forget_people

        (self.settings.workspace / HISTORY).unlink(missing_ok=True)
        if person:
            gone_for_good = forget_people(self.settings.workspace, person)
            return (
                f"Forgot {gone_for_good.turns} turns, {gone_for_good.findings} findings and "
                f"{gone_for_good.customers} customers' names and addresses, and the history of typed lines. "
                "The files they were loaded from, and exports already made, still name them."
            )
        gone = self.transcripts().forget(conversation or None)
        return f"Forgot {gone} conversations and the history of typed lines."
