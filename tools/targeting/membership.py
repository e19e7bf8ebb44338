"""Groups of customers on a day: segments, or the values of an attribute known before any outcome."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from marketeer.tools.core.columns import CUSTOMER_ROW, Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Retry
from marketeer.tools.targeting.trials import GROUP

EVERYBODY = "all_customers"


@dataclass(frozen=True, slots=True)
class Membership:
    """Customers and their groups on one day.

    Attributes:
        frame: `customer_row`, `group`.
        groups: The groups in the order they are shown.
        on: The day; None for attributes, which have no date.
    """

    frame: pd.DataFrame
    groups: tuple[str, ...]
    on: date | None = None


def by_segment(frame: pd.DataFrame, segments: tuple[str, ...], on: date | None) -> Membership:
    """Group customers by the segment they are in.

    Args:
        frame: `customer_row`, `segment`.
        segments: The segments in the order they are shown.
        on: The day the frame is of.
    """
    return Membership(frame.rename(columns={"segment": GROUP})[[CUSTOMER_ROW, GROUP]], segments, on)


def by_attribute(dataset: Dataset, attribute: str) -> Membership:
    """Group customers by an attribute known before any outcome.

    Raises:
        Retry: There is no such attribute, or it was known only after the outcome.
    """
    column = dataset.attribute(attribute)
    if not dataset.attributes[column]:
        raise Retry(
            f"'{attribute}' was known only after the outcome, so it cannot be used to choose customers.",
            code="known_after",
            attribute=attribute,
        )
    frame = dataset.frame(
        f'SELECT customer_row, CAST("{column}" AS VARCHAR) AS "group" FROM {Table.CUSTOMERS.value} '
        f'WHERE "{column}" IS NOT NULL'
    )
    return Membership(frame, tuple(sorted(frame[GROUP].unique())))


def everybody(dataset: Dataset) -> Membership:
    """Put all customers into one group."""
    frame = dataset.frame(f"SELECT customer_row FROM {Table.CUSTOMERS.value}")
    return Membership(frame.assign(**{GROUP: EVERYBODY}), (EVERYBODY,))
