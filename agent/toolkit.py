"""Tools as LangChain sees them, and their errors as a model can act on them.

A tool's finding travels twice in its message: as a fact sheet in the content, for the model, and whole in the
artifact, for the planner, the grounding and the console. An error travels in the artifact likewise.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Condition, Event
from typing import Any

from langchain.agents.middleware import AgentMiddleware, hook_config
from langchain.agents.middleware.types import AgentState, ToolCallRequest
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from langchain_core.utils.json_schema import dereference_refs
from langgraph.runtime import Runtime
from langgraph.types import Command

from marketeer.agent.events import OnEvent, ProgressEvents, ToolFailed, ToolFinished, ToolStarted
from marketeer.agent.fact_sheet import fact_sheet
from marketeer.prompts import pages, render
from marketeer.tools.core.contract import Tool
from marketeer.tools.core.copy import Language
from marketeer.tools.core.errors import Insufficient, MarketeerError, Refused, ToolError
from marketeer.tools.core.findings import Finding
from marketeer.tools.core.running import run
from marketeer.tools.core.workspace import Workspace

ASIDE = "aside"
"""Marks messages between the loop and a model that are no part of the conversation."""


def as_langchain(
    tool: Tool, workspace: Workspace, language: Callable[[], Language], *, customers: bool = True
) -> BaseTool:
    """Give a tool as LangChain calls it.

    Args:
        tool: The tool.
        workspace: Where it runs.
        language: Gives the language of the running conversation.
        customers: Whether the model may see facts about single customers.
    """

    def compute(**raw: Any) -> tuple[str, Finding]:
        finding = _run(tool, raw, workspace)
        return fact_sheet(finding, language(), customers=customers), finding

    return StructuredTool.from_function(
        func=compute,
        name=tool.name,
        description=description(tool),
        args_schema=schema(tool),
        infer_schema=False,
        response_format="content_and_artifact",
    )


def _run(tool: Tool, raw: Mapping[str, Any], workspace: Workspace) -> Finding:
    try:
        return run(tool, raw, workspace)
    except MarketeerError:
        raise
    except Exception as error:
        raise MarketeerError(
            f"{tool.name} failed with {type(error).__name__}: {error}. This is a fault in the tool, not in "
            "your question or data; please report it with what you asked.",
            code="fault",
            tool=tool.name,
        ) from error


def description(tool: Tool) -> str:
    """Give what a model reads about a tool: its docstring, then its guidance page where there is one."""
    page = f"tools/{tool.name}"
    return f"{tool.description}\n\n{render(page)}" if page in pages("tools") else tool.description


def schema(tool: Tool) -> dict[str, Any]:
    """Give a tool's arguments as one short JSON schema.

    It has no references, no titles, no `null` alternatives, no defaults that say "nothing", and of a list's
    items no description besides the list's own.
    """
    whole = dereference_refs(tool.args.model_json_schema())
    properties = {name: _plain(one) for name, one in whole.get("properties", {}).items()}
    plain: dict[str, Any] = {
        "title": tool.name,
        "description": tool.description,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    return plain | ({"required": whole["required"]} if whole.get("required") else {})


def _plain(node: Any) -> Any:
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _plain(value) for key, value in node.items() if key != "title" or not isinstance(value, str)}
    choices = kept.get("anyOf")
    if isinstance(choices, list):
        real = [choice for choice in choices if choice != {"type": "null"}]
        if len(real) == 1:
            del kept["anyOf"]
            kept = {**real[0], **kept}
    if kept.get("default", ...) in _NOTHING:
        del kept["default"]
    if isinstance(kept.get("items"), dict):
        kept["items"].pop("description", None)
    return kept


_NOTHING: tuple[Any, ...] = (None, "", [])


class _Queue:
    """Lets the tools of one message run one after the other, as asked for, so that finding ids never race."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._done: set[str] = set()

    @contextmanager
    def turn(self, call: str | None, before: Sequence[str]) -> Iterator[None]:
        """Wait until the calls before this one are done."""
        with self._changed:
            self._changed.wait_for(lambda: self._done.issuperset(before))
        try:
            yield
        finally:
            with self._changed:
                self._done.add(call or "")
                self._changed.notify_all()


