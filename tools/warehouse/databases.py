"""SQLite databases, read only: every table that holds rows, rewritten as CSV."""

import csv
import sqlite3
from contextlib import closing
from pathlib import Path

from marketeer.tools.core.errors import DataError

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"


def database_to_csv(path: Path, scratch: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Write each table of a database that holds rows as a CSV file.

    Args:
        path: A SQLite file; it is opened read-only.
        scratch: Where the CSV files go.

    Returns:
        One path per table, and no notes.

    Raises:
        DataError: The file is no readable database, or holds no rows.
    """
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as database:
            names = [str(name) for (name,) in database.execute(_TABLES)]
            places = [scratch / f"{path.stem}-{number}.csv" for number in range(len(names))]
            written = [_write(database, name, at) for name, at in zip(names, places, strict=True)]
    except (sqlite3.Error, UnicodeError) as error:
        raise DataError(
            f"{path.name} cannot be read as a SQLite database ({error}). Copy it again, or export it.",
            code="damaged_database",
            file=path.name,
        ) from error
    found = tuple(at for at in written if at is not None)
    if not found:
        raise DataError(f"{path.name} has no table with rows in it.", code="empty_file", file=path.name)
    return found, ()


def _write(database: sqlite3.Connection, name: str, at: Path) -> Path | None:
    escaped = name.replace('"', '""')
    rows = database.execute(f'SELECT * FROM "{escaped}"')
    first = rows.fetchone()
    if first is None:
        return None
    with at.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([column for column, *_ in rows.description])
        writer.writerow(first)
        writer.writerows(rows)
    return at
