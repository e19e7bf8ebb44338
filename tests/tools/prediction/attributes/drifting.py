"""Answers over time with a planted truth: what ranks customers stays, share of yes and an index move."""

import numpy as np
import pandas as pd
from scipy.special import expit

from marketeer.tools.prediction.attributes.question import Asked
from marketeer.tools.prediction.targets import Target


def drifting(rows: int = 4000, seed: int = 0) -> tuple[Asked, np.ndarray]:
    """Give a question over rows in order of time, and each row's planted chance.

    `age` and `member` move the odds of a yes alike at all times. `index` drifts: it lies in a narrow band for
    the first six tenths and then leaves it, without any effect. The share of yes rises in the last third.
    """
    random = np.random.default_rng(seed)
    time = np.arange(rows) / rows
    age, member = random.normal(45, 12, rows), random.random(rows) < 0.3
    index = 100 + 0.2 * random.normal(size=rows) - 60 * np.clip(time - 0.6, 0, None)
    level = -2.6 + 1.6 * np.clip((time - 0.66) * 3, 0, 1)
    chance = expit(level + 0.06 * (age - 45) + 1.2 * member)
    raw = pd.DataFrame(
        {
            "age": age,
            "member": np.where(member, "yes", "no"),
            "index": index,
            "noise": random.normal(size=rows),
            "month": np.array([f"m{n:02d}" for n in (time * 20).astype(int)]),
        }
    )
    values = (random.random(rows) < chance).astype(float)
    asked = Asked(Target.ANSWER, "drift", raw, values, np.arange(rows, dtype=np.int32), frozenset())
    return asked, chance
