"""Compares ways to score people by effect, out of sample, and takes the simplest that is good enough."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from marketeer.tools.core.ports import Progress
from marketeer.tools.targeting.learners import LEARNERS, RESPONSE, Learner, Trial, Vector
from marketeer.tools.targeting.qini import Judgement, judge

ROWS_TO_COMPARE = 60_000
"""People on whom the learners are compared; more would only cost time."""
ROWS_TO_FIT = 200_000
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Comparison:
    """All learners compared on the same people.

    Attributes:
        judgements: Learner name → how well it orders people it has not seen.
        chosen: The simplest learner within one standard error of the best, or None when a random order is.
        beats_response: Whether the best learner of effects beats response ranking by a standard error of
            their difference.
        people: How many people they were compared on.
    """

    judgements: dict[str, Judgement]
    chosen: Learner | None
    beats_response: bool
    people: int


def compare(
    trial: Trial, progress: Progress, learners: Sequence[Learner] = LEARNERS, repeats: int = 1
) -> Comparison:
    """Judge learners by scores that each person got from models fitted without that person."""
    rows = _sample(len(trial.outcome), ROWS_TO_COMPARE, trial.seed)
    sample = trial.of(rows)
    judgements = {}
    for done, learner in enumerate(learners):
        progress.report("uplift_models", done, len(learners))
        with threadpool_limits(1):  # small fits: threads cost more than they bring
            judgements[learner.name] = _judge(sample, learner, repeats)
    progress.report("uplift_models", len(learners), len(learners))
    return Comparison(
        judgements, _choose(judgements, learners), _beats_response(judgements), len(sample.outcome)
    )


def _judge(trial: Trial, learner: Learner, repeats: int) -> Judgement:
    made = [
        judge(cross_fit(trial, learner, seed), trial.treated, trial.outcome, seed) for seed in range(repeats)
    ]
    if len(made) == 1:
        return made[0]
    draws = np.mean([one.draws for one in made], axis=0)
    return Judgement(
        qini=float(np.mean([one.qini for one in made])),
        qini_se=float(np.mean([one.qini_se for one in made])),
        first_tenth=float(np.mean([one.first_tenth for one in made])),
        first_third=float(np.mean([one.first_third for one in made])),
        draws=draws,
    )


def cross_fit(trial: Trial, learner: Learner, seed: int = 0) -> Vector:
    """Score each person by a model fitted on the other folds, or a large sample of them.

    Folds keep arms and outcomes in proportion.
    """
    score = np.empty(len(trial.outcome))
    strata = trial.treated * 2 + trial.outcome
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=trial.seed + seed)
    for fitted, held in folds.split(trial.covariates, strata):
        rows = fitted[_sample(fitted.size, ROWS_TO_FIT, trial.seed)]
        score[held] = learner.fit(trial.of(rows))(trial.covariates[held])
    return score


def final_score(trial: Trial, learner: Learner, covariates: NDArray[np.float64]) -> Vector:
    """Score other people by a model fitted on all of the trial, or a large sample of it."""
    rows = _sample(len(trial.outcome), ROWS_TO_FIT, trial.seed)
    with threadpool_limits(1):
        return learner.fit(trial.of(rows))(covariates)


def _sample(people: int, most: int, seed: int) -> NDArray[np.int64]:
    if people <= most:
        return np.arange(people)
    return np.sort(np.random.default_rng(seed).choice(people, most, replace=False))


def _choose(judgements: dict[str, Judgement], learners: Sequence[Learner]) -> Learner | None:
    best = max(judgements.values(), key=lambda one: one.qini)
    if best.qini <= best.qini_se:
        return None
    near = [one for one in learners if judgements[one.name].qini >= best.qini - best.qini_se]
    return min(near, key=lambda one: one.complexity)


def _beats_response(judgements: dict[str, Judgement]) -> bool:
    response = judgements.get(RESPONSE)
    others = [one for name, one in judgements.items() if name != RESPONSE]
    if response is None or not others:
        return False
    best = max(others, key=lambda one: one.qini)
    return best.qini - response.qini > float(np.std(best.draws - response.draws, ddof=1))
