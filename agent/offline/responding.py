"""Decides the next message of a conversation: the next tool call of the plan, or the answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from marketeer.agent.offline import pages, replies
from marketeer.agent.offline.conversation import Turn
from marketeer.agent.offline.planner import Plan, Planner, Step
from marketeer.tools.core.copy import Language


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
    if calls and calls[-1].error:
        return _stopped(turns[-1], plan)
    if len(calls) < len(plan.steps):
        return _next(plan.steps[len(calls)], plan, planner, offered)
    return Response(None, *replies.from_findings(turns[-1].findings, plan.language))


def _next(step: Step, plan: Plan, planner: Planner, offered: Collection[str] | None) -> Response:
    if offered is None or step.tool in offered:
        return Response(step)
    return _page(Plan(plan.language, page="not_available"), planner)


def _page(plan: Plan, planner: Planner) -> Response:
    values = {"offers": planner.offers(plan.language), "near": [], **plan.values}
    text = pages.say(plan.page, plan.language, **values)
    return Response(None, text, pages.kind_of(plan.page, plan.language))


def _stopped(turn: Turn, plan: Plan) -> Response:
    text, kind = replies.from_error(turn.calls[-1], plan.language)
    if not turn.findings:
        return Response(None, text, kind)
    found, _ = replies.from_findings(turn.findings, plan.language)
    return Response(None, f"{found}\n\n{text}", kind)
