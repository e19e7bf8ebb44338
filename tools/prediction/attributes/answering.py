"""One prediction of a column from beginning to end: leaks out, models compared, tested on the newest rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.metrics import mean_absolute_error, r2_score
from threadpoolctl import threadpool_limits

from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.ports import Progress, Silent
from marketeer.tools.prediction.attributes.columns import Columns, read_columns
from marketeer.tools.prediction.attributes.comparing import (
    Comparison,
    Contender,
    Plan,
    compare,
    fold_loss,
    learnt,
    plan_comparison,
)
from marketeer.tools.prediction.attributes.correcting import Correction, Forward, choose_correction
from marketeer.tools.prediction.attributes.leakage import LeftOut, find_leaks
from marketeer.tools.prediction.attributes.order import (
    TEST_SHARE,
    Rows,
    TimeOrder,
    split_at_random,
    split_in_time,
    time_order,
)
from marketeer.tools.prediction.attributes.preparing import Prepared, prepare
from marketeer.tools.prediction.attributes.question import Asked
from marketeer.tools.prediction.attributes.table import AttributeTable
from marketeer.tools.prediction.backtest import measures
from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.calibration import Bin, calibration
from marketeer.tools.prediction.gate import LEAST_CUSTOMERS, LEAST_EACH
from marketeer.tools.prediction.targets import KIND, Kind, Target

_FACTORS = 8
_FACTOR_ROWS = 5000
_ONE_THREAD_UP_TO = 100_000


@dataclass(frozen=True, slots=True)
class Answered:
    """A prediction and everything that says how far to trust it.

    Attributes:
        asked: The question.
        left_out: Columns left out, and why.
        columns: The columns learnt from, readable, for all rows.
        order: The order of time of the known rows, or None.
        plan: What was tried within the budget.
        comparison: All models inside the training rows.
        used: The model that predicts.
        measures: Model → its measures on the test rows, which none had seen; of the one used, corrected.
        means: Mean outcome and mean forecasts of the test rows.
        correction: How its chances on the test rows were put right, as forward tests before them advised.
        newest: How those of customers whose outcome is not known were, the test being one more forward test.
        uncorrected: Its measures on the test rows without that.
        bins: The calibration of the model used on them, for yes-no targets.
        bins_uncorrected: The same without the correction.
        factors: Column → share of the test loss it carries, largest first.
        table: `customer_row`, `predicted`: those whose outcome is not known, else the test rows.
        known: Rows with a known outcome.
        tested: Test rows among them.
        everyone_known: Whether every outcome is known already, so that `table` holds the test rows.
    """

    asked: Asked
    left_out: tuple[LeftOut, ...]
    columns: Columns
    order: TimeOrder | None
    plan: Plan
    comparison: Comparison
    used: Contender
    measures: Mapping[str, Mapping[str, float]]
    means: "Means"
    correction: Correction
    newest: Correction
    uncorrected: Mapping[str, float]
    bins: tuple[Bin, ...]
    bins_uncorrected: tuple[Bin, ...]
    factors: Mapping[str, float]
    table: pd.DataFrame
    known: int
    tested: int
    everyone_known: bool

    @property
    def beats_baseline(self) -> bool:
        """Whether a model, not a baseline, predicts."""
        return self.used.complexity > 0


@dataclass(frozen=True, slots=True)
class Means:
    """Means over the test rows: what came, what was forecast, and what would have been without correction."""

    came: float
    corrected: float
    uncorrected: float


def answer(
    asked: Asked,
    *,
    seed: int = 0,
    budget: float = 60.0,
    test_share: float = TEST_SHARE,
    progress: Progress | None = None,
) -> Answered:
    """Predict what is asked.

    Args:
        asked: The question, with all rows.
        seed: For folds and stochastic models.
        budget: Seconds for trying models.
        test_share: Share of the known rows, the newest, kept for the test.
        progress: Hears how far it is.

    Raises:
        Insufficient: Too few rows or answers, all answers alike, or no column is left to learn from.
    """
    hear = progress or Silent()
    hear.report("features", 0)
    known = np.flatnonzero(np.isfinite(asked.values))
    check_answers(asked.target, asked.values[known])
    left_out = find_leaks(asked.raw.iloc[known].reset_index(drop=True), asked.values[known], asked.late)
    columns = read_columns(asked.raw.drop(columns=[one.column for one in left_out]))
    check_columns(columns.frame, left_out)
    everybody = AttributeTable(columns.frame, asked.values, asked.customers)
    table = everybody.take(known)
    order, train, test = _split(asked, known, table.values, seed, test_share)
    plan = plan_comparison(len(train), asked.target, budget, seed)
    with threadpool_limits(1 if len(table) <= _ONE_THREAD_UP_TO else None):
        compared = compare(
            table.take(train),
            asked.target,
            plan,
            whole=table if order is not None else None,
            seed=seed,
            progress=progress,
        )
        hear.report("back_test", 0, 3)
        ready = prepare(table.take(train), table.take(test))
        trial = _trial(compared, ready, asked.target)
        used = _used(compared, trial, table.values[test], asked.target)
        correction = _correction(used, asked.target, used.forward, in_time=order is not None)
        hear.report("back_test", 1, 3)
        factors = _factors(trial[used.code][0], ready, table.take(test), asked.target, seed)
        hear.report("back_test", 2, 3)
        unknown = np.flatnonzero(~np.isfinite(asked.values))
        forward = (*used.forward, (table.values[test], trial[used.code][1]))
        newest = _correction(used, asked.target, forward, in_time=order is not None)
        predicted = _predicted(used, everybody, known, unknown, asked.target) if unknown.size else None
    hear.report("back_test", 3, 3)
    raw, tested = trial[used.code][1], correction.applied(trial[used.code][1])
    chance = KIND[asked.target] is Kind.CHANCE
    outcome = table.values[test]
    return Answered(
        asked,
        left_out,
        columns,
        order,
        plan,
        compared,
        used,
        {code: measured(asked.target, outcome, one) for code, (_, one) in trial.items()}
        | {used.code: measured(asked.target, outcome, tested)},
        Means(float(outcome.mean()), float(tested.mean()), float(raw.mean())),
        correction,
        newest if unknown.size else correction,
        measured(asked.target, outcome, raw),
        calibration(outcome, tested) if chance else (),
        calibration(outcome, raw) if chance else (),
        factors,
        pd.DataFrame(
            {
                "customer_row": everybody.customers[unknown] if unknown.size else table.customers[test],
                "predicted": tested if predicted is None else newest.applied(predicted),
            }
        ),
        len(known),
        len(test),
        not unknown.size,
    )


def _correction(used: Contender, target: Target, forward: Forward, *, in_time: bool) -> Correction:
    """Choose how chances are put right; without an order of time nothing says that they moved.

    For the test rows the forward tests inside the training rows choose; for customers whose outcome is not
    known the test is one more of them, the newest.
    """
    if KIND[target] is not Kind.CHANCE or not in_time or used.complexity == 0:
        return Correction()
    return choose_correction(forward)


def check_answers(target: Target, values: Floats) -> None:
    """Raise `Insufficient` where known outcomes are too few or all alike."""
    if len(values) and np.ptp(values) == 0:
        raise Insufficient(
            f"All {len(values)} known outcomes are the same, so nothing tells them apart. "
            "Load a column or a campaign in which both answers occur.",
            code="one_answer_only",
            there=len(values),
        )
    if len(values) < LEAST_CUSTOMERS:
        raise Insufficient(
            f"Only {len(values)} customers have a known outcome, and {LEAST_CUSTOMERS} are needed. "
            "Load more of them.",
            code="too_few_outcomes",
            there=len(values),
            needed=LEAST_CUSTOMERS,
        )
    rarer = int(min((values > 0).sum(), (values <= 0).sum()))
    if target is Target.ANSWER and rarer < LEAST_EACH:
        raise Insufficient(
            f"Only {rarer} customers gave the rarer answer, and {LEAST_EACH} are needed to learn who they "
            "are. Compare rates by segment instead, or load more results.",
            code="too_few_answers",
            there=rarer,
            needed=LEAST_EACH,
        )


def check_columns(frame: pd.DataFrame, left_out: tuple[LeftOut, ...]) -> None:
    """Raise `Insufficient` where no column is left to learn from, naming those left out and why."""
    if frame.shape[1]:
        return
    why = "; ".join(f"{one.column} ({one.reason.value.replace('_', ' ')})" for one in left_out)
    raise Insufficient(
        f"No column is left to learn from{': ' + why if why else ''}. "
        "Load customers with columns that vary and were known before the outcome.",
        code="no_usable_columns",
        left_out=why,
    )


def _split(
    asked: Asked, known: Rows, values: Floats, seed: int, share: float
) -> tuple[TimeOrder | None, Rows, Rows]:
    """Keep the newest fifth for the test; a random one where no order is known or it has one answer only."""
    order = time_order(asked.raw.iloc[known].reset_index(drop=True))
    binary = KIND[asked.target] is Kind.CHANCE
    if order is not None:
        train, test = split_in_time(order, share)
        if np.ptp(values[test]) > 0 and np.ptp(values[train]) > 0:
            return order, train, test
    train, test = split_at_random(values, seed, binary=binary)
    return None, train, test


def _trial(compared: Comparison, ready: Prepared, target: Target) -> dict[str, tuple[Any, Floats]]:
    trial = {}
    for contender in compared.contenders:
        model = learnt(contender.candidate, ready.learnt, target)
        trial[contender.code] = (model, model.predict(ready.asked))
    return {code: (model, np.asarray(one, dtype=float)) for code, (model, one) in trial.items()}


def _used(
    compared: Comparison, trial: Mapping[str, tuple[Any, Floats]], outcome: Floats, target: Target
) -> Contender:
    """Give the chosen model, or the best baseline where that was better on the test rows."""
    chosen, baseline = compared.chosen, compared.baseline
    losses = [fold_loss(target, outcome, trial[one.code][1]) for one in (chosen, baseline)]
    return chosen if losses[0] <= losses[1] else baseline


def measured(target: Target, outcome: Floats, predicted: Floats) -> dict[str, float]:
    """Measure forecasts of a column: as on a back-test for chances; `mae`, `r2`, `spearman` for numbers."""
    if KIND[target] is Kind.CHANCE:
        return measures(target, outcome, predicted)
    constant = float(np.ptp(predicted)) == 0.0
    return {
        "mae": float(mean_absolute_error(outcome, predicted)),
        "r2": float(r2_score(outcome, predicted)),
        "spearman": float("nan") if constant else float(spearmanr(outcome, predicted).statistic),
    }


def _factors(
    model: Any, ready: Prepared, test: AttributeTable, target: Target, seed: int
) -> dict[str, float]:
    """Give each column's share of what the test loss rises by when its values lose their order."""
    if len(test) > _FACTOR_ROWS:
        test = test.take(np.arange(0, len(test), -(-len(test) // _FACTOR_ROWS)))
    base = fold_loss(target, test.values, model.predict(ready.again(test)))
    order = np.random.default_rng(seed).permutation(len(test))
    worse = {
        name: max(
            fold_loss(target, test.values, model.predict(ready.again(test.mixed(name, order)))) - base, 0.0
        )
        for name in map(str, test.columns.columns)
    }
    total = sum(worse.values()) or 1.0
    ranked = sorted(worse, key=lambda name: -worse[name])[:_FACTORS]
    return {name: worse[name] / total for name in ranked if worse[name] > 0}


def _predicted(
    used: Contender, everybody: AttributeTable, known: Rows, unknown: Rows, target: Target
) -> Floats:
    ready = prepare(everybody.take(known), everybody.take(unknown))
    predicted: Floats = learnt(used.candidate, ready.learnt, target).predict(ready.asked)
    return predicted
