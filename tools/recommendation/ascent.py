"""Learns a blend's settings and weights on validation periods, by the mean of their NDCG@10.

Each neighbourhood's settings are those with which it is best alone; weights come from coordinate ascent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from marketeer.tools.recommendation.blend import NEIGHBOURS, Settings, build, usual_settings
from marketeer.tools.recommendation.blocks import in_order, spans
from marketeer.tools.recommendation.evaluation import Scorer, evaluate
from marketeer.tools.recommendation.interactions import Rows, Scores
from marketeer.tools.recommendation.judging import Judged
from marketeer.tools.recommendation.scale import standardised

LEAST_GAIN = 0.001
_STEPS = (0.0, 0.25, 0.5, 1.0, 2.0)
_ROUNDS = 2
_ROUNDING = 1e-6

Periods = Sequence[Scores]
"""Standardised scores of the judged customers, one block per validation period."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What validation periods taught.

    Attributes:
        weights: Part code → weight in the blend.
        settings: Setting → its value.
    """

    weights: Mapping[str, float]
    settings: Settings


def learn_weights(validation: Sequence[Judged], codes: Sequence[str]) -> Learnt:
    """Choose the settings and weights of these parts by NDCG@10 on validation periods, which count alike."""
    parts, settings = settle(validation, codes)
    return Learnt(ascend(parts, validation), settings)


def settle(validation: Sequence[Judged], codes: Sequence[str]) -> tuple[dict[str, Periods], Settings]:
    """Choose each neighbourhood's settings, and score with all parts."""
    settings = usual_settings()
    parts = {}
    for code in codes:
        parts[code] = _scored(code, validation, settings)
        for setting, values in NEIGHBOURS.get(code, {}).items():
            settings, parts[code] = _best(setting, values, code, parts[code], (validation, settings))
    return parts, settings


def _best(
    setting: str,
    values: Sequence[int],
    code: str,
    usual: Periods,
    given: tuple[Sequence[Judged], Settings],
) -> tuple[dict[str, int], Periods]:
    validation, settings = given
    best, chosen = _ndcg(usual, validation), (dict(settings), usual)
    for value in values:
        if value != settings[setting]:
            tried = {**settings, setting: value}
            scores = _scored(code, validation, tried)
            if (found := _ndcg(scores, validation)) > best + _ROUNDING:
                best, chosen = found, (tried, scores)
    return chosen


def _scored(code: str, validation: Sequence[Judged], settings: Settings) -> Periods:
    return [_of_judged(build([code], judged.split.ground, settings)[code], judged) for judged in validation]


def _of_judged(scorer: Scorer, judged: Judged) -> Scores:
    cut = spans(judged.rows.size, judged.split.truth.shape[1])
    blocks = in_order(lambda span: standardised(scorer.scores(judged.rows[span[0] : span[1]])), cut)
    first, *rest = blocks
    flat = len(first) == 1 < judged.rows.size
    return first if flat else np.vstack([first, *rest])


class _Given:
    """Scores computed before, for the judged customers only."""

    def __init__(self, scores: Scores) -> None:
        self._scores = scores

    def scores(self, rows: Rows) -> Scores:
        return self._scores[rows]


def _ndcg(periods: Periods, validation: Sequence[Judged]) -> float:
    found = []
    for scores, judged in zip(periods, validation, strict=True):
        truth = judged.split.truth[judged.rows]
        excluded = None if judged.excluded is None else judged.excluded[judged.rows]
        given = _Given(np.broadcast_to(scores, truth.shape))
        found.append(evaluate(given, truth, excluded).accuracy.ndcg)
    return float(np.mean(found))


def ascend(
    parts: Mapping[str, Periods], validation: Sequence[Judged], least_gain: float = LEAST_GAIN
) -> dict[str, float]:
    """Weigh parts by coordinate ascent, from the best of them alone.

    Args:
        parts: Part code → its standardised scores.
        validation: The periods they were scored for.
        least_gain: A weight is changed only where that raises NDCG@10 by more, so that what adds next to
            nothing stays out.
    """
    least_gain = max(least_gain, _ROUNDING)
    alone = {code: _ndcg(part, validation) for code, part in parts.items()}
    order = sorted(parts, key=lambda code: -alone[code])
    weights, best = {order[0]: 1.0}, alone[order[0]]
    for _ in range(_ROUNDS):
        before = best
        for code in order:
            found = _by_step(code, weights, parts, validation)
            step = max(found, key=lambda step: found[step])
            if found[step] > best + least_gain:
                weights[code], best = step, found[step]
        if best <= before:
            break
    return {code: weight for code, weight in weights.items() if weight}


def _by_step(
    code: str, weights: Mapping[str, float], parts: Mapping[str, Periods], validation: Sequence[Judged]
) -> dict[float, float]:
    """Give the NDCG@10 with each other weight of one part."""
    others = {other: weight for other, weight in weights.items() if weight and other != code}
    steps = [step for step in _STEPS if step != weights.get(code, 0.0) and (step or others)]
    rests = [_sum(others, parts, period) for period in range(len(validation))]
    return {
        step: _ndcg(
            [rest + np.float32(step) * part for rest, part in zip(rests, parts[code], strict=True)],
            validation,
        )
        for step in steps
    }


def _sum(weights: Mapping[str, float], parts: Mapping[str, Periods], period: int) -> Scores | np.float32:
    weighed = [np.float32(weight) * parts[code][period] for code, weight in weights.items()]
    return sum(weighed[1:], weighed[0]) if weighed else np.float32(0)
