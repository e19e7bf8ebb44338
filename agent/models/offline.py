"""The offline planner as a chat model: no network, no key, no model. It reads messages and nothing else."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import ToolCall, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool

from marketeer.agent.gateway.gate import Gate
from marketeer.agent.offline.conversation import turns_of
from marketeer.agent.offline.planner import Planner
from marketeer.agent.offline.responding import respond
from marketeer.agent.settings import Settings
from marketeer.tools.core.contract import Tool
from marketeer.tools.core.copy import Language

NAME = "offline planner"
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)|(?<=[。！？])|(?<=\n)")


def open_model(settings: Settings, gate: Gate, tools: Sequence[Tool]) -> "OfflineModel":
    """Open the planner over all tools; it sends nothing."""
    return OfflineModel.over(tools, None if settings.language == "auto" else settings.language)


class OfflineModel(BaseChatModel):
    """Answers from the tools' findings in fixed words.

    Attributes:
        planner: Understands questions; it learned from the tools' examples.
        language: The language to answer in; None takes that of each question.
    """

    planner: Any
    language: Language | None = None

    @classmethod
    def over(cls, tools: Sequence[Tool], language: Language | None = None) -> "OfflineModel":
        """Give a model that understands what these tools' examples say."""
        return cls(planner=Planner(tools), language=language)

    @property
    def _llm_type(self) -> str:
        return NAME

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:
        """Keep the tools on offer; only these are called."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools])

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._reply(messages, kwargs.get("tools")))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for message in _pieces(self._reply(messages, kwargs.get("tools"))):
            chunk = ChatGenerationChunk(message=message)
            if run_manager:
                run_manager.on_llm_new_token(message.text, chunk=chunk)
            yield chunk

    def _reply(self, messages: Sequence[BaseMessage], offered: Sequence[Any] | None) -> AIMessage:
        names = None if offered is None else {tool["function"]["name"] for tool in offered}
        response = respond(self.planner, turns_of(messages), names, self.language)
        if response.step is None:
            return AIMessage(
                response.text,
                additional_kwargs={"kind": response.kind},
                usage_metadata=_NOTHING_USED,
                response_metadata={"finish_reason": "stop", "model_name": NAME},
            )
        call = ToolCall(name=response.step.tool, args=dict(response.step.args), id=f"offline_{len(messages)}")
        return AIMessage(
            "",
            tool_calls=[call],
            usage_metadata=_NOTHING_USED,
            response_metadata={"finish_reason": "tool_calls", "model_name": NAME},
        )


_NOTHING_USED = UsageMetadata(input_tokens=0, output_tokens=0, total_tokens=0)


def _pieces(message: AIMessage) -> Iterator[AIMessageChunk]:
    for sentence in sentences(message.text):
        yield AIMessageChunk(content=sentence)
    for index, call in enumerate(message.tool_calls):
        args = json.dumps(call["args"], ensure_ascii=False)
        piece = tool_call_chunk(name=call["name"], args=args, id=call["id"], index=index)
        yield AIMessageChunk(content="", tool_call_chunks=[piece])
    yield AIMessageChunk(
        content="",
        additional_kwargs=message.additional_kwargs,
        response_metadata=message.response_metadata,
        usage_metadata=message.usage_metadata,
        chunk_position="last",
    )


def sentences(text: str) -> list[str]:
    """Cut a text after each sentence and line; together they are the text."""
    cuts = [match.end() for match in _SENTENCE.finditer(text)]
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True) if start < end]
