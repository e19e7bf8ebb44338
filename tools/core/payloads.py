"""How capabilities meet: payloads over customers, kept by handle and never put into a prompt.

A payload holds row positions into its snapshot, never names or e-mails. It is stored beside the ledger as
one Parquet file (its columns) and one JSON file (its description), and named by the finding that made it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.core.errors import WorkspaceError, unknown_name

P = TypeVar("P", bound="Payload")


@dataclass(frozen=True, slots=True)
class Payload:
    """A frame of columns plus a JSON description. Subclasses name what they mean.

    Attributes:
        frame: The columns; row positions are in `customer_row` where the payload is about customers.
        about: JSON values that describe it.
    """

    kind: ClassVar[str] = "payload"
    frame: pd.DataFrame
    about: Mapping[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write the payload into a folder that does not exist yet."""
        folder.mkdir(parents=True, mode=0o700)
        self.frame.to_parquet(folder / "frame.parquet", index=False)
        (folder / "about.json").write_text(json.dumps({"kind": self.kind, "about": dict(self.about)}))
        for path in folder.iterdir():
            path.chmod(0o600)

    @classmethod
    def load(cls: type[P], folder: Path) -> P:
        """Read a payload back; raises `WorkspaceError` when it is of another kind or damaged."""
        try:
            described = json.loads((folder / "about.json").read_text())
            kind, about = described["kind"], described["about"]
            frame = pd.read_parquet(folder / "frame.parquet")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WorkspaceError(f"The stored result in {folder} is damaged: {error}.") from error
        if kind != cls.kind:
            raise WorkspaceError(f"{folder.name} holds a {kind}, not a {cls.kind}.")
        return cls(frame, about)


@dataclass(frozen=True, slots=True)
class Segmentation(Payload):
    """Which segment each customer is in.

    `frame` has one row per segmented customer: `customer_row` (int32), `segment` (code).
    `about["segments"]` lists the codes in order of value; `about["method"]` names the scheme.
    """

    kind: ClassVar[str] = "segmentation"

    @property
    def segments(self) -> tuple[str, ...]:
        """The segment codes, in the order they are shown."""
        return tuple(self.about["segments"])

    def rows_of(self, segment: str) -> NDArray[np.int32]:
        """Give the customer rows of one segment; raises `Retry` with the nearest names."""
        if segment not in self.segments:
            raise unknown_name("segment", segment, self.segments)
        chosen = self.frame.loc[self.frame["segment"] == segment, "customer_row"]
        return chosen.to_numpy(dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Audience(Payload):
    """A set of customers: `frame` has `customer_row`; `about["rule"]` says who they are."""

    kind: ClassVar[str] = "audience"

    @property
    def rows(self) -> NDArray[np.int32]:
        """The customer rows, ascending."""
        return self.frame["customer_row"].to_numpy(dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Forecast(Payload):
    """Per-customer predictions: `customer_row`, `predicted`, and `low`/`high` where there is an interval."""

    kind: ClassVar[str] = "forecast"


@dataclass(frozen=True, slots=True)
class Recommendations(Payload):
    """Ranked products: `customer_row` or `segment`, `rank`, `product_row`, `score`."""

    kind: ClassVar[str] = "recommendations"


@dataclass(frozen=True, slots=True)
class Uplift(Payload):
    """Per-customer or per-segment effect estimates: `customer_row` or `segment`, `effect`, `low`, `high`."""

    kind: ClassVar[str] = "uplift"
