"""Maximum likelihood over positive parameters, from several starts."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from marketeer.tools.core.errors import Insufficient
from marketeer.tools.prediction.btyd.history import Floats

Likelihood = Callable[[Floats], float]

_WIDEST = 7.0
"""Parameters stay within e^±7: beyond, likelihoods are flat and the closed forms lose their digits."""


def maximise(log_likelihood: Likelihood, starts: Sequence[Sequence[float]]) -> tuple[Floats, float]:
    """Find the positive parameters with the highest log-likelihood.

    Works on log parameters, so that none can become negative: a quasi-Newton search from each start, then a
    short simplex search around the best, which needs no gradient where the likelihood is flat.

    Args:
        log_likelihood: Takes the parameters, gives the log-likelihood.
        starts: Parameter values to begin from.

    Returns:
        The parameters and their log-likelihood.

    Raises:
        Insufficient: No start led to a finite likelihood.
    """

    def loss(logs: Floats) -> float:
        if np.abs(logs).max() > _WIDEST:
            return 1e12
        with np.errstate(all="ignore"):
            value = -log_likelihood(np.exp(logs))
        return float(value) if np.isfinite(value) else 1e12

    found = [_descend(loss, np.log(np.asarray(start, dtype=float))) for start in starts]
    best = min(found, key=lambda result: float(result.fun))
    polished = _simplex(loss, best.x)
    chosen = polished if polished.fun <= best.fun else best
    if chosen.fun >= 1e12:
        raise Insufficient("No buy-till-you-die model fits these purchases.", code="no_fit")
    return np.exp(chosen.x), -float(chosen.fun)


def _descend(loss: Likelihood, start: Floats) -> OptimizeResult:
    return minimize(loss, start, method="L-BFGS-B", options={"maxiter": 200})


def _simplex(loss: Likelihood, start: Floats) -> OptimizeResult:
    around = start + np.vstack([np.zeros(start.size), 0.02 * np.eye(start.size)])
    options: Any = {"maxfev": 120, "xatol": 1e-6, "fatol": 1e-7, "initial_simplex": around}
    return minimize(loss, start, method="Nelder-Mead", options=options)
