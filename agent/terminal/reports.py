"""Draws what is not an answer: a load's report, tools, conversations, what left this machine."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from marketeer.agent.gateway.record import Parcel
from marketeer.agent.terminal.rows import headed
from marketeer.agent.terminal.safe_text import one_line, safe
from marketeer.agent.transcripts import Summary
from marketeer.prompts.words import readable, word
from marketeer.tools.core.copy import Language

if TYPE_CHECKING:  # only a load needs what reads files
    from marketeer.tools.sources.loading import LoadReport

_COUNTED = frozenset({"rows", "matching rows", "acted on", "amount", "bytes", "questions", "?"})
_CURRENCY = 3


def load_report(report: "LoadReport", language: Language) -> RenderableType:
    """Show how files were understood, what every rule did, and that the amounts add up."""
    manifest = report.manifest
    parts: list[RenderableType] = [_files(report), _rules(report, language)]
    money = manifest.currency or "?"
    gone = manifest.raw_amount - manifest.kept_amount
    grid = _table("", "rows", money)
    grid.add_row("read", f"{manifest.raw_rows:,}", _money(manifest.raw_amount))
    grid.add_row("left out", f"{manifest.raw_rows - manifest.kept_rows:,}", _money(gone))
    grid.add_row("kept", f"{manifest.kept_rows:,}", _money(manifest.kept_amount))
    parts += [grid, _reconciled(report), *_notes(report, language), Text(), *_first_rows(report)]
    parts.append(Text(_outcome(report), style="bold"))
    return Group(*parts)


def load_json(report: "LoadReport") -> dict[str, Any]:
    """Give a load's report as one JSON object."""
    manifest = report.manifest
    return {
        "snapshot": manifest.snapshot,
        "name": manifest.name,
        "published": report.dataset is not None,
        "unchanged": report.unchanged,
        "currency": manifest.currency,
        "as_of": manifest.as_of.isoformat() if manifest.as_of else None,
        "rows": {table.value: count for table, count in report.rows.items()},
        "raw_rows": manifest.raw_rows,
        "kept_rows": manifest.kept_rows,
        "raw_amount": float(manifest.raw_amount),
        "kept_amount": float(manifest.kept_amount),
        "rules": [
            {
                "code": rule.code, "table": rule.table, "rows": rule.rows, "matched": rule.matched,
                "amount": float(rule.amount), "dropped": rule.dropped,
            }
            for rule in manifest.rules
        ],
        "mapping": dict(manifest.mapping),
        "files": [
            {"name": one.file.name, "rows": one.file.rows, "source": one.source, "unused": list(one.unused)}
            for one in report.files
        ],
        "first": {
            table.value: [dict(zip(first.columns, row, strict=True)) for row in first.rows]
            for table, first in report.first.items()
        },
        "notes": list(manifest.notes),
    }  # fmt: skip


def tool_list(summaries: Mapping[str, str]) -> RenderableType:
    """List the tools with the first line of what they do."""
    table = _table("tool", "what it does")
    for name, summary in summaries.items():
        table.add_row(name, Text(one_line(summary)))
    return table


def session_list(summaries: Sequence[Summary]) -> RenderableType:
    """List conversations, the last used first."""
    table = _table("id", "last used", "questions", "first question", "model")
    for one in summaries:
        table.add_row(one.id, one.at, str(one.turns), Text(one_line(one.question, 60)), one.model)
    return table


def sent_list(parcels: Iterable[Parcel]) -> RenderableType:
    """List every request that left this machine."""
    table = _table("when", "where to", "bytes")
    total = 0
    for parcel in parcels:
        table.add_row(parcel.at, Text(safe(parcel.address)), f"{parcel.bytes:,}")
        total += parcel.bytes
    return Group(table, Text(f"{total:,} bytes in all", style="bold"))


def _files(report: "LoadReport") -> RenderableType:
    table = _table("file", "rows", "read as", "columns used", "not used")
    for one in report.files:
        used = ", ".join(f"{column.partition('.')[2]}={raw}" for column, raw in one.mapping.items())
        table.add_row(
            Text(safe(one.file.name)), f"{one.file.rows:,}", Text(safe(f"{one.source} {one.shape}")),
            Text(one_line(used)), Text(one_line(", ".join(one.unused))),
        )  # fmt: skip
    return Group(table, Text())


def _rules(report: "LoadReport", language: Language) -> RenderableType:
    table = _table("rule", "matching rows", "acted on", "amount", "how")
    for rule in report.manifest.rules:
        done = "left out" if rule.dropped else "kept in another form"
        name = Text(f"{word('rule', rule.code, language)} ({rule.code})")
        table.add_row(name, f"{rule.matched:,}", f"{rule.rows:,}", _money(rule.amount), done)
    return Group(table, Text())


def _reconciled(report: "LoadReport") -> Text:
    manifest = report.manifest
    # revenue is accounted by lines where there are any; the same sale stands in the orders table once more
    paying = "order_lines" if any(key.startswith("order_lines.") for key in manifest.mapping) else "orders"
    dropped = sum((r.amount for r in manifest.rules if r.dropped and r.table == paying), Decimal(0))
    if manifest.raw_amount - manifest.kept_amount == dropped:
        return Text(
            "Reconciled: the amount read is the amount kept plus what the rules left out.", style="green"
        )
    return Text(f"Not reconciled: the rules left out {_money(dropped)}.", style="red")


def _notes(report: "LoadReport", language: Language) -> list[Text]:
    said = (word("note", note, language, "describe_data") for note in report.manifest.notes)
    return [Text(f"note: {note}", style="yellow") for note in said]


def _first_rows(report: "LoadReport") -> Iterator[RenderableType]:
    """Show the first rows of each table, a column a line, so that no width cuts them."""
    for name, first in report.first.items():
        yield Text(f"First rows of {readable(name.value).lower()}", style="bold")
        for row in first.rows:
            pairs = zip(first.columns, row, strict=True)
            yield Text("  " + one_line(" · ".join(f"{column} {cell}" for column, cell in pairs if cell), 400))
        yield Text()


def _outcome(report: "LoadReport") -> str:
    rows = ", ".join(
        f"{count:,} {readable(table.value).lower()}" for table, count in report.rows.items() if count
    )
    if report.dataset is None:
        return f"Dry run: nothing was written. It would hold {rows}."
    again = " (the same data as before)" if report.unchanged else ""
    as_of = f", as of {report.manifest.as_of}" if report.manifest.as_of else ""
    return safe(f"Loaded {report.manifest.name}{again}: {rows}{as_of}.")


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _table(*columns: str) -> Table:
    counted = [at for at, name in enumerate(columns) if name in _COUNTED or len(name) == _CURRENCY]
    return headed(*columns, numbers=counted)
