"""What every model must beat: nothing, the mean, the last period repeated, the customer's own rate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.family import Candidate, Family, Predictor, SklearnCandidate
from marketeer.tools.prediction.keep_best import KeepBest
from marketeer.tools.prediction.panel import Panel
from marketeer.tools.prediction.targets import KIND, Kind, Target


@dataclass(frozen=True, slots=True)
class _Rule:
    code: str
    rule: Callable[[Panel], Floats]
    sees_outcomes: bool = False

    def fit(self, panel: Panel, target: Target) -> Predictor:
        return self

    def predict(self, panel: Panel) -> Floats:
        return self.rule(panel)


@dataclass(frozen=True, slots=True)
class _Mean:
    code: str = "mean"
    value: float = 0.0
    sees_outcomes: bool = True

    def fit(self, panel: Panel, target: Target) -> Predictor:
        return _Mean(value=float(panel.outcome(target).mean()))

    def predict(self, panel: Panel) -> Floats:
        return np.full(len(panel), self.value)


@dataclass(frozen=True, slots=True)
class _RateByRecency:
    """The share who did it among training customers in the same fifth by recency."""

    code: str = "recency_rate"
    edges: Floats = field(default_factory=lambda: np.empty(0))
    rates: Floats = field(default_factory=lambda: np.zeros(1))
    sees_outcomes: bool = True

    def fit(self, panel: Panel, target: Target) -> Predictor:
        recency = panel.table["recency_days"].to_numpy(float)
        edges = np.unique(np.quantile(recency, [0.2, 0.4, 0.6, 0.8]))
        group = np.searchsorted(edges, recency)
        total = np.bincount(group, minlength=edges.size + 1)
        hits = np.bincount(group, panel.outcome(target), minlength=edges.size + 1)
        return _RateByRecency(edges=edges, rates=(hits + 1) / (total + 2))

    def predict(self, panel: Panel) -> Floats:
        rates: Floats = self.rates[np.searchsorted(self.edges, panel.table["recency_days"].to_numpy(float))]
        return rates


def _own_rate(column: str) -> Callable[[Panel], Floats]:
    def rate(panel: Panel) -> Floats:
        seen = panel.table["tenure_days"].to_numpy(float).clip(min=panel.days)
        rated: Floats = panel.table[column].to_numpy(float) * panel.days / seen
        return rated

    return rate


def _one_column(target: Target) -> SklearnCandidate:
    """Give the rule that looks at one column only, the one that goes with the outcome most."""
    answer = KIND[target] is Kind.CHANCE
    select = KeepBest(1, answer=answer)
    model = LogisticRegression(max_iter=1000) if answer else LinearRegression()
    return SklearnCandidate("one_column", make_pipeline(StandardScaler(), select, model))


def _candidates(target: Target, seed: int) -> Sequence[Candidate]:
    if target in {Target.ANSWER, Target.NUMBER}:
        return (_Mean(), _one_column(target))
    if KIND[target] is Kind.CHANCE:
        return (_Mean(), _RateByRecency())
    last, whole = ("spend_horizon", "net_revenue") if target is Target.SPEND else ("orders_horizon", "orders")
    return (
        _Rule("zero", lambda panel: np.zeros(len(panel))),
        _Mean(),
        _Rule("last_period", lambda panel: panel.table[last].to_numpy(float)),
        _Rule("own_rate", _own_rate(whole)),
    )


FAMILY = Family("baselines", 0, 0.0, frozenset(Kind), _candidates)
