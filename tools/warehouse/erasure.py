"""Takes one person out of the snapshots of a workspace: who they are goes, what the shop sold stays.

The customer's row keeps its place, so that findings over the snapshot still hold; its personal columns are
emptied, its id becomes a number that means nothing, and it may not be written to any more.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Consent, Table, personal_columns
from marketeer.tools.core.dataset import Dataset, parquet, sql_target
from marketeer.tools.core.errors import Retry
from marketeer.tools.warehouse.names import customer_key, row_of
from marketeer.tools.warehouse.snapshots import open_dataset

_SPOKEN = (col.EMAIL, col.PHONE, col.CUSTOMER_ID)


@dataclass(frozen=True, slots=True)
class Erased:
    """One customer that was taken out of one snapshot.

    Attributes:
        snapshot: The snapshot's id.
        row: The customer's row in it.
        names: What the person was called there: e-mail, phone, id, full name.
    """

    snapshot: str
    row: int
    names: tuple[str, ...]


def erase_person(folder: Path, person: str) -> tuple[Erased, ...]:
    """Take a person out of every snapshot of a workspace.

    Args:
        folder: The workspace folder.
        person: The customer's id, e-mail or full name.

    Returns:
        What was erased, one entry per snapshot that knew the person.

    Raises:
        Retry: No snapshot knows the person, or one knows several of that name.
    """
    snapshots = [path.name for path in sorted((folder / "snapshots").glob("[!.]*")) if path.is_dir()]
    found = [one for one in (_find(open_dataset(folder, name), person) for name in snapshots) if one]
    if not found:
        raise Retry("No customer in this workspace has that id, e-mail or name.", code="unknown_customer")
    for dataset, row, _ in found:
        _empty(dataset, row)
    return tuple(Erased(dataset.snapshot, row, names) for dataset, row, names in found)


def _find(dataset: Dataset, person: str) -> tuple[Dataset, int, tuple[str, ...]] | None:
    if not dataset.has(Table.CUSTOMERS):
        return None
    try:
        row = row_of(customer_key(dataset, person))
    except Retry as error:
        if error.code == "unknown_customer":
            return None
        raise
    return dataset, row, _names(dataset, row)


def _names(dataset: Dataset, row: int) -> tuple[str, ...]:
    known = dataset.columns[Table.CUSTOMERS]
    person = dataset.frame("SELECT * FROM customers WHERE customer_row = ?", [row]).iloc[0]
    values = [str(person[name]) for name in _SPOKEN if name in known and person[name] is not None]
    parts = [str(person[name]) for name in (col.FIRST_NAME, col.LAST_NAME) if name in known and person[name]]
    return tuple(value for value in (*values, " ".join(parts)) if value and value != "nan")


def _empty(dataset: Dataset, row: int) -> None:
    """Write the customers table again without the person, beside the old one, and rename it into place."""
    path = dataset.path(Table.CUSTOMERS)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    known = dataset.columns[Table.CUSTOMERS]
    changed = {name: "NULL" for name in personal_columns(Table.CUSTOMERS) if name in known}
    changed |= {col.CUSTOMER_ID: f"'forgotten {row}'"}
    changed |= {
        name: f"'{Consent.DENIED.value}'" for name in (col.EMAIL_CONSENT, col.SMS_CONSENT) if name in known
    }
    changed |= {col.SUPPRESSED: "true"} if col.SUPPRESSED in known else {}
    replaced = ", ".join(
        f"CASE WHEN customer_row = {row} THEN {value} ELSE {name} END AS {name}"
        for name, value in changed.items()
    )
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * REPLACE ({replaced}) FROM {parquet(path)}) "
            f"TO {sql_target(beside)} (FORMAT parquet, COMPRESSION zstd)"
        )
    beside.chmod(0o600)
    beside.replace(path)
