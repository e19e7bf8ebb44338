import numpy as np
import pytest

from marketeer.tools.targeting.economics import Economics
from marketeer.tools.targeting.effects import Proportion
from marketeer.tools.targeting.policy import policy_value
from marketeer.tools.targeting.ranking import GroupArms

MONEY = Economics(20.0, 4.0, 0.1)


def _drawn(random: np.random.Generator, share: float = 0.7) -> tuple[list[GroupArms], float, float]:
    arms, weighed, people = [], 0.0, 0
    for group, size, base, treated in (("a", 3000, 0.05, 0.12), ("b", 5000, 0.2, 0.2)):
        got = random.random(size) < share
        bought = random.random(size) < np.where(got, treated, base)
        t, c = (Proportion(int(bought[side].sum()), int(side.sum())) for side in (got, ~got))
        arms.append(GroupArms(group, t, c, MONEY, size))
        earned = np.where(got, bought * MONEY.kept - MONEY.contact_cost, bought * MONEY.margin)
        as_meant = got if group == "a" else ~got
        known = got.mean() if group == "a" else 1 - got.mean()
        nobody = np.where(got, 0.0, earned) / (1 - got.mean())
        weighed += (earned * as_meant / known).sum() - nobody.sum()
        people += size
    truth = 3 / 8 * MONEY.profit_per_contact(0.05, 0.12)
    return arms, weighed / people, truth


def test_it_is_the_inverse_propensity_weighted_mean_over_people() -> None:
    arms, weighed, _ = _drawn(np.random.default_rng(1))
    assert policy_value(arms, {"a"}).value == pytest.approx(weighed)


def test_its_interval_holds_its_level() -> None:
    random = np.random.default_rng(2)
    inside = []
    for _ in range(600):
        arms, _, truth = _drawn(random)
        value = policy_value(arms, {"a"})
        inside.append(value.low <= truth <= value.high)
    assert np.mean(inside) == pytest.approx(0.9, abs=0.03)


def test_sending_to_nobody_earns_nothing() -> None:
    arms, _, _ = _drawn(np.random.default_rng(3))
    assert policy_value(arms, ()).value == 0
    assert policy_value([], ()).high == 0
