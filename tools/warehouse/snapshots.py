"""Snapshots on disk: written beside, renamed in, never changed; `current` names the one in use.

A workspace folder holds `snapshots/<id>/<table>.parquet` with `manifest.json`, and the file `current`.
A kill at any moment leaves the previous snapshot current and readable.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd

from marketeer.tools.core.columns import ATTRIBUTE_PREFIX, SCHEMA, Table
from marketeer.tools.core.dataset import Dataset, parquet, sql_target
from marketeer.tools.core.errors import WorkspaceError
from marketeer.tools.warehouse.manifest import MANIFEST_JSON, Manifest

_MANIFEST = "manifest.json"
_CURRENT = "current"


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside the snapshots, gone again unless it was published."""
    snapshots = folder / "snapshots"
    snapshots.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged = Path(tempfile.mkdtemp(prefix=".staging-", dir=snapshots))
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what killed loads left behind. Only for whoever holds the workspace's load lock."""
    for pattern in (".scratch-*", "snapshots/.staging-*"):
        for path in folder.glob(pattern):
            shutil.rmtree(path, ignore_errors=True)


def write_frames(staged: Path, frames: Mapping[Table, pd.DataFrame]) -> None:
    """Write canonical frames as Parquet with the schema's types; absent optional columns stay absent.

    Columns the schema does not know are kept when they are customer attributes (`attr_*`).
    """
    with duckdb.connect() as connection:
        for table, frame in frames.items():
            types = {column.name: column.type for column in SCHEMA[table]}
            chosen = [
                f'CAST("{name}" AS {types[name]}) AS "{name}"' if name in types else f'"{name}"'
                for name in frame.columns
                if name in types or name.startswith(ATTRIBUTE_PREFIX)
            ]
            connection.register("raw", frame)
            target = sql_target(staged / f"{table.value}.parquet")
            connection.execute(
                f"COPY (SELECT {', '.join(chosen)} FROM raw) TO {target} (FORMAT parquet, COMPRESSION zstd)"
            )
            connection.unregister("raw")


def publish(folder: Path, staged: Path, manifest: Manifest) -> Dataset:
    """Rename a staged folder into place under its snapshot id and make it the current one."""
    for path in staged.iterdir():
        path.chmod(0o600)
    described = staged / _MANIFEST
    described.write_bytes(MANIFEST_JSON.dump_json(manifest, indent=1))
    described.chmod(0o600)
    target = folder / "snapshots" / manifest.snapshot
    if not target.exists():
        staged.rename(target)
    make_current(folder, manifest.snapshot)
    return open_dataset(folder)


def make_current(folder: Path, snapshot: str) -> None:
    """Point the workspace at a snapshot that is there."""
    beside = folder / f".{_CURRENT}.{os.getpid()}"
    beside.write_text(snapshot)
    beside.replace(folder / _CURRENT)


def current_snapshot(folder: Path) -> str | None:
    """Give the id of the snapshot in use, or None where nothing was loaded yet."""
    pointer = folder / _CURRENT
    return pointer.read_text().strip() if pointer.exists() else None


def read_manifest(folder: Path, snapshot: str) -> Manifest:
    """Read a snapshot's manifest; raises `WorkspaceError` when it is missing or damaged."""
    path = folder / "snapshots" / snapshot / _MANIFEST
    try:
        return MANIFEST_JSON.validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise WorkspaceError(
            f"The snapshot {snapshot[:12]} in {folder} is missing or damaged. Load the files again."
        ) from error


def manifest_of(dataset: Dataset) -> Manifest:
    """Read the manifest of an open snapshot."""
    return read_manifest(dataset.folder.parent.parent, dataset.folder.name)


def open_dataset(folder: Path, snapshot: str | None = None) -> Dataset:
    """Open a snapshot, by default the current one.

    Raises:
        WorkspaceError: Nothing is loaded, or the snapshot is missing or damaged.
    """
    chosen = snapshot or current_snapshot(folder)
    if chosen is None:
        raise WorkspaceError(f"Nothing is loaded in {folder} yet. Run: marketeer load FILE…")
    manifest = read_manifest(folder, chosen)
    at = folder / "snapshots" / chosen
    rows, columns = _describe(at)
    return Dataset(
        snapshot=chosen,
        folder=at,
        name=manifest.name,
        rows=rows,
        columns=columns,
        currency=manifest.currency,
        as_of=manifest.as_of,
        attributes=dict(manifest.attributes),
    )


def _describe(at: Path) -> tuple[dict[Table, int], dict[Table, tuple[str, ...]]]:
    rows: dict[Table, int] = {}
    columns: dict[Table, tuple[str, ...]] = {}
    try:
        with duckdb.connect() as connection:
            for table in Table:
                path = at / f"{table.value}.parquet"
                if path.exists():
                    relation = connection.sql(f"SELECT * FROM {parquet(path)}")
                    columns[table] = tuple(relation.columns)
                    rows[table] = len(relation)
    except duckdb.Error as error:
        raise WorkspaceError(f"The snapshot in {at} is damaged: {error}. Load the files again.") from error
    return rows, columns
