"""Buy-till-you-die models: expected purchases from each customer's history, times expected spend.

Also their average with a Tweedie GLM, the best all-rounder where customers are many and histories short.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from marketeer.tools.prediction.btyd.bg_nbd import BgNbd
from marketeer.tools.prediction.btyd.gamma_gamma import GammaGamma
from marketeer.tools.prediction.btyd.history import Floats, History
from marketeer.tools.prediction.btyd.pareto_nbd import ParetoNbd
from marketeer.tools.prediction.families.glm import tweedie
from marketeer.tools.prediction.family import Average, Candidate, Family, Predictor
from marketeer.tools.prediction.panel import Panel
from marketeer.tools.prediction.targets import KIND, Kind, Target

Purchases = BgNbd | ParetoNbd


@dataclass(frozen=True, slots=True)
class _Lifetime:
    """A purchase model; it learns from histories alone and never sees an outcome."""

    code: str
    fit_purchases: Callable[[History], Purchases]
    sees_outcomes: bool = False

    def fit(self, panel: Panel, target: Target) -> Predictor:
        newest = panel.take(np.flatnonzero(panel.table["cut_off"] == panel.table["cut_off"].max()))
        spend = None
        if target is Target.SPEND:
            spend = GammaGamma.fit(*newest.spending())
        merged = newest.history().condensed()
        figures = np.stack([merged.x, merged.t_x, merged.T, merged.weight]).tobytes()
        return _FittedLifetime(self, _fit_once(self.fit_purchases, figures), spend, target)


@lru_cache(maxsize=8)
def _fit_once(fit: Callable[[History], Purchases], figures: bytes) -> Purchases:
    """Fit on the four figures of condensed histories; averages and trials ask for the same fit again."""
    return fit(History(*np.frombuffer(figures).reshape(4, -1)))


@dataclass(frozen=True, slots=True)
class _FittedLifetime:
    model: _Lifetime
    purchases: Purchases
    spend: GammaGamma | None
    target: Target

    def renewed(self, panel: Panel, target: Target) -> Predictor:
        return self.model.fit(panel, target)

    def predict(self, panel: Panel) -> Floats:
        history, time = panel.history(), panel.days / 7
        if KIND[self.target] is Kind.CHANCE:
            # the chance of a purchase speaks for lapse; the chance of being alive does not
            chance = self.purchases.chance_of_purchase(history, time)
            return 1 - chance if self.target is Target.LAPSE else chance
        expected = self.purchases.expected_purchases(history, time).clip(0)
        return expected * self.spend.expected_mean(*panel.spending()) if self.spend else expected


def _modified(history: History) -> BgNbd:
    return BgNbd.fit(history, modified=True)


def _candidates(target: Target, seed: int) -> Sequence[Candidate]:
    pareto = _Lifetime("pareto_nbd", ParetoNbd.fit)
    models: list[Candidate] = [
        _Lifetime("bg_nbd", BgNbd.fit),
        _Lifetime("mbg_nbd", _modified),
        pareto,
    ]
    if KIND[target] is Kind.AMOUNT:
        models.append(Average("pareto_tweedie", (pareto, tweedie(1.5, 0.1))))
    return tuple(models)


FAMILY = Family("lifetime", 2, 0.4, frozenset({Kind.AMOUNT, Kind.CHANCE}), _candidates, 0.2, 0.4)
