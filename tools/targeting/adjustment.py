"""Makes the interval of a lift narrower with what customers did before the campaign.

The outcome is regressed on the arm, the covariates about their mean, and the products of both (Lin 2013,
*Annals of Applied Statistics* 7, 295-318); with one covariate this is CUPED (Deng et al. 2013, WSDM).
Standard errors are heteroscedasticity-consistent (HC2). What is estimated stays the difference in means.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from marketeer.tools.core.columns import CUSTOMER_ROW, Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.targeting.covariates import covariates_before
from marketeer.tools.targeting.effects import Effect
from marketeer.tools.targeting.trials import Campaign

Vector = NDArray[np.float64]


def adjusted_difference(
    outcome: Vector, treated: NDArray[np.bool_], covariates: NDArray[np.float64], level: float = 0.95
) -> Effect:
    """Give the difference in means, adjusted for covariates from before the campaign.

    Args:
        outcome: One value per person.
        treated: Who is in the arm read.
        covariates: Shape (people, columns); columns without any spread are left out.
        level: Level of the interval.
    """
    spread = covariates.std(axis=0)
    centred = (covariates - covariates.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    arm = treated.astype(np.float64)
    design = np.column_stack([np.ones(arm.size), arm, centred, centred * arm[:, None]])
    inverse = np.linalg.pinv(design.T @ design)
    coefficients = inverse @ design.T @ outcome
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    squared = (outcome - design @ coefficients) ** 2 / np.maximum(1 - leverage, 1e-9)
    se = float(np.sqrt((inverse @ (design.T * squared) @ design @ inverse)[1, 1]))
    value, half = float(coefficients[1]), float(norm.ppf((1 + level) / 2)) * se
    return Effect(value, se, value - half, value + half, level)


def adjusted_revenue(
    dataset: Dataset, campaign: Campaign, arms: tuple[str, str], level: float
) -> Effect | None:
    """Give the lift in revenue per head adjusted for what customers had bought; None without dated orders."""
    if campaign.sent_on is None or not dataset.has(Table.ORDERS):
        return None
    people = dataset.frame(
        "SELECT customer_row, arm = $first AS first, coalesce(revenue, 0)::DOUBLE AS revenue FROM sends "
        "WHERE campaign_id = $campaign AND arm IN ($first, $second) ORDER BY customer_row",
        {"campaign": campaign.id, "first": arms[0], "second": arms[1]},
    )
    before = covariates_before(dataset, campaign)
    known = people.merge(before, on=CUSTOMER_ROW, how="left").fillna(0.0)
    return adjusted_difference(
        known["revenue"].to_numpy(dtype=np.float64),
        known["first"].to_numpy(dtype=np.bool_),
        known.drop(columns=list(people.columns)).to_numpy(dtype=np.float64),
        level,
    )
