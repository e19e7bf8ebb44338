"""One forecast from beginning to end: train, choose, back-test on a period never seen, forecast."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.ports import Progress, Silent
from marketeer.tools.prediction.backtest import measures
from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.family import Predictor
from marketeer.tools.prediction.gate import Need, check
from marketeer.tools.prediction.intervals import Intervals, conformal, coverage
from marketeer.tools.prediction.losses import losses
from marketeer.tools.prediction.panel import FEATURES, Panel, TimePlan, panel_at, plan_time, stacked
from marketeer.tools.prediction.selection import Contender, Selection, select
from marketeer.tools.prediction.targets import KIND, Kind, Target

SEASON_DAYS = 730
_FACTORS = 5


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast and everything that says how far to trust it.

    Attributes:
        target: What is forecast.
        plan: The cut-offs.
        selection: All contenders and the chosen one.
        used: The contender the forecast comes from: the chosen one, or the baseline where that was better.
        backtests: Contender code → its measures on the back-test period.
        coverage: Share of back-test outcomes inside their 80 % interval; NaN for chances.
        table: `customer_row`, `predicted`, `low`, `high` as of now (no interval for chances).
        factors: Feature → share of the back-test loss it carries, largest first.
        have: The have/need table.
        history_days: Days of orders there are.
    """

    target: Target
    plan: TimePlan
    selection: Selection
    used: Contender
    backtests: dict[str, dict[str, float]]
    coverage: float
    table: pd.DataFrame
    factors: dict[str, float]
    have: tuple[Need, ...]
    history_days: int

    @property
    def beats_baseline(self) -> bool:
        """Whether a model, not a baseline, makes the forecast."""
        return self.used.complexity > 0

    @property
    def season_unknown(self) -> bool:
        """Whether there is less than two years of history, so that a season cannot be told from a trend."""
        return self.history_days < SEASON_DAYS


def forecast(
    dataset: Dataset,
    target: Target,
    days: int,
    *,
    seed: int = 0,
    budget: float = 60.0,
    progress: Progress | None = None,
) -> Outlook:
    """Forecast a target per customer over the days after the data's end.

    Args:
        dataset: The snapshot.
        target: What is forecast.
        days: The horizon.
        seed: For folds and stochastic models.
        budget: Seconds for trying models.
        progress: Hears how far it is.

    Raises:
        Insufficient: The history is too short or the customers are too few; the message says what is missing.
    """
    hear = progress or Silent()
    dataset.need(Table.ORDERS)
    first, last = _span(dataset)
    plan = plan_time(first, last, days)
    training = stacked([panel_at(dataset, cut_off, days, known=True) for cut_off in plan.training])
    have = check(training, target)
    test = panel_at(dataset, plan.test, days, known=True)
    selection = select(training, target, seed=seed, budget=budget, progress=progress)
    hear.report("back_test", 0, 1)
    fitted = {c.candidate.code: c.candidate.fit(training, target) for c in selection.contenders}
    predicted = {code: predictor.predict(test) for code, predictor in fitted.items()}
    outcome = test.outcome(target)
    used = _used(selection, target, outcome, predicted)
    factors = _factors(fitted[used.candidate.code], test, target, seed)
    hear.report("back_test", 1, 1)
    table = _from_now(dataset, plan, used, target, test, predicted[used.candidate.code])
    return Outlook(
        target=target,
        plan=plan,
        selection=selection,
        used=used,
        backtests={code: measures(target, outcome, values) for code, values in predicted.items()},
        coverage=_coverage(target, used, training, outcome, predicted[used.candidate.code]),
        table=table,
        factors=factors,
        have=have,
        history_days=(last - first).days,
    )


def _span(dataset: Dataset) -> tuple[date, date]:
    row = dataset.frame("SELECT min(ordered_at)::DATE AS first FROM orders WHERE order_kind = 'sale'").iloc[0]
    return pd.Timestamp(row["first"]).date(), dataset.need_as_of()


def _used(selection: Selection, target: Target, outcome: Floats, predicted: dict[str, Floats]) -> Contender:
    """Fall back to the baseline when the chosen model was no better on the back-test."""
    loss = {code: float(losses(target, outcome, values).mean()) for code, values in predicted.items()}
    chosen, baseline = selection.chosen, selection.baseline
    return chosen if loss[chosen.candidate.code] < loss[baseline.candidate.code] else baseline


def _coverage(target: Target, used: Contender, training: Panel, outcome: Floats, predicted: Floats) -> float:
    if KIND[target] is Kind.CHANCE:
        return float("nan")
    bands = conformal(training.outcome(target), used.predicted)
    return coverage(outcome, *bands.around(predicted))


def _from_now(
    dataset: Dataset, plan: TimePlan, used: Contender, target: Target, test: Panel, tested: Floats
) -> pd.DataFrame:
    """Fit again on the newest outcomes and forecast from the data's end."""
    now = panel_at(dataset, plan.now, test.days, known=False)
    predicted = used.candidate.fit(test, target).predict(now)
    table = pd.DataFrame({"customer_row": now.customers, "predicted": predicted})
    if KIND[target] is Kind.AMOUNT:
        bands: Intervals = conformal(test.outcome(target), tested)
        table["low"], table["high"] = bands.around(predicted)
    return table


def _factors(predictor: Predictor, test: Panel, target: Target, seed: int) -> dict[str, float]:
    """Give each feature's permutation importance: how much worse the back-test gets without its order.

    Breiman (2001), Machine Learning 45, §10. It tells what a forecast goes with, never what causes it.
    """
    random = np.random.default_rng(seed)
    outcome = test.outcome(target)
    base = float(losses(target, outcome, predictor.predict(test)).mean())
    worse = {}
    for feature in FEATURES:
        mixed = test.table.assign(**{feature: random.permutation(test.table[feature].to_numpy())})
        predicted = predictor.predict(Panel(mixed, test.spend, test.orders, test.days))
        # a history with its last purchase before its first has no prediction; such rows tell nothing
        sane = np.isfinite(predicted)
        loss = losses(target, outcome[sane], predicted[sane])
        worse[feature] = max(float(loss.mean()) - base, 0.0)
    total = sum(worse.values()) or 1.0
    ranked = sorted(worse, key=lambda feature: -worse[feature])[:_FACTORS]
    return {feature: worse[feature] / total for feature in ranked if worse[feature] > 0}
