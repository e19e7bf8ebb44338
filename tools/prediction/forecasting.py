"""One forecast from beginning to end: train, choose, back-test on a period never seen, forecast."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.ports import Progress, Silent
from marketeer.tools.prediction.backtest import measures
from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.calibration import Bin, calibration
from marketeer.tools.prediction.family import Candidate, Predictor, renewed
from marketeer.tools.prediction.gate import Need, check
from marketeer.tools.prediction.intervals import conformal, coverage
from marketeer.tools.prediction.losses import losses
from marketeer.tools.prediction.panel import Panel, TimePlan, plan_time, stacked
from marketeer.tools.prediction.panels import Panels
from marketeer.tools.prediction.preflight import Preflight, preflight
from marketeer.tools.prediction.selection import Contender, Selection, select
from marketeer.tools.prediction.short_history import select_by_history
from marketeer.tools.prediction.targets import KIND, Kind, Target
from marketeer.tools.prediction.totals import TotalError, total_ratio
from marketeer.tools.prediction.validation import Validation

SEASON_DAYS = 730
MOST_ORIGINS = 4
ONE_THREAD_UP_TO = 100_000
"""Rows up to which more threads cost more than they bring."""
_BLOCK = 100_000
_FACTORS = 5
_TOGETHER = {"orders": ("order_days",)}
"""Columns that say the same lose their order together."""
_RANKS = {Kind.AMOUNT: ("spearman", "captured"), Kind.CHANCE: ("auc", "average_precision")}


@dataclass(frozen=True, slots=True)
class Standing:
    """How one model did.

    Attributes:
        code: Its name.
        family: Its family's code.
        complexity: Its family's rank of simplicity; 0 is a baseline.
        training_loss: Mean loss by which it was compared inside the training period.
        measures: Its measures on the back-test period.
        tried: How many settings of it were tried.
        setting: The one it is in.
    """

    code: str
    family: str
    complexity: int
    training_loss: float
    measures: Mapping[str, float]
    tried: int = 1
    setting: str = ""


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast and everything that says how far to trust it.

    Attributes:
        target: What is forecast.
        plan: The cut-offs.
        standings: All models, simplest first.
        chosen: Code of the model chosen inside the training period.
        baseline: Code of the best baseline there.
        used: Code of the model that forecasts: the chosen one, or the baseline where that was better.
        skipped: Codes of models left out.
        coverage: Share of back-test outcomes inside their 80 % interval; NaN for chances.
        ranged_coverage: The same among those whose interval is not just nothing at all.
        bins: Chances and what came of them on the back-test, highest first; none for amounts.
        table: `customer_row`, `predicted`, `low`, `high`, `variance` as of now (no interval for chances).
        totals: Past errors of totals.
        factors: Feature → share of the back-test loss it carries, largest first.
        have: The have/need table.
        history_days: Days of orders there are.
        preflight: What it was estimated to take, and what was done about that.
    """

    target: Target
    plan: TimePlan
    standings: tuple[Standing, ...]
    chosen: str
    baseline: str
    used: str
    skipped: tuple[str, ...]
    coverage: float
    ranged_coverage: float
    bins: tuple[Bin, ...]
    table: pd.DataFrame
    totals: TotalError
    factors: Mapping[str, float]
    have: tuple[Need, ...]
    history_days: int
    preflight: Preflight

    @property
    def days(self) -> int:
        """The horizon."""
        return (self.plan.now - self.plan.test).days

    @property
    def beats_baseline(self) -> bool:
        """Whether a model, not a baseline, makes the forecast."""
        return self.standing(self.used).complexity > 0

    @property
    def season_unknown(self) -> bool:
        """Whether there is less than two years of history, so that a season cannot be told from a trend."""
        return self.history_days < SEASON_DAYS

    def standing(self, code: str) -> Standing:
        """Give one model's standing."""
        return next(one for one in self.standings if one.code == code)


