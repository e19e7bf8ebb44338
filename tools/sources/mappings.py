"""Mappings saved beside a shop's files, so that next month's export loads without asking.

A mapping file is TOML: one table per canonical table, `column = "Raw Header"`.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from marketeer.tools.core.columns import ATTRIBUTE_PREFIX
from marketeer.tools.core.errors import DataError
from marketeer.tools.warehouse.feeds import Feed


def read_mapping(path: Path) -> dict[str, str]:
    """Read a saved mapping as `table.column` → raw header.

    Raises:
        DataError: The file is missing, is no TOML, or names something else than tables of columns.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"The mapping {path} cannot be read: {error}.", code="bad_mapping") from error
    if not all(isinstance(columns, Mapping) for columns in tables.values()):
        raise DataError(
            f'The mapping {path} must hold tables such as [orders], with lines such as order_id = "Order".',
            code="bad_mapping",
        )
    return {f"{table}.{column}": str(h) for table, columns in tables.items() for column, h in columns.items()}


def write_mapping(path: Path, mapping: Mapping[str, str]) -> None:
    """Save a mapping, without attributes, which need none.

    Raises:
        DataError: The file cannot be written.
    """
    lines = []
    for feed in Feed:
        own = {k.partition(".")[2]: h for k, h in mapping.items() if k.startswith(f"{feed.value}.")}
        columns = {name: header for name, header in own.items() if not name.startswith(ATTRIBUTE_PREFIX)}
        if columns:
            lines += [f"[{feed.value}]", *(f"{name} = {_quoted(h)}" for name, h in columns.items()), ""]
    try:
        path.write_text("\n".join(lines), encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"The mapping cannot be saved to {path}: {error.strerror}.", code="bad_mapping"
        ) from error


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
