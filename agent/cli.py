"""The command line: each command parses, calls and prints. Heavy imports happen inside the commands."""

import sys
import warnings
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from marketeer.agent.desk import Desk
from marketeer.agent.flags import with_flags
from marketeer.agent.load_command import LOAD_FLAGS, load_files, load_options
from marketeer.agent.run_command import ToolGroup, summary
from marketeer.agent.sql_command import answer_sql
from marketeer.agent.terminal.safe_text import one_line
from marketeer.tools import tool_names
from marketeer.tools.core.errors import MarketeerError

UNVERIFIED = 3
"""Exit code of `ask --strict` where a number rests on no fact."""
INTERRUPTED = 130
"""Exit code after Ctrl-C."""

_VALUED = ("--workspace", "--model", "--language")
_SWITCHES = ("--debug",)


class AnywhereGroup(TyperGroup):
    """Takes the global options before or after the command's name; with `run`, before it only."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Move global options to the front, then parse as usual."""
        return super().parse_args(ctx, hoisted(args))


def hoisted(args: list[str]) -> list[str]:
    """Give the arguments with the global options first; what follows `run` or `--` stays where it is."""
    front: list[str] = []
    rest: list[str] = []
    items = iter(args)
    for item in items:
        name, _, value = item.partition("=")
        if item == "--" or (item == "run" and not rest):
            return [*front, *rest, item, *items]
        if name in _SWITCHES:
            front.append(item)
        elif name in _VALUED:
            front += [item] if value else [item, *([word] if (word := next(items, "")) else [])]
        else:
            rest.append(item)
    return [*front, *rest]


app = typer.Typer(
    cls=AnywhereGroup,
    help="Ask a shop's own files: segments, offers, forecasts and campaign drafts, every number computed.",
    epilog="Without a command it starts a conversation. With run, these options stand before it.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
app.add_typer(typer.Typer(), name="run", cls=ToolGroup)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Question = Annotated[
    list[str], typer.Argument(metavar="QUESTION", help="The question; - reads standard input.")
]
FindingId = Annotated[str, typer.Argument(metavar="FINDING", help="A finding's id, such as F3.")]


def _version(wanted: bool) -> None:  # noqa: FBT001 - the signature typer calls
    if wanted:
        typer.echo(f"marketeer {metadata.version('marketeer')}")
        raise typer.Exit


WorkspaceOption = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Where data and findings are [.marketeer].")
]
ModelOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Chat model; without one the offline planner answers.")
]
LanguageOption = Annotated[
    str | None, typer.Option(metavar="LANGUAGE", help="Language of answers: auto, en or zh.")
]
VersionOption = Annotated[
    bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
]


@app.callback(invoke_without_command=True)
def options(
    ctx: typer.Context,
    *,
    workspace: WorkspaceOption = None,
    model: ModelOption = None,
    language: LanguageOption = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.")] = False,
    version: VersionOption = False,
) -> None:
    """Take the global options; without a command, talk."""
    flags = {"workspace": workspace, "model": model, "language": language}
    ctx.obj = Desk({name: value for name, value in flags.items() if value is not None})
    if ctx.invoked_subcommand is None:
        chat(ctx)


@app.command()
def chat(ctx: typer.Context) -> None:
    """Talk with the agent (the default).

    Where standard input is no terminal, each line of it is answered; no input at all gets a short tour.
    """
    from marketeer.agent.chat import talk

    raise typer.Exit(talk(ctx.obj))


@app.command()
def ask(
    ctx: typer.Context,
    question: Question,
    *,
    as_json: AsJson = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 if a number rests on no fact.")] = False,
    go_on: Annotated[bool, typer.Option("--continue", help="Go on with the last conversation.")] = False,
) -> None:
    """Answer one question."""
    desk: Desk = ctx.obj
    text = sys.stdin.read().strip() if question == ["-"] else " ".join(question)
    if not text:
        raise typer.BadParameter("the question is empty", param_hint="QUESTION")
    with desk.open(quiet=as_json) as (console, session):
        if go_on and (latest := session.transcripts.latest()):
            session.resume(latest)
        answer = session.ask(text, console.hear)
        console.json(desk.answer_json(session, answer)) if as_json else console.answer(answer)
    if strict and answer.unverified:
        raise typer.Exit(UNVERIFIED)


@app.command()
@with_flags(LOAD_FLAGS)
def load(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Exports of one shop.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report only; write nothing.")] = False,
    as_json: AsJson = False,
    **raw: Any,
) -> None:
    """Load a shop's files as the data to work on."""
    desk: Desk = ctx.obj
    with desk.console(quiet=as_json) as console:
        options, saved = load_options(raw, dry_run=dry_run), raw.get("save_mapping")
        load_files(files, desk.settings.workspace, options, console, saved)


