"""What a forecast will take, said before it begins, and what is done where that is more than allowed.

First fewer customers are trained on (a random sample, never below `LEAST_ROWS` rows: the models here gain
little from more), then the dearest models are left out. Radial support vector machines always go through a
Nyström map, so that their cost grows with the rows and not with their square. The estimate rests on the
seconds per row each family states, not on the clock, so that the same arguments always give the same model.
"""

from dataclasses import dataclass

from marketeer.tools.prediction.families import families
from marketeer.tools.prediction.panel import TimePlan
from marketeer.tools.prediction.selection import estimated_seconds
from marketeer.tools.prediction.targets import KIND, Target

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
        seconds: Estimated seconds of all models that are tried.
        megabytes: Estimated peak memory.
        allowance: Seconds one model may take; dearer ones are left out.
    """

    customers: int
    sampled: int
    rows: int
    seconds: float
    megabytes: float
    allowance: float


def preflight(customers: int, plan: TimePlan, target: Target, budget: float) -> Preflight:
    """Estimate what a forecast takes, and cut it down to a budget.

    Args:
        customers: Customers there are at the newest training cut-off.
        plan: The cut-offs; with a short history only models that need no outcomes are tried.
        target: What is forecast.
        budget: Seconds allowed for trying models.
    """
    cut_offs = len(plan.training)
    rows = max(customers * cut_offs, 1)
    whole = sum(_seconds(target, rows, plan))
    if whole > budget:
        rows = min(rows, max(int(rows * budget / whole), LEAST_ROWS))
    spent, allowance = 0.0, 0.0
    for seconds in sorted(_seconds(target, rows, plan)):
        if spent + seconds > budget:
            break
        spent, allowance = spent + seconds, seconds
    return Preflight(
        customers,
        min(customers, -(-rows // cut_offs)),
        rows,
        spent,
        _BASE_MEGABYTES + rows * _BYTES_PER_ROW / 1e6,
        allowance,
    )


def _seconds(target: Target, rows: int, plan: TimePlan) -> list[float]:
    return [
        estimated_seconds(family, rows)
        for family in families()
        if KIND[target] in family.kinds
        for candidate in family.candidates(target, 0)
        if not (plan.short and candidate.sees_outcomes)
    ]
