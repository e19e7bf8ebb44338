"""Chooses a model inside the training period: cross-validation by customer, the simplest within one error.

A customer is never in two folds, though the panel has them at several cut-offs. Among the models whose mean
loss exceeds the best one's by no more than one standard error of the paired difference, the simplest is taken
(Breiman et al. 1984, CART, §3.4.3, here with paired differences).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import GroupKFold

from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.ports import Progress, Silent
from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.families import families
from marketeer.tools.prediction.family import Average, Candidate, Family
from marketeer.tools.prediction.losses import losses
from marketeer.tools.prediction.panel import Panel
from marketeer.tools.prediction.targets import KIND, Target

FOLDS = 3


@dataclass(frozen=True, slots=True)
class Contender:
    """A candidate with its cross-validated predictions.

    Attributes:
        family: Its family's code.
        complexity: Its family's rank of simplicity.
        candidate: The candidate, unfitted.
        predicted: Its out-of-fold prediction per training row.
        loss: Its loss per training row.
    """

    family: str
    complexity: int
    candidate: Candidate
    predicted: Floats
    loss: Floats

    @property
    def mean_loss(self) -> float:
        """Mean loss over the training rows."""
        return float(self.loss.mean())


@dataclass(frozen=True, slots=True)
class Selection:
    """All contenders, the chosen one, and the best baseline.

    Attributes:
        contenders: By family, simplest first.
        chosen: The simplest within one standard error of the best; the best baseline when no model beats it.
        baseline: The best of the baselines.
        skipped: Codes of candidates left out: too dear by the pre-flight, or not fittable on these customers.
    """

    contenders: tuple[Contender, ...]
    chosen: Contender
    baseline: Contender
    skipped: tuple[str, ...]


def select(
    panel: Panel, target: Target, *, seed: int = 0, budget: float = 60.0, progress: Progress | None = None
) -> Selection:
    """Cross-validate every family on a training panel and choose.

    Args:
        panel: Training rows with known outcomes.
        target: What is predicted.
        seed: For folds and stochastic models.
        budget: Seconds a family may take by the pre-flight estimate; dearer ones are left out. The clock is
            not asked, so that the same arguments always give the same model.
        progress: Hears how far it is.
    """
    hear = progress or Silent()
    folds = list(
        GroupKFold(FOLDS, shuffle=True, random_state=seed).split(panel.table, groups=panel.customers)
    )
    entered = [
        (family, candidate)
        for family in families()
        if KIND[target] in family.kinds
        for candidate in family.candidates(target, seed)
    ]
    contenders, skipped = [], []
    known: dict[str, Floats] = {}
    for done, (family, candidate) in enumerate(entered):
        hear.report("models", done, len(entered))
        dear = estimated_seconds(family, len(panel)) > budget
        predicted = None if dear else _out_of_fold(candidate, panel, target, folds, known)
        if predicted is None:
            skipped.append(candidate.code)
            continue
        known[candidate.code] = predicted
        loss = losses(target, panel.outcome(target), predicted)
        contenders.append(Contender(family.code, family.complexity, candidate, predicted, loss))
    hear.report("models", len(entered), len(entered))
    return _choose(tuple(contenders), tuple(skipped), panel)


def estimated_seconds(family: Family, rows: int) -> float:
    """Estimate what trying one candidate of a family takes: every fold, the back-test and the forecast."""
    return family.cost * rows / 10_000 * (FOLDS + 2)


def _out_of_fold(
    candidate: Candidate,
    panel: Panel,
    target: Target,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
    known: Mapping[str, Floats],
) -> Floats | None:
    if isinstance(candidate, Average):
        parts = [known[part.code] for part in candidate.parts if part.code in known]
        return np.mean(parts, axis=0) if len(parts) == len(candidate.parts) else None
    predicted = np.zeros(len(panel))
    try:
        if not candidate.sees_outcomes:
            return candidate.fit(panel, target).predict(panel)
        for train, test in folds:
            predicted[test] = candidate.fit(panel.take(train), target).predict(panel.take(test))
    except Insufficient:
        return None
    return predicted if np.isfinite(predicted).all() else None


def _choose(contenders: tuple[Contender, ...], skipped: tuple[str, ...], panel: Panel) -> Selection:
    best = min(contenders, key=lambda contender: contender.mean_loss)
    baseline = min((c for c in contenders if c.complexity == 0), key=lambda contender: contender.mean_loss)
    close = [c for c in contenders if _within_one_error(c, best, panel)]
    simplest = min(close, key=lambda contender: (contender.complexity, contender.mean_loss))
    return Selection(contenders, simplest, baseline, skipped)


def _within_one_error(contender: Contender, best: Contender, panel: Panel) -> bool:
    """Tell whether the paired loss difference is within its standard error, customers taken as the unit."""
    difference = contender.loss - best.loss
    _, unit = np.unique(panel.customers, return_inverse=True)
    sums = np.bincount(unit, difference - difference.mean())
    error = float(np.sqrt((sums**2).sum()) / difference.size)
    return bool(difference.mean() <= error)
