from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.prediction.btyd.bg_nbd import BgNbd
from marketeer.tools.prediction.btyd.history import History
from marketeer.tools.prediction.btyd.pareto_nbd import ParetoNbd
from marketeer.tools.prediction.forecasting import Outlook, forecast
from marketeer.tools.prediction.intervals import LEVEL, conformal, coverage
from marketeer.tools.prediction.kept import kept, restored
from marketeer.tools.prediction.panel import panel_at, plan_time
from marketeer.tools.prediction.panels import Panels
from marketeer.tools.prediction.preflight import LEAST_ROWS, preflight
from marketeer.tools.prediction.targets import Target
from marketeer.tools.prediction.totals import TotalError
from tests.shops import publish_shop
from tests.tools.prediction.processes import (
    CHURNING,
    STEADY,
    Process,
    Shop,
    as_of,
    expected,
    nothing,
    simulate,
)

DAYS, AHEAD = 400, 90


def published(folder: Path, shop: Shop, days: int = DAYS) -> Dataset:
    return publish_shop(folder, shop.frames, as_of=as_of(days))


@pytest.fixture(scope="module")
def churning(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, Dataset, Outlook]:
    shop = simulate(CHURNING, 1500, DAYS, AHEAD, seed=5)
    dataset = published(tmp_path_factory.mktemp("churning"), shop)
    return shop, dataset, forecast(dataset, Target.ORDERS, AHEAD)


def test_orders_follow_planted_rates_as_the_true_parameters_would(
    churning: tuple[Shop, Dataset, Outlook],
) -> None:
    shop, dataset, outlook = churning
    panel = panel_at(dataset, as_of(DAYS), AHEAD, known=False)
    best = np.corrcoef(expected(CHURNING, panel, AHEAD), shop.rate[panel.customers])[0, 1]
    rows = outlook.table["customer_row"].to_numpy()
    ours = np.corrcoef(outlook.table["predicted"], shop.rate[rows])[0, 1]
    assert ours >= 0.9 * best


def test_the_total_lies_in_its_interval(churning: tuple[Shop, Dataset, Outlook]) -> None:
    shop, _, outlook = churning
    actual = shop.later[outlook.table["customer_row"]].sum()
    low, high = outlook.totals.around(outlook.table["predicted"].sum(), outlook.table["variance"].sum())
    assert low <= actual <= high
    assert high < 2 * low


def test_intervals_cover_no_more_than_doing_nothing_makes_them(
    churning: tuple[Shop, Dataset, Outlook],
) -> None:
    shop, dataset, outlook = churning
    table = outlook.table
    panel = panel_at(dataset, as_of(DAYS), AHEAD, known=False)
    none = nothing(CHURNING, panel, AHEAD)
    actual = shop.later[panel.customers]
    inside = (actual >= table["low"].to_numpy()) & (actual <= table["high"].to_numpy())
    error = np.sqrt(2 * 0.8 * 0.2 / len(table))
    # whoever does nothing with more than 80 % is covered by any interval that holds nothing
    assert inside.mean() == pytest.approx(np.maximum(none, LEVEL).mean(), abs=0.02 + 3 * error)
    allowed = none <= LEVEL
    assert inside[allowed].mean() == pytest.approx(LEVEL, abs=0.02 + 3 * error / np.sqrt(allowed.mean()))


def test_a_kept_forecast_says_the_same(churning: tuple[Shop, Dataset, Outlook], tmp_path: Path) -> None:
    outlook = churning[2]
    kept(outlook).save(tmp_path / "F1")
    again = restored(type(kept(outlook)).load(tmp_path / "F1"))
    assert kept(again).about == kept(outlook).about
    assert again.beats_baseline == outlook.beats_baseline
    assert again.table.equals(outlook.table)


def test_intervals_of_steady_buyers_cover_as_stated(tmp_path: Path) -> None:
    shop = simulate(STEADY, 1500, DAYS, AHEAD, seed=2)
    outlook = forecast(published(tmp_path, shop), Target.ORDERS, AHEAD)
    table = outlook.table
    share = coverage(
        shop.later[table["customer_row"]], table["low"].to_numpy(float), table["high"].to_numpy(float)
    )
    error = np.sqrt(2 * 0.8 * 0.2 / len(table))
    assert abs(share - 0.8) <= 0.02 + 3 * error
    assert abs(outlook.coverage - 0.8) <= 0.02 + 3 * error


def test_a_short_history_is_forecast_by_a_purchase_process(tmp_path: Path) -> None:
    shop = simulate(CHURNING, 1200, 200, 100, seed=3)
    outlook = forecast(published(tmp_path, shop, 200), Target.ORDERS, 100)
    assert outlook.plan.short
    assert outlook.used in {"bg_nbd", "mbg_nbd", "pareto_nbd"}
    actual = shop.later[outlook.table["customer_row"]]
    assert outlook.table["predicted"].sum() == pytest.approx(actual.sum(), rel=0.2)


@pytest.mark.parametrize("target", [Target.SPEND, Target.LAPSE])
def test_a_short_history_serves_spend_and_lapse(tmp_path: Path, target: Target) -> None:
    shop = simulate(CHURNING, 800, 200, 100, seed=4)
    outlook = forecast(published(tmp_path, shop, 200), target, 100)
    assert outlook.plan.short
    assert outlook.beats_baseline


