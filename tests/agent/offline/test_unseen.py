from collections import Counter, defaultdict
from collections.abc import Mapping

import pytest

from marketeer.agent.offline.planner import Planner
from marketeer.tools import catalog
from tests.agent.offline.conftest import conversation
from tests.agent.offline.scoring import compare, read_questions

TOOLS = {tool.name: tool for tool in catalog()}
FAMILIES = {
    "recommendation": 13,
    "campaign": 3,
    "uplift": 4,
    "prediction": 6,
    "metric": 5,
    "audience": 6,
    "follow_up": 5,
    "typos": 7,
    "polite": 6,
    "mixed": 4,
    "two_requests": 5,
}


@pytest.fixture(scope="module")
def met(planner: Planner) -> Mapping[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in read_questions("unseen.jsonl"):
        plan = planner.plan(conversation(planner, [*row["before"], row["question"]]))
        found[row["family"]][compare(row, plan, TOOLS)] += 1
    return found


def test_questions_decided_before_the_planner_saw_them_are_answered_as_they_were_meant(
    met: Mapping[str, Counter[str]],
) -> None:
    total = sum(met.values(), Counter())
    assert total["right"] >= 72, total
    assert total["arguments"] <= 17, total
    assert total["tool"] <= 5, total


@pytest.mark.parametrize("family", FAMILIES)
def test_no_family_of_questions_is_left_behind(met: Mapping[str, Counter[str]], family: str) -> None:
    assert met[family]["right"] >= FAMILIES[family], met[family]
