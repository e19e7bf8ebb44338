"""`marketeer load`: options to a load, what is asked on the way, and its report."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from marketeer.agent.flags import Flag
from marketeer.tools.core.errors import DataError

if TYPE_CHECKING:  # `--help` imports none of these
    from marketeer.agent.console import Console
    from marketeer.tools.sources.loading import LoadOptions, LoadReport
    from marketeer.tools.warehouse.parsing import Question

LOAD_FLAGS = (
    Flag("name", str, "What to call the shop; by default the first file's name."),
    Flag("currency", str, "ISO code of all money, such as EUR."),
    Flag("mapping", list[str], "Which column is which: table.column=Header. May be repeated.", "--map"),
    Flag("mapping_file", Path, "A saved mapping to load with; --map goes before it.", "--mapping"),
    Flag("save_mapping", Path, "Save which column is which to a file, for the next export."),
    Flag("keep", list[str], "Code of a cleaning rule to turn off. May be repeated."),
    Flag(
        "assignment", Literal["randomised", "not_randomised"], "How the arms of past campaigns were chosen."
    ),
    Flag("date_order", Literal["dmy", "mdy"], "The order of day and month, where dates read both ways."),
    Flag("timezone", str, "The shop's time zone, such as Europe/Berlin; as-written moves no time."),
)


MAPPED_BY_NAME = "generic"


def load_files(
    files: Sequence[Path],
    folder: Path,
    options: "LoadOptions",
    console: "Console",
    save_mapping: Path | None = None,
) -> None:
    """Load files into a workspace and draw the report, or print it as JSON where the console is quiet.

    What the files leave open is asked where somebody sits at a terminal; elsewhere the error names the flag.
    """
    from marketeer.agent.terminal.reports import load_json, load_report
    from marketeer.tools.sources.mappings import write_mapping

    report, answered = _answered(files, folder, options, console)
    console.rest()
    console.json(load_json(report)) if console.quiet else console.show(load_report(report, console.language))
    if save_mapping is not None:
        matched = [one.mapping for one in report.files if one.source == MAPPED_BY_NAME]
        none = {key: header for key, header in answered.mapping.items() if not header}
        write_mapping(save_mapping, {key: header for one in matched for key, header in one.items()} | none)
        console.notice(f"The mapping is saved. Next time: marketeer load FILE… --mapping {save_mapping}")


def _answered(
    files: Sequence[Path], folder: Path, options: "LoadOptions", console: "Console"
) -> "tuple[LoadReport, LoadOptions]":
    """Load; where only the person can tell something, ask and try again. Gives also what was answered."""
    from marketeer.agent.events import ProgressEvents
    from marketeer.tools.sources.loading import load

    progress = ProgressEvents()
    while True:
        try:
            with progress.told_to(console.hear):
                return load(files, folder, options, progress), options
        except DataError as error:
            questions = error.params.get("questions")
            if not isinstance(questions, dict) or not console.can_ask:
                raise
            options = _asked(questions, error.message, options, console)


def _asked(
    questions: "Mapping[str, Question]", why: str, options: "LoadOptions", console: "Console"
) -> "LoadOptions":
    """Ask what is open: where there are several questions, first which of them it is."""
    from marketeer.tools.sources.who_bought import NOBODY

    which = next(iter(questions)) if len(questions) == 1 else console.choose(why, tuple(questions))
    question = questions[which]
    said = f"Which column is {question.about}?" if question.code == "column" else why
    only = question.options[0] if len(question.options) == 1 and len(questions) > 1 else ""
    answer = only or console.choose(said, question.options, question.examples)
    answer = "" if answer == NOBODY else answer
    if question.code == "column":
        column = question.flag.removeprefix("--map ").rstrip("=")
        return replace(options, mapping={**options.mapping, column: answer})
    changed: Any = {question.code: answer}
    return replace(options, **changed)


def load_options(raw: dict[str, Any], *, dry_run: bool) -> "LoadOptions":
    """Turn options as written into those of a load; raises `DataError` for a mapping that is none."""
    from marketeer.tools.core.columns import Assignment
    from marketeer.tools.sources.loading import LoadOptions
    from marketeer.tools.sources.mappings import read_mapping

    saved = read_mapping(raw["mapping_file"]) if raw.get("mapping_file") else {}
    return LoadOptions(
        name=raw.get("name", ""),
        currency=raw.get("currency", "").upper(),
        mapping={**saved, **dict(_pair(text) for text in raw.get("mapping", ()))},
        keep=frozenset(raw.get("keep", ())),
        assignment=Assignment(raw.get("assignment", Assignment.UNKNOWN)),
        date_order=raw.get("date_order"),
        timezone=raw.get("timezone", ""),
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
