"""Finds the group a person means among segments and attribute values, and who of it may be written to."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import CONTROL_ARM, Consent, Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import unknown_name
from marketeer.tools.core.ports import Vocabulary

Channel = Literal["email", "sms", "none"]

_CONSENT = {"email": col.EMAIL_CONSENT, "sms": col.SMS_CONSENT}
_MOST_VALUES = 60
REST_DAYS = 7
"""Days for which a customer who got a campaign is left in peace."""


def find_group(name: str, groups: Sequence[str], vocabulary: Vocabulary) -> str:
    """Find a group by what a person calls it; raises `Retry` with the nearest when there is none."""
    code = vocabulary.code("segment", name)
    if code is not None and code in groups:
        return code
    wanted = fold(name)
    for group in groups:
        if fold(group) in (wanted, wanted.removesuffix("s"), f"{wanted}s"):
            return group
    raise unknown_name("segment", name, groups)


def find_attribute_value(dataset: Dataset, text: str) -> tuple[str, str] | None:
    """Find the attribute and value a person means: `zip_code=Rural`, a value such as `Rural`, or a yes/no
    attribute's own name, such as `newbie` or the start of it; None when nothing fits.

    Returns:
        The attribute's column and the value as text.
    """
    named, _, value = text.partition("=")
    for column in dataset.attributes:
        if value and fold(column.removeprefix(col.ATTRIBUTE_PREFIX)) == fold(named):
            return column, value.strip()
    wanted = fold(text).removesuffix(" customers")
    for column in dataset.attributes:
        for known in attribute_values(dataset, column):
            if fold(known) == wanted and not known.isdecimal():
                return column, known
    return next(
        ((column, "1") for column in dataset.attributes if _is_flag_called(dataset, column, wanted)), None
    )


def attribute_values(dataset: Dataset, column: str) -> tuple[str, ...]:
    """Give the values of an attribute as text, ascending; none where it has too many to be groups."""
    frame = dataset.frame(
        f'SELECT DISTINCT CAST("{column}" AS VARCHAR) AS v FROM {Table.CUSTOMERS.value} '
        f'WHERE "{column}" IS NOT NULL ORDER BY v LIMIT {_MOST_VALUES + 1}'
    )
    return () if len(frame) > _MOST_VALUES else tuple(frame["v"])


def _is_flag_called(dataset: Dataset, column: str, wanted: str) -> bool:
    name = fold(column.removeprefix(col.ATTRIBUTE_PREFIX))
    called = len(wanted) >= 3 and (name.startswith(wanted) or wanted.startswith(name))
    return called and attribute_values(dataset, column) == ("0", "1")


def fold(text: str) -> str:
    """Fold a name for comparison: case, underscores and punctuation do not count."""
    return " ".join(re.findall(r"\w+", text.casefold().replace("_", " ")))


def may_be_written_to(dataset: Dataset, channel: Channel) -> pd.Series:
    """Tell for each customer row whether consent and suppression allow a channel; blank is not consent.

    Where the data have no consent column for the channel, only suppression counts.
    """
    column = _CONSENT.get(channel, "")
    consent = f"{column} = '{Consent.GRANTED}'" if consent_known(dataset, channel) else "TRUE"
    suppressed = dataset.has(Table.CUSTOMERS, col.SUPPRESSED)
    kept = "NOT coalesce(suppressed, FALSE)" if suppressed else "TRUE"
    frame = dataset.frame(
        f"SELECT customer_row, coalesce({consent}, FALSE) AND {kept} AS allowed FROM customers"
    )
    return frame.set_index(col.CUSTOMER_ROW)["allowed"]


def contacted_lately(dataset: Dataset, days: int = REST_DAYS) -> "pd.Index[int]":
    """Give the customer rows that got a dated campaign in the days up to the data's end."""
    if dataset.as_of is None or not dataset.has(Table.SENDS) or not dataset.has(Table.CAMPAIGNS, col.SENT_AT):
        return pd.Index([], dtype="int64")
    frame = dataset.frame(
        "SELECT DISTINCT customer_row FROM sends JOIN campaigns USING (campaign_id) "
        f"WHERE arm <> '{CONTROL_ARM}' AND sent_at::DATE > $since AND sent_at::DATE <= $until",
        {"since": dataset.as_of - timedelta(days=days), "until": dataset.as_of},
    )
    return pd.Index(frame[col.CUSTOMER_ROW].astype(int))


def consent_known(dataset: Dataset, channel: Channel) -> bool:
    """Tell whether the data say who consented to a channel."""
    return channel in _CONSENT and dataset.has(Table.CUSTOMERS, _CONSENT[channel])


def sizes(membership: pd.DataFrame, groups: Sequence[str], allowed: pd.Series) -> dict[str, tuple[int, int]]:
    """Count each group's customers, and those of them who may be written to."""
    may: NDArray[np.bool_] = (
        membership[col.CUSTOMER_ROW].map(allowed).fillna(value=False).to_numpy(dtype=bool)
    )
    group = membership["group"].to_numpy()
    return {one: (int((group == one).sum()), int(((group == one) & may).sum())) for one in groups}
