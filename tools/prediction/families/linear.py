"""Linear and logistic regression, plain and shrunk, on log features."""

from collections.abc import Sequence

from sklearn.linear_model import LassoCV, LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from marketeer.tools.prediction.family import Candidate, Family, SklearnCandidate
from marketeer.tools.prediction.targets import KIND, Kind, Target


def _candidates(target: Target, seed: int) -> Sequence[Candidate]:
    if KIND[target] is Kind.CHANCE:
        return tuple(
            SklearnCandidate(code, make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=2000)))
            for code, c in (("logistic", 1.0), ("logistic_shrunk", 0.05))
        )
    lasso = LassoCV(cv=3, random_state=seed, max_iter=5000)
    return (
        SklearnCandidate("linear", make_pipeline(StandardScaler(), LinearRegression())),
        SklearnCandidate("ridge", make_pipeline(StandardScaler(), Ridge(alpha=100.0))),
        SklearnCandidate("lasso", make_pipeline(StandardScaler(), lasso)),
        SklearnCandidate("log_linear", make_pipeline(StandardScaler(), Ridge(alpha=10.0)), log_target=True),
    )


FAMILY = Family("linear", 1, 0.4, frozenset(Kind), _candidates)