@dataclass(frozen=True, slots=True)
class _Trial:
    """All contenders on the back-test period."""

    test: Panel
    target: Target
    fitted: dict[str, Predictor]
    predicted: dict[str, Floats]
    measures: dict[str, dict[str, float]]


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
    ahead = preflight(_customers(dataset, plan.training[0]), plan, target, budget)
    hear.report("features", 0)
    panels = Panels(dataset, ahead, seed)
    training = stacked([panels.past(day, plan.training_days) for day in plan.training])
    have = check(training, target)
    with threadpool_limits(1 if len(training) <= ONE_THREAD_UP_TO else None):
        if plan.short:
            selection = select_by_history(training, target, seed=seed, progress=progress)
        else:
            earlier = panels.past(plan.earlier, days) if plan.earlier else None
            validation = Validation.of(training, target, earlier, seed)
            selection = select(validation, ahead, seed=seed, progress=progress)
        hear.report("back_test", 0, 3)
        trial = _back_test(selection, training, panels.past(plan.test, days), target)
        used = _used(selection, trial)
        hear.report("back_test", 1, 3)
        factors = _factors(trial, used, seed)
        hear.report("back_test", 2, 3)
        covered, ranged = _coverage(trial, used, training)
        ratios = _earlier_ratios(panels, plan, used, target, first)
        code = used.candidate.code
        outlook = Outlook(
            target=target,
            plan=plan,
            standings=tuple(_standing(contender, trial) for contender in selection.contenders),
            chosen=selection.chosen.candidate.code,
            baseline=selection.baseline.candidate.code,
            used=code,
            skipped=selection.skipped,
            coverage=covered,
            ranged_coverage=ranged,
            bins=_bins(trial, used),
            table=_from_now(panels, plan, used, trial),
            totals=TotalError((total_ratio(trial.test.outcome(target), trial.predicted[code]), *ratios)),
            factors=factors,
            have=have,
            history_days=(last - first).days,
            preflight=ahead,
        )
    hear.report("back_test", 3, 3)
    return outlook


def _customers(dataset: Dataset, cut_off: date) -> int:
    sql = (
        "SELECT count(DISTINCT customer_row) AS n FROM orders "
        "WHERE customer_row IS NOT NULL AND order_kind = 'sale' AND ordered_at < $until"
    )
    return int(dataset.frame(sql, {"until": cut_off + timedelta(days=1)})["n"].iloc[0])


