"""Decides the next message of a conversation: the next tool call of the plan, or the answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from marketeer.agent.offline import pages, replies
from marketeer.agent.offline.conversation import Call, Turn
from marketeer.agent.offline.planner import Plan, Planner, Step
from marketeer.tools.core.copy import Language
from marketeer.tools.core.findings import Finding


@dataclass(frozen=True, slots=True)
class Response:
    """The next message: a tool to call, or a text and the kind of answer it is."""

    step: Step | None = None
    text: str = ""
    kind: str = ""


def respond(
    planner: Planner,
    turns: Sequence[Turn],
    offered: Collection[str] | None = None,
    language: Language | None = None,
) -> Response:
    """Give the next message.

    Args:
        planner: Understands the question.
        turns: The conversation; its last turn is being answered.
        offered: Names of the tools that may be called; None allows all.
        language: The language to answer in; None takes that of the question.
    """
    if not turns:
        return _page(Plan(language or "en", page="greeting"), planner)
    plan, calls = planner.plan(turns), turns[-1].calls
    plan = replace(plan, language=language or plan.language)
    if plan.page == "why":
        return Response(None, *replies.why(turns[:-1], turns[-1].question, plan.language))
    if plan.page:
        return _page(plan, planner)
    steps = _steps(plan.steps, calls)
    if len(calls) < len(steps) and not (calls and calls[-1].error and not _of_other_scheme(calls[-1])):
        return _next(steps[len(calls)], plan, planner, offered)
    asked = {step.tool for step in plan.steps}
    findings = [call.finding for call in calls if call.finding and call.tool in asked]
    if calls and calls[-1].error:
        return _stopped(calls[-1], findings, plan)
    return Response(None, *replies.from_findings(findings, plan.language))


def _steps(planned: Sequence[Step], calls: Sequence[Call]) -> list[Step]:
    """Give the steps; a segment of another way of segmenting has that one made, once, and is tried again."""
    steps = list(planned)
    for place, call in enumerate(calls):
        scheme = _of_other_scheme(call)
        if scheme and place < len(steps) and steps.count(steps[place]) == 1:
            steps[place + 1 : place + 1] = [Step("segment_customers", {"scheme": scheme}), steps[place]]
    return steps


def _of_other_scheme(call: Call) -> str:
    known = call.error is not None and call.error.code == "segment_of_other_scheme"
    return str(call.error.params.get("scheme", "")) if known and call.error else ""


def _next(step: Step, plan: Plan, planner: Planner, offered: Collection[str] | None) -> Response:
    if offered is None or step.tool in offered:
        return Response(step)
    return _page(Plan(plan.language, page="not_available"), planner)


def _page(plan: Plan, planner: Planner) -> Response:
    values = {"offers": planner.offers(plan.language), "near": [], **plan.values}
    text = pages.say(plan.page, plan.language, **values)
    return Response(None, text, pages.kind_of(plan.page, plan.language))


def _stopped(call: Call, findings: Sequence[Finding], plan: Plan) -> Response:
    text, kind = replies.from_error(call, plan.language)
    if not findings:
        return Response(None, text, kind)
    found, _ = replies.from_findings(findings, plan.language)
    return Response(None, f"{found}\n\n{text}", kind)
