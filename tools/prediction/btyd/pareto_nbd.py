"""Pareto/NBD: purchases Poisson(λ) during an exponential lifetime (μ); λ and μ gamma distributed.

Schmittlein, Morrison & Colombo (1987), Management Science 33(1); in the form of Fader & Hardie (2005), "A
note on deriving the Pareto/NBD model and related expressions", eq. 20 and 41.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, hyp2f1

from marketeer.tools.prediction.btyd.fitting import maximise
from marketeer.tools.prediction.btyd.history import Floats, History

Parameters = Floats | tuple[float | Floats, float | Floats, float | Floats, float | Floats]
"""r, α, s, β; arrays where every customer has their own."""
_NEAR_ONE = 1e-9


@dataclass(frozen=True, slots=True)
class ParetoNbd:
    """The four parameters.

    Attributes:
        r: Shape of the purchase rates.
        alpha: Their scale, in time units.
        s: Shape of the drop-out rates.
        beta: Their scale, in time units.
        log_likelihood: Of the history it was fitted on.
    """

    r: float
    alpha: float
    s: float
    beta: float
    log_likelihood: float = float("nan")

    @classmethod
    def fit(cls, history: History) -> "ParetoNbd":
        """Fit the four parameters by maximum likelihood."""
        merged = history.to_fit()

        def likelihood(parameters: Floats) -> float:
            return float(merged.weight @ _log_likelihood(merged, parameters))

        middle = float(np.median(merged.T))
        (r, alpha, s, beta), value = maximise(
            likelihood, [(0.5, middle / 3, 0.5, middle / 3), (1.0, middle, 1.0, middle)]
        )
        return cls(float(r), float(alpha), float(s), float(beta), value)

    def expected_purchases(self, history: History, time: float) -> Floats:
        """Give each customer's expected number of purchases in the next `time`."""
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        now = beta + history.T
        shrunk = np.log(now) - np.log(now + time)
        # (1 − (now / (now + t))^(s − 1)) / (s − 1), whose limit at s = 1 is −log(now / (now + t))
        grown = -shrunk if abs(s - 1) < _NEAR_ONE else -np.expm1((s - 1) * shrunk) / (s - 1)
        rate = (r + history.x) * now / (alpha + history.T)
        expected: Floats = rate * grown * self.probability_alive(history)
        return expected

    def chance_of_purchase(self, history: History, time: float) -> Floats:
        """Give each customer's chance of at least one purchase in the next `time`.

        Of who is alive now, rates are gamma(r + x, α + T) and gamma(s, β + T): the chance of none is then the
        likelihood of an empty history of that length (eq. 18–20 with x = 0).
        """
        later = (self.r + history.x, self.alpha + history.T, self.s, self.beta + history.T)
        zero = np.zeros_like(history.x)
        none = np.exp(_log_likelihood(History(zero, zero, zero + time, history.weight), later))
        chance: Floats = (1 - none) * self.probability_alive(history)
        return chance

    def probability_alive(self, history: History) -> Floats:
        """Give the probability that each customer has not stopped. It is no forecast of a purchase."""
        parameters = np.array([self.r, self.alpha, self.s, self.beta])
        living = -(self.r + history.x) * np.log(self.alpha + history.T) - self.s * np.log(
            self.beta + history.T
        )
        gone = np.log(self.s) - np.log(self.r + self.s + history.x) + _log_a0(history, parameters)
        alive: Floats = 1 / (1 + np.exp(gone - living))
        return alive


def _log_a0(history: History, parameters: Parameters) -> Floats:
    """Give log A₀, the difference of two hypergeometric terms (eq. 20), by the larger of α and β."""
    r, alpha, s, beta = parameters
    total = r + s + history.x
    larger, second = (alpha, s + 1) if np.all(alpha >= beta) else (beta, r + history.x)
    gap = abs(alpha - beta)
    early, late = larger + history.t_x, larger + history.T
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.log(hyp2f1(total, second, total + 1, gap / early)) - total * np.log(early)
        last = np.log(hyp2f1(total, second, total + 1, gap / late)) - total * np.log(late)
        difference: Floats = first + np.log1p(-np.exp(np.minimum(last - first, -1e-15)))
    return difference


def _log_likelihood(history: History, parameters: Parameters) -> Floats:
    r, alpha, s, beta = parameters
    x = history.x
    constant = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    living = -(r + x) * np.log(alpha + history.T) - s * np.log(beta + history.T)
    gone = np.log(s) - np.log(r + s + x) + _log_a0(history, parameters)
    value: Floats = constant + np.logaddexp(living, gone)
    return value
