"""Compares all families on a table of attributes: settings searched, models chosen, inside training rows.

Settings are searched first, on at most `SEARCH_ROWS` rows; then each model, in its best setting, forecasts
every later block of the training rows from the earlier ones (a rolling origin), rows prepared together with
those they forecast. Yes-no targets are compared by AUC, numbers by
squared error relative to the variance, both as a loss per fold; a fold counts by its rarer answers, as one
with few of them says little. The simplest model whose mean loss is within one standard error over folds of
the best one's is chosen (Breiman et al. 1984, CART, §3.4.3, paired), in both steps: a family lists its
plainest model, and a model its plainest setting, first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from marketeer.tools.core.ports import Progress, Silent
from marketeer.tools.prediction.attributes.order import Rows, folds_in_time, shuffled_folds
from marketeer.tools.prediction.attributes.preparing import prepare
from marketeer.tools.prediction.attributes.table import AttributeTable
from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.families import families
from marketeer.tools.prediction.family import Candidate, Family, SklearnCandidate
from marketeer.tools.prediction.targets import KIND, Kind, Target

SEARCH_ROWS = 4000
_FITS = 8
"""Whole fits that trying one model is worth besides the search: folds in time, shuffled ones, the last."""
_SEARCH_FITS = 5

Folds = Sequence[tuple[Rows, Rows]]


@dataclass(frozen=True, slots=True)
class Losses:
    """The losses of one model on every fold, and what each fold counts."""

    folds: Floats
    weights: Floats

    @property
    def mean(self) -> float:
        """The weighted mean."""
        return float(np.average(self.folds, weights=self.weights))


@dataclass(frozen=True, slots=True)
class Contender:
    """A model in its best setting.

    Attributes:
        family: Its family's code.
        complexity: Its family's rank of simplicity.
        place: Its place in the family, which lists its plainest model first.
        candidate: The model, unfitted, for rows that are prepared.
        tried: How many settings were tried.
        setting: The one taken, as its grid names it; empty without a grid.
        losses: Its losses on folds in time, or on shuffled ones where rows have no order.
        shuffled: Its mean loss on shuffled folds, which look ahead where rows are ordered in time.
        forward: Outcomes and forecasts of the folds its losses are of, oldest first.
    """

    family: str
    complexity: int
    place: int
    candidate: Candidate
    tried: int
    setting: str
    losses: Losses
    shuffled: float
    forward: tuple[tuple[Floats, Floats], ...]

    @property
    def loss(self) -> float:
        """Its mean loss."""
        return self.losses.mean

    @property
    def code(self) -> str:
        """Its name."""
        return self.candidate.code


@dataclass(frozen=True, slots=True)
class Comparison:
    """All contenders, the chosen one, and the best baseline.

    Attributes:
        contenders: Simplest first.
        best: The one with the least loss.
        chosen: The simplest within one standard error of it.
        baseline: The best of the baselines.
        skipped: Codes of models left out, by the budget or because they cannot be fitted to these outcomes.
        most_settings: Settings tried of a model, at most, within the budget.
    """

    contenders: tuple[Contender, ...]
    best: Contender
    chosen: Contender
    baseline: Contender
    skipped: tuple[str, ...]
    most_settings: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What fits into a budget; by stated seconds per row, not by the clock, so that it is always the same.

    Attributes:
        entered: Families with their candidates that are compared.
        skipped: Codes of candidates left out.
        settings: Further settings tried of each.
        seconds: Estimated seconds of all.
    """

    entered: tuple[tuple[Family, Candidate], ...]
    skipped: tuple[str, ...]
    settings: int
    seconds: float


def plan_comparison(rows: int, target: Target, budget: float, seed: int) -> Plan:
    """Fit models and settings into a budget: dearest models leave first, then settings are added."""
    every = [
        (family, candidate)
        for family in families()
        if KIND[target] in family.kinds
        for candidate in family.candidates(target, seed)
        if isinstance(candidate, SklearnCandidate) or family.complexity == 0
    ]
    entered: list[tuple[Family, Candidate]] = []
    spent = 0.0
    for family, candidate in sorted(every, key=lambda one: one[0].cost):
        seconds = family.cost * rows / 10_000 * _FITS
        if spent + seconds <= budget:
            entered.append((family, candidate))
            spent += seconds
    per_setting = sum(family.cost for family, candidate in entered if _grid(candidate))
    per_setting *= min(rows, SEARCH_ROWS) / 10_000 * _SEARCH_FITS
    longest = max((len(_grid(candidate)) for _, candidate in entered), default=0)
    settings = min(longest, int((budget - spent) / per_setting)) if per_setting else 0
    kept = {candidate.code for _, candidate in entered}
    in_order = tuple(one for one in every if one[1].code in kept)
    left = tuple(candidate.code for _, candidate in every if candidate.code not in kept)
    return Plan(in_order, left, settings, spent + settings * per_setting)


def _grid(candidate: Candidate) -> tuple[Any, ...]:
    return candidate.grid if isinstance(candidate, SklearnCandidate) else ()


