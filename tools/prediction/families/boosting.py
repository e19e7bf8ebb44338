"""Histogram gradient boosting, shallow and slow enough not to learn a season by heart."""

from collections.abc import Sequence

from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from marketeer.tools.prediction.family import Candidate, Family, SklearnCandidate
from marketeer.tools.prediction.targets import KIND, Kind, Target

_SHAPE = {"max_iter": 120, "learning_rate": 0.05, "max_leaf_nodes": 15, "min_samples_leaf": 40}


def _candidates(target: Target, seed: int) -> Sequence[Candidate]:
    if KIND[target] is Kind.CHANCE:
        return (SklearnCandidate("boosting", HistGradientBoostingClassifier(random_state=seed, **_SHAPE)),)
    return (
        SklearnCandidate(
            "boosting", HistGradientBoostingRegressor(loss="poisson", random_state=seed, **_SHAPE)
        ),
    )


FAMILY = Family("boosting", 3, 0.3, frozenset(Kind), _candidates)
