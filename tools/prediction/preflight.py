"""What a forecast will take, said before it begins, and what is done where that is more than allowed.

First fewer customers are trained on (a random sample, never below `LEAST_ROWS` rows: the models here gain
little from more), then the dearest models are left out, then further settings are tried of as many models as
the rest allows, the cheapest first. Radial support vector machines always go through a Nyström map, so that
their cost grows with the rows and not with their square, and purchase processes are fitted on a sample of
histories. The estimate rests on the seconds per row each family states, not on the clock, so that the same
arguments always give the same model.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from marketeer.tools.prediction.families import families
from marketeer.tools.prediction.family import Candidate, Family, SklearnCandidate
from marketeer.tools.prediction.panel import TimePlan
from marketeer.tools.prediction.search import SEARCH_ROWS
from marketeer.tools.prediction.targets import KIND, Target
from marketeer.tools.prediction.validation import FOLDS

LEAST_ROWS = 20_000
_BYTES_PER_ROW = 14 * 8 * 12 + 2 * 200 * 8
"""A dozen copies of the features on their way through folds and scalers, and two of the Nyström map."""
_BASE_MEGABYTES = 250
_JUDGED = FOLDS - 1 + 1 / 3
"""Whole fits that judging a model is worth: the folds by customer, and one cut-off of about three in time."""
_PANELS = 8
_PANEL_SECONDS = (0.1, 5e-5, 2.7e-6)
"""Seconds a panel takes: in any case, per customer trained on, per customer of the shop."""
_FORECAST_SECONDS = 4.5e-5
"""Seconds the forecast of one customer takes, features and purchase process included."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What will be done and what it takes.

    Attributes:
        customers: Customers there are to learn from.
        sampled: How many of them are trained on and back-tested, at random; all where equal to `customers`.
        rows: Training rows, one per customer and cut-off.
        seconds: Estimated seconds of everything.
        megabytes: Estimated peak memory.
        left_out: Codes of models that do not fit into the budget.
        settings: Model code → settings tried besides its own.
        unsearched: Model code → settings that do not fit into the budget.
    """

    customers: int
    sampled: int
    rows: int
    seconds: float
    megabytes: float
    left_out: tuple[str, ...]
    settings: Mapping[str, int]
    unsearched: Mapping[str, int]


def preflight(customers: int, plan: TimePlan, target: Target, budget: float) -> Preflight:
    """Estimate what a forecast takes, and cut it down to a budget.

    Args:
        customers: Customers there are at the newest training cut-off.
        plan: The cut-offs; with a short history only models that need no outcomes are tried.
        target: What is forecast.
        budget: Seconds allowed for it; half of them at least are for trying models.
    """
    cut_offs = len(plan.training)
    entered = sorted(
        _entered(target, plan), key=lambda one: (_seconds(one[0], one[1], LEAST_ROWS, 1), one[1].code)
    )
    rows = _fitting(entered, customers, cut_offs, budget)
    around = _around(customers, rows / cut_offs)
    allowed, spent = max(budget - around, budget / 2), 0.0
    tried, left_out = [], []
    for family, candidate in entered:
        seconds = _seconds(family, candidate, rows, cut_offs)
        if spent + seconds > allowed and seconds:
            left_out.append(candidate.code)
        else:
            spent += seconds
            tried.append((family, candidate))
    settings = {}
    for family, candidate in tried:
        if _grid(candidate):
            each = _setting_seconds(family, rows)
            settings[candidate.code] = max(min(_grid(candidate), int((allowed - spent) / each)), 0)
            spent += settings[candidate.code] * each
    grids = {candidate.code: _grid(candidate) for _, candidate in tried}
    return Preflight(
        customers,
        min(customers, -(-rows // cut_offs)),
        rows,
        around + spent,
        _BASE_MEGABYTES + rows * _BYTES_PER_ROW / 1e6,
        tuple(left_out),
        settings,
        {code: grids[code] - fits for code, fits in settings.items() if fits < grids[code]},
    )


def _entered(target: Target, plan: TimePlan) -> Iterator[tuple[Family, Candidate]]:
    for family in families():
        if KIND[target] in family.kinds:
            for candidate in family.candidates(target, 0):
                if not (plan.short and candidate.sees_outcomes):
                    yield family, candidate


def _fitting(
    entered: Sequence[tuple[Family, Candidate]], customers: int, cut_offs: int, budget: float
) -> int:
    """Give how many rows let every model and setting be tried; beyond the search's, time grows evenly."""
    rows = max(customers * cut_offs, 1)
    if _total(entered, customers, rows, cut_offs) <= budget or rows <= LEAST_ROWS:
        return rows
    least, most = (_total(entered, customers, some, cut_offs) for some in (LEAST_ROWS, rows))
    share = max(budget - least, 0.0) / (most - least)
    return LEAST_ROWS + int(share * (rows - LEAST_ROWS))


def _total(entered: Sequence[tuple[Family, Candidate]], customers: int, rows: int, cut_offs: int) -> float:
    models = sum(_seconds(family, candidate, rows, cut_offs) for family, candidate in entered)
    settings = sum(_grid(candidate) * _setting_seconds(family, rows) for family, candidate in entered)
    return _around(customers, rows / cut_offs) + models + settings


def _seconds(family: Family, candidate: Candidate, rows: int, cut_offs: int) -> float:
    """Estimate what one candidate takes: judged, fitted for the back-test and for the forecast."""
    if candidate.sees_outcomes:
        return (family.purchase_cost * rows / 10_000 + family.fit_cost) * (_JUDGED + 1)
    return 2 * (family.purchase_cost * rows / cut_offs / 10_000 + family.fit_cost)


def _setting_seconds(family: Family, rows: int) -> float:
    return family.purchase_cost * min(rows, SEARCH_ROWS) / 10_000 * _JUDGED


def _around(customers: int, sampled: float) -> float:
    """Estimate what everything but trying models takes: panels, and the forecast of everybody."""
    always, each, of_all = _PANEL_SECONDS
    return _PANELS * (always + each * sampled + of_all * customers) + _FORECAST_SECONDS * customers


def _grid(candidate: Candidate) -> int:
    return len(candidate.grid) if isinstance(candidate, SklearnCandidate) else 0
