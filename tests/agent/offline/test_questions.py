from collections.abc import Mapping
from typing import Any

import pytest

from marketeer.agent.offline.planner import Planner
from marketeer.tools import catalog
from tests.agent.offline.conftest import conversation
from tests.agent.offline.scoring import Score, read_questions, score

TOOLS = {tool.name: tool for tool in catalog()}


@pytest.fixture(scope="session")
def scores(planner: Planner) -> Mapping[str, Score]:
    rows = [row for row in read_questions("questions.jsonl") if set(row.get("tools", ())) <= set(TOOLS)]
    plans = [planner.plan(conversation(planner, [*row.get("before", ()), row["question"]])) for row in rows]
    return score(zip(rows, plans, strict=True), TOOLS)


def test_the_set_is_large_and_in_both_languages() -> None:
    rows = read_questions("questions.jsonl")
    assert len(rows) >= 150
    assert min(sum(row["language"] == language for row in rows) for language in ("en", "zh")) >= 75


def test_paraphrases_lead_to_the_right_tool(scores: Mapping[str, Score]) -> None:
    one = scores["single"]
    assert one.tools / one.n >= 0.88, one.failed


def test_arguments_are_those_that_were_said(scores: Mapping[str, Score]) -> None:
    one = scores["single"]
    assert one.args / one.with_args >= 0.82, one.failed


@pytest.mark.parametrize("family", ["several", "follow_up", "clarify", "refuse", "near_refusal", "talk"])
def test_no_question_of_these_families_is_mistaken(scores: Mapping[str, Score], family: str) -> None:
    one = scores[family]
    assert (one.kind, one.tools, one.args) == (one.n, one.n, one.with_args), one.failed


def test_what_is_not_ours_is_not_answered(scores: Mapping[str, Score]) -> None:
    foreign, unsupported = scores["irrelevant"], scores["unsupported"]
    assert foreign.kind == foreign.n, foreign.failed
    assert unsupported.kind / unsupported.n >= 0.9, unsupported.failed


def test_an_answer_is_seldom_given_to_another_question(planner: Planner) -> None:
    rows: list[dict[str, Any]] = read_questions("questions.jsonl")
    asked = [row for row in rows if row["family"] == "single" and "tools" in row]
    known = [row for row in asked if set(row["tools"]) <= set(TOOLS)]
    plans = [planner.plan(conversation(planner, [row["question"]])) for row in known]
    acted = [(row, plan) for row, plan in zip(known, plans, strict=True) if plan.steps]
    right = [row for row, plan in acted if [step.tool for step in plan.steps] == row["tools"]]
    assert len(right) / len(acted) >= 0.95


def test_the_second_set_clears_the_same_bars(planner: Planner) -> None:
    rows = [row for row in read_questions("held_out.jsonl") if set(row.get("tools", ())) <= set(TOOLS)]
    plans = [planner.plan(conversation(planner, [row["question"]])) for row in rows]
    scores = score(zip(rows, plans, strict=True), TOOLS)
    ours, foreign, refused = (scores[name] for name in ("held_out", "held_out_foreign", "held_out_refuse"))
    assert ours.tools / ours.n >= 0.88, ours.failed
    assert ours.args / ours.with_args >= 0.82, ours.failed
    assert (foreign.kind, refused.kind) == (foreign.n, refused.n), [*foreign.failed, *refused.failed]
