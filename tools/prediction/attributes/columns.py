"""Customer columns as models can read them: numbers, words, and stand-ins for "never" made missing."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import skew
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

MOST_LEVELS = 30
"""Levels of a column of words that get a column of their own; all others share one."""
_MISSING = "(missing)"
_SENTINEL_SHARE = 0.05
_FAR = 3.0
_SKEWED = 2.0
_LEAST_SEEN = 20
_SCALER = StandardScaler()


@dataclass(frozen=True, slots=True)
class Columns:
    """Readable columns.

    Attributes:
        frame: Numbers as float64 with NaN for missing; everything else as text with `(missing)`.
        sentinels: Column → the value that stood for "never" or "unknown" and was made missing.
        infinite: Columns that held infinite values, which were made missing.
    """

    frame: pd.DataFrame
    sentinels: Mapping[str, float]
    infinite: tuple[str, ...]


def read_columns(raw: pd.DataFrame) -> Columns:
    """Make raw columns readable; dates become days since the first one."""
    read: dict[str, pd.Series] = {}
    sentinels: dict[str, float] = {}
    infinite: list[str] = []
    for name in raw.columns:
        values = raw[name]
        if not is_numeric(values):
            read[name] = _words(values)
            continue
        numbers = _numbers(values)
        if np.isinf(numbers).any():
            infinite.append(name)
            numbers = numbers.replace([np.inf, -np.inf], np.nan)
        sentinel = find_sentinel(numbers)
        if sentinel is not None:
            sentinels[name] = sentinel
            numbers = numbers.mask(numbers == sentinel)
        read[name] = numbers
    return Columns(pd.DataFrame(read, index=raw.index), sentinels, tuple(infinite))


def is_numeric(values: pd.Series) -> bool:
    """Tell whether a column holds numbers or dates; yes-no columns are words."""
    if pd.api.types.is_bool_dtype(values):
        return False
    return bool(pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values))


def _numbers(values: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(values):
        days: pd.Series = (values - values.min()) / pd.Timedelta(days=1)
        return days
    return values.astype("float64")


def _words(values: pd.Series) -> pd.Series:
    words = ["" if missing else str(value) for value, missing in zip(values, values.isna(), strict=True)]
    return pd.Series(words, index=values.index, dtype=object).replace("", _MISSING)


def find_sentinel(numbers: pd.Series) -> float | None:
    """Find a value that stands for "never": 9, 99, 999 … far above all others, or -1, -9, -99 … below zero.

    It must be an extreme of the column and stand in at least one row of twenty. An upper one must be at least
    three times the next value; a lower one the only negative value.
    """
    seen = numbers.dropna()
    if seen.empty:
        return None
    for extreme, upper in ((seen.max(), True), (seen.min(), False)):
        others = seen[seen != extreme]
        if others.empty or (seen == extreme).mean() < _SENTINEL_SHARE or not _like_a_code(extreme):
            continue
        if upper and extreme > 0 and others.max() > 0 and extreme >= _FAR * others.max():
            return float(extreme)
        if not upper and extreme < 0 <= others.min():
            return float(extreme)
    return None


def _like_a_code(value: float) -> bool:
    digits = f"{abs(value):.0f}"
    return float(value).is_integer() and (set(digits) == {"9"} or (value == -1))


def encoder(frame: pd.DataFrame) -> ColumnTransformer:
    """Give the unfitted step that turns readable columns into numbers.

    Missing numbers become the median with a column that says so, very skewed ones their logarithm; words
    become one column per level seen often enough, the rarer levels sharing one. Numbers are standardised,
    levels stay 0 and 1: standardised, the rarest level would weigh most.
    """
    numeric = [name for name in frame if pd.api.types.is_numeric_dtype(frame[name])]
    skewed = [name for name in numeric if _is_skewed(frame[name])]
    words = [name for name in frame if name not in numeric]
    impute = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True), _SCALER
    )
    log = make_pipeline(FunctionTransformer(np.log1p, feature_names_out="one-to-one"), impute)
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=_LEAST_SEEN,
        max_categories=MOST_LEVELS,
        sparse_output=False,
    )
    steps = [
        ("plain", impute, [name for name in numeric if name not in skewed]),
        ("skewed", log, skewed),
        ("words", one_hot, words),
    ]
    return ColumnTransformer([step for step in steps if step[2]])


def _is_skewed(numbers: pd.Series) -> bool:
    seen = numbers.dropna().to_numpy(float)
    return bool(seen.size > 2 and np.ptp(seen) > 0 and seen.min() >= 0 and skew(seen) > _SKEWED)
