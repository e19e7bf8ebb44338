"""What is asked of the data: an answer to a campaign or a column of the customers, and from which columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import ATTRIBUTE_PREFIX, CONTROL_ARM, Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient, Retry, unknown_name
from marketeer.tools.core.ports import Vocabulary
from marketeer.tools.prediction.attributes.columns import is_numeric
from marketeer.tools.prediction.attributes.leakage import is_identifier
from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.targets import Target
from marketeer.tools.warehouse.features import customer_features

_PLAIN = (col.COUNTRY, col.CITY, col.LANGUAGE, col.CREATED_AT)
_YES = frozenset({"yes", "y", "true", "t", "1", "1.0", "是", "有", "会", "已"})

_NEWEST = """
SELECT s.campaign_id AS campaign, {sent_at} AS sent_at FROM sends AS s {joined}
WHERE s.ordered IS NOT NULL AND s.arm <> $control
GROUP BY campaign ORDER BY sent_at DESC NULLS LAST, campaign LIMIT 1
"""
_ANSWERS = """
SELECT customer_row, max(ordered::INT)::DOUBLE AS answer FROM sends
WHERE campaign_id = $campaign AND arm <> $control GROUP BY customer_row
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the data.

    Attributes:
        target: `ANSWER` or `NUMBER`.
        name: The campaign or column it is about.
        raw: The columns to learn from, as loaded, one row per customer.
        values: The outcome per row, NaN where it is not known.
        customers: The customer row of each.
        late: Columns declared as known only after the outcome.
        yes: What counts as yes, for a column of words.
        infinite: Rows whose outcome was infinite, and is taken as unknown.
        campaign: Whether it is about a campaign's answers, not a column.
    """

    target: Target
    name: str
    raw: pd.DataFrame
    values: Floats
    customers: NDArray[np.int32]
    late: frozenset[str]
    yes: str = "yes"
    infinite: int = 0
    campaign: bool = False


def ask_response(dataset: Dataset) -> Asked:
    """Ask who answers the newest campaign with a yes (orders); only those who got it are learnt from.

    Where the campaign has a day, what customers had bought before it is known of them too.

    Raises:
        Insufficient: No campaign with answers is loaded.
    """
    campaign, sent_at, answers = newest_answers(dataset)
    people, late = _people(dataset)
    if dataset.has(Table.ORDERS) and sent_at is not None:
        before = customer_features(dataset, sent_at.date() - timedelta(days=1))
        numeric = before.select_dtypes("number").drop(columns=col.CUSTOMER_ROW, errors="ignore").columns
        people = people.merge(before[[col.CUSTOMER_ROW, *numeric]], on=col.CUSTOMER_ROW, how="left")
    rows = people.merge(answers, on=col.CUSTOMER_ROW, how="left")
    return Asked(
        Target.ANSWER,
        campaign,
        rows.drop(columns=[col.CUSTOMER_ROW, "answer"]),
        rows["answer"].to_numpy(float),
        rows[col.CUSTOMER_ROW].to_numpy(np.int32),
        late,
        campaign=True,
    )


def newest_answers(dataset: Dataset) -> tuple[str, datetime | None, pd.DataFrame]:
    """Read who answered the newest campaign, controls left out: its name, its day, `customer_row`, `answer`.

    Raises:
        Insufficient: No campaign with answers is loaded.
    """
    dataset.need(Table.SENDS, col.ORDERED)
    dated = dataset.has(Table.CAMPAIGNS, col.SENT_AT)
    newest = dataset.frame(
        _NEWEST.format(
            sent_at="any_value(c.sent_at)" if dated else "NULL::TIMESTAMP",
            joined="LEFT JOIN campaigns AS c USING (campaign_id)" if dated else "",
        ),
        {"control": CONTROL_ARM},
    )
    if newest.empty:
        raise Insufficient(
            "No campaign has answers, so nothing can be learnt about who says yes. "
            "Load a campaign's results with a column of who ordered.",
            code="no_answers",
        )
    campaign, sent_at = str(newest["campaign"].iloc[0]), newest["sent_at"].iloc[0]
    answers = dataset.frame(_ANSWERS, {"campaign": campaign, "control": CONTROL_ARM})
    return campaign, None if pd.isna(sent_at) else pd.Timestamp(sent_at), answers


def ask_attribute(dataset: Dataset, name: str, vocabulary: Vocabulary) -> Asked:
    """Ask for a yes-no or numeric column of the customers.

    Raises:
        Retry: There is no such column, or it holds ids, days or more than two words; the message names
            those that work.
        Insufficient: It is blank for everybody.
    """
    column = _attribute(dataset, name, vocabulary)
    people, late = _people(dataset)
    plain = column.removeprefix(ATTRIBUTE_PREFIX)
    values = people[plain]
    raw = people.drop(columns=[col.CUSTOMER_ROW, plain])
    rows = people[col.CUSTOMER_ROW].to_numpy(np.int32)
    levels = values.dropna().unique()
    _check_target(values, plain, people)
    if is_numeric(values) and not set(levels) <= {0, 1}:
        numbers = values.to_numpy(float, na_value=np.nan)
        endless = np.isinf(numbers)
        numbers = np.where(endless, np.nan, numbers)
        return Asked(Target.NUMBER, plain, raw, numbers, rows, late - {plain}, "", int(endless.sum()))
    if len(levels) > 2:
        raise Retry(
            f"'{plain}' holds {len(levels)} different words; a prediction needs one of yes and no, or of "
            f"numbers. Such columns are: {', '.join(_predictable(people)) or 'none'}.",
            code="not_yes_no_or_number",
            column=plain,
            nearest=_predictable(people),
        )
    yes = _yes(values)
    answers = np.where(values.isna(), np.nan, values.astype(str).to_numpy() == yes).astype(float)
    return Asked(Target.ANSWER, plain, raw, answers, rows, late - {plain}, yes)


def _check_target(values: pd.Series, plain: str, people: pd.DataFrame) -> None:
    """Raise where a column can be no target, whatever the other columns are: blank, ids, days."""
    if values.isna().all():
        raise Insufficient(
            f"'{plain}' is blank for every customer, so nothing can be learnt about it. Load customers for "
            "whom it is known, or ask for another column.",
            code="target_blank",
            column=plain,
        )
    named = is_identifier(values)
    if named or pd.api.types.is_datetime64_any_dtype(values):
        others = [name for name in _predictable(people) if name != plain]
        what = "only numbers or names the customers" if named else "holds days"
        raise Retry(
            f"'{plain}' {what}, so there is nothing to predict in it. Columns that can be predicted are: "
            f"{', '.join(others) or 'none'}.",
            code="target_is_id" if named else "target_is_day",
            column=plain,
            nearest=others,
        )


def _attribute(dataset: Dataset, name: str, vocabulary: Vocabulary) -> str:
    folded = "_".join("".join(char if char.isalnum() else " " for char in name.casefold()).split())
    for candidate in (vocabulary.code("attribute", name) or "", folded):
        full = ATTRIBUTE_PREFIX + candidate.removeprefix(ATTRIBUTE_PREFIX)
        if full in dataset.attributes:
            return full
    raise unknown_name("attribute", name, [one.removeprefix(ATTRIBUTE_PREFIX) for one in dataset.attributes])


def _people(dataset: Dataset) -> tuple[pd.DataFrame, frozenset[str]]:
    """Read the customers' columns under plain names, and which of them are declared as known too late."""
    dataset.need(Table.CUSTOMERS)
    plain = [name for name in _PLAIN if dataset.has(Table.CUSTOMERS, name)]
    named: Mapping[str, str] = {name: name.removeprefix(ATTRIBUTE_PREFIX) for name in dataset.attributes}
    chosen = ", ".join(f'"{name}"' for name in (col.CUSTOMER_ROW, *plain, *named))
    people = dataset.frame(f"SELECT {chosen} FROM customers ORDER BY customer_row").rename(
        columns=dict(named)
    )
    late = frozenset(named[name] for name, before in dataset.attributes.items() if not before)
    return people, late


def _predictable(people: pd.DataFrame) -> list[str]:
    names = [name for name in people.columns if name not in {col.CUSTOMER_ROW, *_PLAIN}]
    return [name for name in names if _can_be_predicted(people[name])]


def _can_be_predicted(values: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(values) or is_identifier(values):
        return False
    return values.nunique() == 2 or (is_numeric(values) and values.nunique() > 2)


def _yes(values: pd.Series) -> str:
    """Give the word that means yes: one that says so, else the rarer of the two."""
    counts = values.dropna().astype(str).value_counts()
    said = [level for level in counts.index if level.casefold() in _YES]
    return str(said[0] if said else counts.index[-1]) if len(counts) else ""
