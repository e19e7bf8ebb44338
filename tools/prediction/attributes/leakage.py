"""Columns a model must not learn from: ids, constants, and all that is known only once the outcome is.

Two ways lead to a verdict. A column may be declared: by its source (`known before the outcome` is false, as
for the length of a bank's sales call), or by its name. Otherwise the figures decide, by thresholds an honest
predictor does not reach: a single column that ranks outcomes almost perfectly, one that says the same as the
target, one filled in (almost) only for one answer. Kaufman et al. (2012), ACM TKDD 6(4), list these forms.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum, auto

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold

from marketeer.tools.prediction.attributes.columns import is_numeric
from marketeer.tools.prediction.btyd.history import Floats

NEAR_PERFECT_AUC = 0.98
COPY_AUC = 0.9995
NEAR_PERFECT_RANK = 0.98
COPY_RANK = 0.9995
_ID_SHARE = 0.95
_ONE_SIDED = 0.98
_LEAST_ROWS = 20
_FOLDS = 5
_PRIOR_ROWS = 10

_LATE_NAMES = re.compile(
    r"(churn|cancel|unsubscri|return|refund|lapse|leav)\w*_(reason|date|at|code|note|comment)"
    r"|(reason|date)_\w*(churn|cancel|leav)|call_duration|duration_of_call|流失原因|退订原因|取消原因|流失日期|通话时长"
)
_CALL_FILE = frozenset({"duration", "pdays", "poutcome"})
"""Columns that together mark a file of sales calls, in which `duration` is the length of the call itself."""


class Reason(StrEnum):
    """Why a column is left out."""

    KNOWN_AFTER_OUTCOME = auto()
    COPY_OF_TARGET = auto()
    NEAR_PERFECT = auto()
    FILLED_FOR_ONE_ANSWER = auto()
    IDENTIFIER = auto()
    CONSTANT = auto()
    EMPTY = auto()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A column left out, and why.

    Attributes:
        column: Its name.
        reason: Why.
        alone: How well it alone ranks the outcome: AUC of a yes-no target, |Spearman| of a number; NaN where
            that was not measured.
    """

    column: str
    reason: Reason
    alone: float = float("nan")


def find_leaks(raw: pd.DataFrame, outcome: Floats, late: frozenset[str] = frozenset()) -> tuple[LeftOut, ...]:
    """Name the columns that must be left out.

    Args:
        raw: Columns as they were loaded, sentinels and all.
        outcome: The known outcome per row: 0 or 1, or numbers.
        late: Columns declared as known only after the outcome.
    """
    binary = set(np.unique(outcome)) <= {0.0, 1.0}
    found = (_judge(raw, name, outcome, late, binary=binary) for name in raw.columns)
    return tuple(one for one in found if one is not None)


def _judge(
    raw: pd.DataFrame, name: str, outcome: Floats, late: frozenset[str], *, binary: bool
) -> LeftOut | None:
    values = raw[name]
    if (useless := _useless(values)) is not None:
        return LeftOut(name, useless)
    alone = _alone(values, outcome, binary=binary)
    if name in late or _late_by_name(name, raw):
        return LeftOut(name, Reason.KNOWN_AFTER_OUTCOME, alone)
    if binary and _filled_for_one_answer(values, outcome):
        return LeftOut(name, Reason.FILLED_FOR_ONE_ANSWER, alone)
    perfect, same = (NEAR_PERFECT_AUC, COPY_AUC) if binary else (NEAR_PERFECT_RANK, COPY_RANK)
    if alone >= same:
        return LeftOut(name, Reason.COPY_OF_TARGET, alone)
    if is_identifier(values):
        return LeftOut(name, Reason.IDENTIFIER)
    return LeftOut(name, Reason.NEAR_PERFECT, alone) if alone >= perfect else None


def _useless(values: pd.Series) -> Reason | None:
    if values.isna().all():
        return Reason.EMPTY
    return Reason.CONSTANT if values.nunique(dropna=False) == 1 else None


