"""Groups of customers by their predicted effect: learnt from a campaign, judged on people not learnt from.

Customers of the campaign are scored by models that were fitted without them, and cut into fifths by score;
so what each fifth then shows in the campaign is not what it was learnt from. Customers of today are scored by
the model fitted on all of the campaign, and put into the same fifths.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from marketeer.tools.core.columns import ARM, CONTROL_ARM, CUSTOMER_ROW
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.ports import Progress
from marketeer.tools.targeting.covariates import covariates_before, covariates_on
from marketeer.tools.targeting.learners import Learner, Trial, Vector
from marketeer.tools.targeting.membership import Membership
from marketeer.tools.targeting.selection import Comparison, compare, cross_fit, final_score
from marketeer.tools.targeting.trials import GROUP, Campaign

PARTS = 5
FEWEST_PEOPLE = 1_000
FEWEST_SUCCESSES = 50


@dataclass(frozen=True, slots=True)
class Personal:
    """Groups by predicted effect.

    Attributes:
        then: The campaign's customers in fifths, each scored without knowledge of its own outcome.
        today: All customers in the same fifths.
        comparison: How the ways to score compare.
    """

    then: Membership
    today: Membership
    comparison: Comparison


def part_name(number: int) -> str:
    """Name the n-th fifth by predicted effect, the first being moved most."""
    return f"effect_{number}"


def group_by_effect(
    dataset: Dataset, campaign: Campaign, column: str, arm: str | None, progress: Progress
) -> Personal | Comparison:
    """Learn effects from a campaign and cut customers into fifths by them.

    Returns:
        The groups; or only the comparison, where no way to score orders people better than chance.

    Raises:
        Insufficient: The campaign has too few people or successes to learn from.
    """
    before = covariates_before(dataset, campaign)
    people = _people(dataset, campaign, column, arm).merge(before, on=CUSTOMER_ROW, how="left").fillna(0.0)
    names = [name for name in before.columns if name != CUSTOMER_ROW]
    trial = Trial(
        covariates=people[names].to_numpy(dtype=np.float64),
        treated=people["treated"].to_numpy(dtype=np.bool_),
        outcome=people["outcome"].to_numpy(dtype=np.float64),
    )
    _check(trial, campaign)
    comparison = compare(trial, progress)
    if comparison.chosen is None:
        return comparison
    then, edges = _fifths_then(trial, comparison.chosen)
    now = covariates_on(dataset, dataset.as_of if campaign.sent_on else None)
    now = now.reindex(columns=[CUSTOMER_ROW, *names], fill_value=0.0)
    scores = final_score(trial, comparison.chosen, now[names].to_numpy(dtype=np.float64))
    groups = tuple(part_name(n) for n in range(1, len(edges) + 2))
    return Personal(
        Membership(_frame(people[CUSTOMER_ROW], then), groups, campaign.sent_on),
        Membership(_frame(now[CUSTOMER_ROW], _parts(scores, edges)), groups, dataset.as_of),
        comparison,
    )


def _people(dataset: Dataset, campaign: Campaign, column: str, arm: str | None) -> pd.DataFrame:
    wanted = [campaign.arm(arm)] if arm else list(campaign.treated)
    frame = dataset.frame(
        f"SELECT customer_row, arm, {column} AS outcome FROM sends WHERE campaign_id = $campaign "
        "ORDER BY customer_row",
        {"campaign": campaign.id},
    )
    frame = frame[frame[ARM].isin((*wanted, CONTROL_ARM))].drop_duplicates(CUSTOMER_ROW)
    return frame.assign(treated=frame[ARM] != CONTROL_ARM, outcome=frame["outcome"].fillna(value=False))


def _check(trial: Trial, campaign: Campaign) -> None:
    people, successes = trial.outcome.size, int(trial.outcome.sum())
    if people < FEWEST_PEOPLE or min(successes, people - successes) < FEWEST_SUCCESSES:
        raise Insufficient(
            f"'{campaign.name}' has {people} people and {successes} successes; to learn who is moved takes "
            f"at least {FEWEST_PEOPLE} and {FEWEST_SUCCESSES}. Rank segments instead.",
            code="too_few_to_learn",
            campaign=campaign.name,
            people=people,
            successes=successes,
        )


def _fifths_then(trial: Trial, learner: Learner) -> tuple[Vector, Vector]:
    scores = cross_fit(trial, learner)
    edges = np.unique(np.quantile(scores, np.arange(1, PARTS) / PARTS))
    edges = edges[(edges > scores.min()) & (edges <= scores.max())]
    return _parts(scores, edges), edges


def _parts(scores: Vector, edges: Vector) -> Vector:
    """Number the parts from 1, the highest scores first."""
    return np.asarray(len(edges) + 1 - np.searchsorted(edges, scores, side="right"), dtype=np.float64)


def _frame(rows: "pd.Series[int]", parts: Vector) -> pd.DataFrame:
    names: Mapping[int, str] = {n: part_name(n) for n in range(1, PARTS + 1)}
    return pd.DataFrame({CUSTOMER_ROW: rows.to_numpy(), GROUP: pd.Series(parts).astype(int).map(names)})
