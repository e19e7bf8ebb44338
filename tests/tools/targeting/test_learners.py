from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from marketeer.tools.core.ports import Silent
from marketeer.tools.targeting.learners import LEARNERS, RESPONSE, Trial
from marketeer.tools.targeting.qini import judge, qini_coefficient, uplift_at
from marketeer.tools.targeting.selection import compare, cross_fit

OF_EFFECTS = [one for one in LEARNERS if one.name != RESPONSE]


def _trial(people: int = 6000, share: float = 0.5, seed: int = 0) -> tuple[Trial, np.ndarray]:
    random = np.random.default_rng(seed)
    x = random.standard_normal((people, 4))
    treated = random.random(people) < share
    effect = 0.25 * (x[:, 1] > 0)
    rate = 0.15 + 0.25 * (x[:, 0] > 0.3) + treated * effect
    return Trial(x, treated, (random.random(people) < rate).astype(float)), effect


@pytest.mark.parametrize("share", [0.5, 0.8])
@pytest.mark.parametrize(
    "learner", [one for one in LEARNERS if one.name != RESPONSE], ids=lambda one: one.name
)
def test_each_learner_of_effects_finds_who_is_moved(learner: object, share: float) -> None:
    trial, effect = _trial(share=share)
    fresh, planted = _trial(seed=9)
    with threadpool_limits(1):
        score = learner.fit(trial)(fresh.covariates)  # type: ignore[attr-defined]  # a Learner
    assert np.corrcoef(score, planted)[0, 1] > 0.6
    assert effect.size


def test_response_ranking_follows_response_and_not_effect() -> None:
    trial, effect = _trial()
    learner = next(one for one in LEARNERS if one.name == RESPONSE)
    score = cross_fit(trial, learner)
    by_response = qini_coefficient(score, trial.treated, trial.outcome)
    assert by_response < 0.8 * qini_coefficient(effect, trial.treated, trial.outcome)


def test_the_simplest_good_enough_learner_is_chosen_and_beats_response() -> None:
    trial, _ = _trial()
    comparison = compare(trial, Silent())
    assert comparison.chosen is not None
    assert comparison.chosen.complexity <= 3
    assert comparison.chosen.name != RESPONSE
    assert comparison.beats_response


def test_where_nobody_is_moved_no_order_is_found_most_of_the_time() -> None:
    found = 0
    for seed in range(6):
        random = np.random.default_rng(seed)
        x = random.standard_normal((2000, 3))
        trial = Trial(x, random.random(2000) < 0.5, (random.random(2000) < 0.2).astype(float), seed)
        found += compare(trial, Silent(), LEARNERS[:4]).chosen is not None
    assert found <= 3


def test_a_constant_score_has_no_qini_and_the_best_order_has_one() -> None:
    trial, _ = _trial(people=2000)
    constant = np.zeros(2000)
    best = np.where(trial.treated, trial.outcome, -trial.outcome)
    assert qini_coefficient(constant, trial.treated, trial.outcome) == pytest.approx(0)
    assert qini_coefficient(best, trial.treated, trial.outcome) == pytest.approx(1)


def test_the_qini_coefficient_equals_one_counted_person_by_person() -> None:
    random = np.random.default_rng(2)
    score, treated = random.permutation(40).astype(float), random.random(40) < 0.5
    outcome = (random.random(40) < 0.4).astype(float)

    def area(order: np.ndarray) -> float:
        curve = [0.0]
        for n in range(1, 41):
            top = order[:n]
            t, c = treated[top], ~treated[top]
            lost = outcome[top][c].sum() * t.sum() / c.sum() if c.any() else 0.0
            curve.append(outcome[top][t].sum() - lost)
        return float(sum((a + b) / 2 for a, b in pairwise(curve)) - 40 * curve[-1] / 2)

    # runs of equal scores are joined by a straight line, so the best order is built from three runs
    best = np.where(treated, outcome, -outcome)
    ends = [int((best == 1).sum()), int((best >= 0).sum()), 40]
    order = np.argsort(-best, kind="stable")
    points, values = [0], [0.0]
    for n in ends:
        top = order[:n]
        t, c = treated[top], ~treated[top]
        lost = outcome[top][c].sum() * t.sum() / c.sum() if c.any() else 0.0
        points.append(n)
        values.append(outcome[top][t].sum() - lost)
    perfect = float(np.trapezoid(values, points) - 40 * values[-1] / 2)
    expected = area(np.argsort(-score)) / perfect
    assert qini_coefficient(score, treated, outcome) == pytest.approx(expected)


def test_uplift_of_the_first_part_is_the_difference_there() -> None:
    score = np.arange(10.0)
    treated = np.array([True, False] * 5)
    outcome = np.array([0, 0, 0, 0, 0, 0, 1, 0, 1, 1.0])
    assert uplift_at(score, treated, outcome, 0.4) == pytest.approx(1 - 0.5)
    assert np.isnan(uplift_at(score, treated, outcome, 0.1))


def test_the_bootstrap_is_the_same_for_the_same_seed() -> None:
    trial, effect = _trial(people=1500)
    one, two = (judge(effect, trial.treated, trial.outcome, 3) for _ in range(2))
    assert np.array_equal(one.draws, two.draws)


def _hillstrom(folder: Path, arm: str) -> tuple[Trial, pd.DataFrame]:
    frame = pd.read_csv(folder / "hillstrom.csv.gz")
    frame = frame[frame["segment"].isin([arm, "No E-Mail"])]
    chosen = ["recency", "history", "mens", "womens", "newbie", "zip_code", "channel", "history_segment"]
    texts = ["zip_code", "channel", "history_segment"]
    x = pd.get_dummies(frame[chosen], columns=texts, drop_first=True, dtype=float)
    trial = Trial(
        x.to_numpy(float), (frame["segment"] == arm).to_numpy(), frame["visit"].to_numpy(dtype=float)
    )
    return trial, frame


@pytest.mark.real
def test_qini_coefficients_on_hillstrom_equal_the_published_table(real_data: Path) -> None:
    for arm, recency, history, bought in (
        ("Womens E-Mail", -0.0044, 0.0025, 0.0610),
        ("Mens E-Mail", 0.0118, 0.0185, 0.0218),
    ):
        trial, frame = _hillstrom(real_data, arm)
        scores = (-frame["recency"], frame["history"], frame["womens"] + 1e-6 * frame["history"])
        for score, expected in zip(scores, (recency, history, bought), strict=True):
            found = qini_coefficient(score.to_numpy(float), trial.treated, trial.outcome)
            assert found == pytest.approx(expected, abs=0.0003)


@pytest.mark.real
def test_learners_on_the_womens_email_reach_the_best_published_and_leave_response_behind(
    real_data: Path,
) -> None:
    comparison = compare(_hillstrom(real_data, "Womens E-Mail")[0], Silent())
    best = max(comparison.judgements.values(), key=lambda one: one.qini)
    assert best.qini >= 0.0623 - 0.0052
    assert comparison.judgements["rule"].qini >= 0.0623 - 0.0052
    assert comparison.judgements[RESPONSE].qini < 0.045
    assert comparison.beats_response
    assert comparison.chosen is not None
    assert comparison.chosen.name == "rule"


@pytest.mark.real
def test_no_learner_beats_response_ranking_on_the_mens_email(real_data: Path) -> None:
    comparison = compare(_hillstrom(real_data, "Mens E-Mail")[0], Silent())
    assert not comparison.beats_response
    assert comparison.chosen is not None
    assert comparison.chosen.name == RESPONSE
