"""Models that score each person by the effect of an offer, from one randomised campaign.

A learner takes covariates from before the campaign, who was treated, and the outcome, and gives a function of
covariates. Sources: class transformation, Jaskowski & Jaroszewicz (2012); S-, T- and X-learner, Künzel et al.
(2019), *PNAS* 116, 4156-4165; DR-learner, Kennedy (2023), *Electronic Journal of Statistics* 17, 3008-3049.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Score = Callable[[Matrix], Vector]


@dataclass(frozen=True, slots=True)
class Trial:
    """The people of one randomised campaign.

    Attributes:
        covariates: What was known of them before it, shape (people, columns).
        treated: Who got the offer.
        outcome: 0 or 1 each.
        seed: Fixes every random step.
    """

    covariates: Matrix
    treated: NDArray[np.bool_]
    outcome: Vector
    seed: int = 0

    @property
    def share(self) -> float:
        """Share of people who were treated."""
        return float(self.treated.mean())

    def of(self, rows: NDArray[Any]) -> "Trial":
        """Give some of the people."""
        return replace(
            self, covariates=self.covariates[rows], treated=self.treated[rows], outcome=self.outcome[rows]
        )

    def arm(self, *, treated: bool) -> "Trial":
        """Give the people of one arm."""
        return self.of(np.flatnonzero(self.treated == treated))


@dataclass(frozen=True, slots=True)
class Learner:
    """A way to score people, the simpler the lower its `complexity`."""

    name: str
    complexity: int
    fit: Callable[[Trial], Score]


def _logistic() -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))


def _boosted(seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.08, max_leaf_nodes=8, min_samples_leaf=100, random_state=seed
    )


def _rate(model: Any, trial: Trial) -> Score:
    """Fit the outcome's rate; arms in which nobody or everybody succeeded have a constant one."""
    if len(np.unique(trial.outcome)) < 2:
        constant = float(trial.outcome.mean()) if trial.outcome.size else 0.0
        return lambda x: np.full(len(x), constant)
    model.fit(trial.covariates, trial.outcome)
    return lambda x: np.asarray(model.predict_proba(x)[:, 1], dtype=np.float64)


def fit_rule(trial: Trial) -> Score:
    """Split people once, where the effect differs most for its noise, and score each side by its effect."""
    best = (0.0, 0, 0.0, (0.0, 0.0))
    for column, values in enumerate(trial.covariates.T):
        cut = float(np.median(np.unique(values))) if len(np.unique(values)) < 3 else float(np.median(values))
        sides = [_side(trial, values > cut), _side(trial, values <= cut)]
        (high, high_v), (low, low_v) = sides
        clear = abs(high - low) / np.sqrt(high_v + low_v)
        if np.isfinite(clear) and clear > best[0]:
            best = (float(clear), column, cut, (high, low))
    _, column, cut, (high, low) = best
    return lambda x: np.where(x[:, column] > cut, high, low)


def _side(trial: Trial, chosen: NDArray[np.bool_]) -> tuple[float, float]:
    arms = [trial.outcome[chosen & (trial.treated == arm)] for arm in (True, False)]
    if min(len(arm) for arm in arms) < 2:
        return 0.0, np.inf
    return float(arms[0].mean() - arms[1].mean()), float(sum(arm.var() / len(arm) for arm in arms))


def fit_response(trial: Trial) -> Score:
    """Score people by how likely they respond when treated, as most tools do: not an effect."""
    return _rate(_logistic(), trial.arm(treated=True))


def fit_interactions(trial: Trial) -> Score:
    """One logistic regression with the treatment and its products with all covariates (S-learner)."""

    def wide(x: Matrix, w: Vector) -> Matrix:
        return np.column_stack([x, w, x * w[:, None]])

    with_arm = replace(trial, covariates=wide(trial.covariates, trial.treated.astype(np.float64)))
    rate = _rate(_logistic(), with_arm)
    return lambda x: rate(wide(x, np.ones(len(x)))) - rate(wide(x, np.zeros(len(x))))


def fit_two_logistic(trial: Trial) -> Score:
    """One logistic regression per arm (T-learner)."""
    rates = [_rate(_logistic(), trial.arm(treated=arm)) for arm in (True, False)]
    return lambda x: rates[0](x) - rates[1](x)


def fit_two_boosted(trial: Trial) -> Score:
    """One boosted model per arm (T-learner)."""
    rates = [_rate(_boosted(trial.seed), trial.arm(treated=arm)) for arm in (True, False)]
    return lambda x: rates[0](x) - rates[1](x)


def fit_class_transformation(trial: Trial) -> Score:
    """One logistic regression of "treated and succeeded, or neither", with arms weighed alike."""
    target = (trial.outcome == trial.treated).astype(int)
    weights = np.where(trial.treated, 1 / trial.share, 1 / (1 - trial.share))
    model = _logistic()
    model.fit(trial.covariates, target, logisticregression__sample_weight=weights)
    return lambda x: np.asarray(2 * model.predict_proba(x)[:, 1] - 1, dtype=np.float64)


def fit_crossed(trial: Trial) -> Score:
    """Impute each effect from the other arm's boosted model, then regress it linearly (X-learner)."""
    rates = {arm: _rate(_boosted(trial.seed), trial.arm(treated=arm)) for arm in (True, False)}
    effects = []
    for arm in (True, False):
        own = trial.arm(treated=arm)
        gap = own.outcome - rates[not arm](own.covariates)
        effects.append(make_pipeline(StandardScaler(), Ridge(1.0)).fit(own.covariates, gap if arm else -gap))
    share = trial.share
    return lambda x: np.asarray((1 - share) * effects[0].predict(x) + share * effects[1].predict(x))


def fit_doubly_robust(trial: Trial) -> Score:
    """Regress doubly robust effects, whose rates come from the other half of the people (DR-learner)."""
    half = np.random.default_rng(trial.seed).random(len(trial.outcome)) < 0.5
    pseudo = np.empty(len(trial.outcome))
    for side in (half, ~half):
        other, own = trial.of(np.flatnonzero(~side)), trial.of(np.flatnonzero(side))
        with_, without = (_rate(_logistic(), other.arm(treated=arm))(own.covariates) for arm in (True, False))
        error = own.outcome - np.where(own.treated, with_, without)
        weight = np.where(own.treated, 1 / trial.share, -1 / (1 - trial.share))
        pseudo[side] = with_ - without + weight * error
    model = make_pipeline(StandardScaler(), Ridge(1.0)).fit(trial.covariates, pseudo)
    return lambda x: np.asarray(model.predict(x), dtype=np.float64)


RESPONSE = "response"
LEARNERS = (
    Learner("rule", 1, fit_rule),
    Learner(RESPONSE, 2, fit_response),
    Learner("class_transformation", 3, fit_class_transformation),
    Learner("s_logistic", 4, fit_interactions),
    Learner("t_logistic", 5, fit_two_logistic),
    Learner("dr_ridge", 6, fit_doubly_robust),
    Learner("x_boosted", 7, fit_crossed),
    Learner("t_boosted", 8, fit_two_boosted),
)
