"""How good forecasts are, how well their intervals hold, and what they take, in one run.

Tables: CDNOW with its published figures (beside `lifetimes` where that is installed); every model on UCI
Online Retail; intervals, totals and ranks on simulated shops whose process is known; seconds beside a plain
scikit-learn fit. The files are looked for in the folder MARKETEER_REAL_DATA names; without it only simulated
shops are shown. Run: `python benchmarks/prediction.py`, or only a part of it: `cdnow`, `online_retail`,
`simulated`, or `scale`, which is not run otherwise.
"""

import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression, TweedieRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.prediction.backtest import captured
from marketeer.tools.prediction.btyd.bg_nbd import BgNbd
from marketeer.tools.prediction.btyd.gamma_gamma import GammaGamma
from marketeer.tools.prediction.btyd.history import History
from marketeer.tools.prediction.btyd.pareto_nbd import ParetoNbd
from marketeer.tools.prediction.forecasting import Outlook, forecast
from marketeer.tools.prediction.intervals import LEVEL, coverage
from marketeer.tools.prediction.next_order import Rhythms
from marketeer.tools.prediction.panel import Panel, panel_at, stacked
from marketeer.tools.prediction.targets import KIND, Kind, Target
from marketeer.tools.sources.loading import load

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a script's own folder is on its path, the repository is not
from tests.shops import publish_shop  # noqa: E402
from tests.tools.prediction.processes import (  # noqa: E402
    CHURNING,
    SPARSE,
    STEADY,
    Process,
    as_of,
    expected,
    nothing,
    simulate,
)

T = TypeVar("T")
CUT = date(1997, 9, 30)
WEEKS = 39
SEEDS = 4
CUSTOMERS, DAYS, AHEAD = 3000, 540, 90
AMOUNTS = ("mae", "spearman", "total_ratio", "captured")
CHANCES = ("auc", "average_precision", "brier", "calibration_error")


def main() -> None:
    start = time.perf_counter()
    real = os.environ.get("MARKETEER_REAL_DATA", "")
    for part in sys.argv[1:] or ("cdnow", "online_retail", "simulated"):
        if part == "simulated":
            simulated()
        elif part == "scale":
            scale()
        elif real:
            {"cdnow": cdnow, "online_retail": online_retail}[part](Path(real))
    print(f"\nAll tables in {time.perf_counter() - start:.0f} s on {os.cpu_count()} cores.")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def opened(path: Path) -> Dataset:
    dataset = load([path], Path(tempfile.mkdtemp())).dataset
    assert dataset is not None
    return dataset


def cdnow(folder: Path) -> None:
    for name in ("cdnow_sample", "cdnow_master"):
        dataset = opened(folder / f"{name}.txt.gz")
        panel = panel_at(dataset, CUT, 7 * WEEKS, known=True)
        print(f"\n{name}: {len(panel):,} customers, calibration to {CUT}, hold-out {WEEKS} weeks\n")
        purchase_models(panel)
        through_the_tool(dataset)


def through_the_tool(dataset: Dataset) -> None:
    seconds, outlook = timed(lambda: forecast(dataset, Target.ORDERS, 7 * WEEKS))
    best, plan = outlook.standing(outlook.used).measures, outlook.plan
    print(
        f"\nthe tool (orders, {7 * WEEKS} days, {seconds:.1f} s): compared over {plan.training_days} days "
        f"from {plan.training[0]}, chose {outlook.chosen}, uses {outlook.used}: "
        f"MAE {best['mae']:.4f}, Spearman {best['spearman']:.4f}, {len(outlook.table):,} customers"
    )
    print(f"80 % intervals hold {outlook.coverage:.1%} of the test outcomes, ", end="")
    print(f"{outlook.ranged_coverage:.1%} where they are more than nothing")


def purchase_models(panel: Panel) -> None:
    history, actual = panel.history(), panel.orders
    models: list[tuple[str, Callable[[], Any]]] = [
        ("BG/NBD", lambda: BgNbd.fit(history)),
        ("MBG/NBD", lambda: BgNbd.fit(history, modified=True)),
        ("Pareto/NBD", lambda: ParetoNbd.fit(history)),
    ]
    print(f"{'':<26}{'MAE':>8}{'RMSE':>8}{'Spearman':>10}{'p/a':>7}{'top 20 %':>10}{'s':>7}  parameters")
    for name, fit in models:
        seconds, model = timed(fit)
        parameters = [getattr(model, p) for p in ("r", "alpha", *("ab" if "BG" in name else ("s", "beta")))]
        line(name, model.expected_purchases(history, WEEKS), actual, seconds, parameters)
    if importlib.util.find_spec("lifetimes"):
        lifetimes_models(history, actual)
    days, mean = panel.spending()
    gamma = GammaGamma.fit(days, mean)
    print(f"Gamma-Gamma, spend a day with an order: p, q, v {gamma.p:.3f}, {gamma.q:.3f}, {gamma.v:.3f}")


