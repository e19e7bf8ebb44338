"""What a forecast will take, said before it begins, and what is done where that is more than allowed.

First fewer customers are trained on (a random sample, never below `LEAST_ROWS` rows: the models here gain
little from more), then the dearest models are left out, then settings are searched for as many models as the
rest allows, the cheapest first. Radial support vector machines always go through a Nyström map, so that their
cost grows with the rows and not with their square. The estimate rests on the seconds per row each family
states, not on the clock, so that the same arguments always give the same model.
"""

from collections.abc import Iterator, Mapping
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
        budget: Seconds allowed for it.
    """
    cut_offs = len(plan.training)
    rows = max(customers * cut_offs, 1)
    entered = sorted(_entered(target, plan), key=lambda one: one[0].cost)
    around = _around(customers)
    whole = sum(_seconds(family, rows) for family, _ in entered)
    if around + whole > budget:
        rows = min(rows, max(int(rows * (budget - around) / whole), LEAST_ROWS))
    spent, left_out = around, []
    for family, candidate in entered:
        seconds = _seconds(family, rows)
        if spent + seconds > budget and family.cost:
            left_out.append(candidate.code)
        else:
            spent += seconds
    settings: dict[str, int] = {}
    unsearched: dict[str, int] = {}
    for family, candidate in entered:
        if candidate.code in left_out or not _grid(candidate):
            continue
        each = family.cost * min(rows, SEARCH_ROWS) / 10_000 * FOLDS
        fits = max(min(_grid(candidate), int((budget - spent) / each)), 0)
        settings[candidate.code], unsearched[candidate.code] = fits, _grid(candidate) - fits
        spent += fits * each
    return Preflight(
        customers,
        min(customers, -(-rows // cut_offs)),
        rows,
        spent,
        _BASE_MEGABYTES + rows * _BYTES_PER_ROW / 1e6,
        tuple(left_out),
        settings,
        {code: fits for code, fits in unsearched.items() if fits},
    )


def _entered(target: Target, plan: TimePlan) -> Iterator[tuple[Family, Candidate]]:
    for family in families():
        if KIND[target] in family.kinds:
            for candidate in family.candidates(target, 0):
                if not (plan.short and candidate.sees_outcomes):
                    yield family, candidate


def _seconds(family: Family, rows: int) -> float:
    """Estimate what one candidate of a family takes: every fold, the back-test and the forecast."""
    return family.cost * rows / 10_000 * (FOLDS + 2)


def _around(customers: int) -> float:
    """Estimate what everything but the models takes."""
    return customers * 0.0


def _grid(candidate: Candidate) -> int:
    return len(candidate.grid) if isinstance(candidate, SklearnCandidate) else 0
