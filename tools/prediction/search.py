"""Searches a candidate's settings: few, each kept only where it is better by more than its error.

A candidate lists its own setting first, then others. All are judged on the same rows, at most `SEARCH_ROWS`
of them; where there are more, the one that is taken is judged again on all. The first within one standard
error of the best is taken, so that many tries do not add up to luck. What is tried is planned, not timed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.family import Average, Candidate, SklearnCandidate
from marketeer.tools.prediction.validation import Validation

SEARCH_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate in the setting that was taken.

    Attributes:
        candidate: The candidate, unfitted.
        predicted: Its forecast of every row of the validation.
        tried: How many settings were tried.
    """

    candidate: Candidate
    predicted: Floats
    tried: int


def searched(
    candidate: Candidate, validation: Validation, further: int, found: Mapping[str, Found], seed: int
) -> Found | None:
    """Judge a candidate in its own setting and in others.

    Args:
        candidate: The candidate.
        validation: What it is judged on.
        further: Settings to try besides its own, at most.
        found: What was found of candidates before it, of which an average is made up.
        seed: Of the part of the customers where there are many.

    Returns:
        What was found; None where it cannot be fitted to these customers.
    """
    if isinstance(candidate, Average):
        candidate = candidate.of_parts({code: one.candidate for code, one in found.items()})
    settings = candidate.settings(further) if isinstance(candidate, SklearnCandidate) else (candidate,)
    known = {code: one.predicted for code, one in found.items()}
    if len(settings) == 1:
        predicted = validation.forecasts(candidate, known)
        return None if predicted is None else Found(candidate, predicted, 1)
    part = validation.thinned(SEARCH_ROWS, seed)
    judged = [(one, predicted) for one in settings if (predicted := part.forecasts(one, {})) is not None]
    if not judged:
        return None
    losses = [part.losses(predicted) for _, predicted in judged]
    best = min(losses, key=lambda loss: float(loss.mean()))
    taken = next(n for n, loss in enumerate(losses) if part.within_one_error(loss, best))
    chosen, predicted = judged[taken]
    if part is not validation:
        whole = validation.forecasts(chosen, {})
        return None if whole is None else Found(chosen, whole, len(settings))
    return Found(chosen, predicted, len(settings))
