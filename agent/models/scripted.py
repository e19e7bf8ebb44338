"""A chat model that says what it was told to say: for tests, here and in programs that use Marketeer."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import uuid4

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import ToolCall, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field, PrivateAttr

Turn = AIMessage | str | Exception | Callable[[Sequence[BaseMessage]], "AIMessage | str"]
"""One reply: a message, its text, an error to raise, or a function of the messages seen."""


def call(tool: str, **args: Any) -> AIMessage:
    """Give a reply that asks for one tool."""
    return calls(ToolCall(name=tool, args=args, id=None))


def calls(*requests: ToolCall | AIMessage) -> AIMessage:
    """Give a reply that asks for several tools at once, from `call(…)` replies or plain tool calls."""
    flat = [one for item in requests for one in (item.tool_calls if isinstance(item, AIMessage) else [item])]
    named: list[ToolCall] = [{**one, "id": one["id"] or f"call_{uuid4().hex[:8]}"} for one in flat]
    return AIMessage(content="", tool_calls=named)


class ScriptedModel(BaseChatModel):
    """Plays its replies in order, streaming text word by word and tool calls in pieces.

    Attributes:
        turns: The replies.
        seen: The messages of every call so far.
    """

    turns: list[Any]
    seen: list[list[BaseMessage]] = Field(default_factory=list)
    _position: int = PrivateAttr(default=0)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:
        """Take any tools: the script decides what is called."""
        return self

    def _reply(self, messages: Sequence[BaseMessage]) -> AIMessage:
        self.seen.append(list(messages))
        if self._position >= len(self.turns):
            raise AssertionError(f"The script has {len(self.turns)} turns and was asked for one more.")
        turn = self.turns[self._position]
        self._position += 1
        if isinstance(turn, Exception):
            raise turn
        said = turn(messages) if callable(turn) else turn
        return AIMessage(said) if isinstance(said, str) else said

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._reply(messages))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for message in _pieces(self._reply(messages)):
            chunk = ChatGenerationChunk(message=message)
            if run_manager:
                run_manager.on_llm_new_token(message.text, chunk=chunk)
            yield chunk


def _pieces(message: AIMessage) -> Iterator[AIMessageChunk]:
    words = message.text.split(" ")
    for position, word in enumerate(words):
        yield AIMessageChunk(content=word + (" " if position < len(words) - 1 else ""))
    for index, request in enumerate(message.tool_calls):
        text = json.dumps(request["args"], ensure_ascii=False)
        middle = len(text) // 2
        head = tool_call_chunk(name=request["name"], args=text[:middle], id=request["id"], index=index)
        tail = tool_call_chunk(name=None, args=text[middle:], id=None, index=index)
        for piece in (head, tail):
            yield AIMessageChunk(content="", tool_call_chunks=[piece])
    usage = message.usage_metadata or UsageMetadata(
        input_tokens=10, output_tokens=len(words), total_tokens=10 + len(words)
    )
    yield AIMessageChunk(
        content="",
        additional_kwargs=message.additional_kwargs,
        response_metadata={"finish_reason": "tool_calls" if message.tool_calls else "stop"},
        usage_metadata=usage,
        chunk_position="last",
    )
