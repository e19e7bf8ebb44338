from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from marketeer.tools.prediction.families.glm import tweedie
from marketeer.tools.prediction.family import Average, SklearnCandidate
from marketeer.tools.prediction.keep_best import KeepBest
from marketeer.tools.prediction.panel import FEATURES, Panel, plan_time
from marketeer.tools.prediction.preflight import preflight
from marketeer.tools.prediction.search import Found, searched
from marketeer.tools.prediction.selection import select
from marketeer.tools.prediction.targets import Target
from marketeer.tools.prediction.validation import FOLDS, Validation
from tests.tools.prediction.processes import as_of

TELLS = FEATURES[12]


def panel_of(customers: int, seed: int, day: int = 300, *, strength: float = 1.0) -> Panel:
    """Customers whose orders follow one column; the others are noise."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame({name: random.gamma(1.0, 3.0, customers) for name in FEATURES})
    table["customer_row"] = np.arange(customers, dtype=np.int32)
    table["cut_off"] = as_of(day)
    table["order_days"] = random.integers(1, 6, customers).astype(float)
    table["recency_days"] = random.integers(1, 50, customers).astype(float)
    table["tenure_days"] = table["recency_days"] + random.integers(60, 200, customers)
    orders = random.poisson(1 + strength * np.log1p(table[TELLS])).astype(float)
    return Panel(table, orders * 20.0, orders, 90)


def ridges(*strengths: float, own: float) -> SklearnCandidate:
    grid = tuple({"ridge__alpha": alpha} for alpha in strengths)
    return SklearnCandidate("ridge", make_pipeline(StandardScaler(), Ridge(alpha=own)), grid=grid)


def test_a_clearly_better_setting_is_taken_and_forecasts_as_it_does_alone() -> None:
    validation = Validation.of(panel_of(1500, 1, strength=4), Target.ORDERS)
    found = searched(ridges(1.0, own=1e7), validation, 1, {}, 0)
    assert found is not None
    assert found.tried == 2
    assert isinstance(found.candidate, SklearnCandidate)
    assert found.candidate.setting == "alpha = 1"
    alone = validation.forecasts(ridges(own=1.0), {})
    np.testing.assert_allclose(found.predicted, alone)


def test_a_setting_no_better_than_its_error_leaves_the_own_one() -> None:
    found = searched(ridges(1.0, 1e6, own=1.0), Validation.of(panel_of(800, 2), Target.ORDERS), 2, {}, 0)
    assert found is not None
    assert isinstance(found.candidate, SklearnCandidate)
    assert (found.tried, found.candidate.setting) == (3, "alpha = 1")


def test_only_the_planned_settings_are_tried() -> None:
    found = searched(ridges(1.0, own=1e7), Validation.of(panel_of(500, 3), Target.ORDERS), 0, {}, 0)
    assert found is not None
    assert found.tried == 1


def test_no_customer_is_forecast_by_a_model_that_saw_them() -> None:
    panel = panel_of(300, 4)
    twice = replace(panel, table=pd.concat([panel.table, panel.table], ignore_index=True))
    both = Panel(twice.table, np.tile(panel.spend, 2), np.tile(panel.orders, 2), 90)
    validation = Validation.of(both, Target.ORDERS)
    assert len(validation.folds) == FOLDS
    for train, test in validation.folds:
        assert not set(both.customers[train]) & set(both.customers[test])


def test_rows_in_time_are_forecast_from_the_earlier_cut_off_alone() -> None:
    now, before = panel_of(400, 5), panel_of(350, 6, day=210)
    validation = Validation.of(now, Target.ORDERS, before)
    plain = SklearnCandidate("linear", make_pipeline(StandardScaler(), LinearRegression()))
    predicted = validation.forecasts(plain, {})
    assert predicted is not None
    assert len(predicted) == 800
    by_hand = make_pipeline(StandardScaler(), LinearRegression()).fit(before.features(), before.orders)
    np.testing.assert_allclose(predicted[400:], by_hand.predict(now.features()).clip(0))


def test_losses_pool_customers_and_time_and_one_error_counts_customers() -> None:
    now, before = panel_of(400, 7), panel_of(350, 8, day=210)
    validation = Validation.of(now, Target.ORDERS, before)
    flat = np.full(800, 2.0)
    loss = validation.losses(flat)
    np.testing.assert_allclose(loss[:400], loss[400:])
    worse = loss + np.where(np.arange(800) % 2, 0.5, -0.3)
    gap = worse - loss
    by_customer = pd.Series(gap - gap.mean()).groupby(np.tile(now.customers, 2)).sum()
    error = np.sqrt((by_customer**2).sum()) / 800
    assert validation.within_one_error(worse, loss) == (gap.mean() <= error)


def test_columns_that_say_nothing_can_be_left_out_inside_the_folds() -> None:
    panel = panel_of(500, 9, strength=3)
    chosen = tweedie(1.0, 0.1).settings(3)[-1]
    assert chosen.setting == "alpha = 0.1, k = 8"
    kept = make_pipeline(StandardScaler(), KeepBest(1, answer=False)).fit(panel.features(), panel.orders)
    assert list(panel.features().columns[kept[-1].get_support()]) == [TELLS]
    every = KeepBest(None).fit(panel.features(), panel.orders)
    assert every.get_support().all()


def test_an_average_is_of_its_parts_in_the_settings_they_were_found_in() -> None:
    validation = Validation.of(panel_of(300, 10), Target.ORDERS)
    weak = ridges(own=5.0)
    parts = {"ridge": Found(weak, np.full(300, 2.0), 3)}
    found = searched(Average("mean_of_one", (ridges(own=1.0),)), validation, 0, parts, 0)
    assert found is not None
    assert found.candidate == Average("mean_of_one", (weak,))
    assert (found.predicted == 2.0).all()


def test_a_part_of_many_customers_searches_and_all_of_them_are_judged() -> None:
    validation = Validation.of(panel_of(12_000, 11, strength=4), Target.ORDERS, panel_of(12_000, 12, day=210))
    part = validation.thinned(3000, 0)
    assert 2500 < len(part.panel) < 3500
    assert part.in_time is not None
    assert set(part.in_time[0].customers) == set(part.panel.customers)
    found = searched(ridges(1.0, own=1e7), validation, 1, {}, 0)
    assert found is not None
    assert len(found.predicted) == 24_000


@pytest.mark.parametrize("target", [Target.SPEND, Target.ORDERS, Target.BUYS_AGAIN, Target.LAPSE])
def test_the_budget_plans_how_many_settings_are_tried_and_the_clock_is_not_asked(target: Target) -> None:
    plan = plan_time(as_of(1), as_of(400), 90)
    ample, tight = preflight(1000, plan, target, 600.0), preflight(2000, plan, target, 8.0)
    assert not ample.unsearched
    assert all(ample.settings.values())
    assert tight.unsearched
    assert tight.seconds <= 8.0
    assert {code: tight.settings[code] + left for code, left in tight.unsearched.items()} == {
        code: ample.settings[code] for code in tight.unsearched
    }
    assert preflight(2000, plan, target, 8.0) == tight


def test_the_same_rows_give_the_same_choice() -> None:
    ahead = preflight(400, plan_time(as_of(1), as_of(400), 90), Target.ORDERS, 600.0)
    cheap = replace(ahead, left_out=("network", "svm_radial", "boosting", "bg_nbd", "mbg_nbd", "pareto_nbd"))
    validation = Validation.of(panel_of(400, 13), Target.ORDERS, panel_of(400, 14, day=210))
    once, again = (select(validation, cheap) for _ in range(2))
    assert once.chosen.candidate.code == again.chosen.candidate.code
    assert [c.mean_loss for c in once.contenders] == [c.mean_loss for c in again.contenders]
    assert [c.tried for c in once.contenders if c.candidate.code == "tweedie"] == [4]
    assert set(once.skipped) >= set(cheap.left_out)