def compare(
    training: AttributeTable,
    target: Target,
    plan: Plan,
    *,
    whole: AttributeTable | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Comparison:
    """Compare the planned models on training rows and choose.

    Args:
        training: The training rows, oldest first where they have an order of time.
        target: What is predicted.
        plan: Which models, and how many settings of each.
        whole: All rows, the test rows too, where rows are in order of time: on these the shuffled figure is
            computed, which stands beside and chooses nothing.
        seed: For shuffled folds and stochastic models.
        progress: Hears how far it is.
    """
    hear = progress or Silent()
    binary = KIND[target] is Kind.CHANCE
    skipped = list(plan.skipped)
    found: list[tuple[Family, Candidate, int, str]] = []
    for done, (family, candidate) in enumerate(plan.entered):
        hear.report("models", done, 2 * len(plan.entered))
        if family.code == "glm" and training.values.min() < 0:
            skipped.append(candidate.code)
            continue
        found.append(
            (family, *_searched(candidate, training, target, (plan.settings, whole is not None, seed)))
        )
    candidates = [candidate for _, candidate, _, _ in found]
    everything = training if whole is None else whole
    mixed = list(shuffled_folds(everything.values, seed, binary=binary))
    folds = mixed if whole is None else list(folds_in_time(len(training)))
    own = _tried(candidates, training, target, folds)
    other = own if whole is None else _tried(candidates, everything, target, mixed)
    hear.report("models", len(plan.entered), len(plan.entered))
    contenders = tuple(
        Contender(
            family.code,
            family.complexity,
            sum(one[0].code == family.code for one in found[:number]),
            candidate,
            tried,
            setting,
            own[number].losses,
            other[number].losses.mean,
            own[number].forecasts,
        )
        for number, (family, candidate, tried, setting) in enumerate(found)
    )
    return _chosen(contenders, tuple(skipped), plan.settings + 1)


def _searched(
    candidate: Candidate, training: AttributeTable, target: Target, how: tuple[int, bool, int]
) -> tuple[Candidate, int, str]:
    """Give a candidate in its best setting, its own scaling taken off; how many were tried; which it is."""
    if not isinstance(candidate, SklearnCandidate):
        return candidate, 1, ""
    most, in_time, seed = how
    named = [one.setting for one in candidate.settings(most)]
    settings = [one.behind("passthrough") for one in candidate.settings(most)]
    if len(settings) == 1:
        return settings[0], 1, named[0]
    every = np.arange(0, len(training), max(len(training) // SEARCH_ROWS, 1))
    sample = training.take(every)
    binary = KIND[target] is Kind.CHANCE
    folds = list(
        folds_in_time(len(sample)) if in_time else shuffled_folds(sample.values, seed, binary=binary)
    )
    losses = [one.losses for one in _tried(settings, sample, target, folds)]
    best = min(losses, key=lambda one: one.mean)
    taken = next(n for n, one in enumerate(losses) if within_one_error(one, best))
    return settings[taken], len(settings), named[taken]


@dataclass(frozen=True, slots=True)
class _Tried:
    losses: Losses
    forecasts: tuple[tuple[Floats, Floats], ...]


def _tried(
    candidates: Sequence[Candidate], table: AttributeTable, target: Target, folds: Folds
) -> list[_Tried]:
    """Forecast every fold by every candidate; a fold is prepared once for all of them."""
    forecasts: list[list[Floats]] = [[] for _ in candidates]
    for train, test in folds:
        ready = prepare(table.take(train), table.take(test))
        for candidate, of_it in zip(candidates, forecasts, strict=True):
            of_it.append(learnt(candidate, ready.learnt, target).predict(ready.asked))
    outcomes = [table.values[test] for _, test in folds]
    weights = _weights(target, outcomes)
    return [
        _Tried(_losses(target, outcomes, one, weights), tuple(zip(outcomes, one, strict=True)))
        for one in forecasts
    ]


def learnt(candidate: Any, prepared: AttributeTable, target: Target) -> Any:
    """Fit a candidate on prepared rows."""
    return candidate.fit(prepared, target)


def fold_loss(target: Target, outcome: Floats, predicted: Floats) -> float:
    """Give the loss on one fold: 1 - AUC (a half for one answer only), or squared error over variance."""
    if KIND[target] is Kind.CHANCE:
        return 1 - float(roc_auc_score(outcome, predicted)) if 0 < outcome.mean() < 1 else 0.5
    variance = float(outcome.var())
    return float(((outcome - predicted) ** 2).mean()) / variance if variance else 1.0


def _losses(
    target: Target, outcomes: Sequence[Floats], predicted: Sequence[Floats], weights: Floats
) -> Losses:
    losses = [fold_loss(target, one, other) for one, other in zip(outcomes, predicted, strict=True)]
    return Losses(np.array(losses), weights)


def _weights(target: Target, outcomes: Sequence[Floats]) -> Floats:
    rows = np.array([len(outcome) for outcome in outcomes], dtype=float)
    if KIND[target] is not Kind.CHANCE:
        return rows
    yes = np.array([outcome.mean() for outcome in outcomes])
    rarer: Floats = np.minimum(yes, 1 - yes) * rows + 1e-9
    return rarer


def _chosen(contenders: tuple[Contender, ...], skipped: tuple[str, ...], most: int) -> Comparison:
    best = min(contenders, key=lambda one: one.loss)
    baseline = min((one for one in contenders if one.complexity == 0), key=lambda one: one.loss)
    close = [one for one in contenders if within_one_error(one.losses, best.losses)]
    chosen = min(close, key=lambda one: (one.complexity, one.place, one.loss))
    return Comparison(contenders, best, chosen, baseline, skipped, most)


def within_one_error(one: Losses, best: Losses) -> bool:
    """Tell whether a mean loss is within the standard error, over folds, of its difference from the best.

    Folds, not rows, are the unit: what makes a model better in one month and worse in the next does not
    average out over the rows of a month.
    """
    weights = best.weights / best.weights.sum()
    gaps = one.folds - best.folds
    mean = float(weights @ gaps)
    effective = float((weights**2).sum())
    variance = float(weights @ (gaps - mean) ** 2) / max(1 - effective, 1e-9)
    return mean <= float(np.sqrt(variance * effective))
