"""One group somebody asks about, or everybody: today, and a horizon before the data's end."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.core.columns import CUSTOMER_ROW
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import SHOP, Subject
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.targeting.effects import Proportion
from marketeer.tools.targeting.groups import Channel, may_be_written_to, sizes
from marketeer.tools.targeting.membership import EVERYBODY, Membership, by_segment, everybody
from marketeer.tools.targeting.ranking_facts import group_subject
from marketeer.tools.targeting.terms import base_rates, order_values
from marketeer.tools.targeting.trials import GROUP

LaidOn = Callable[[Segmentation, Dataset, date], pd.DataFrame]
"""Lays a segmentation on an earlier day: `customer_row`, `segment`."""


@dataclass(frozen=True, slots=True)
class Focus:
    """A group, today and on the cut-off day: whoever was in it then is followed over the horizon.

    Attributes:
        dataset: The snapshot.
        group: The group's code.
        now: All groups today.
        then: All groups on the cut-off day.
        days: Length of the horizon.
    """

    dataset: Dataset
    group: str
    now: Membership
    then: Membership
    days: int

    @property
    def cut_off(self) -> date:
        """The last day before the horizon."""
        return _before(self.dataset, self.days)

    @property
    def subject(self) -> Subject:
        """The group as what facts are about."""
        return SHOP if self.group == EVERYBODY else group_subject(self.group)

    @property
    def rows_then(self) -> "pd.Series[int]":
        """The customer rows that were in the group on the cut-off day."""
        return self.then.frame.loc[self.then.frame[GROUP] == self.group, CUSTOMER_ROW]

    def base_rate(self) -> Proportion | None:
        """Count who of the group on the cut-off day ordered within the horizon; None for an empty group."""
        return base_rates(self.dataset, self.then.frame, self.cut_off, self.days).get(self.group)

    def order_values(self) -> NDArray[np.float64]:
        """Give the last year's order values, before any discount, of those who are in the group today."""
        orders = order_values(self.dataset, self.dataset.need_as_of()).merge(self.now.frame, on=CUSTOMER_ROW)
        return orders.loc[orders[GROUP] == self.group, "order_value"].to_numpy(dtype=np.float64)

    def reachable(self, channel: Channel) -> int:
        """Count who of the group today may be written to."""
        return sizes(self.now.frame, (self.group,), may_be_written_to(self.dataset, channel))[self.group][1]


def focus_on(dataset: Dataset, days: int, asked: tuple[Segmentation, str] | None, laid_on: LaidOn) -> Focus:
    """Look at one segment, or at all customers together; everybody of the cut-off day is everybody of today.

    Args:
        dataset: The snapshot.
        days: Length of the horizon.
        asked: The segment, with the segmentation it is of; None for everybody.
        laid_on: Gives the segments of an earlier day.

    Raises:
        Insufficient: A segment is asked about, and the data have no dates.
    """
    if asked is None:
        all_ = everybody(dataset)
        return Focus(dataset, EVERYBODY, all_, all_, days)
    segmentation, segment = asked
    day = _before(dataset, days)
    now = by_segment(segmentation.frame, segmentation.segments, dataset.as_of)
    then = by_segment(laid_on(segmentation, dataset, day), segmentation.segments, day)
    return Focus(dataset, segment, now, then, days)


def _before(dataset: Dataset, days: int) -> date:
    return dataset.need_as_of() - timedelta(days=days)
