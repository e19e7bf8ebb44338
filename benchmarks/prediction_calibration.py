"""Whether chances get better by calibrating them, inside the training period.

Each model's chances of an order are left as they are, put through Platt's logistic map (1999), or through an
isotonic one; log losses on customers the map has not seen, and forward in time, where the map is learnt a
whole horizon earlier. The test period is not opened. The UCI file is looked for in the folder
MARKETEER_REAL_DATA names. Run: `python benchmarks/prediction_calibration.py`.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from marketeer.tools.core.dataset import Dataset
from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.families import families
from marketeer.tools.prediction.family import Candidate
from marketeer.tools.prediction.losses import losses
from marketeer.tools.prediction.panel import Panel, panel_at, plan_time, stacked
from marketeer.tools.prediction.process_features import with_process
from marketeer.tools.prediction.targets import Kind, Target
from marketeer.tools.prediction.validation import Validation
from marketeer.tools.sources.demo_shop.shop import make_shop
from marketeer.tools.sources.loading import load

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a script's own folder is on its path, the repository is not
from tests.shops import publish_shop  # noqa: E402

Map = Callable[[Floats], Floats]
TARGET = Target.BUYS_AGAIN
DAYS = 91


def main() -> None:
    real = os.environ.get("MARKETEER_REAL_DATA", "")
    if real:
        dataset = load([Path(real) / "online_retail.csv.gz"], Path(tempfile.mkdtemp())).dataset
        if dataset is not None:
            compare("UCI Online Retail", dataset)
    compare("demo shop", publish_shop(Path(tempfile.mkdtemp()), make_shop(customers=2000, seed=7).frames))


def as_they_are(chance: Floats, outcome: Floats) -> Map:
    return lambda other: other


def platt(chance: Floats, outcome: Floats) -> Map:
    model = LogisticRegression(C=1e6).fit(_logit(chance), outcome)
    return lambda other: np.asarray(model.predict_proba(_logit(other))[:, 1])


def isotonic(chance: Floats, outcome: Floats) -> Map:
    model = IsotonicRegression(out_of_bounds="clip", y_min=1e-3, y_max=1 - 1e-3).fit(chance, outcome)
    return lambda other: np.asarray(model.predict(other))


def _logit(chance: Floats) -> Floats:
    inner = chance.clip(1e-4, 1 - 1e-4)
    return np.log(inner / (1 - inner)).reshape(-1, 1)


def compare(name: str, dataset: Dataset) -> None:
    first = dataset.frame("SELECT min(ordered_at)::DATE AS day FROM orders")["day"].iloc[0]
    plan = plan_time(first.date(), dataset.need_as_of(), DAYS)
    assert plan.earlier is not None

    def at(day: date) -> Panel:
        return with_process(panel_at(dataset, day, DAYS, known=True))

    validation = Validation.of(stacked([at(day) for day in plan.training]), TARGET, at(plan.earlier))
    print(f"\n{name}: log loss on other customers, forward in time (less as they are: difference ± error)\n")
    with threadpool_limits(1):
        for family in families():
            for candidate in family.candidates(TARGET, 0) if Kind.CHANCE in family.kinds else ():
                if family.complexity:
                    line(candidate, validation)


def line(candidate: Candidate, validation: Validation) -> None:
    assert validation.in_time is not None
    panel, (earlier, then) = validation.panel, validation.in_time
    outcome, later = panel.outcome(TARGET), then.outcome(TARGET)
    chance, before = (
        validation.forecasts(candidate, {}),
        Validation.of(earlier, TARGET).forecasts(candidate, {}),
    )
    assert chance is not None
    assert before is not None
    own, ahead = chance[: len(panel)], chance[len(panel) :]
    cells = []
    for calibrate in (as_they_are, platt, isotonic):
        mapped = np.zeros(len(panel))
        for train, test in GroupKFold(3, shuffle=True, random_state=1).split(own, groups=panel.customers):
            mapped[test] = calibrate(own[train], outcome[train])(own[test])
        forward = calibrate(before, earlier.outcome(TARGET))(ahead)
        for actual, said, plain in ((outcome, mapped, own), (later, forward, ahead)):
            loss = losses(TARGET, actual, said)
            gap = loss - losses(TARGET, actual, plain)
            cells.append(f"{loss.mean():.4f} ({gap.mean():+.4f} ± {gap.std() / np.sqrt(gap.size):.4f})")
    print(f"{candidate.code:<16}" + "  ".join(cells))


if __name__ == "__main__":
    main()
