import numpy as np
import pytest

from marketeer.tools.targeting.allocation import Limits, allocate, contact_cost, total_profit
from marketeer.tools.targeting.economics import Economics
from marketeer.tools.targeting.effects import Proportion
from marketeer.tools.targeting.ranking import GroupArms, Ranking, rank_groups


@pytest.fixture
def ranking() -> Ranking:
    def group(name: str, base: float, treated: float, margin: float) -> GroupArms:
        people = 40_000
        arms = Proportion(treated * people, people), Proportion(base * people, people)
        return GroupArms(name, *arms, Economics(margin, 2.0, 0.05), 2 * people)

    return rank_groups(
        [group("rich", 0.05, 0.10, 60), group("cheap", 0.01, 0.03, 20), group("lost", 0.2, 0.2, 30)]
    )


AVAILABLE = {"rich": 300, "cheap": 1000, "lost": 5000}


def test_a_limit_of_contacts_goes_to_the_most_profitable_first(ranking: Ranking) -> None:
    given = allocate(ranking, AVAILABLE, Limits(contacts=700)).contacts
    assert given == {"rich": 300, "cheap": 400}


def test_a_limit_of_money_goes_where_a_unit_of_it_earns_most(ranking: Ranking) -> None:
    given = allocate(ranking, AVAILABLE, Limits(money=60))
    assert given.cost <= 60
    costs = {one.arms.group: contact_cost(one) for one in ranking.standings}
    earned = {one.arms.group: one.profit.value / costs[one.arms.group] for one in ranking.standings}
    first = max(("rich", "cheap"), key=earned.__getitem__)
    assert given.contacts[first] == min(AVAILABLE[first], int(60 / costs[first]))


def test_without_limits_everybody_who_pays_is_written_to_and_nobody_else(ranking: Ranking) -> None:
    assert allocate(ranking, AVAILABLE, Limits()).contacts == {"rich": 300, "cheap": 1000}


def test_the_profit_of_an_allocation_is_that_of_its_contacts(ranking: Ranking) -> None:
    effect = total_profit(ranking, {"rich": 100})
    rich = next(one for one in ranking.standings if one.arms.group == "rich")
    assert effect.value == pytest.approx(100 * rich.profit.value)
    draws = ranking.draws[:, ranking.standings.index(rich)]
    assert effect.low == pytest.approx(100 * np.quantile(draws, 0.05))


def test_where_nothing_pays_nothing_is_given_out() -> None:
    people = 5000
    arms = Proportion(500, people), Proportion(500, people)
    ranking = rank_groups([GroupArms("a", *arms, Economics(20, 5, 0.1), 2 * people)])
    assert allocate(ranking, {"a": 100}, Limits(contacts=50)).contacts == {}
