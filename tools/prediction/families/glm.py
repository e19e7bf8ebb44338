"""Generalised linear models with a log link: Poisson and Tweedie, whose mean is the mean, skewed or not."""

from collections.abc import Sequence

from sklearn.linear_model import TweedieRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from marketeer.tools.prediction.family import Candidate, Family, SklearnCandidate
from marketeer.tools.prediction.keep_best import KeepBest
from marketeer.tools.prediction.targets import Kind, Target

FEW = 8
"""Columns kept where a few do."""


def tweedie(power: float, alpha: float, *, few: bool = True) -> SklearnCandidate:
    """Give one Tweedie GLM; power 1 is Poisson, between 1 and 2 a compound of Poisson and gamma.

    Args:
        power: The power of the variance.
        alpha: The strength of the penalty.
        few: Whether a few columns are worth trying.
    """
    code = "poisson" if power == 1 else "tweedie"
    model = TweedieRegressor(power=power, link="log", alpha=alpha, max_iter=3000, tol=1e-5)
    grid = ({"tweedieregressor__alpha": 10 * alpha}, {"tweedieregressor__alpha": alpha / 10})
    if not few:
        return SklearnCandidate(code, make_pipeline(StandardScaler(), model), grid=grid)
    pipeline = make_pipeline(StandardScaler(), KeepBest(None, answer=False), model)
    return SklearnCandidate(code, pipeline, grid=(*grid, {"keepbest__k": FEW}))


def _candidates(target: Target, seed: int) -> Sequence[Candidate]:
    few = target is not Target.NUMBER
    return tuple(tweedie(power, 0.1, few=few) for power in (1.0, 1.5))


FAMILY = Family("glm", 1, 0.1, frozenset({Kind.AMOUNT, Kind.NUMBER}), _candidates, 0.035)
