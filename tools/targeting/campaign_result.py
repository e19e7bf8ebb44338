"""One past campaign: what was asked of its results, whether its arms compare, and what it changed."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from marketeer.tools.core.columns import CONTROL_ARM
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import Subject
from marketeer.tools.targeting.checks import (
    CONTAMINATED,
    VETO_P,
    arm_balance,
    check_sizes,
    contaminated_share,
)
from marketeer.tools.targeting.covariates import covariates_before
from marketeer.tools.targeting.effects import Effect
from marketeer.tools.targeting.membership import Membership
from marketeer.tools.targeting.ranking_facts import group_subject
from marketeer.tools.targeting.readout import (
    COLUMN,
    Lift,
    Outcome,
    Reading,
    difference_to_others,
    read_lift,
    readable_groups,
)
from marketeer.tools.targeting.significance import heterogeneity_p, sample_ratio_p
from marketeer.tools.targeting.trials import GROUP, PEOPLE, Campaign


@dataclass(frozen=True)  # no slots: what is computed once is kept in its dictionary
class CampaignResult:
    """A campaign's results by group and arm, and how they are to be read.

    Attributes:
        dataset: The snapshot.
        campaign: The campaign.
        reading: The arms compared, and how.
        counts: Its tally: one row per group and arm.
        groups: The groups on the day it was sent.
        attribute: The attribute they are values of; empty for segments.
        focus: The group asked about; empty for none.
        wanted: What was asked to count first.
        planned_holdout: Percent meant to be held out; None where that was not said.
    """

    dataset: Dataset
    campaign: Campaign
    reading: Reading
    counts: pd.DataFrame
    groups: Membership
    attribute: str = ""
    focus: str = ""
    wanted: Outcome | None = None
    planned_holdout: float | None = None

    def subject(self, group: str) -> Subject:
        """Name one of the groups."""
        return group_subject(group, self.attribute)

    @property
    def arms(self) -> tuple[str, str]:
        """The arm read, and the one it is compared with."""
        return self.reading.arm, self.reading.versus

    @property
    def outcomes(self) -> list[Outcome]:
        """What the results know; raises `Retry` where that is nothing."""
        known = [one for one in Outcome if COLUMN[one] in self.counts.columns]
        if not known:
            raise Retry(f"The results of '{self.campaign.name}' have no outcome.", code="no_outcome")
        return known

    @property
    def main(self) -> Outcome:
        """What counts first; raises `Retry` where the results do not know what was asked for."""
        known = self.outcomes
        if self.wanted is not None and self.wanted not in known:
            raise Retry(
                f"'{self.campaign.name}' has no {self.wanted}; it has: {', '.join(known)}.",
                code="no_outcome",
                outcome=self.wanted.value,
            )
        return self.wanted or next(one for one in (Outcome.ORDERS, *known) if one in known)

    @cached_property
    def soundness(self) -> "Soundness":
        """Whether the two arms can be compared; raises `Insufficient` where one has too few people."""
        check_sizes(self.campaign, self.counts)
        before = covariates_before(self.dataset, self.campaign)
        balance = arm_balance(self.dataset, self.campaign, self.arms, before)
        against_control = self.reading.versus == CONTROL_ARM
        share = contaminated_share(self.dataset, self.campaign) if against_control else 0.0
        return Soundness(share > CONTAMINATED, balance.vetoes, balance.p, self._split_p())

    def _split_p(self) -> float | None:
        """Give the p-value of the split people were meant to be held out by."""
        planned = self.planned_holdout
        if planned is None or CONTROL_ARM not in self.campaign.arms:
            return None
        people = self.counts.groupby("arm")[PEOPLE].sum()
        control = float(people[CONTROL_ARM])
        return sample_ratio_p([control, float(people.sum()) - control], [planned, 100 - planned])

    @property
    def declared_fair(self) -> bool:
        """Whether its arms were declared to be random, and there are two to compare."""
        return self.campaign.is_randomised and len(self.campaign.arms) > 1

    @property
    def shows_effects(self) -> bool:
        """Whether what it changed can be told from it."""
        return self.declared_fair and not self.soundness.vetoes


@dataclass(frozen=True, slots=True)
class Soundness:
    """What speaks against comparing two arms, whatever was declared.

    Attributes:
        contaminated: Whether too many of the control group got the campaign after all.
        unlike: Whether the arms differed before it.
        balance_p: The p-value of that.
        split_p: The p-value of the planned split; None where none was named.
    """

    contaminated: bool
    unlike: bool
    balance_p: float
    split_p: float | None

    @property
    def vetoes(self) -> tuple[str, ...]:
        """The codes of what forbids the comparison."""
        found = {
            "control_contaminated": self.contaminated,
            "arms_unlike": self.unlike,
            "split_not_as_planned": self.split_p is not None and self.split_p < VETO_P,
        }
        return tuple(code for code, holds in found.items() if holds)


@dataclass(frozen=True, slots=True)
class CampaignEffect:
    """What a campaign changed.

    Attributes:
        whole: What it did to each outcome over all customers.
        groups: What it did to the main outcome in each group with enough people in both arms.
        same_p: The p-value that all groups were changed alike; None with fewer than two.
        gap: How far the group asked about was changed more than all others; None where none was.
    """

    whole: dict[Outcome, Lift]
    groups: dict[str, Lift]
    same_p: float | None
    gap: Effect | None


def campaign_effect(result: CampaignResult) -> CampaignEffect:
    """Compare the two arms, overall and by group."""
    pair = pair_of(result)
    whole = {one: read_lift(pair, one, result.reading) for one in result.outcomes}
    several = len(result.groups.groups) > 1
    readable = readable_groups(pair, result.groups.groups, result.reading) if several else ()
    groups = {one: read_lift(pair[pair[GROUP] == one], result.main, result.reading) for one in readable}
    if len(groups) < 2:
        return CampaignEffect(whole, groups, None, None)
    found = [lift.effect for lift in groups.values()]
    same = heterogeneity_p([effect.value for effect in found], [effect.se for effect in found])
    asked = result.focus in groups
    gap = difference_to_others(pair, result.focus, result.main, result.reading) if asked else None
    return CampaignEffect(whole, groups, same, gap)


def pair_of(result: CampaignResult) -> pd.DataFrame:
    """Give the rows of the tally that belong to the two arms."""
    return result.counts[result.counts["arm"].isin(result.arms)]
