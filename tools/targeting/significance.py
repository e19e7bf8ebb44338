"""When a difference is more than chance: one test, many tests at once, and arms of the planned sizes.

Sources: Gart & Nam (1990), *Biometrics* 46, 637-643, for the score test corrected for skewness; Sidak (1967);
Benjamini & Hochberg (1995); Cochran (1954).
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.stats import chi2, chisquare, norm

from marketeer.tools.targeting.effects import Proportion

_EDGE = 1e-9


def p_not_above_zero(
    treated: Proportion, control: Proportion, weights: tuple[float, float] = (1.0, 1.0), constant: float = 0.0
) -> float:
    """Give the one-sided p value against `a p_t - b p_c - constant` being nought or less.

    The score test takes both rates at their likeliest under the null, and its z is corrected for skewness:
    with few people or rare outcomes in one arm a Wald test errs up to twice as often as it says.

    Args:
        treated: Successes in the treated arm.
        control: Successes in the control arm.
        weights: `a` and `b`; `(M - rD, M)` tests the profit per contact, `(1, 1)` the lift.
        constant: The constant, such as the cost of a contact.
    """
    a, b = weights
    if a <= 0 or constant >= a:
        return 1.0
    without = _likeliest_control_rate(treated, control, weights, constant)
    offered = (constant + b * without) / a
    t, c = offered * (1 - offered), without * (1 - without)
    variance = a**2 * t / treated.people + b**2 * c / control.people
    third = (
        a**3 * t * (1 - 2 * offered) / treated.people**2 - b**3 * c * (1 - 2 * without) / control.people**2
    )
    z = (a * treated.rate - b * control.rate - constant) / math.sqrt(variance)
    return float(norm.sf(z - third / variance**1.5 / 6 * (z * z - 1)))


def _likeliest_control_rate(
    treated: Proportion, control: Proportion, weights: tuple[float, float], constant: float
) -> float:
    a, b = weights

    def unlikeliness(without: float) -> float:
        pairs = ((treated, (constant + b * without) / a), (control, without))
        return -sum(
            arm.successes * math.log(rate) + (arm.people - arm.successes) * math.log1p(-rate)
            for arm, rate in pairs
        )

    top = min(1.0, (a - constant) / b)
    bounds = (_EDGE * top, top * (1 - _EDGE))
    found = minimize_scalar(unlikeliness, bounds=bounds, method="bounded", options={"xatol": 1e-10})
    return float(found.x)


def false_discovery_q(p_values: ArrayLike) -> NDArray[np.float64]:
    """Give Benjamini-Hochberg adjusted p values (the false discovery rate at which each is called)."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)[::-1]
    ranks = np.arange(p.size, 0, -1)
    adjusted = np.minimum.accumulate(p[order] * p.size / ranks)
    result = np.empty_like(p)
    result[order] = np.minimum(adjusted, 1.0)
    return result


def sidak_p(p_values: ArrayLike) -> NDArray[np.float64]:
    """Give p values adjusted so that all looks together keep their error rate (independent groups)."""
    p = np.asarray(p_values, dtype=np.float64)
    return np.asarray(-np.expm1(p.size * np.log1p(-np.minimum(p, 1 - 1e-16))), dtype=np.float64)


def heterogeneity_p(values: ArrayLike, ses: ArrayLike) -> float:
    """Give Cochran's Q test of all groups having the same effect; 1 for a single group."""
    effects, errors = np.asarray(values, dtype=np.float64), np.asarray(ses, dtype=np.float64)
    if effects.size < 2:
        return 1.0
    weights = 1 / errors**2
    q = float((weights * (effects - np.average(effects, weights=weights)) ** 2).sum())
    return float(chi2.sf(q, effects.size - 1))


def sample_ratio_p(counts: ArrayLike, shares: ArrayLike) -> float:
    """Give the chi-square p value of arms having come out in the shares that were planned."""
    observed = np.asarray(counts, dtype=np.float64)
    planned = np.asarray(shares, dtype=np.float64)
    return float(chisquare(observed, observed.sum() * planned / planned.sum()).pvalue)
