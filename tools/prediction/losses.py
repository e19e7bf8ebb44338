"""How wrong a prediction is, per row, by what suits the kind of target.

Amounts are skewed, with many zeros: the Tweedie deviance with power 1.5 (spend) or 1, Poisson (orders), is
proper for their mean, where absolute error would reward forecasting almost nothing. Chances are judged by
their log loss. Deviances: Jørgensen (1987), JRSS B 49(2).
"""

import numpy as np

from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.targets import KIND, Kind, Target

_FLOOR = 0.01
"""Predicted amounts below this share of the mean are raised to it: a deviance punishes a zero infinitely."""


def losses(target: Target, outcome: Floats, predicted: Floats) -> Floats:
    """Give the loss of each row; smaller is better."""
    if KIND[target] is Kind.CHANCE:
        chance = predicted.clip(1e-4, 1 - 1e-4)
        result: Floats = -(outcome * np.log(chance) + (1 - outcome) * np.log(1 - chance))
        return result
    amount = np.maximum(predicted, max(_FLOOR * float(outcome.mean()), 1e-9))
    return _poisson(outcome, amount) if target is Target.ORDERS else _tweedie(outcome, amount)


def _poisson(outcome: Floats, amount: Floats) -> Floats:
    ratio = np.divide(outcome, amount, out=np.ones_like(amount), where=outcome > 0)
    deviance: Floats = 2 * (outcome * np.log(ratio) - outcome + amount)
    return deviance


def _tweedie(outcome: Floats, amount: Floats) -> Floats:
    deviance: Floats = 4 * (outcome * amount**-0.5 - 2 * np.sqrt(outcome) + np.sqrt(amount))
    return deviance
