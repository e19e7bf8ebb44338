"""Chooses a model where history is too short to train on outcomes over the whole horizon.

Only models that never look at an outcome can then be used: purchase processes and simple rules. They are
fitted on the first half of the history and compared on its second half. Amounts: among those that rank
customers as well as the best does, within one standard error of its rank correlation, the one with the
smallest mean error; what over a shorter period is the most likely forecast is not the best over a longer
one, and these models all forecast a mean. Chances: the smallest log loss.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.ports import Progress, Silent
from marketeer.tools.prediction.backtest import measures
from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.families import families
from marketeer.tools.prediction.family import Candidate, Predictor
from marketeer.tools.prediction.losses import losses
from marketeer.tools.prediction.panel import Panel
from marketeer.tools.prediction.selection import Contender, Selection
from marketeer.tools.prediction.targets import KIND, Kind, Target


@dataclass(frozen=True, slots=True)
class OwnChance:
    """The chance that goes with each customer's own rate of orders, as if they came at random."""

    code: str = "own_rate"
    sees_outcomes: bool = False

    def fit(self, panel: Panel, target: Target) -> Predictor:
        """Learn nothing."""
        return _OwnChance(target)


@dataclass(frozen=True, slots=True)
class _OwnChance:
    target: Target

    def predict(self, panel: Panel) -> Floats:
        seen = panel.table["tenure_days"].to_numpy(float).clip(min=panel.days)
        none: Floats = np.exp(-panel.table["order_days"].to_numpy(float) * panel.days / seen)
        return none if self.target is Target.LAPSE else 1 - none


def select_by_history(
    panel: Panel, target: Target, *, seed: int = 0, progress: Progress | None = None
) -> Selection:
    """Compare the models that need no outcomes on a period after the panel's cut-off, and choose.

    Args:
        panel: Customers at a cut-off in the middle of the history, with what they did after.
        target: What is predicted.
        seed: For stochastic models.
        progress: Hears how far it is.
    """
    hear = progress or Silent()
    entered = _entered(target, seed)
    outcome = panel.outcome(target)
    contenders, skipped = [], []
    for done, (family, complexity, candidate) in enumerate(entered):
        hear.report("models", done, len(entered))
        try:
            predicted = candidate.fit(panel, target).predict(panel)
        except Insufficient:
            skipped.append(candidate.code)
            continue
        loss = losses(target, outcome, predicted)
        contenders.append(Contender(family, complexity, candidate, predicted, loss))
    hear.report("models", len(entered), len(entered))
    baseline = min((c for c in contenders if c.complexity == 0), key=lambda contender: contender.mean_loss)
    models = [c for c in contenders if c.complexity > 0] or [baseline]
    return Selection(tuple(contenders), _best(models, target, outcome), baseline, tuple(skipped))


def _entered(target: Target, seed: int) -> list[tuple[str, int, Candidate]]:
    entered = [
        (family.code, family.complexity, candidate)
        for family in families()
        if KIND[target] in family.kinds
        for candidate in family.candidates(target, seed)
        if not candidate.sees_outcomes
    ]
    return [("baselines", 0, OwnChance()), *entered] if KIND[target] is Kind.CHANCE else entered


def _best(models: Sequence[Contender], target: Target, outcome: Floats) -> Contender:
    if KIND[target] is Kind.CHANCE:
        return min(models, key=lambda contender: contender.mean_loss)
    judged = [(model, measures(target, outcome, model.predicted)) for model in models]
    ranks = [found["spearman"] for _, found in judged if np.isfinite(found["spearman"])]
    # the error of a rank correlation is at most 1 / √(n − 1)
    floor = max(ranks, default=-1.0) - 1 / np.sqrt(max(len(outcome) - 1, 1))
    near = [(found["mae"], at) for at, (_, found) in enumerate(judged) if found["spearman"] >= floor]
    return models[min(near)[1]] if near else models[0]
