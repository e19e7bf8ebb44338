"""How good a forecast was on a period it never saw, beside a baseline."""

import numpy as np
from scipy.stats import rankdata, spearmanr
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.targets import KIND, Kind, Target

TOP = 0.2


def measures(target: Target, outcome: Floats, predicted: Floats) -> dict[str, float]:
    """Measure a forecast.

    Args:
        target: What was predicted.
        outcome: What happened.
        predicted: What was forecast.

    Returns:
        Amounts: `mae`, `spearman` (NaN for a constant forecast), `total_ratio` (forecast over actual total),
        `captured` (share of the actual total on the top fifth by forecast). Chances: `auc`,
        `average_precision`, `brier`, `calibration_error` (expected calibration error over tenths).
    """
    if KIND[target] is Kind.CHANCE:
        return _chance_measures(outcome, predicted)
    total = float(outcome.sum())
    constant = float(np.ptp(predicted)) == 0.0
    return {
        "mae": float(np.abs(outcome - predicted).mean()),
        "spearman": float("nan") if constant else float(spearmanr(outcome, predicted).statistic),
        "total_ratio": float(predicted.sum() / total) if total else float("nan"),
        "captured": captured(outcome, predicted),
    }


def captured(outcome: Floats, predicted: Floats, top: float = TOP) -> float:
    """Give the share of the actual total that falls on the top customers by forecast, ties shared out."""
    total = float(outcome.sum())
    if not total:
        return float("nan")
    wanted = int(len(outcome) * top)
    rank = rankdata(-predicted, method="min")
    sure = rank + np.bincount(rank)[rank] - 1 <= wanted
    tied = (rank <= wanted) & ~sure
    share = (wanted - sure.sum()) / tied.sum() if tied.any() else 0.0
    return float((outcome[sure].sum() + share * outcome[tied].sum()) / total)


def _chance_measures(outcome: Floats, predicted: Floats) -> dict[str, float]:
    both = 0 < outcome.mean() < 1
    return {
        "auc": float(roc_auc_score(outcome, predicted)) if both else float("nan"),
        "average_precision": float(average_precision_score(outcome, predicted)) if both else float("nan"),
        "brier": float(brier_score_loss(outcome, predicted)),
        "calibration_error": calibration_error(outcome, predicted),
    }


def calibration_error(outcome: Floats, predicted: Floats, bins: int = 10) -> float:
    """Give the expected calibration error: mean gap between forecast and observed rate over equal groups."""
    order = np.argsort(predicted, kind="stable")
    gaps = [
        abs(float(outcome[group].mean() - predicted[group].mean())) * group.size
        for group in np.array_split(order, bins)
        if group.size
    ]
    return float(sum(gaps) / len(outcome))
