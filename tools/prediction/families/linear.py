"""Linear and logistic regression, plain and shrunk, on log features."""

from collections.abc import Sequence
from typing import Any

from sklearn.linear_model import LassoCV, LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from marketeer.tools.prediction.family import Candidate, Family, SklearnCandidate
from marketeer.tools.prediction.keep_best import KeepBest
from marketeer.tools.prediction.targets import KIND, Kind, Target

FEW = 8
"""Columns the models with few columns keep, chosen inside every fold."""
_STRENGTHS = (0.1, 10.0)


def _candidates(target: Target, seed: int) -> Sequence[Candidate]:
    if target is Target.ANSWER:
        return (*_logistic(), *_sparse_logistic(seed))
    if KIND[target] is Kind.CHANCE:
        few, shrunk = _kept(LogisticRegression(max_iter=2000), answer=True), _logistic()[1]
        plain = SklearnCandidate("logistic", few, grid=({"keepbest__k": FEW},))
        return (plain, shrunk, _sparse_logistic(seed)[0])
    if target is not Target.NUMBER:
        return _of_amounts(seed)
    lasso = make_pipeline(StandardScaler(), LassoCV(cv=3, random_state=seed, max_iter=5000))
    ridge = make_pipeline(StandardScaler(), Ridge(alpha=100.0))
    strengths = tuple({"ridge__alpha": 100.0 / factor} for factor in _STRENGTHS)
    models = (
        SklearnCandidate("linear", make_pipeline(StandardScaler(), LinearRegression())),
        SklearnCandidate("ridge", ridge, grid=strengths),
        SklearnCandidate("lasso", lasso),
    )
    few = make_pipeline(StandardScaler(), KeepBest(FEW, answer=False), LinearRegression())
    return (*models, SklearnCandidate("linear_few", few))


def _of_amounts(seed: int) -> Sequence[Candidate]:
    few = {"keepbest__k": FEW}
    lasso = make_pipeline(StandardScaler(), LassoCV(cv=3, random_state=seed, max_iter=5000))
    strengths = [{"ridge__alpha": alpha} for alpha in (1000.0, 10.0)]
    logs = [{"ridge__alpha": alpha} for alpha in (100.0, 1000.0)]
    return (
        SklearnCandidate("linear", _kept(LinearRegression()), grid=(few,)),
        SklearnCandidate("ridge", _kept(Ridge(alpha=100.0)), grid=(*strengths, few)),
        SklearnCandidate("lasso", lasso),
        SklearnCandidate("log_linear", _kept(Ridge(alpha=10.0)), log_target=True, grid=(*logs, few)),
    )


def _kept(model: Any, *, answer: bool = False) -> Any:
    """Give a model on all columns that can be told to keep only the best."""
    return make_pipeline(StandardScaler(), KeepBest(None, answer=answer), model)


def _logistic() -> tuple[SklearnCandidate, ...]:
    return tuple(
        SklearnCandidate(
            code, make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=2000)), grid=grid
        )
        for code, c, grid in (
            ("logistic", 1.0, ()),
            ("logistic_shrunk", 0.05, ({"logisticregression__C": 0.005}, {"logisticregression__C": 0.0005})),
        )
    )


def _sparse_logistic(seed: int) -> tuple[SklearnCandidate, ...]:
    """Logistic regression that drops columns by its penalty, and one on the few best by an F test."""
    lasso = LogisticRegression(l1_ratio=1.0, C=0.02, solver="liblinear", max_iter=500, random_state=seed)
    few = make_pipeline(StandardScaler(), KeepBest(FEW), LogisticRegression(max_iter=2000))
    return (
        SklearnCandidate(
            "logistic_lasso",
            make_pipeline(StandardScaler(), lasso),
            grid=({"logisticregression__C": 0.005}, {"logisticregression__C": 0.1}),
        ),
        SklearnCandidate("logistic_few", few, grid=({"keepbest__k": 3}, {"keepbest__k": 15})),
    )


FAMILY = Family("linear", 1, 0.1, frozenset(Kind), _candidates, 0.08)
