from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import (
    d2_tweedie_score,
    log_loss,
    mean_poisson_deviance,
    mean_tweedie_deviance,
    roc_auc_score,
)
from threadpoolctl import threadpool_limits

from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.prediction.backtest import captured, measures
from marketeer.tools.prediction.families import families
from marketeer.tools.prediction.intervals import conformal, coverage
from marketeer.tools.prediction.losses import losses
from marketeer.tools.prediction.panel import FEATURES, panel_at, plan_time, stacked
from marketeer.tools.prediction.targets import Target
from tests.shops import shop_frames


def test_the_losses_equal_scikit_learns_deviances() -> None:
    random = np.random.default_rng(1)
    outcome, predicted = random.gamma(1, 10, 200) * (random.random(200) < 0.6), random.gamma(2, 5, 200) + 1
    assert losses(Target.SPEND, outcome, predicted).mean() == pytest.approx(
        mean_tweedie_deviance(outcome, predicted, power=1.5)
    )
    counts = random.poisson(2, 200).astype(float)
    assert losses(Target.ORDERS, counts, predicted).mean() == pytest.approx(
        mean_poisson_deviance(counts, predicted)
    )
    yes, chance = (random.random(200) < 0.3).astype(float), random.uniform(0.05, 0.95, 200)
    assert losses(Target.LAPSE, yes, chance).mean() == pytest.approx(log_loss(yes, chance))
    assert d2_tweedie_score(counts, predicted, power=1) <= 1


def test_the_measures_equal_plain_computations() -> None:
    random = np.random.default_rng(2)
    outcome, predicted = random.gamma(1, 10, 500), random.random(500)
    found = measures(Target.SPEND, outcome, predicted)
    assert found["mae"] == pytest.approx(np.abs(outcome - predicted).mean())
    assert found["spearman"] == pytest.approx(spearmanr(outcome, predicted).statistic)
    top = np.argsort(-predicted)[:100]
    assert found["captured"] == pytest.approx(outcome[top].sum() / outcome.sum())
    yes = (random.random(500) < predicted).astype(float)
    assert measures(Target.BUYS_AGAIN, yes, predicted)["auc"] == pytest.approx(roc_auc_score(yes, predicted))


def test_ties_share_what_they_capture() -> None:
    assert captured(np.array([1.0, 1.0, 1.0, 1.0, 1.0]), np.zeros(5), top=0.4) == pytest.approx(0.4)


def test_intervals_cover_as_stated_on_a_stationary_process() -> None:
    random = np.random.default_rng(3)
    rate = random.gamma(0.7, 20, 12_000)
    outcome = random.poisson(rate).astype(float)
    bands = conformal(outcome[:6000], rate[:6000])
    low, high = bands.around(rate[6000:])
    assert 0.78 <= coverage(outcome[6000:], low, high) <= 0.82


def test_features_hold_nothing_from_after_the_cut_off(workspace: Workspace) -> None:
    day = date(2025, 6, 1)
    panel = panel_at(workspace.dataset, day, 60, known=True)
    orders = shop_frames()[Table.ORDERS]
    before = orders[orders["ordered_at"] < pd.Timestamp("2025-06-02")]
    after = orders[
        (orders["ordered_at"] >= pd.Timestamp("2025-06-02"))
        & (orders["ordered_at"] < pd.Timestamp("2025-08-01"))
    ]
    net = before.groupby("customer_row")["net_amount"].sum()
    np.testing.assert_allclose(panel.table["net_revenue"], net.loc[panel.customers])
    spend = after.groupby("customer_row")["net_amount"].sum().reindex(panel.customers).fillna(0)
    np.testing.assert_allclose(panel.spend, spend)
    recent = before[before["ordered_at"] >= pd.Timestamp("2025-06-02") - pd.Timedelta(days=60)]
    expected = recent.groupby("customer_row")["net_amount"].sum().reindex(panel.customers).fillna(0)
    np.testing.assert_allclose(panel.table["spend_horizon"], expected)
    assert (panel.table[list(FEATURES)] >= 0).all().all()


def test_no_training_outcome_reaches_into_the_test_period() -> None:
    plan = plan_time(date(2024, 1, 1), date(2025, 12, 31), 90)
    assert all((plan.test - cut).days >= 90 for cut in plan.training)
    assert (plan.now - plan.test).days == 90


def test_a_horizon_longer_than_the_history_says_what_would_work() -> None:
    with pytest.raises(Insufficient, match=r"needs 334 days of orders.*shorter horizon, at most 93 days"):
        plan_time(date(2025, 7, 1), date(2025, 12, 31), 200)
    assert plan_time(date(2025, 7, 1), date(2025, 12, 31), 93).short
    with pytest.raises(Insufficient):
        plan_time(date(2025, 7, 1), date(2025, 12, 31), 94)


def test_a_short_history_is_cut_in_the_middle_before_the_test_period() -> None:
    plan = plan_time(date(1997, 1, 1), date(1998, 6, 30), 273)
    assert (plan.test, plan.training, plan.training_days) == (date(1997, 9, 30), (date(1997, 5, 17),), 136)
    assert plan.short
    assert not plan_time(date(1997, 1, 1), date(1998, 6, 30), 90).short


@pytest.mark.parametrize("target", [Target.SPEND, Target.ORDERS, Target.BUYS_AGAIN])
def test_every_family_predicts_finite_values_in_range(workspace: Workspace, target: Target) -> None:
    plan = plan_time(date(2024, 1, 1), date(2025, 12, 30), 90)
    training = stacked([panel_at(workspace.dataset, cut, 90, known=True) for cut in plan.training])
    test = panel_at(workspace.dataset, plan.test, 90, known=True)
    for family in families():
        if (target is Target.BUYS_AGAIN) and "glm" in family.code:
            continue
        for candidate in family.candidates(target, 0):
            with threadpool_limits(1):
                predicted = candidate.fit(training, target).predict(test)
            assert np.isfinite(predicted).all(), candidate.code
            assert (predicted >= 0).all(), candidate.code
            if target is Target.BUYS_AGAIN:
                assert (predicted <= 1).all(), candidate.code
