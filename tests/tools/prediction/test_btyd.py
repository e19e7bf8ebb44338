import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from marketeer.tools.prediction.btyd.bg_nbd import BgNbd
from marketeer.tools.prediction.btyd.gamma_gamma import MOST_TO_FIT, GammaGamma
from marketeer.tools.prediction.btyd.history import History
from marketeer.tools.prediction.btyd.pareto_nbd import ParetoNbd


def cdnow(path: Path, columns: list[str]) -> tuple[History, np.ndarray]:
    with gzip.open(path, "rt") as file:
        lines = [line.split() for line in file]
    rows = [line for line in lines if line[0].isdecimal()]
    frame = pd.DataFrame(rows, columns=columns)
    frame["day"] = pd.to_datetime(frame["date"], format="%Y%m%d")
    days = frame.groupby(["id", "day"]).size().reset_index()
    cut = pd.Timestamp("1997-09-30")
    before = days[days["day"] <= cut].groupby("id")["day"].agg(["min", "max", "size"])
    after = days[days["day"] > cut].groupby("id").size().reindex(before.index).fillna(0)
    history = History.of(
        (before["size"] - 1).to_numpy(float),
        (before["max"] - before["min"]).dt.days.to_numpy(float) / 7,
        (cut - before["min"]).dt.days.to_numpy(float) / 7,
    )
    return history, after.to_numpy(float)


@pytest.mark.real
def test_bg_nbd_equals_the_published_parameters(real_data: Path) -> None:
    history, _ = cdnow(real_data / "cdnow_sample.txt.gz", ["master", "id", "date", "units", "dollars"])
    model = BgNbd.fit(history)
    assert (model.r, model.alpha, model.a, model.b) == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=6e-4)


@pytest.mark.real
def test_pareto_nbd_reaches_the_reference_on_the_whole_file(real_data: Path) -> None:
    history, actual = cdnow(real_data / "cdnow_master.txt.gz", ["id", "date", "units", "dollars"])
    expected = ParetoNbd.fit(history).expected_purchases(history, 39)
    assert np.abs(expected - actual).mean() <= 0.80
    assert spearmanr(expected, actual).statistic >= 0.45


@pytest.fixture(scope="module")
def simulated() -> tuple[History, np.ndarray, np.ndarray]:
    """Customers drawn from a Pareto/NBD process: history over 52 weeks, and what came in the next 26."""
    random = np.random.default_rng(11)
    n = 6000
    rate = random.gamma(0.8, 1 / 6.0, n)
    life = random.exponential(1 / random.gamma(1.2, 1 / 25.0, n))
    gaps = random.exponential(1 / rate[:, None], (n, 60))
    times = gaps.cumsum(axis=1)
    times[times > life[:, None]] = np.inf
    seen = times <= 52
    x = seen.sum(axis=1).astype(float)
    last = np.where(x > 0, np.where(seen, times, 0).max(axis=1), 0.0)
    later = ((times > 52) & (times <= 78)).sum(axis=1).astype(float)
    true = np.where(life > 52, rate, 0)
    return History.of(x, last, np.full(n, 52.0)), later, true


def test_pareto_nbd_finds_the_parameters_it_was_drawn_from(
    simulated: tuple[History, np.ndarray, np.ndarray],
) -> None:
    model = ParetoNbd.fit(simulated[0])
    assert model.r == pytest.approx(0.8, rel=0.15)
    assert model.alpha == pytest.approx(6.0, rel=0.2)


@pytest.mark.parametrize("fit", [ParetoNbd.fit, BgNbd.fit, lambda h: BgNbd.fit(h, modified=True)])
def test_expected_purchases_add_up_to_what_came(
    simulated: tuple[History, np.ndarray, np.ndarray], fit: object
) -> None:
    history, later, _ = simulated
    expected = fit(history).expected_purchases(history, 26)  # type: ignore[operator]  # one of three constructors
    assert expected.sum() == pytest.approx(later.sum(), rel=0.12)


def test_the_chance_of_being_alive_is_no_forecast_of_a_purchase(
    simulated: tuple[History, np.ndarray, np.ndarray],
) -> None:
    history, later, _ = simulated
    model = BgNbd.fit(history)
    once = history.x == 0
    assert (model.probability_alive(history)[once] == 1).all()
    assert (later[once] > 0).mean() < 0.5


def test_condensing_leaves_the_fit_as_it_was(simulated: tuple[History, np.ndarray, np.ndarray]) -> None:
    history = simulated[0]
    rounded = History.of(history.x, history.t_x.round(), history.T)
    assert rounded.condensed().weight.sum() == len(history.x)
    assert len(rounded.condensed().x) < len(history.x) / 2


def test_gamma_gamma_shrinks_towards_everybodys_mean_and_finds_its_parameters() -> None:
    random = np.random.default_rng(4)
    n, p, q, v = 8000, 6.0, 4.0, 15.0
    scale = random.gamma(q, 1 / v, n)
    x = random.integers(1, 12, n).astype(float)
    mean = random.gamma(p * x, 1 / (scale * x))
    model = GammaGamma.fit(x, mean)
    assert (model.p, model.q) == pytest.approx((p, q), rel=0.15)
    everyone = model.p * model.v / (model.q - 1)
    shrunk = model.expected_mean(np.array([1.0, 50.0]), np.array([4 * everyone, 4 * everyone]))
    assert everyone < shrunk[0] < shrunk[1] < 4 * everyone


def test_gamma_gamma_of_many_customers_is_fitted_on_an_even_sample_of_them() -> None:
    random = np.random.default_rng(5)
    n, p, q, v = MOST_TO_FIT + 10_000, 6.0, 4.0, 15.0
    scale = random.gamma(q, 1 / v, n)
    x = random.integers(1, 12, n).astype(float)
    mean = random.gamma(p * x, 1 / (scale * x))
    model = GammaGamma.fit(x, mean)
    assert (model.p, model.q, model.v) == pytest.approx((p, q, v), rel=0.05)


def test_expected_purchases_are_smooth_where_their_closed_form_is_not() -> None:
    history = History.of(np.array([3.0]), np.array([20.0]), np.array([30.0]))
    near, at = (ParetoNbd(0.8, 6.0, s, 25.0).expected_purchases(history, 26)[0] for s in (1.0001, 1.0))
    assert near == pytest.approx(at, rel=1e-3)
    near, at = (BgNbd(0.8, 6.0, a, 2.5).expected_purchases(history, 26)[0] for a in (1.0001, 1.0))
    assert near == pytest.approx(at, rel=1e-3)


def test_an_even_sample_of_many_histories_gives_nearly_the_same_fit(
    simulated: tuple[History, np.ndarray, np.ndarray],
) -> None:
    history = simulated[0]
    thinned = history.to_fit(most=2000)
    assert len(thinned.x) == 2000
    assert len(history.to_fit().x) == len(history.condensed().x)
    whole, part = BgNbd.fit(history, modified=True), BgNbd.fit(thinned, modified=True)
    expected = [model.expected_purchases(history, 26).sum() for model in (whole, part)]
    assert expected[0] == pytest.approx(expected[1], rel=0.1)