def shops_nothing_can_be_said_of() -> Iterator[tuple[str, Shop, str]]:
    yield "one customer", simulate(STEADY, 1, DAYS, AHEAD, seed=1), "customers 1 of 200"
    yield "nobody buys twice", simulate(Process(0.001, 1e6), 600, DAYS, AHEAD, seed=1), "repeat customers"
    same = simulate(STEADY, 400, DAYS, AHEAD, seed=1)
    orders = same.frames[Table.ORDERS].drop_duplicates("customer_row")
    day = orders["ordered_at"].iloc[0]
    same.frames[Table.ORDERS] = orders.assign(ordered_at=day, gross_amount=20.0, net_amount=20.0)
    yield "all the same", same, "repeat customers 0 of 30"


@pytest.mark.parametrize(
    ("shop", "said"), [(s, w) for _, s, w in shops_nothing_can_be_said_of()], ids=["one", "once", "same"]
)
def test_shops_nothing_can_be_said_of_are_told_what_is_missing(tmp_path: Path, shop: Shop, said: str) -> None:
    first = shop.frames[Table.ORDERS]["ordered_at"].min().date()
    dataset = publish_shop(tmp_path, shop.frames, as_of=max(as_of(DAYS), first + timedelta(days=350)))
    with pytest.raises(Insufficient, match=said):
        forecast(dataset, Target.ORDERS, AHEAD)


def test_a_small_budget_takes_a_sample_and_leaves_the_dearest_out() -> None:
    plan = plan_time(as_of(1), as_of(DAYS), AHEAD)
    whole = preflight(200_000, plan, Target.SPEND, 10_000_000.0)
    assert whole.sampled == whole.customers
    cut = preflight(200_000, plan, Target.SPEND, 60.0)
    assert LEAST_ROWS <= cut.rows < whole.rows / 5
    assert cut.seconds <= 60.0
    assert cut.megabytes < whole.megabytes / 4
    # forecasting every one of millions takes longer by itself, and the estimate says so
    many = preflight(3_000_000, plan, Target.SPEND, 60.0)
    assert many.rows == LEAST_ROWS
    assert many.seconds > 60.0
    assert preflight(1000, plan, Target.SPEND, 1.0).left_out
    assert not preflight(1000, plan, Target.SPEND, 100.0).left_out


def test_a_sample_is_trained_on_and_everybody_is_forecast(
    churning: tuple[Shop, Dataset, Outlook],
) -> None:
    dataset, plan = churning[1], churning[2].plan
    panels = Panels(dataset, replace(churning[2].preflight, sampled=100), seed=0)
    once, again = (panels.past(plan.test, AHEAD) for _ in range(2))
    assert len(once) == 100
    assert once.customers.tolist() == again.customers.tolist()
    assert len(panels.now(plan.now, AHEAD)) == len(churning[2].table)


def test_models_too_dear_for_the_budget_are_left_out(churning: tuple[Shop, Dataset, Outlook]) -> None:
    outlook = forecast(churning[1], Target.LAPSE, AHEAD, budget=0.5)
    assert outlook.skipped
    assert not {one.code for one in outlook.standings} & set(outlook.skipped)


def test_the_chance_of_a_purchase_is_what_a_simulation_gives() -> None:
    random = np.random.default_rng(0)
    n = 200_000
    rate, drop = random.gamma(0.8, 1 / 6.0, n), random.gamma(1.2, 1 / 25.0, n)
    wait, life = random.exponential(1 / rate), random.exponential(1 / drop)
    empty = (wait > 20) | (life < wait)
    later = wait - 20
    kept_alive = (life > 20) & (wait <= life)
    bought = (later > 0) & (later <= 26) & kept_alive
    history = History.of(np.zeros(1), np.zeros(1), np.array([20.0]))
    chance = ParetoNbd(0.8, 6.0, 1.2, 25.0).chance_of_purchase(history, 26.0)[0]
    assert chance == pytest.approx(bought[empty].mean(), abs=0.01)
    expected = ParetoNbd(0.8, 6.0, 1.2, 25.0).expected_purchases(history, 26.0)[0]
    assert chance < expected


def test_a_bg_customer_who_cannot_stop_waits_as_a_pareto_does() -> None:
    model = BgNbd(2.0, 10.0, 1e-9, 50.0, modified=True)
    history = History.of(np.array([3.0]), np.array([8.0]), np.array([12.0]))
    assert model.chance_of_purchase(history, 6.0)[0] == pytest.approx(1 - (22 / 28) ** 5)


def test_intervals_start_at_nothing_where_many_do_nothing() -> None:
    random = np.random.default_rng(1)
    predicted = random.uniform(5, 50, 4000)
    outcome = np.where(random.random(4000) < 0.4, 0.0, random.gamma(2, predicted / 1.2))
    bands = conformal(outcome[:2000], predicted[:2000])
    low, high = bands.around(predicted[2000:])
    assert (low == 0).all()
    assert coverage(outcome[2000:], low, high) == pytest.approx(0.8, abs=0.03)
    assert bands.variance(predicted).mean() == pytest.approx(((outcome - predicted) ** 2).mean(), rel=0.15)


def test_whole_numbers_get_whole_ends_that_hold_the_same_outcomes() -> None:
    random = np.random.default_rng(2)
    predicted = random.gamma(2, 2, 3000) + 0.2
    outcome = random.poisson(predicted).astype(float)
    bands = conformal(outcome, predicted)
    rough, whole = bands.around(predicted), bands.around(predicted, whole=True)
    assert (whole[0] % 1 == 0).all()
    assert (whole[1] % 1 == 0).all()
    assert coverage(outcome, *whole) >= coverage(outcome, *rough)


def test_past_errors_of_totals_widen_their_interval() -> None:
    sure, off = TotalError((1.0, 1.0, 1.0)), TotalError((0.6, 1.0, 1.0))
    assert off.around(100, 0)[1] > sure.around(100, 0)[1] > 100
    assert sure.around(100, 10_000)[1] > sure.around(100, 100)[1]
    assert TotalError(()).degrees == 2