def lifetimes_models(history: History, actual: np.ndarray) -> None:
    from lifetimes import BetaGeoFitter, ModifiedBetaGeoFitter, ParetoNBDFitter

    for name, fitter in (
        ("BG/NBD (lifetimes)", BetaGeoFitter()),
        ("MBG/NBD (lifetimes)", ModifiedBetaGeoFitter()),
        ("Pareto/NBD (lifetimes)", ParetoNBDFitter()),
    ):
        with np.errstate(all="ignore"):
            seconds, _ = timed(lambda fitter=fitter: fitter.fit(history.x, history.t_x, history.T))
            expected = fitter.conditional_expected_number_of_purchases_up_to_time(
                WEEKS, history.x, history.t_x, history.T
            )
        line(name, np.asarray(expected), actual, seconds, list(fitter.params_.values))


def line(
    name: str, expected: np.ndarray, actual: np.ndarray, seconds: float, parameters: list[float]
) -> None:
    error = expected - actual
    print(
        f"{name:<26}{np.abs(error).mean():>8.4f}{np.sqrt((error**2).mean()):>8.4f}"
        f"{spearmanr(expected, actual).statistic:>10.4f}{expected.sum() / actual.sum():>7.3f}"
        f"{captured(actual, expected):>10.4f}{seconds:>7.2f}  {', '.join(f'{p:.4f}' for p in parameters)}"
    )


def online_retail(folder: Path) -> None:
    dataset = opened(folder / "online_retail.csv.gz")
    for target in (Target.SPEND, Target.ORDERS, Target.BUYS_AGAIN):
        seconds, outlook = timed(lambda target=target: forecast(dataset, target, 91))
        standings(dataset.name, outlook, seconds)
        plain(dataset, outlook, seconds)
    outlook = forecast(gross(dataset), Target.SPEND, 91)
    best, last = (outlook.standing(code).measures for code in (outlook.used, "last_period"))
    print(
        f"\nspend before returns, as the reference runs count it: {outlook.used}, MAE {best['mae']:.1f} "
        f"(last period repeated {last['mae']:.1f}, {1 - best['mae'] / last['mae']:.1%} better), "
        f"Spearman {best['spearman']:.4f}, top 20 % {best['captured']:.4f}"
    )


def gross(dataset: Dataset) -> Dataset:
    """Give the shop as the reference runs have it: sales at gross amounts, to the last full day."""
    tables = (Table.CUSTOMERS, Table.ORDERS, Table.ORDER_LINES)
    frames = {table: dataset.frame(f"SELECT * FROM {table.value}") for table in tables}
    last = dataset.need_as_of() - timedelta(days=1)
    for table, kind in ((Table.ORDERS, "order_kind"), (Table.ORDER_LINES, "line_kind")):
        frame = frames[table]
        frames[table] = frame[(frame[kind] == "sale") & (frame["ordered_at"].dt.date <= last)].copy()
    frames[Table.ORDERS]["net_amount"] = frames[Table.ORDERS]["gross_amount"]
    return publish_shop(Path(tempfile.mkdtemp()), frames, as_of=last)


def standings(name: str, outlook: Outlook, seconds: float) -> None:
    names = CHANCES if KIND[outlook.target] is Kind.CHANCE else AMOUNTS
    plan = outlook.plan
    print(f"\n{name}, {outlook.target}: trained at {', '.join(map(str, plan.training))}; ", end="")
    print(f"tested on the {outlook.days} days after {plan.test}\n")
    print(
        f"{'':<18}{'CV loss':>10}" + "".join(f"{n.replace('_', ' '):>19}" for n in names) + "  tried: taken"
    )
    for one in outlook.standings:
        mark = "*" if one.code == outlook.chosen else ">" if one.code == outlook.used else " "
        values = "".join(f"{one.measures[n]:>19.4f}" for n in names)
        taken = f"  {one.tried}: {one.setting}" if one.setting else ""
        print(f"{mark} {one.code:<16}{one.training_loss:>10.4f}{values}{taken}")
    ahead = outlook.preflight
    print(f"\n* chosen inside the training period; used: {outlook.used}; {seconds:.1f} s in all ", end="")
    print(f"(estimated {ahead.seconds:.0f} s, {ahead.megabytes:.0f} MB)")
    for one in outlook.bins:
        low, high = one.likely()
        print(
            f"  {one.customers:>5} customers: predicted {one.predicted:.3f}, came {one.observed:.3f} "
            f"(95 %: {low:.3f} to {high:.3f})"
        )
    if np.isfinite(outlook.coverage):
        print(f"80 % intervals hold {outlook.coverage:.1%} of the test outcomes, ", end="")
        print(f"{outlook.ranged_coverage:.1%} where they are more than nothing")
    ratios = ", ".join(f"{ratio:.2f}" for ratio in outlook.totals.ratios)
    print(f"forecast over actual total, newest origin first: {ratios}")


