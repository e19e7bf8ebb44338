"""Learns a blend on one period and measures it on the next, never the other way round.

The last period is the test, the one before it the validation; each model sees only what came before its
period.
"""

from collections.abc import Mapping, Sequence

import scipy.sparse as sp

from marketeer.tools.core.ports import Progress, Silent
from marketeer.tools.recommendation.ascent import Learnt, learn_weights
from marketeer.tools.recommendation.blend import Blend, Task, build, parts_for
from marketeer.tools.recommendation.evaluation import Scorer
from marketeer.tools.recommendation.exposure import Capped, least_scores
from marketeer.tools.recommendation.ground import Ground
from marketeer.tools.recommendation.judging import Judged, earlier, judged, split
from marketeer.tools.recommendation.measured import Measured

PERIOD_DAYS = 31
VALIDATIONS = 1
_MOST_VALIDATING, _MOST_TESTING = 2000, 10_000

BASELINE = {Task.DISCOVERY: "recent_28", Task.BASKET: "own_180"}
"""What a blend must beat: the best-seller list, or each customer's own habits."""


def tune(
    whole: Ground, task: Task, days: int = PERIOD_DAYS, progress: Progress | None = None
) -> Measured | None:
    """Learn weights on the last period but one, and measure the blend on the last.

    Args:
        whole: All purchases up to now.
        task: What is ranked.
        days: Length of a period.
        progress: Hears how far it is.

    Returns:
        What was learnt and measured, or None where either period has too few customers to judge by.
    """
    hear = progress or Silent()
    hear.report("tuning", 0, 2)
    validation = validations(whole, task, days)
    test = judged(split(whole, days), task, _MOST_TESTING)
    if not validation or test is None:
        return None
    codes = parts_for(task, whole)
    learnt = learn_weights(validation, codes)
    hear.report("tuning", 1, 2)
    measured = measure(test, learnt, codes, days)
    hear.report("tuning", 2, 2)
    return measured


def validations(whole: Ground, task: Task, days: int, periods: int = VALIDATIONS) -> list[Judged]:
    """Give the latest periods before the last one, as far as they have customers enough to judge by."""
    cuts = (split(earlier(whole, days * period), days) for period in range(1, periods + 1))
    found = (judged(cut, task, _MOST_VALIDATING) for cut in cuts)
    return [one for one in found if one is not None]


def measure(test: Judged, learnt: Learnt, codes: Sequence[str], days: int) -> Measured:
    """Measure a blend and each part alone on a period nothing was learnt from."""
    parts = build(codes, test.split.ground, learnt.settings)
    alone = {code: test.measure(part) for code, part in parts.items()}
    blended = test.measure(blend_of(parts, learnt.weights, test.excluded))
    baseline = BASELINE[test.task]
    return Measured(
        weights=learnt.weights,
        settings=learnt.settings,
        blend=blended.accuracy,
        parts={code: judgement.accuracy for code, judgement in alone.items()},
        baseline=baseline,
        period_days=days,
        gain=blended.gain_over(alone[baseline]),
    )


def blend_of(
    parts: Mapping[str, Scorer], weights: Mapping[str, float], excluded: sp.csr_matrix | None
) -> Scorer:
    """Blend the parts; in discovery no product may stand in too many lists."""
    blend = Blend(parts, weights)
    return blend if excluded is None else Capped(blend, least_scores(blend, excluded))
