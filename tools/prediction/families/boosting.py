"""Histogram gradient boosting, shallow and slow enough not to learn a season by heart."""

from collections.abc import Sequence

from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from marketeer.tools.prediction.family import Candidate, Family, SklearnCandidate
from marketeer.tools.prediction.targets import KIND, Kind, Target

_SHAPE = {"max_iter": 120, "learning_rate": 0.05, "max_leaf_nodes": 15, "min_samples_leaf": 40}
_GRID = (
    {"max_leaf_nodes": 6, "min_samples_leaf": 100},
    {"max_iter": 60, "l2_regularization": 10.0},
    {"learning_rate": 0.1, "max_leaf_nodes": 31},
)


def _candidates(target: Target, seed: int) -> Sequence[Candidate]:
    if KIND[target] is Kind.CHANCE:
        model = HistGradientBoostingClassifier(random_state=seed, **_SHAPE)
    else:
        loss = "poisson" if KIND[target] is Kind.AMOUNT else "squared_error"
        model = HistGradientBoostingRegressor(loss=loss, random_state=seed, **_SHAPE)
    return (SklearnCandidate("boosting", model, grid=_GRID),)


FAMILY = Family("boosting", 3, 0.3, frozenset(Kind), _candidates, 0.28)