def plain(dataset: Dataset, outlook: Outlook, seconds: float) -> None:
    """Time a single scikit-learn fit on the same rows, features given."""
    days, plan = outlook.days, outlook.plan
    training = stacked([panel_at(dataset, day, days, known=True) for day in plan.training])
    chance = KIND[outlook.target] is Kind.CHANCE
    model = LogisticRegression() if chance else TweedieRegressor(power=1.5, max_iter=3000)
    pipeline = make_pipeline(StandardScaler(), model)
    with threadpool_limits(1):
        single, _ = timed(lambda: pipeline.fit(training.features(), training.outcome(outlook.target)))
    print(f"one plain scikit-learn fit on the same {len(training):,} rows: {single:.2f} s; ", end="")
    print(f"the whole forecast, {len(outlook.standings)} models: {seconds / single:.0f} times that")


def simulated() -> None:
    print(
        f"\nSimulated shops: {CUSTOMERS:,} customers, {DAYS} days, {AHEAD} ahead, {SEEDS} seeds, whole path."
    )
    print(
        "covers: share of true outcomes in their 80 % interval; least: the least an interval can cover that"
    )
    print(
        "holds 80 % of each customer, who does nothing with a chance known from the true parameters; allowed:"
    )
    print("covered where that chance is at most 80 %;")
    print(
        "total in: seeds whose total lay in its interval; rank: correlation with the true rates, over that of"
    )
    print("the expectation under the true parameters; next: who ordered over the sum of their chances\n")
    heads = ("covers", "least", "allowed", "total in", "rank", "next", "s")
    print(f"{'':<12}{'target':<9}" + "".join(f"{head:>10}" for head in heads) + "   covers, by seed")
    for name, process in (("steady", STEADY), ("churning", CHURNING), ("sparse", SPARSE)):
        for target in (Target.ORDERS, Target.SPEND):
            row(name, process, target)


def scale() -> None:
    print("\nSimulated shops, spend, a third of the default budget: processor seconds beside the estimate\n")
    for customers in (20_000, 60_000, 200_000):
        shop = simulate(SPARSE, customers, DAYS, AHEAD, 1)
        dataset = publish_shop(Path(tempfile.mkdtemp()), shop.frames, as_of=as_of(DAYS))
        used = time.process_time()
        seconds, outlook = timed(lambda dataset=dataset: forecast(dataset, Target.SPEND, AHEAD, budget=20.0))
        ahead = outlook.preflight
        left = ", ".join(ahead.left_out) or "none"
        print(
            f"{customers:>8,} customers: {time.process_time() - used:.1f} s of processor time, "
            f"{seconds:.1f} s in all, estimated {ahead.seconds:.1f} s; {ahead.sampled:,} trained on; "
            f"left out: {left}; {sum(ahead.unsearched.values())} settings untried"
        )


def row(name: str, process: Process, target: Target) -> None:
    start = time.perf_counter()
    runs = [one_shop(process, target, seed) for seed in range(SEEDS)]
    covers, least, allowed, inside, rank, following = (np.array(values) for values in zip(*runs, strict=True))
    seconds = (time.perf_counter() - start) / SEEDS
    more = f"{rank.mean():>10.3f}{following.mean():>10.3f}" if target is Target.ORDERS else f"{'':>20}"
    print(
        f"{name:<12}{target:<9}{covers.mean():>10.3f}{least.mean():>10.3f}{allowed.mean():>10.3f}"
        f"{f'{inside.sum():.0f} of {SEEDS}':>10}{more}{seconds:>10.1f}   "
        + " ".join(f"{value:.3f}" for value in covers)
    )


def one_shop(process: Process, target: Target, seed: int) -> tuple[float, ...]:
    shop = simulate(process, CUSTOMERS, DAYS, AHEAD, seed)
    dataset = publish_shop(Path(tempfile.mkdtemp()), shop.frames, as_of=as_of(DAYS))
    outlook = forecast(dataset, target, AHEAD)
    table = outlook.table
    rows, low, high = (table[column].to_numpy() for column in ("customer_row", "low", "high"))
    actual = (shop.later if target is Target.ORDERS else shop.spent)[rows]
    band = outlook.totals.around(float(table["predicted"].sum()), float(table["variance"].sum()))
    now = panel_at(dataset, as_of(DAYS), AHEAD, known=False)
    none = nothing(process, now, AHEAD)
    part = none <= LEVEL
    return (
        coverage(actual, low, high),
        float(np.maximum(none, LEVEL).mean()),
        coverage(actual[part], low[part], high[part]),
        float(band[0] <= actual.sum() <= band[1]),
        rank_reached(process, now, shop.rate, outlook) if target is Target.ORDERS else float("nan"),
        next_held(now, shop.later) if target is Target.ORDERS else float("nan"),
    )


def rank_reached(process: Process, now: Panel, rate: np.ndarray, outlook: Outlook) -> float:
    best = expected(process, now, AHEAD)
    ours = np.corrcoef(outlook.table["predicted"], rate[outlook.table["customer_row"]])[0, 1]
    return float(ours / np.corrcoef(best, rate[now.customers])[0, 1])


def next_held(now: Panel, later: np.ndarray) -> float:
    """Give how many repeat customers ordered within the horizon, over the sum of their chances."""
    table = Rhythms.of(now).next_orders(AHEAD)
    came = later[table["customer_row"]] > 0
    return float(came.mean() / table["chance"].mean())


if __name__ == "__main__":
    main()
