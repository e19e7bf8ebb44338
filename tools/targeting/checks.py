"""Checks that can take a campaign's claim to be randomised away. None of them can give it one.

Balance: the omnibus test of Hansen & Bowers (2008), *Statistical Science* 23, 219-236: the mean differences
of all covariates between the arms, by their Mahalanobis length, are chi-square distributed when arms are
drawn at random.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import CONTROL_ARM
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.targeting.trials import PEOPLE, Campaign

VETO_P = 0.001
"""Below this p value a check takes the claim away: about one sound campaign in a thousand is doubted."""
SMALLEST_ARM = 30
"""Arms below this many people are not compared."""
CONTAMINATED = 0.01
"""Share of control customers found in a treated arm from which a control group counts as contaminated."""


@dataclass(frozen=True, slots=True)
class Balance:
    """How alike the arms were before the campaign.

    Attributes:
        p: p value of arms this unlike under randomisation; 1 where there is nothing to compare.
        covariates: How many covariates were compared.
        largest: Largest standardised difference of a covariate's means.
    """

    p: float
    covariates: int
    largest: float

    @property
    def vetoes(self) -> bool:
        """Whether the arms are too unlike to have been drawn at random."""
        return self.p < VETO_P


def check_sizes(campaign: Campaign, counts: pd.DataFrame) -> None:
    """Raise `Insufficient` where the campaign has one arm, or an arm too small to compare."""
    people = counts.groupby("arm")[PEOPLE].sum()
    if len(people) < 2:
        raise Insufficient(
            f"The campaign '{campaign.name}' has only one arm, so there is nothing to compare it with. "
            "Keep a random hold-out next time.",
            code="one_arm",
            campaign=campaign.name,
        )
    smallest = int(people.min())
    if smallest < SMALLEST_ARM:
        raise Insufficient(
            f"The arm '{people.idxmin()}' of '{campaign.name}' has {smallest} people; at least "
            f"{SMALLEST_ARM} are needed to compare. Plan a test with plan_test.",
            code="arm_too_small",
            campaign=campaign.name,
            arm=str(people.idxmin()),
            people=smallest,
        )


def contaminated_share(dataset: Dataset, campaign: Campaign) -> float:
    """Give the share of control customers who are also in a treated arm of the same campaign."""
    frame = dataset.frame(
        f"""
        SELECT avg(CAST(treated AS DOUBLE)) AS share FROM (
            SELECT bool_or(arm <> '{CONTROL_ARM}') AS treated FROM sends
            WHERE campaign_id = $campaign GROUP BY customer_row HAVING bool_or(arm = '{CONTROL_ARM}'))
        """,
        {"campaign": campaign.id},
    )
    share = frame["share"].iloc[0]
    return 0.0 if pd.isna(share) else float(share)


def arm_balance(dataset: Dataset, campaign: Campaign, arms: tuple[str, str], before: pd.DataFrame) -> Balance:
    """Compare two arms on what was known of their customers before the campaign.

    Args:
        dataset: The snapshot.
        campaign: The campaign.
        arms: The two arms.
        before: `customer_row` and numeric covariates from before the campaign; a customer who is missing
            counts as nought, and being missing is a covariate of its own.
    """
    sends = dataset.frame(
        "SELECT customer_row, arm = $first AS first FROM sends "
        "WHERE campaign_id = $campaign AND arm IN ($first, $second)",
        {"campaign": campaign.id, "first": arms[0], "second": arms[1]},
    )
    joined = sends.merge(before.assign(known=1.0), on=col.CUSTOMER_ROW, how="left").fillna(0.0)
    values = joined.drop(columns=[col.CUSTOMER_ROW, "first"]).to_numpy(dtype=np.float64)
    return _omnibus(values, joined["first"].to_numpy(dtype=bool))


def _omnibus(values: NDArray[np.float64], first: NDArray[np.bool_]) -> Balance:
    values = values[:, values.std(axis=0) > 0]
    if values.shape[1] == 0:
        return Balance(1.0, 0, 0.0)
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    gap = values[first].mean(axis=0) - values[~first].mean(axis=0)
    spread = np.atleast_2d(np.cov(values, rowvar=False)) * (1 / first.sum() + 1 / (~first).sum())
    inverse = np.linalg.pinv(spread, hermitian=True, rcond=1e-8)
    rank = int(np.linalg.matrix_rank(spread, hermitian=True, tol=1e-8 * float(np.trace(spread))))
    return Balance(float(chi2.sf(gap @ inverse @ gap, rank)), rank, float(np.abs(gap).max()))
