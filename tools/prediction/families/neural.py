"""A small neural network with early stopping."""

from collections.abc import Sequence

from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from marketeer.tools.prediction.family import Candidate, Family, SklearnCandidate
from marketeer.tools.prediction.targets import KIND, Kind, Target


def _candidates(target: Target, seed: int) -> Sequence[Candidate]:
    shape = {"hidden_layer_sizes": (24, 12), "alpha": 0.01, "early_stopping": True, "max_iter": 200}
    model = MLPClassifier if KIND[target] is Kind.CHANCE else MLPRegressor
    pipeline = make_pipeline(StandardScaler(), model(random_state=seed, **shape))
    name = model.__name__.lower()
    grid = ({f"{name}__alpha": 1.0}, {f"{name}__hidden_layer_sizes": (12,), f"{name}__alpha": 0.1})
    return (SklearnCandidate("network", pipeline, log_target=KIND[target] is Kind.AMOUNT, grid=grid),)


FAMILY = Family("neural", 3, 0.5, frozenset(Kind), _candidates, 0.52)
