"""`marketeer sql`: one SELECT over the loaded data, for people at this machine."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # `--help` imports none of these
    from marketeer.agent.console import Console


def answer_sql(folder: Path, sql: str, console: "Console", *, rows: int, seconds: float) -> None:
    """Run a query over the current snapshot and draw its rows; without one, list tables and columns."""
    from marketeer.agent.terminal.rows import row_table
    from marketeer.tools.warehouse.sandbox import ask_sql, open_columns
    from marketeer.tools.warehouse.snapshots import open_dataset

    dataset = open_dataset(folder)
    if not sql.strip():
        tables = open_columns(dataset)
        listed = [(name, ", ".join(columns)) for name, columns in tables.items()]
        console.json(tables) if console.quiet else console.show(row_table(("table", "columns"), listed))
        return
    answer = ask_sql(dataset, sql, rows=rows, seconds=seconds)
    if console.quiet:
        console.json(_as_json(answer.columns, answer.types, answer.rows, more=answer.more))
        return
    numeric = [kind.startswith(("DECIMAL", "DOUBLE", "FLOAT")) or "INT" in kind for kind in answer.types]
    console.show(row_table(answer.columns, answer.rows, numeric))
    count = len(answer.rows)
    cut = " There are more; --rows shows more of them." if answer.more else ""
    console.notice(f"{count:,} {'row' if count == 1 else 'rows'}.{cut}")


def _as_json(
    columns: Sequence[str], types: Sequence[str], rows: Sequence[Sequence[Any]], *, more: bool
) -> dict[str, Any]:
    return {"columns": list(columns), "types": list(types), "rows": [list(row) for row in rows], "more": more}
