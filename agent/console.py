"""Draws what happens and what was answered. Standard output has the answer, standard error all the rest."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console as RichConsole
from rich.console import RenderableType
from rich.rule import Rule
from rich.text import Text

from marketeer.agent.answers import Answer, finding_json
from marketeer.agent.events import (
    Event,
    Notice,
    ProgressEvents,
    TextReleased,
    ToolFailed,
    ToolFinished,
    ToolProgress,
    ToolStarted,
)
from marketeer.agent.gateway.record import Parcel
from marketeer.agent.terminal.drafts import draft_list, draft_panels
from marketeer.agent.terminal.findings import evidence, finding_list, replayed, why
from marketeer.agent.terminal.progress import ToolLines
from marketeer.agent.terminal.reports import sent_list, session_list, tool_list
from marketeer.agent.terminal.safe_text import one_line, safe
from marketeer.agent.terminal.stream import Stream
from marketeer.agent.terminal.words import say
from marketeer.agent.transcripts import Summary
from marketeer.prompts.wording import word_finding
from marketeer.tools.core.copy import Language
from marketeer.tools.core.findings import FINDING_JSON, Finding

if TYPE_CHECKING:  # only a replay needs what runs tools
    from marketeer.tools.core.running import Replay

PLAIN_WIDTH = 120
"""Columns where the output is no terminal."""


def _rich(*, stderr: bool) -> RichConsole:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PLAIN_WIDTH
    return RichConsole(stderr=stderr, markup=False, highlight=False, emoji=False, width=width)


class Console:
    """Hears events and draws answers, findings, drafts and reports.

    Args:
        out: Standard output.
        err: Standard error.
        quiet: Whether answers are not drawn as they stream, because they are printed as JSON.
    """

    def __init__(
        self, out: RichConsole | None = None, err: RichConsole | None = None, *, quiet: bool = False
    ) -> None:
        self.out = out or _rich(stderr=False)
        self.err = err or _rich(stderr=True)
        self.language: Language = "en"
        self.quiet = quiet
        self.named: Callable[[str], str] = str
        self._tools = ToolLines(self.err)
        self._stream = self._fresh()

    @property
    def plain(self) -> bool:
        """Whether output goes to a file or pipe, so that Markdown is written as it is."""
        return not self.out.is_terminal

    def __enter__(self) -> "Console":
        return self

    def __exit__(self, *_: object) -> None:
        self.rest()

    @contextmanager
    def progress(self) -> Iterator[ProgressEvents]:
        """Give a progress port that is drawn here."""
        progress = ProgressEvents()
        with progress.told_to(self.hear):
            yield progress

    def hear(self, event: Event) -> None:
        """Draw one event as it happens."""
        if isinstance(event, ToolStarted):
            self._tools.started(event)
        elif isinstance(event, ToolProgress):
            self._tools.progressed(event)
        elif isinstance(event, ToolFinished):
            self._tools.finished(event, self.language)
        elif isinstance(event, ToolFailed):
            self._tools.failed(event)
        elif isinstance(event, Notice):
            self.notice(event.text)
        elif isinstance(event, TextReleased) and not self.quiet:
            self._tools.stop()
            self._stream.feed(event.text)

    def notice(self, text: str) -> None:
        """Say one line that is no part of an answer."""
        self._tools.stop()
        self.err.print(Text(one_line(text), style="dim"), soft_wrap=True)

    @property
    def can_ask(self) -> bool:
        """Whether somebody sits here who can answer."""
        return not self.quiet and self.err.is_terminal and sys.stdin.isatty()

    def choose(self, question: str, options: Sequence[str], examples: Sequence[str] = ()) -> str:
        """Have the person choose one of several answers, by its number or as it is written.

        Raises:
            KeyboardInterrupt: The person would rather not.
        """
        self.rest()
        self.err.print(Text(one_line(question)), soft_wrap=True)
        for number, option in enumerate(options, start=1):
            example = one_line(examples[number - 1], 60) if number <= len(examples) else ""
            self.err.print(Text.assemble(f"{number:>4}  {one_line(option)}   ", (example, "dim")))
        while True:
            try:
                said = self.err.input("Which one? (a number; Ctrl-C stops) ").strip()
            except EOFError:
                raise KeyboardInterrupt from None
            if said in options:
                return said
            if said.isdecimal() and 0 < int(said) <= len(options):
                return options[int(said) - 1]

    def error(self, message: str) -> None:
        """Say one line about what went wrong and what to do next."""
        self.rest()
        self.err.print(Text(f"error: {one_line(message)}", style="red"), soft_wrap=True)

    def rest(self) -> None:
        """Finish what is being drawn; nothing moves afterwards."""
        self._tools.stop()
        self._stream.close()
        self._stream = self._fresh()

    def answer(self, answer: Answer) -> None:
        """Complete a streamed answer, or draw it whole; then its drafts and what it rests on."""
        if not self._stream.began:
            self._stream.feed(answer.text)
        self.rest()
        self.language = answer.language
        if answer.drafts:
            self.show(draft_panels(answer.drafts, answer.language, plain=self.plain))
        if answer.findings:
            self.show(evidence(answer.findings, answer.language))
        self._foot(answer)

    def finding(self, finding: Finding, language: Language) -> None:
        """Draw one finding in words, with its drafts and badge."""
        self._stream.feed(word_finding(finding, language))
        self.rest()
        if finding.drafts:
            self.show(draft_panels(finding.drafts, language, plain=self.plain))
        self.show(evidence([finding], language))

    def question(self, text: str) -> None:
        """Repeat a question that was not typed on this screen."""
        self.out.print(Text(f"> {safe(text)}", style="bold"))
        self.out.print()

    def show(self, drawn: RenderableType) -> None:
        """Print something drawable."""
        self.out.print(drawn)

    def line(self, text: str) -> None:
        """Print one line as it is."""
        self.out.print(Text(safe(text)), soft_wrap=True)

    def json(self, value: Any) -> None:
        """Print one JSON value; no character in it can steer the terminal."""
        text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
        self.out.print(safe(text), soft_wrap=True)

    def tools(self, summaries: Mapping[str, str]) -> None:
        """List tools."""
        self.show(tool_list(summaries))

    def findings(self, findings: Sequence[Finding]) -> None:
        """List findings, or print them as JSON."""
        if self.quiet:
            self.json([finding_json(finding) for finding in findings])
        elif findings:
            self.show(finding_list(findings, self.language))
        else:
            self.line(say("no_findings", self.language))

    def why(self, finding: Finding) -> None:
        """Show how a finding came to be, or print it as JSON."""
        if self.quiet:
            self.json(FINDING_JSON.dump_python(finding, mode="json"))
        else:
            self.show(why(finding, self.language))

    def replay(self, result: "Replay") -> None:
        """Say whether a replay agrees."""
        self.rest()
        self.show(replayed(result, self.language))

    def drafts(self, findings: Sequence[Finding], *, whole: bool) -> None:
        """List the drafts of findings, or show them whole, or print them as JSON."""
        drafts = [draft for finding in findings for draft in finding.drafts]
        if self.quiet:
            self.json([asdict(draft) for draft in drafts])
        elif not drafts:
            self.line(say("no_drafts", self.language))
        elif whole:
            self.show(draft_panels(drafts, self.language, plain=self.plain))
        else:
            self.show(draft_list(findings, self.language))

    def sessions(self, summaries: Sequence[Summary]) -> None:
        """List conversations."""
        if self.quiet:
            self.json([asdict(one) for one in summaries])
        elif summaries:
            self.show(session_list(summaries))
        else:
            self.line(say("no_sessions", self.language))

    def sent(self, parcels: Sequence[Parcel]) -> None:
        """List what left this machine."""
        if self.quiet:
            self.json([asdict(parcel) for parcel in parcels])
        elif parcels:
            self.show(sent_list(parcels))
        else:
            self.line(say("nothing_sent", self.language))

    def ruled(self) -> None:
        """Draw a line between answers."""
        self.out.print(Rule(style="dim"))

    def _foot(self, answer: Answer) -> None:
        if answer.unverified:
            numbers = ", ".join(answer.unverified)
            self.err.print(Text(safe(say("unverified", answer.language, numbers=numbers)), style="red"))
        if answer.sent.requests:
            sent = f"{answer.model}: {answer.sent.requests} requests, {answer.sent.bytes:,} bytes sent"
            used = f", {answer.usage.input_tokens:,} + {answer.usage.output_tokens:,} tokens"
            self.notice(f"{sent}{used}, {answer.usage.seconds:.1f} s")
        self.out.print()

    def _fresh(self) -> Stream:
        return Stream(self.out, plain=self.plain, named=lambda text: self.named(text))
