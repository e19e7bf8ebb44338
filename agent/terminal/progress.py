"""Shows on standard error which tools run, how far they are and what they found."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.status import Status
from rich.text import Text

from marketeer.agent.events import ToolFailed, ToolFinished, ToolProgress, ToolStarted
from marketeer.agent.terminal.safe_text import one_line
from marketeer.prompts.wording import title
from marketeer.prompts.words import readable, word
from marketeer.tools.core.copy import Language

_ARGUMENT = 60


class ToolLines:
    """One line per tool: a spinner while it runs, a mark when it is done.

    Args:
        err: Where it is drawn.
    """

    def __init__(self, err: Console) -> None:
        self._err = err
        self._status: Status | None = None
        self._running = ""

    def started(self, event: ToolStarted) -> None:
        """Say that a tool runs."""
        self._running = f"{event.tool} {arguments(event.args)}".strip()
        self._spin(self._running)

    def progressed(self, event: ToolProgress) -> None:
        """Say how far it is."""
        stage = readable(event.stage)
        of = f" {event.done:,.0f}/{event.total:,.0f}" if event.total else ""
        self._spin(f"{self._running} · {stage}{of}" if self._running else f"{stage}{of}")

    def finished(self, event: ToolFinished, language: Language) -> None:
        """Say what was found."""
        self.stop()
        finding = event.finding
        tool = finding.recipe.tool if finding.recipe else ""
        verdict = word("verdict", finding.verdict.value, language, "terminal")
        line = f"✓ {tool} → {finding.id} {title(finding, language)} · {verdict}"
        self._err.print(Text(one_line(line), style="dim"), soft_wrap=True)

    def failed(self, event: ToolFailed) -> None:
        """Say why a tool gave nothing."""
        self.stop()
        self._err.print(Text(one_line(f"✗ {event.tool}: {event.message}"), style="yellow"), soft_wrap=True)

    def stop(self) -> None:
        """Take the spinner away."""
        self._running = ""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _spin(self, line: str) -> None:
        if not self._err.is_terminal:
            return
        text = Text(one_line(line, max(20, self._err.width - 4)))
        if self._status is None:
            self._status = Status(text, console=self._err)
            self._status.start()
        else:
            self._status.update(text)


def arguments(args: Mapping[str, Any]) -> str:
    """Write a tool's arguments on one line."""
    return ", ".join(f"{name}={one_line(str(value), _ARGUMENT)}" for name, value in args.items())
