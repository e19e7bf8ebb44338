"""Sets of customers: how they are combined, compared with the set before, and who may be written to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.warehouse.selection import CONSENT_COLUMNS

Rows = NDArray[np.int32]
Step = Literal["new", "narrow", "exclude", "add"]

_ADDRESS = {"email": col.EMAIL, "sms": col.PHONE}


@dataclass(frozen=True, slots=True)
class Change:
    """What a step did to the audience before it.

    Attributes:
        before: The rows there were; None for a new audience.
        after: The rows there are.
    """

    before: Rows | None
    after: Rows

    @property
    def joined(self) -> int:
        """How many are new in it."""
        return 0 if self.before is None else int(np.setdiff1d(self.after, self.before).size)

    @property
    def left(self) -> int:
        """How many are no longer in it."""
        return 0 if self.before is None else int(np.setdiff1d(self.before, self.after).size)


def combine(step: Step, before: Rows | None, matching: Rows) -> Change:
    """Apply matching customers to the audience before.

    Args:
        step: `new` takes the matching ones, `narrow` keeps those of them already in, `exclude` takes them
            out, `add` puts them in.
        before: The audience before; None where there is none.
        matching: Those the conditions hold for.
    """
    if before is None or step == "new":
        return Change(None, np.sort(matching))
    if step == "add":
        combined = np.union1d(before, matching)
    elif step == "exclude":
        combined = np.setdiff1d(before, matching)
    else:
        combined = np.intersect1d(before, matching)
    return Change(before, combined.astype(np.int32))


@dataclass(frozen=True, slots=True)
class Reach:
    """Who of an audience may be written to on a channel.

    Attributes:
        contactable: Agreed, not suppressed, and with an address where the data has addresses.
        refused: Said no.
        unknown: Never answered; that is not consent.
        suppressed: Agreed once but are on the suppression list.
        without_address: Agreed, but have no address for the channel.
    """

    contactable: int
    refused: int
    unknown: int
    suppressed: int
    without_address: int


def reach(dataset: Dataset, rows: Rows) -> Mapping[str, Reach]:
    """Count who may be written to, per channel the data has consents for."""
    return {
        channel: _reach(dataset, rows, channel)
        for channel, consent in CONSENT_COLUMNS.items()
        if dataset.has(Table.CUSTOMERS, consent)
    }


def _reach(dataset: Dataset, rows: Rows, channel: str) -> Reach:
    consent, address = CONSENT_COLUMNS[channel], _ADDRESS[channel]
    suppressed = "coalesce(suppressed, false)" if dataset.has(Table.CUSTOMERS, col.SUPPRESSED) else "false"
    has_address = f"{address} IS NOT NULL" if dataset.has(Table.CUSTOMERS, address) else "true"
    sql = f"""
        SELECT count(*) FILTER (agreed AND NOT stopped AND addressed) AS contactable,
               count(*) FILTER (consent = 'denied') AS refused,
               count(*) FILTER (consent NOT IN ('granted', 'denied')) AS unknown,
               count(*) FILTER (agreed AND stopped) AS suppressed,
               count(*) FILTER (agreed AND NOT stopped AND NOT addressed) AS without_address
        FROM (SELECT coalesce({consent}, 'unknown') AS consent, {consent} = 'granted' AS agreed,
                     {suppressed} AS stopped, {has_address} AS addressed
              FROM customers JOIN among USING (customer_row))
    """
    with dataset.connect() as connection:
        connection.register("among", pd.DataFrame({"customer_row": rows}))
        figures = connection.execute(sql).fetchone() or (0,) * 5
    return Reach(*(int(value) for value in figures))


def net_revenue(dataset: Dataset, rows: Rows) -> tuple[float, float]:
    """Give the net revenue of an audience, and that of all customers on file."""
    with dataset.connect() as connection:
        connection.register("among", pd.DataFrame({"customer_row": rows}))
        own, everybody = connection.execute(
            "SELECT coalesce(sum(net_amount) FILTER (a.customer_row IS NOT NULL), 0)::DOUBLE, "
            "coalesce(sum(net_amount), 0)::DOUBLE "
            "FROM orders AS o LEFT JOIN among AS a USING (customer_row) WHERE o.customer_row IS NOT NULL"
        ).fetchone() or (0.0, 0.0)
    return float(own), float(everybody)
