"""Feature selection fitted inside a pipeline, so that no fold chooses columns by another's outcomes."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin, f_classif, f_regression
from sklearn.utils.validation import check_is_fitted, validate_data


class KeepBest(SelectorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Keeps the `k` columns with the largest F statistic; all of them where `k` is None or there are fewer.

    Args:
        k: How many columns; None for all.
        answer: Whether the outcome is yes or no (analysis of variance) or a number (correlation).
    """

    def __init__(self, k: int | None = 8, *, answer: bool = True) -> None:
        self.k = k
        self.answer = answer

    def fit(self, X: Any, y: Any) -> Self:
        """Score every column; one that never varies scores nothing."""
        X, y = validate_data(self, X, y)
        varies = np.ptp(X, axis=0) > 0
        self.scores_ = np.zeros(X.shape[1])
        if varies.any() and self.k is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                scores, _ = (f_classif if self.answer else f_regression)(X[:, varies], y)
            self.scores_[varies] = np.nan_to_num(scores, nan=0.0, posinf=np.finfo(float).max)
        return self

    def _get_support_mask(self) -> NDArray[np.bool_]:
        check_is_fitted(self)
        mask = np.zeros(self.scores_.size, dtype=bool)
        mask[np.argsort(-self.scores_, kind="stable")[: self.k]] = True
        return mask
