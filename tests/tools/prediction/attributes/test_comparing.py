import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from threadpoolctl import threadpool_limits

from marketeer.tools.prediction import families as package
from marketeer.tools.prediction.attributes.comparing import (
    Losses,
    compare,
    plan_comparison,
    within_one_error,
)
from marketeer.tools.prediction.attributes.table import AttributeTable
from marketeer.tools.prediction.calibration import calibration
from marketeer.tools.prediction.keep_best import KeepBest
from marketeer.tools.prediction.targets import Target

NEW_FAMILY = """
from sklearn.naive_bayes import GaussianNB

from marketeer.tools.prediction.family import Family, SklearnCandidate
from marketeer.tools.prediction.targets import Kind

FAMILY = Family("bayes", 1, 0.05, frozenset({Kind.CHANCE}), lambda target, seed: (
    SklearnCandidate("naive_bayes", GaussianNB(), grid=({"var_smoothing": 1e-3},)),
))
"""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


@pytest.fixture
def bayes(tmp_path: Path) -> Iterator[None]:
    (tmp_path / "bayes.py").write_text(NEW_FAMILY)
    package.__path__.append(str(tmp_path))
    yield
    package.__path__.remove(str(tmp_path))
    sys.modules.pop(f"{package.__name__}.bayes", None)


def _table() -> AttributeTable:
    features, outcome = make_classification(600, 6, random_state=0)
    frame = pd.DataFrame(features, columns=[f"c{n}" for n in range(6)])
    return AttributeTable(frame, outcome.astype(float), np.arange(600, dtype=np.int32))


@pytest.mark.usefixtures("bayes")
def test_another_family_is_another_file() -> None:
    plan = plan_comparison(600, Target.ANSWER, 0.3, 0)
    compared = compare(_table(), Target.ANSWER, plan)
    naive = next(one for one in compared.contenders if one.code == "naive_bayes")
    assert naive.loss < 0.1
    shrunk = next(one for one in compared.contenders if one.code == "logistic_shrunk")
    assert shrunk.setting.startswith("C = ")


def test_what_is_tried_depends_on_the_budget_and_not_on_the_clock() -> None:
    plans = [plan_comparison(30_000, Target.ANSWER, budget, 0) for budget in (1, 10, 60)]
    assert [len(plan.entered) for plan in plans] == sorted(len(plan.entered) for plan in plans)
    assert all(plan.seconds <= budget for plan, budget in zip(plans, (1, 10, 60), strict=True))
    assert plans[0].skipped
    assert not plans[2].skipped
    assert plans[2].settings > 0
    assert "mean" in [candidate.code for _, candidate in plans[0].entered]


def test_folds_not_rows_decide_what_is_within_one_error() -> None:
    even = np.ones(4)
    best = Losses(np.array([0.30, 0.40, 0.50, 0.40]), even)
    steady = Losses(best.folds + 0.02, even)
    swings = Losses(best.folds + np.array([0.2, -0.15, 0.2, -0.15]), even)
    assert not within_one_error(steady, best)
    assert within_one_error(swings, best)  # 0.025 worse on average, by a standard error of 0.101
    assert within_one_error(best, best)


def test_columns_chosen_inside_the_pipeline_find_nothing_in_noise() -> None:
    random = np.random.default_rng(0)
    noise = pd.DataFrame(random.normal(size=(300, 200)), columns=[f"n{n}" for n in range(200)])
    table = AttributeTable(
        noise, np.repeat([0.0, 1.0], 150)[random.permutation(300)], np.arange(300, dtype=np.int32)
    )
    compared = compare(table, Target.ANSWER, plan_comparison(300, Target.ANSWER, 0.3, 0))
    few = next(one for one in compared.contenders if one.code == "logistic_few")
    assert abs(few.loss - 0.5) < 0.12  # chosen outside of the folds, it would rank with an AUC near 0.8


def test_the_best_columns_are_kept_and_constant_ones_never() -> None:
    random = np.random.default_rng(1)
    outcome = random.integers(0, 2, 200)
    columns = np.c_[np.ones(200), random.normal(size=200), outcome + random.normal(0, 0.5, 200)]
    assert KeepBest(1).fit(columns, outcome).get_support().tolist() == [False, False, True]
    assert KeepBest(9).fit(columns, outcome).get_support().sum() == 3


def test_calibration_groups_are_alike_in_size_and_hold_the_observed_share() -> None:
    chance = np.linspace(0, 1, 1000)
    outcome = (np.arange(1000) % 2 == 0).astype(float)
    bins = calibration(outcome, chance)
    assert [one.customers for one in bins] == [100] * 10
    assert all(one.observed == pytest.approx(0.5) for one in bins)
    assert bins[0].predicted == pytest.approx(chance[900:].mean())
    assert len(calibration(outcome[:60], chance[:60])) == 2
