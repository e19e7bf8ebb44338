"""Generalised linear models with a log link: Poisson and Tweedie, whose mean is the mean, skewed or not."""

from collections.abc import Sequence

from sklearn.linear_model import TweedieRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from marketeer.tools.prediction.family import Candidate, Family, SklearnCandidate
from marketeer.tools.prediction.targets import Kind, Target


def tweedie(power: float, alpha: float) -> SklearnCandidate:
    """Give one Tweedie GLM; power 1 is Poisson, between 1 and 2 a compound of Poisson and gamma."""
    code = "poisson" if power == 1 else "tweedie"
    model = TweedieRegressor(power=power, link="log", alpha=alpha, max_iter=3000, tol=1e-5)
    return SklearnCandidate(code, make_pipeline(StandardScaler(), model))


def _candidates(target: Target, seed: int) -> Sequence[Candidate]:
    return (tweedie(1.0, 0.1), tweedie(1.5, 0.1))


FAMILY = Family("glm", 1, 1.0, frozenset({Kind.AMOUNT}), _candidates)
