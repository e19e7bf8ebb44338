"""All findings of a workspace by id, each with the recipe that computes it again (`ledger.sqlite`)."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from marketeer.tools.core.errors import WorkspaceError, unknown_name
from marketeer.tools.core.findings import FINDING_JSON, Finding, Recipe

_NOW = "strftime('%Y-%m-%dT%H:%M:%f', 'now')"
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS findings (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    request TEXT NOT NULL,
    snapshot TEXT NOT NULL,
    tool TEXT NOT NULL,
    payload TEXT NOT NULL,
    used_at TEXT NOT NULL DEFAULT ({_NOW}),
    finding TEXT
)
"""


def recipe_key(recipe: Recipe) -> str:
    """Give the identity of a recipe: the same recipe on the same snapshot is the same finding."""
    text = json.dumps(asdict(recipe), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def request_key(recipe: Recipe) -> str:
    """Give the identity of what was asked, whatever findings it came to be built on."""
    return recipe_key(replace(recipe, parents={}))


class Ledger:
    """Findings on disk, one row each, in a file only its owner can read.

    Args:
        path: The SQLite file; made when missing.

    Raises:
        WorkspaceError: The file is locked by another program or is not a ledger.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        fresh = not path.exists()
        with self._open() as connection:
            connection.execute(_SCHEMA)
        if fresh:
            path.chmod(0o600)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=10)) as connection, connection:
                yield connection
        except sqlite3.OperationalError as error:
            raise WorkspaceError(
                f"The ledger {self._path} cannot be used: {error}. Close other programs that use it."
            ) from error
        except sqlite3.DatabaseError as error:
            raise WorkspaceError(
                f"{self._path} is damaged: {error}. Move it away; findings are computed again when asked for."
            ) from error

    def made_before(self, recipe: Recipe) -> list[Finding]:
        """Give the findings made by the same request, newest first; they may differ in their parents."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT finding FROM findings WHERE request = ? AND finding IS NOT NULL "
                "ORDER BY used_at DESC",
                (request_key(recipe),),
            ).fetchall()
        return [FINDING_JSON.validate_json(row[0]) for row in rows]

    def touch(self, finding_id: str) -> None:
        """Mark a finding as used now, which makes its payload the current one of its kind."""
        with self._open() as connection:
            connection.execute(
                f"UPDATE findings SET used_at = {_NOW} WHERE number = ?", (int(finding_id[1:]),)
            )

    def reserve(self, recipe: Recipe, payload: str) -> str:
        """Take a finding id for a recipe; the finding stays invisible until it is filed."""
        key = recipe_key(recipe)
        with self._open() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO findings (key, request, snapshot, tool, payload) "
                "VALUES (?, ?, ?, ?, ?)",
                (key, request_key(recipe), recipe.snapshot, recipe.tool, payload),
            )
            (number,) = connection.execute("SELECT number FROM findings WHERE key = ?", (key,)).fetchone()
        return f"F{number}"

    def file(self, finding: Finding) -> None:
        """Store a finding under the id it was given."""
        with self._open() as connection:
            connection.execute(
                f"UPDATE findings SET finding = ?, used_at = {_NOW} WHERE number = ?",
                (FINDING_JSON.dump_json(finding).decode(), int(finding.id[1:])),
            )

    def get(self, finding_id: str) -> Finding:
        """Give a finding by id; raises `Retry` with the newest ids when there is none."""
        number = finding_id.removeprefix("F").split(".")[0]
        if number.isdecimal():
            with self._open() as connection:
                row = connection.execute(
                    "SELECT finding FROM findings WHERE number = ? AND finding IS NOT NULL", (int(number),)
                ).fetchone()
            if row:
                return FINDING_JSON.validate_json(row[0])
        raise unknown_name("finding", finding_id, [f.id for f in self.all()][-8:])

    def forget(self, finding_ids: Iterable[str]) -> None:
        """Wipe findings out, also from the file's free pages; their numbers are never given again."""
        with self._open() as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.executemany(
                "UPDATE findings SET finding = NULL, request = '', key = 'forgotten ' || number "
                "WHERE number = ?",
                [(int(finding_id[1:]),) for finding_id in finding_ids],
            )

    def all(self) -> list[Finding]:
        """Give all findings, oldest first."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT finding FROM findings WHERE finding IS NOT NULL ORDER BY number"
            ).fetchall()
        return [FINDING_JSON.validate_json(row[0]) for row in rows]

    def last_of(self, tool: str) -> Finding | None:
        """Give the finding of a tool that was made or asked for last, on whatever snapshot."""
        with self._open() as connection:
            row = connection.execute(
                "SELECT finding FROM findings WHERE tool = ? AND finding IS NOT NULL "
                "ORDER BY used_at DESC, number DESC LIMIT 1",
                (tool,),
            ).fetchone()
        return FINDING_JSON.validate_json(row[0]) if row else None

    def payloads(self, kind: str, snapshot: str) -> list[str]:
        """Give the ids of findings that left such a payload on a snapshot, last used last."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT number FROM findings WHERE payload = ? AND snapshot = ? AND finding IS NOT NULL "
                "ORDER BY used_at, number",
                (kind, snapshot),
            ).fetchall()
        return [f"F{number}" for (number,) in rows]
