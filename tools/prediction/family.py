"""What a family of models must offer: candidates that are fitted on a panel and predict for a panel."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.panel import Panel
from marketeer.tools.prediction.targets import KIND, Kind, Target


class Predictor(Protocol):
    """A fitted candidate."""

    def predict(self, panel: Panel) -> Floats:
        """Give the predicted amount, or the chance 0–1, per row."""
        ...


@runtime_checkable
class Renewable(Protocol):
    """A predictor that can learn from newer histories without seeing an outcome."""

    def renewed(self, panel: Panel, target: Target) -> Predictor:
        """Give the predictor as the panel's histories make it."""
        ...


def renewed(predictor: Predictor, panel: Panel, target: Target) -> Predictor:
    """Let a predictor learn from a panel's histories where it can; the panel's outcomes are not read."""
    return predictor.renewed(panel, target) if isinstance(predictor, Renewable) else predictor


class Candidate(Protocol):
    """A model with all its settings, not fitted yet."""

    @property
    def code(self) -> str:
        """Its name in tables."""
        ...

    @property
    def sees_outcomes(self) -> bool:
        """Whether fitting reads outcomes; without, one fit serves all folds."""
        ...

    def fit(self, panel: Panel, target: Target) -> Predictor:
        """Fit on a panel whose outcomes are known."""
        ...


@dataclass(frozen=True, slots=True)
class Family:
    """A family of models.

    Attributes:
        code: Its name.
        complexity: Rank for choosing the simplest: 0 baselines, 1 closed forms and linear, 2 kernels and
            purchase histories, 3 ensembles and networks.
        cost: Seconds a fit takes per 10,000 rows of attributes, measured on two shared cores.
        kinds: The kinds of target it can model.
        candidates: Gives its candidates for a target, from a seed.
        purchase_cost: Seconds a fit takes per 10,000 rows of purchase features, as a mean of its candidates.
        fit_cost: Seconds a fit takes besides, whatever the rows.
    """

    code: str
    complexity: int
    cost: float
    kinds: frozenset[Kind]
    candidates: Callable[[Target, int], Sequence[Candidate]]
    purchase_cost: float = 0.0
    fit_cost: float = 0.0


class Rows(Protocol):
    """What a candidate on features learns from: a panel of purchases, or a table of attributes."""

    def features(self) -> pd.DataFrame:
        """Give the model columns."""
        ...

    def outcome(self, target: Target) -> Floats:
        """Give the target's value per row; chances as 0 or 1."""
        ...


@dataclass(frozen=True, slots=True)
class SklearnCandidate:
    """A scikit-learn pipeline on the features of a panel or of a table of attributes.

    Attributes:
        code: Its name.
        pipeline: An unfitted estimator; preprocessing is inside, so that no fold sees another's scale.
        log_target: Whether it learns log(1 + y); its forecasts are then rescaled to the training total.
        grid: Settings worth trying besides the one it has, most promising first, as `set_params` takes them.
    """

    code: str
    pipeline: Any
    log_target: bool = False
    sees_outcomes: bool = True
    grid: tuple[Mapping[str, Any], ...] = ()

    def settings(self, most: int) -> "tuple[SklearnCandidate, ...]":
        """Give the candidate as it is and with at most so many other settings."""
        others = [replace(self, pipeline=clone(self.pipeline).set_params(**one)) for one in self.grid[:most]]
        return (self, *others)

    @property
    def setting(self) -> str:
        """The values of what its grid varies, such as `alpha = 0.1, k = 8`; empty without a grid."""
        values = self.pipeline.get_params()
        names = dict.fromkeys(name for one in self.grid for name in one)
        said = {name: name.split("__")[-1].replace("_", " ") for name in names}
        return ", ".join(f"{said[name]} = {_said(values[name])}" for name in names)

    def behind(self, step: Any) -> "SklearnCandidate":
        """Give the candidate with a preprocessing step in the place of its own scaling."""
        steps = self.pipeline if isinstance(self.pipeline, Pipeline) else (self.pipeline,)
        own = (one for one in steps if not isinstance(one, StandardScaler))
        return replace(self, pipeline=make_pipeline(step, *own))

    def fit(self, panel: Rows, target: Target) -> "Fitted":
        """Fit a copy of the pipeline; one that has not settled is judged by its losses like any other."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return self._fitted(panel, target)

    def _fitted(self, panel: Rows, target: Target) -> "Fitted":
        features, outcome = panel.features(), panel.outcome(target)
        estimator = clone(self.pipeline)
        if hasattr(estimator, "predict_proba"):
            return _Chance(estimator.fit(features, outcome.astype(int)))
        if KIND[target] is Kind.NUMBER:
            return _Number(estimator.fit(features, outcome))
        if not self.log_target:
            return _Amount(estimator.fit(features, outcome), 1.0, log=False)
        estimator.fit(features, np.log1p(outcome))
        total = np.expm1(estimator.predict(features)).clip(0).sum()
        return _Amount(estimator, float(outcome.sum() / total) if total > 0 else 1.0, log=True)


def _said(value: Any) -> str:
    if value is None:
        return "all"
    if isinstance(value, tuple):
        return "-".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


class Fitted(Protocol):
    """A fitted candidate on features."""

    def predict(self, panel: Rows) -> Floats:
        """Give the predicted amount, number, or chance 0–1, per row."""
        ...


@dataclass(frozen=True, slots=True)
class Average:
    """The plain mean of other candidates' predictions.

    Attributes:
        code: Its name.
        parts: The candidates it averages.
    """

    code: str
    parts: tuple[Candidate, ...]
    sees_outcomes: bool = True

    def of_parts(self, chosen: Mapping[str, Candidate]) -> "Average":
        """Give the mean of the same candidates in the settings they were found best in."""
        return replace(self, parts=tuple(chosen.get(part.code, part) for part in self.parts))

    def fit(self, panel: Panel, target: Target) -> Predictor:
        """Fit every part."""
        return _Mean(tuple(part.fit(panel, target) for part in self.parts))


@dataclass(frozen=True, slots=True)
class _Mean:
    parts: tuple[Predictor, ...]

    def renewed(self, panel: Panel, target: Target) -> Predictor:
        return _Mean(tuple(renewed(part, panel, target) for part in self.parts))

    def predict(self, panel: Panel) -> Floats:
        mean: Floats = np.mean([part.predict(panel) for part in self.parts], axis=0)
        return mean


@dataclass(frozen=True, slots=True)
class _Amount:
    estimator: Any
    scale: float
    log: bool

    def predict(self, panel: Rows) -> Floats:
        raw = self.estimator.predict(panel.features())
        amount: Floats = np.clip(np.expm1(raw) if self.log else raw, 0, None) * self.scale
        return amount


@dataclass(frozen=True, slots=True)
class _Number:
    estimator: Any

    def predict(self, panel: Rows) -> Floats:
        number: Floats = np.asarray(self.estimator.predict(panel.features()), dtype=float)
        return number


@dataclass(frozen=True, slots=True)
class _Chance:
    estimator: Any

    def predict(self, panel: Rows) -> Floats:
        chance: Floats = self.estimator.predict_proba(panel.features())[:, 1]
        return chance
