"""Whether rows stand in an order of time, and folds that never look ahead where they do.

A model that is tried on shuffled rows of a file kept over years has seen each month it is asked about. Where
a date column is there, rows are ordered by it. Where a calendar column (month, quarter, year) comes in long
runs instead of mixed, the file was written in order of time and its rows keep their order.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold

from marketeer.tools.prediction.btyd.history import Floats

TEST_SHARE = 0.2
BLOCKS = 10
"""Equal blocks of the training rows, at most: each after the first fifth is forecast from those before it."""
_LEAST_BLOCKS = 5
_LEAST_IN_BLOCK = 200
_CALENDAR = re.compile(r"(?:^|_)(?:date|day|week|month|quarter|year|wave|cohort)s?(?:$|_)|[日周月季年]")
_RUNS = 0.1
"""Most changes of a calendar column from row to row, as a share of those in mixed rows."""

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class TimeOrder:
    """An order of rows in time.

    Attributes:
        rows: Row positions, oldest first.
        by: The column that told.
    """

    rows: Rows
    by: str


def time_order(raw: pd.DataFrame) -> TimeOrder | None:
    """Find the order of time of a table's rows, or None where nothing tells it."""
    for name in raw.columns:
        values = raw[name]
        if pd.api.types.is_datetime64_any_dtype(values) and values.notna().all() and values.nunique() > 1:
            return TimeOrder(np.argsort(values.to_numpy(), kind="stable"), name)
    for name in raw.columns:
        if _CALENDAR.search(str(name).casefold()) and in_runs(raw[name]):
            return TimeOrder(np.arange(len(raw)), name)
    return None


def in_runs(values: pd.Series) -> bool:
    """Tell whether equal values follow each other, far more than they would in mixed rows."""
    level = pd.factorize(values, use_na_sentinel=False)[0]
    shares = np.bincount(level) / len(level)
    mixed = (1 - float((shares**2).sum())) * (len(level) - 1)
    changes = int((level[1:] != level[:-1]).sum())
    return mixed > 0 and 0 < changes <= _RUNS * mixed


def split_in_time(order: TimeOrder, share: float = TEST_SHARE) -> tuple[Rows, Rows]:
    """Give the training rows, oldest first, and the newest fifth (or share), which is kept for the test."""
    cut = round(len(order.rows) * (1 - share))
    return order.rows[:cut], order.rows[cut:]


def split_at_random(outcome: Floats, seed: int, *, binary: bool) -> tuple[Rows, Rows]:
    """Give training and test rows at random, with the same share of yes in both."""
    return next(shuffled_folds(outcome, seed, round(1 / TEST_SHARE), binary=binary))


def folds_in_time(rows: int) -> Iterator[tuple[Rows, Rows]]:
    """Give folds of positions in ordered training rows, each block forecast from all before it.

    The origin rolls forward (Tashman 2000, Int. J. Forecasting 16(4)) over ten blocks, over fewer where they
    would hold under 200 rows; the first fifth of the rows is only learnt from.
    """
    count = min(max(rows // _LEAST_IN_BLOCK, _LEAST_BLOCKS), BLOCKS)
    blocks = np.array_split(np.arange(rows), count)
    for number in range(max(count // 5, 1), count):
        yield np.concatenate(blocks[:number]), blocks[number]


def shuffled_folds(
    outcome: Floats, seed: int, folds: int = 3, *, binary: bool
) -> Iterator[tuple[Rows, Rows]]:
    """Give ordinary shuffled folds, with the same share of yes in each where the target is yes-no."""
    splitter = (StratifiedKFold if binary else KFold)(folds, shuffle=True, random_state=seed)
    yield from splitter.split(outcome, outcome if binary else None)