def _late_by_name(name: str, raw: pd.DataFrame) -> bool:
    return bool(_LATE_NAMES.search(name)) or (name == "duration" and set(raw.columns) >= _CALL_FILE)


def is_identifier(values: pd.Series) -> bool:
    """Tell whether a column numbers or names its rows: words that hardly repeat, whole numbers without gaps.

    Whole numbers that merely never repeat, such as incomes, are not ids: ids fill their range densely or rise
    row by row.
    """
    seen = values.dropna()
    if seen.size < _LEAST_ROWS or seen.nunique() < _ID_SHARE * seen.size:
        return False
    if not is_numeric(values):
        return True
    if pd.api.types.is_datetime64_any_dtype(values) or not np.equal(np.mod(seen, 1), 0).all():
        return False
    dense = float(seen.max() - seen.min()) <= 1.5 * seen.size
    return dense or (seen.is_monotonic_increasing and seen.nunique() == seen.size)


def _filled_for_one_answer(values: pd.Series, outcome: Floats) -> bool:
    """Tell whether a column is filled (almost) only in rows of one answer, and often enough in those."""
    there = values.notna().to_numpy()
    if there.all() or there.sum() < _LEAST_ROWS:
        return False
    for answer in (1.0, 0.0):
        of_answer = outcome == answer
        if of_answer.mean() > 0.9:
            continue
        among = float(of_answer[there].mean())
        reach = float(there[of_answer].mean()) if of_answer.any() else 0.0
        if among >= _ONE_SIDED and reach >= 0.3:
            return True
    return False


def _alone(values: pd.Series, outcome: Floats, *, binary: bool) -> float:
    """Measure how well a column alone ranks the outcome; levels of words by cross-fitted mean outcomes."""
    strength: Callable[[Floats, Floats], float] = _auc if binary else _rank
    scores = [_cross_fitted(values, outcome)]
    if is_numeric(values):
        dated = pd.api.types.is_datetime64_any_dtype(values)
        numbers = np.asarray(values.astype("int64") if dated else values, dtype=np.float64)
        there = np.isfinite(numbers)
        if there.sum() >= _LEAST_ROWS and there.mean() > 0.5:
            scores = [numbers[there]]
            outcome = outcome[there]
        elif values.nunique() > len(values) / _LEAST_ROWS:
            return float("nan")
    return max(strength(outcome, score) for score in scores)


def _auc(outcome: Floats, score: Floats) -> float:
    if np.ptp(outcome) == 0:
        return float("nan")
    auc = float(roc_auc_score(outcome, score))
    return max(auc, 1 - auc)


def _rank(outcome: Floats, score: Floats) -> float:
    if np.ptp(outcome) == 0 or np.ptp(score) == 0:
        return 0.0
    return abs(float(spearmanr(outcome, score).statistic))


def _cross_fitted(values: pd.Series, outcome: Floats) -> Floats:
    """Give each row the mean outcome of its level in the other folds, shrunk to the overall mean."""
    level = pd.factorize(values, use_na_sentinel=False)[0]
    score = np.zeros(len(level))
    for train, test in KFold(_FOLDS, shuffle=True, random_state=0).split(level):
        mean = float(outcome[train].mean())
        sums = np.bincount(level[train], outcome[train], minlength=level.max() + 1)
        counts = np.bincount(level[train], minlength=level.max() + 1)
        score[test] = ((sums + _PRIOR_ROWS * mean) / (counts + _PRIOR_ROWS))[level[test]]
    return score


def by_reason(left_out: tuple[LeftOut, ...]) -> Mapping[Reason, tuple[str, ...]]:
    """Group the names of left-out columns by reason, in the order of `Reason`."""
    return dict(_grouped(left_out))


def _grouped(left_out: tuple[LeftOut, ...]) -> Iterator[tuple[Reason, tuple[str, ...]]]:
    for reason in Reason:
        names = tuple(one.column for one in left_out if one.reason is reason)
        if names:
            yield reason, names
