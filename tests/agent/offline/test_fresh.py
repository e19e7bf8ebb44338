from collections import Counter

import pytest

from marketeer.agent.offline import pages
from marketeer.agent.offline.planner import Planner
from tests.agent.offline.conftest import conversation
from tests.agent.offline.scoring import read_questions

OUT_OF_SCOPE = {"none", "decline"}


@pytest.mark.parametrize(
    ("name", "least_right", "most_wrong"), [("fresh.jsonl", 65, 6), ("blind.jsonl", 85, 10)]
)
def test_questions_the_planner_was_never_tuned_on_lead_to_the_right_tool_or_are_asked_back(
    planner: Planner, name: str, least_right: int, most_wrong: int
) -> None:
    met: Counter[str] = Counter()
    failed = []
    for row in read_questions(name):
        plan = planner.plan(conversation(planner, [row["question"]]))
        first = plan.steps[0].tool if plan.steps else ""
        declined = not first and pages.kind_of(plan.page, plan.language) == "declined"
        right = first in row["tools"] or (not first and row["tools"] == ["none"])
        met[
            "right" if right or (declined and "decline" in row["tools"]) else "wrong" if first else "asked"
        ] += 1
        failed += [f"{row['question']} → {first}"] if first and not right else []
    assert met["right"] >= least_right, met
    assert met["wrong"] <= most_wrong, failed
