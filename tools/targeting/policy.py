"""What sending only to some groups would have earned in a campaign that sent to people at random.

Each person counts by the inverse of the chance of having been treated as the policy would (Horvitz & Thompson
1952; Dudik, Langford & Li 2011, section 2, with the propensity known by design). Within groups that chance is
the group's share of treated, so the value is the sum of the groups' own differences, weighed by their people.
"""

from collections.abc import Collection, Sequence

import numpy as np

from marketeer.tools.targeting.effects import Effect, weighted_rate_difference
from marketeer.tools.targeting.ranking import LEVEL, GroupArms


def policy_value(arms: Sequence[GroupArms], chosen: Collection[str]) -> Effect:
    """Give the profit per person of the campaign, had only the chosen groups been sent to.

    Args:
        arms: All groups, with both arms.
        chosen: Names of the groups sent to.

    Returns:
        The value against sending to nobody; limits of the groups are put together by recovered variances.
    """
    people = sum(one.tested for one in arms)
    if not people:
        return Effect(0.0, 0.0, 0.0, 0.0, LEVEL)
    sent = [one for one in arms if one.group in chosen]
    shares = np.array([one.tested / people for one in sent])
    own = [
        weighted_rate_difference(
            one.treated, one.control, (one.money.kept, one.money.margin), one.money.contact_cost, LEVEL
        )
        for one in sent
    ]
    value = float(sum(share * one.value for share, one in zip(shares, own, strict=True)))
    down, up, se = (
        float(np.sqrt(sum((share * gap) ** 2 for share, gap in zip(shares, gaps, strict=True))))
        for gaps in (
            [one.value - one.low for one in own],
            [one.high - one.value for one in own],
            [one.se for one in own],
        )
    )
    return Effect(value, se, value - down, value + up, LEVEL)
