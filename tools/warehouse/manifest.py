"""What a snapshot was made from: source files, mapping, and every rule that dropped or changed rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One input file: its name (never its folder), content hash and raw row count."""

    name: str
    sha256: str
    rows: int
    format: str


@dataclass(frozen=True, slots=True)
class RuleEffect:
    """What one cleaning rule did.

    Attributes:
        code: The rule's name.
        rows: Raw rows it dropped or changed.
        amount: Raw revenue on those rows.
        dropped: Whether the rows are gone (True) or kept in another form (False).
        matched: Raw rows its condition holds for, including those an earlier rule had dropped.
        table: The canonical table the rows were meant for.
    """

    code: str
    rows: int
    amount: Decimal
    dropped: bool
    matched: int = 0
    table: str = "order_lines"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The description stored beside a snapshot's Parquet files.

    Attributes:
        snapshot: The snapshot id.
        name: The shop's or first file's name.
        files: Inputs.
        mapping: Canonical column → raw column, per table, as `table.column`.
        rules: Effects of every rule, in the order applied.
        raw_rows: Rows read.
        raw_amount: Σ quantity × price over all raw rows.
        kept_rows: Raw rows that are in the snapshot.
        kept_amount: Their Σ quantity × price; raw_amount = kept_amount + Σ dropped amounts.
        currency: ISO code, or empty when unknown.
        as_of: Last day of the data.
        attributes: `attr_*` column → known before the outcome.
        notes: Codes of things a person should know (for example `currency_unknown`).
    """

    snapshot: str
    name: str
    files: tuple[SourceFile, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[RuleEffect, ...] = ()
    raw_rows: int = 0
    raw_amount: Decimal = Decimal(0)
    kept_rows: int = 0
    kept_amount: Decimal = Decimal(0)
    currency: str = ""
    as_of: date | None = None
    attributes: Mapping[str, bool] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


MANIFEST_JSON: TypeAdapter[Manifest] = TypeAdapter(Manifest)
"""Turns manifests into JSON and back."""