@app.command()
def demo(ctx: typer.Context) -> None:
    """Open the built-in demo shop as the data to work on."""
    from marketeer.tools.core.columns import Table
    from marketeer.tools.sources.demo import load_demo

    desk: Desk = ctx.obj
    with desk.console() as console, console.progress() as progress:
        desk.settings.workspace.mkdir(parents=True, exist_ok=True, mode=0o700)
        dataset = load_demo(desk.settings.workspace, progress)
        console.line(
            f"{dataset.name} is open: {dataset.rows[Table.CUSTOMERS]:,} customers, {dataset.currency}."
        )


@app.command()
def sql(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(metavar="[QUERY]", help="One SELECT; - reads standard input.")] = "",
    *,
    rows: Annotated[int, typer.Option(min=1, max=100_000, help="Show at most so many rows.")] = 1_000,
    seconds: Annotated[float, typer.Option(min=0.1, max=86_400, help="Stop after so many seconds.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Ask the loaded data in SQL; without a query, list its tables and columns.

    One SELECT over tables without names, addresses and customer ids. Rows are shown here only.
    """
    desk: Desk = ctx.obj
    text = sys.stdin.read() if query == "-" else query
    with desk.console(quiet=as_json) as console:
        answer_sql(desk.settings.workspace, text, console, rows=rows, seconds=seconds)


@app.command(name="tools")
def list_tools(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """List the tools that `run` can run."""
    desk: Desk = ctx.obj
    summaries = {name: summary(name) for name in tool_names()}
    with desk.console() as console:
        console.json(summaries) if as_json else console.tools(summaries)


@app.command()
def findings(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """List all findings of the workspace."""
    desk: Desk = ctx.obj
    with desk.console(quiet=as_json) as console:
        console.findings(desk.ledger().all())


@app.command()
def why(ctx: typer.Context, finding: FindingId, *, as_json: AsJson = False) -> None:
    """Show how a finding came to be.

    Method, quality, recipe, query, notes and all facts.
    """
    desk: Desk = ctx.obj
    with desk.console(quiet=as_json) as console:
        console.why(desk.ledger().get(finding))


@app.command(name="replay")
def replay_finding(ctx: typer.Context, finding: FindingId) -> None:
    """Compute a finding again and compare.

    Exits 1 where a fact differs.
    """
    desk: Desk = ctx.obj
    with desk.open() as (console, session):
        result = session.replay(finding, console.hear)
        console.replay(result)
    raise typer.Exit(0 if result.agrees else 1)


@app.command()
def drafts(
    ctx: typer.Context,
    finding: Annotated[str, typer.Argument(metavar="[FINDING]", help="Show the drafts of this one.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """List campaign drafts, or show those of one finding."""
    desk: Desk = ctx.obj
    with desk.console(quiet=as_json) as console:
        ledger = desk.ledger()
        console.drafts([ledger.get(finding)] if finding else ledger.all(), whole=bool(finding))


@app.command()
def sessions(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """List the conversations kept in the workspace."""
    desk: Desk = ctx.obj
    with desk.console(quiet=as_json) as console:
        console.sessions(desk.transcripts().all())


@app.command()
def resume(ctx: typer.Context, conversation: Annotated[str, typer.Argument(help="Its id.")] = "") -> None:
    """Go on with a conversation, by default the last one."""
    from marketeer.agent.chat import talk

    desk: Desk = ctx.obj
    raise typer.Exit(talk(desk, conversation or desk.transcripts().latest() or ""))


@app.command()
def forget(
    ctx: typer.Context,
    conversation: Annotated[str, typer.Argument(help="Its id; without one, all are forgotten.")] = "",
    *,
    person: Annotated[list[str], typer.Option(help="Forget this person: id, e-mail or name.")] = [],  # noqa: B006
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete conversations, or a person: in the data, the findings and every conversation."""
    desk: Desk = ctx.obj
    if not (conversation or person or yes):
        typer.confirm("Delete all conversations of this workspace?", abort=True, err=True)
    typer.echo(desk.forget(conversation, person))


@app.command()
def sent(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """Show every request that left this machine."""
    desk: Desk = ctx.obj
    with desk.console(quiet=as_json) as console:
        console.sent(desk.sent())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line, by default this process's own.

    An error is one line on standard error, with a traceback only under --debug. Exit codes: 0 done, 1 an
    error, 2 wrong usage, 3 an unverified number under --strict, 130 interrupted.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    with warnings.catch_warnings(action="default" if debug else "ignore"):
        try:
            app(given, prog_name="marketeer")
        except MarketeerError as error:
            if debug:
                raise
            typer.echo(f"error: {one_line(error.message)}", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        finally:
            if not debug:
                sys.excepthook = _unexpected  # only now: the application puts its own there when it starts


def _unexpected(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    text = one_line(f"{kind.__name__}: {error}", 300)
    typer.echo(f"error: this should not have happened ({text}). Run it again with --debug.", err=True)
