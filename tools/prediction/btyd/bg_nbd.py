"""BG/NBD and its modification that lets a customer drop out right after the first purchase.

Fader, Hardie & Lee (2005), Marketing Science 24(2), eq. 6 and 10; MBG/NBD: Batislam, Denizel & Filiztekin
(2007), International Journal of Research in Marketing 24(3), eq. 5 and 10.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, gammaln, hyp2f1

from marketeer.tools.prediction.btyd.fitting import maximise
from marketeer.tools.prediction.btyd.history import Floats, History

_NEAR_ONE = 1e-6


@dataclass(frozen=True, slots=True)
class BgNbd:
    """Purchases Poisson(λ), λ gamma(r, α); after each purchase the customer stops with p, p beta(a, b).

    Attributes:
        r: Shape of the purchase rates.
        alpha: Their scale, in time units.
        a: First parameter of the drop-out chances.
        b: Second parameter of the drop-out chances.
        modified: Whether a customer can also stop right after the first purchase (MBG/NBD).
        log_likelihood: Of the history it was fitted on.
    """

    r: float
    alpha: float
    a: float
    b: float
    modified: bool = False
    log_likelihood: float = float("nan")

    @classmethod
    def fit(cls, history: History, *, modified: bool = False) -> "BgNbd":
        """Fit the four parameters by maximum likelihood."""
        merged = history.to_fit()

        def likelihood(parameters: Floats) -> float:
            return float(merged.weight @ _log_likelihood(merged, parameters, modified=modified))

        starts = [
            (0.5, float(np.median(merged.T)) / 8 + 0.5, 0.8, 2.5),
            (1.0, float(np.median(merged.T)), 0.3, 3.0),
        ]
        (r, alpha, a, b), value = maximise(likelihood, starts)
        return cls(float(r), float(alpha), float(a), float(b), modified, value)

    def expected_purchases(self, history: History, time: float) -> Floats:
        """Give each customer's expected number of purchases in the next `time`."""
        r, alpha, b, x = self.r, self.alpha, self.b, history.x
        # the closed form is 0 / 0 at a = 1, and smooth around it
        a = self.a if abs(self.a - 1) > _NEAR_ONE else 1 + _NEAR_ONE
        more = 1.0 if self.modified else 0.0
        ends = alpha + history.T + time
        series = hyp2f1(r + x, b + x + more, a + b + x - 1 + more, time / ends)
        grown = 1 - np.exp((r + x) * (np.log(alpha + history.T) - np.log(ends))) * series
        alive = 1 + np.exp(self._log_odds_dead(history))
        expected: Floats = (a + b + x - 1 + more) / (a - 1) * grown / alive
        return expected

    def chance_of_purchase(self, history: History, time: float | Floats) -> Floats:
        """Give each customer's chance of at least one purchase in the next `time`.

        Whoever has not stopped buys next at a rate that is gamma(r + x, α + T), so that the chance of none
        is that of a Pareto (Lomax) wait.
        """
        wait = (self.r + history.x) * (np.log(self.alpha + history.T) - np.log(self.alpha + history.T + time))
        chance: Floats = -np.expm1(wait) / (1 + np.exp(self._log_odds_dead(history)))
        return chance

    def probability_alive(self, history: History) -> Floats:
        """Give the probability that each customer has not stopped. It is no forecast of a purchase."""
        alive: Floats = 1 / (1 + np.exp(self._log_odds_dead(history)))
        return alive

    def _log_odds_dead(self, history: History) -> Floats:
        more = 1.0 if self.modified else 0.0
        x = history.x
        with np.errstate(divide="ignore", invalid="ignore"):
            odds = np.log(self.a) - np.log(self.b + x - 1 + more)
        odds = odds + (self.r + x) * (np.log(self.alpha + history.T) - np.log(self.alpha + history.t_x))
        dead: Floats = odds if self.modified else np.where(x > 0, odds, -np.inf)
        return dead


def _log_likelihood(history: History, parameters: Floats, *, modified: bool) -> Floats:
    r, alpha, a, b = parameters
    x = history.x
    more = 1.0 if modified else 0.0
    model = BgNbd(r, alpha, a, b, modified)
    common = (
        gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b) - (r + x) * np.log(alpha + history.T)
    )
    value: Floats = common + betaln(a, b + x + more) + np.logaddexp(0.0, model._log_odds_dead(history))
    return value
