"""`marketeer load`: options to a load, and its report."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from marketeer.agent.flags import Flag
from marketeer.tools.core.errors import DataError

if TYPE_CHECKING:  # `--help` imports none of these
    from marketeer.agent.console import Console
    from marketeer.tools.sources.loading import LoadOptions

LOAD_FLAGS = (
    Flag("name", str, "What to call the shop; by default the first file's name."),
    Flag("currency", str, "ISO code of all money, such as EUR."),
    Flag("mapping", list[str], "Which column is which: table.column=Header. May be repeated.", "--map"),
    Flag("keep", list[str], "Code of a cleaning rule to turn off. May be repeated."),
    Flag(
        "assignment", Literal["randomised", "not_randomised"], "How the arms of past campaigns were chosen."
    ),
    Flag("date_order", Literal["dmy", "mdy"], "The order of day and month, where dates read both ways."),
)


def load_files(files: Sequence[Path], folder: Path, options: "LoadOptions", console: "Console") -> None:
    """Load files into a workspace and draw the report, or print it as JSON where the console is quiet."""
    from marketeer.agent.events import ProgressEvents
    from marketeer.agent.terminal.reports import load_json, load_report
    from marketeer.tools.sources.loading import load

    progress = ProgressEvents()
    with progress.told_to(console.hear):
        report = load(files, folder, options, progress)
    console.rest()
    console.json(load_json(report)) if console.quiet else console.show(load_report(report, console.language))


def load_options(raw: dict[str, Any], *, dry_run: bool) -> "LoadOptions":
    """Turn options as written into those of a load; raises `DataError` for a mapping that is none."""
    from marketeer.tools.core.columns import Assignment
    from marketeer.tools.sources.loading import LoadOptions

    return LoadOptions(
        name=raw.get("name", ""),
        currency=raw.get("currency", "").upper(),
        mapping=dict(_pair(text) for text in raw.get("mapping", ())),
        keep=frozenset(raw.get("keep", ())),
        assignment=Assignment(raw.get("assignment", Assignment.UNKNOWN)),
        date_order=raw.get("date_order"),
        dry_run=dry_run,
    )


def _pair(text: str) -> tuple[str, str]:
    column, equals, header = text.partition("=")
    if not equals or "." not in column:
        raise DataError(
            f"--map {text} cannot be read: write table.column=Header, such as order_lines.quantity=Stück.",
            code="bad_mapping",
            text=text,
        )
    return column.strip(), header.strip()
