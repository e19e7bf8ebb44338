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
    grid = tuple({"tweedieregressor__alpha": alpha * factor} for factor in (10, 0.1))
    return SklearnCandidate(code, make_pipeline(StandardScaler(), model), grid=grid)


def _candidates(target: Target, seed: int) -> Sequence[Candidate]:
    return (tweedie(1.0, 0.1), tweedie(1.5, 0.1))


FAMILY = Family("glm", 1, 0.1, frozenset({Kind.AMOUNT, Kind.NUMBER}), _candidates)
