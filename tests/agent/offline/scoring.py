"""Scores plans against the question set: tools, arguments, kinds."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marketeer.agent.offline import pages
from marketeer.agent.offline.planner import Plan, Step
from marketeer.prompts.vocabulary import PromptVocabulary, fold
from marketeer.tools.core.contract import Tool

ANY = "any"


@dataclass(slots=True)
class Score:
    """How many questions of a family were met with the right kind of answer, tools and arguments."""

    n: int = 0
    kind: int = 0
    tools: int = 0
    with_args: int = 0
    args: int = 0
    failed: list[str] = field(default_factory=list)


def read_questions(name: str) -> list[dict[str, Any]]:
    path = Path(__file__).with_name(name)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def kind_of(plan: Plan) -> str:
    return "answered" if plan.steps or plan.page == "why" else pages.kind_of(plan.page, plan.language)


def score(rows: Iterable[tuple[Mapping[str, Any], Plan]], tools: Mapping[str, Tool]) -> dict[str, Score]:
    """Score plans by family.

    Args:
        rows: Question with what is expected, and the plan for it.
        tools: All tools by name.
    """
    scores: dict[str, Score] = defaultdict(Score)
    for row, plan in rows:
        one = scores[row["family"]]
        kind, right_tools, wrong = judge(row, plan, tools)
        one.n += 1
        one.kind += kind
        one.tools += right_tools
        one.with_args += "args" in row
        one.args += "args" in row and right_tools and not wrong
        if not (kind and right_tools) or wrong:
            one.failed.append(f"{row['id']} {row['question']} → {plan.page or plan.steps} {wrong}")
    return scores


def judge(row: Mapping[str, Any], plan: Plan, tools: Mapping[str, Tool]) -> tuple[bool, bool, list[str]]:
    """Tell whether the kind and the tools are right, and which arguments are wrong."""
    kind = kind_of(plan)
    if row["kind"] == ANY:
        return kind != "declined", True, []
    named = [step.tool for step in plan.steps]
    right = named == row.get("tools", [])
    wrong = _wrong_args(row, plan, tools) if right and "args" in row else []
    return kind == row["kind"], right, wrong


def compare(row: Mapping[str, Any], plan: Plan, tools: Mapping[str, Tool]) -> str:
    """Tell how a plan meets a question of which several plans are right.

    Returns:
        `right`, `arguments` (right tools, something else wrong), `asked` (back, or declined) or `tool`.
    """
    named = [step.tool for step in plan.steps]
    met = "tool" if named else "asked"
    for expected in row["expect"]:
        if [tool for tool, _ in expected] != named:
            continue
        met = "arguments"
        pairs = zip(plan.steps, expected, strict=True)
        if not any(_wrong(step, args, row["also"], tools) for step, (_, args) in pairs):
            return "right"
    return met


def _wrong_args(row: Mapping[str, Any], plan: Plan, tools: Mapping[str, Tool]) -> list[str]:
    return _wrong(plan.steps[0], row["args"], row.get("also", ()), tools)


def _wrong(
    step: Step, expected: Mapping[str, Any], also: Iterable[str], tools: Mapping[str, Tool]
) -> list[str]:
    tool = tools[step.tool]
    given = tool.parse(step.args).model_dump(mode="json")
    wrong = [name for name, value in expected.items() if _plain(given.get(name)) != _plain(value)]
    free = {*expected, *also}
    defaults = {
        name: one.get_default(call_default_factory=True) for name, one in tool.args.model_fields.items()
    }
    extra = [name for name in step.args if name not in free and _plain(given[name]) != _plain(defaults[name])]
    return [*wrong, *extra]


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, str):
        return PromptVocabulary().code("segment", value) or fold(value)
    return value
