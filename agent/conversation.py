"""Messages as plain JSON and back: a finding is kept as its id and read from the ledger again."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from marketeer.tools.core.findings import Finding


def plain(message: BaseMessage) -> dict[str, Any]:
    """Give a message as JSON values."""
    stored: dict[str, Any] = {"type": message.type, "text": message.text}
    if isinstance(message, AIMessage):
        stored |= {"calls": message.tool_calls, "about": message.additional_kwargs}
    if isinstance(message, ToolMessage):
        stored |= {"call": message.tool_call_id, "tool": message.name, "status": message.status}
        stored["finding"] = message.artifact.id if isinstance(message.artifact, Finding) else None
    return stored


def messages(stored: Iterable[Mapping[str, Any]], finding: Callable[[str], Finding]) -> list[BaseMessage]:
    """Give stored messages back; `finding` looks a finding up by id."""
    return [_message(one, finding) for one in stored]


def _message(stored: Mapping[str, Any], finding: Callable[[str], Finding]) -> BaseMessage:
    if stored["type"] == "human":
        return HumanMessage(stored["text"])
    if stored["type"] == "ai":
        calls = [{"name": c["name"], "args": c["args"], "id": c["id"]} for c in stored["calls"]]
        return AIMessage(stored["text"], tool_calls=calls, additional_kwargs=dict(stored["about"]))
    return ToolMessage(
        stored["text"],
        tool_call_id=stored["call"],
        name=stored["tool"],
        status=stored["status"],
        artifact=finding(stored["finding"]) if stored["finding"] else None,
    )