def _calls_before(request: ToolCallRequest) -> list[str]:
    """Give the ids of the calls that stand before this one in its message."""
    wanted = request.tool_call["id"]
    for message in reversed(request.state["messages"]):
        if isinstance(message, AIMessage):
            ids = [call["id"] or "" for call in message.tool_calls]
            return ids[: ids.index(wanted)] if wanted in ids else []
    return []


class ToolMessages(AgentMiddleware[AgentState[Any], None, Any]):
    """Tells of every tool call in the agent's stream, and turns tool errors into messages for the model.

    Args:
        progress: The port that running tools report to.
    """

    def __init__(self, progress: ProgressEvents) -> None:
        super().__init__()
        self._progress = progress
        self._queue = _Queue()
        self._abandoned = Event()

    def abandon(self) -> None:
        """Stop running tools at their next word of progress: nobody waits for them any more."""
        self._abandoned.set()

    def wrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]],
    ) -> ToolMessage | Command[Any]:
        """Run one tool; a `ToolError` becomes its message, anything else is a fault and propagates."""
        with self._queue.turn(request.tool_call["id"], _calls_before(request)):
            return self._call(request, handler)

    def _call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]],
    ) -> ToolMessage | Command[Any]:
        name, args = request.tool_call["name"], request.tool_call["args"]
        tell = self._unless_abandoned(request.runtime.stream_writer)
        tell(ToolStarted(name, args))
        try:
            with self._progress.told_to(tell):
                message = handler(request)
        except ToolError as error:
            tell(ToolFailed(name, error.message, error.code, error.params))
            return error_message(error, name, request.tool_call["id"])
        if isinstance(message, ToolMessage):
            tell(_outcome(name, message))
        return message

    def _unless_abandoned(self, tell: OnEvent) -> OnEvent:
        def checked(event: Any) -> None:
            if self._abandoned.is_set():
                raise KeyboardInterrupt
            tell(event)

        return checked


def _outcome(name: str, message: ToolMessage) -> ToolFinished | ToolFailed:
    if isinstance(message.artifact, Finding):
        return ToolFinished(message.artifact)
    return ToolFailed(name, message.text, "unknown_tool")


def error_message(error: ToolError, tool: str, call_id: str | None) -> ToolMessage:
    """Give a tool's error as the message that answers its call, with the error in the artifact."""
    kind = "refused" if isinstance(error, Refused) else "retry"
    kind = "insufficient" if isinstance(error, Insufficient) else kind
    return ToolMessage(
        render("tool_error", kind=kind, message=error.message),
        artifact=error,
        name=tool,
        tool_call_id=call_id or "",
        status="error",
    )


class WholeCalls(AgentMiddleware[AgentState[Any], None, Any]):
    """Has a model say a tool call again whose arguments were not JSON, instead of ending without a word."""

    @hook_config(can_jump_to=["model"])
    def after_model(self, state: AgentState[Any], runtime: Runtime[None]) -> dict[str, Any] | None:
        """Take a broken call out of the conversation and say what was wrong with it."""
        last = state["messages"][-1]
        if not isinstance(last, AIMessage) or not last.invalid_tool_calls:
            return None
        names = [str(call["name"]) for call in last.invalid_tool_calls]
        ask = HumanMessage(render("broken_call", tools=names), additional_kwargs={ASIDE: True})
        return {"messages": [RemoveMessage(id=last.id or ""), ask], "jump_to": "model"}


def names_offered(messages: Sequence[Any]) -> tuple[str, ...]:
    """Give the names that tools offered in place of one they do not know."""
    errors = (message.artifact for message in messages if isinstance(message, ToolMessage))
    near = (error.params.get("nearest") for error in errors if isinstance(error, ToolError))
    return tuple(str(name) for names in near if isinstance(names, (list, tuple)) for name in names)


def findings_of(messages: Sequence[Any]) -> tuple[Finding, ...]:
    """Give the findings that tool messages carry, each once, in order."""
    found: dict[str, Finding] = {}
    for message in messages:
        if isinstance(message, ToolMessage) and isinstance(message.artifact, Finding):
            found.setdefault(message.artifact.id, message.artifact)
    return tuple(found.values())
