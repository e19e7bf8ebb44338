"""How many people a test needs, and what a number of people can show.

Two-sided z test of two proportions; the variance under the null is pooled over the arms by their sizes
(Fleiss, Levin & Paik, *Statistical Methods for Rates and Proportions*, 3rd ed., section 4.3, with unequal
arms). Rates and lifts are shares 0-1.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from scipy.optimize import brentq

from marketeer.tools.core.errors import Insufficient, Retry

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Design:
    """How a test is read and split.

    Attributes:
        alpha: Chance of seeing an effect that is not there (two-sided).
        power: Chance of seeing the effect that is there.
        control_share: Share of people kept in the control arm, 0-1.
        comparisons: Number of treated arms compared with control; alpha is shared among them (Bonferroni).
        cluster_size: Mean people per household or shop when whole clusters are assigned; 1 for people.
        cluster_correlation: Intra-cluster correlation of the outcome.
    """

    alpha: float = 0.05
    power: float = 0.8
    control_share: float = 0.5
    comparisons: int = 1
    cluster_size: float = 1.0
    cluster_correlation: float = 0.0

    @property
    def treated_share(self) -> float:
        """Share of people in each treated arm."""
        return (1 - self.control_share) / self.comparisons

    @property
    def inflation(self) -> float:
        """How many times more people clusters need: 1 + (size - 1) x correlation."""
        return 1 + (self.cluster_size - 1) * self.cluster_correlation

    @property
    def z_alpha(self) -> float:
        """Two-sided critical value, shared among the comparisons."""
        return _NORMAL.inv_cdf(1 - self.alpha / self.comparisons / 2)

    @property
    def z_power(self) -> float:
        """Normal quantile of the power."""
        return _NORMAL.inv_cdf(self.power)


@dataclass(frozen=True, slots=True)
class Size:
    """People a test needs.

    Attributes:
        control: In the control arm.
        treated: In each treated arm.
        arms: Number of treated arms.
    """

    control: int
    treated: int
    arms: int = 1

    @property
    def total(self) -> int:
        """People in all arms together."""
        return self.control + self.treated * self.arms


def rate_test_size(base_rate: float, target_rate: float, design: Design | None = None) -> Size:
    """Give the people needed to tell two order rates apart.

    Raises:
        Retry: A rate is not between 0 and 1, or both are the same.
    """
    plan = design or Design()
    for rate in (base_rate, target_rate):
        if not 0 < rate < 1:
            raise Retry(
                f"A rate of {rate:.4g} cannot be tested: give rates above 0 and below 100 percent.",
                code="bad_rate",
            )
    if base_rate == target_rate:
        raise Retry("Both rates are the same; give the lift you want to see.", code="no_lift")
    control = _control_size(base_rate, target_rate, plan)
    return Size(
        control=math.ceil(control),
        treated=math.ceil(control * plan.treated_share / plan.control_share),
        arms=plan.comparisons,
    )


def _control_size(base: float, target: float, plan: Design) -> float:
    ratio = plan.treated_share / plan.control_share
    pooled = (base + ratio * target) / (1 + ratio)
    null = math.sqrt(pooled * (1 - pooled) * (1 + 1 / ratio))
    alternative = math.sqrt(base * (1 - base) + target * (1 - target) / ratio)
    spread = plan.z_alpha * null + plan.z_power * alternative
    return plan.inflation * (spread / (target - base)) ** 2


def detectable_lift(people: int, base_rate: float, design: Design | None = None) -> float:
    """Give the smallest rise in rate that this many people would show.

    Raises:
        Retry: The base rate is not between 0 and 1.
        Insufficient: Even a rise to 100 percent would not show.
    """
    plan = design or Design()
    if not 0 < base_rate < 1:
        raise Retry(
            f"A base rate of {base_rate:.4g} cannot be tested: give one above 0 and below 100 percent.",
            code="bad_rate",
        )
    control = people * plan.control_share

    def surplus(target: float) -> float:
        return _control_size(base_rate, target, plan) - control

    top = 1 - 1e-9
    if control < 1 or surplus(top) > 0:
        raise Insufficient(
            f"No lift at all can be shown with {people} people at this split.",
            code="too_few_for_any_test",
            people=people,
        )
    found: float = brentq(surplus, base_rate + 1e-9, top, xtol=1e-12)
    return found - base_rate


def mean_test_size(sd: float, difference: float, design: Design | None = None) -> Size:
    """Give the people needed to tell two means (of revenue, say) apart, with one common spread.

    Raises:
        Retry: The spread or the difference is not positive.
    """
    plan = design or Design()
    if sd <= 0 or difference <= 0:
        raise Retry("Give a positive spread and a positive difference to detect.", code="no_lift")
    ratio = plan.treated_share / plan.control_share
    control = plan.inflation * ((plan.z_alpha + plan.z_power) * sd / difference) ** 2 * (1 + 1 / ratio)
    return Size(math.ceil(control), math.ceil(control * ratio), plan.comparisons)