def _predict(predictor: Predictor, panel: Panel) -> Floats:
    """Predict in blocks, which bounds the memory of kernel maps."""
    blocks = np.array_split(np.arange(len(panel)), max(1, -(-len(panel) // _BLOCK)))
    return np.concatenate([predictor.predict(panel.take(block)) for block in blocks])


def _span(dataset: Dataset) -> tuple[date, date]:
    row = dataset.frame("SELECT min(ordered_at)::DATE AS first FROM orders WHERE order_kind = 'sale'").iloc[0]
    return pd.Timestamp(row["first"]).date(), dataset.need_as_of()


def _back_test(selection: Selection, training: Panel, test: Panel, target: Target) -> _Trial:
    """Fit on training outcomes and forecast the test period; purchase processes also see its histories."""
    fitted = {
        contender.candidate.code: _fit(contender.candidate, training, test, target)
        for contender in selection.contenders
    }
    predicted = {code: _predict(predictor, test) for code, predictor in fitted.items()}
    outcome = test.outcome(target)
    measured = {code: measures(target, outcome, values) for code, values in predicted.items()}
    return _Trial(test, target, fitted, predicted, measured)


def _fit(candidate: Candidate, training: Panel, panel: Panel, target: Target) -> Predictor:
    """Fit for a panel whose outcomes are not known: on training outcomes and the panel's histories."""
    if not candidate.sees_outcomes:
        return candidate.fit(panel, target)
    return renewed(candidate.fit(training, target), panel, target)


def _standing(contender: Contender, trial: _Trial) -> Standing:
    code = contender.candidate.code
    return Standing(
        code,
        contender.family,
        contender.complexity,
        contender.mean_loss,
        trial.measures[code],
        contender.tried,
        contender.setting,
    )


def _used(selection: Selection, trial: _Trial) -> Contender:
    """Fall back to the baseline when it errs less, and the chosen model does not rank better by all measures.

    Errors are mean absolute ones for amounts, log losses for chances. A forecast of almost nothing errs
    little where most customers do nothing, hence the second condition.
    """
    codes = [contender.candidate.code for contender in (selection.chosen, selection.baseline)]
    ours, theirs = (_error(trial, code) for code in codes)
    ahead = [
        _rank(trial, name, codes[0]) > _rank(trial, name, codes[1]) for name in _RANKS[KIND[trial.target]]
    ]
    return selection.chosen if ours < theirs or all(ahead) else selection.baseline


def _error(trial: _Trial, code: str) -> float:
    if KIND[trial.target] is Kind.AMOUNT:
        return trial.measures[code]["mae"]
    return float(losses(trial.target, trial.test.outcome(trial.target), trial.predicted[code]).mean())


def _rank(trial: _Trial, name: str, code: str) -> float:
    value = trial.measures[code][name]
    return value if np.isfinite(value) else -1.0


def _coverage(trial: _Trial, used: Contender, training: Panel) -> tuple[float, float]:
    if KIND[trial.target] is Kind.CHANCE:
        return float("nan"), float("nan")
    bands = conformal(training.outcome(trial.target), used.predicted[: len(training)])
    tested = trial.predicted[used.candidate.code]
    low, high = bands.around(tested, whole=trial.target is Target.ORDERS)
    outcome, ranged = trial.test.outcome(trial.target), high > 0
    part = coverage(outcome[ranged], low[ranged], high[ranged]) if ranged.any() else float("nan")
    return coverage(outcome, low, high), part


def _bins(trial: _Trial, used: Contender) -> tuple[Bin, ...]:
    if KIND[trial.target] is not Kind.CHANCE:
        return ()
    return calibration(trial.test.outcome(trial.target), trial.predicted[used.candidate.code])


def _from_now(panels: Panels, plan: TimePlan, used: Contender, trial: _Trial) -> pd.DataFrame:
    """Fit again on the newest outcomes and forecast from the data's end."""
    test, target = trial.test, trial.target
    now = panels.now(plan.now, test.days)
    predicted = _predict(_fit(used.candidate, test, now, target), now)
    table = pd.DataFrame({"customer_row": now.customers, "predicted": predicted})
    if KIND[target] is Kind.CHANCE:
        table["variance"] = predicted * (1 - predicted)
        return table
    bands = conformal(test.outcome(target), trial.predicted[used.candidate.code])
    table["low"], table["high"] = bands.around(predicted, whole=target is Target.ORDERS)
    table["variance"] = bands.variance(predicted)
    return table


def _earlier_ratios(
    panels: Panels, plan: TimePlan, used: Contender, target: Target, first: date
) -> Iterator[float]:
    """Give forecast over actual total at origins before the back-test, as many as the history has."""
    if plan.short:
        return
    days = plan.training_days
    for back in range(1, MOST_ORIGINS):
        origin = plan.test - timedelta(days=back * days)
        if origin - timedelta(days=2 * days) < first:
            return
        training, then = (panels.past(day, days) for day in (origin - timedelta(days=days), origin))
        try:
            fitted = _fit(used.candidate, training, then, target)
        except Insufficient:
            return
        yield total_ratio(then.outcome(target), fitted.predict(then))


def _factors(trial: _Trial, used: Contender, seed: int) -> dict[str, float]:
    """Give each feature's permutation importance: how much worse the back-test gets without its order.

    Breiman (2001), Machine Learning 45, §10. It tells what a forecast goes with, never what causes it.
    """
    random = np.random.default_rng(seed)
    test, target, code = trial.test, trial.target, used.candidate.code
    outcome = test.outcome(target)
    base = float(losses(target, outcome, trial.predicted[code]).mean())
    worse = {}
    for feature in test.feature_names:
        order = random.permutation(len(test))
        mixed = test.table.assign(
            **{name: test.table[name].to_numpy()[order] for name in (feature, *_TOGETHER.get(feature, ()))}
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            predicted = trial.fitted[code].predict(Panel(mixed, test.spend, test.orders, test.days))
        # a history with its last purchase before its first has no prediction; such rows tell nothing
        sane = np.isfinite(predicted)
        loss = losses(target, outcome[sane], predicted[sane])
        worse[feature] = max(float(loss.mean()) - base, 0.0)
    total = sum(worse.values()) or 1.0
    ranked = sorted(worse, key=lambda feature: -worse[feature])[:_FACTORS]
    return {feature: worse[feature] / total for feature in ranked if worse[feature] > 0}
