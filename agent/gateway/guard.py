"""The model outside, seen through the gateway: pseudonyms out, people back in, a budget on every call."""

from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableConfig
from pydantic import ConfigDict, PrivateAttr

from marketeer.agent.answers import Usage
from marketeer.agent.gateway.pseudonyms import Pseudonyms, unfinished
from marketeer.tools.core.errors import ModelError

_QUIET: RunnableConfig = {"callbacks": []}
_CHARACTERS_PER_TOKEN = 4


class GuardedModel(BaseChatModel):
    """Wraps the chat model of a provider outside.

    Attributes:
        inner: That model.
        pseudonyms: Hides people and brings them back.
        token_budget: Most tokens it may use in its life; 0 for no bound.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    inner: BaseChatModel
    pseudonyms: Pseudonyms
    token_budget: int = 0
    _used: Usage = PrivateAttr(default_factory=Usage)

    @property
    def _llm_type(self) -> str:
        return f"guarded-{self.inner._llm_type}"

    @property
    def used(self) -> Usage:
        """What it has cost so far; tokens are estimated from the text where the endpoint counts none."""
        return self._used

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:
        """Offer the tools in the form the provider wants."""
        bound = self.inner.bind_tools(tools, **kwargs)
        return self.bind(**getattr(bound, "kwargs", {}))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self._check_budget()
        hidden = [self._hidden(message) for message in messages]
        said = self.inner.invoke(hidden, _QUIET, stop=stop, **kwargs)
        self._count(hidden, said)
        return ChatResult(generations=[ChatGeneration(message=self._restored(said))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        self._check_budget()
        hidden = [self._hidden(message) for message in messages]
        whole: AIMessageChunk | None = None
        held = ""
        for piece in self.inner.stream(hidden, _QUIET, stop=stop, **kwargs):
            chunk = piece if isinstance(piece, AIMessageChunk) else AIMessageChunk(**piece.model_dump())
            whole = chunk if whole is None else whole + chunk
            text = held + chunk.text
            keep = unfinished(text)
            held = text[len(text) - keep :]
            yield self._told(run_manager, self._restored_chunk(chunk, text[: len(text) - keep]))
        if held:
            yield self._told(run_manager, AIMessageChunk(content=self.pseudonyms.restore(held)))
        if whole is not None:
            self._count(hidden, whole)

    def _told(
        self, run_manager: CallbackManagerForLLMRun | None, message: AIMessageChunk
    ) -> ChatGenerationChunk:
        chunk = ChatGenerationChunk(message=message)
        if run_manager:
            run_manager.on_llm_new_token(message.text, chunk=chunk)
        return chunk

    def _hidden(self, message: BaseMessage) -> BaseMessage:
        changed: dict[str, Any] = {"content": self._each(message.content, self.pseudonyms.hide)}
        if isinstance(message, AIMessage):
            changed["tool_calls"] = self._each(message.tool_calls, self.pseudonyms.hide)
        return message.model_copy(update=changed)

    def _restored(self, message: AIMessage) -> AIMessage:
        calls = self._each(message.tool_calls, self.pseudonyms.restore)
        content = self._each(message.content, self.pseudonyms.restore)
        return message.model_copy(update={"content": content, "tool_calls": calls})

    def _restored_chunk(self, chunk: AIMessageChunk, text: str) -> AIMessageChunk:
        """Restore a piece whose tool calls, if any, are whole: a provider gathers them before it lets go."""
        pieces = [
            tool_call_chunk(
                name=call["name"],
                args=self.pseudonyms.restore(call["args"] or ""),
                id=call["id"],
                index=call["index"],
            )
            for call in chunk.tool_call_chunks
        ]
        return AIMessageChunk(
            content=self.pseudonyms.restore(text),
            tool_call_chunks=pieces,
            additional_kwargs=self._each(chunk.additional_kwargs, self.pseudonyms.restore),
            usage_metadata=chunk.usage_metadata,
            response_metadata=chunk.response_metadata,
            chunk_position=None,
        )

    def _each(self, value: Any, change: Any) -> Any:
        """Change every string inside a value."""
        if isinstance(value, str):
            return change(value)
        if isinstance(value, list):
            return [self._each(item, change) for item in value]
        if isinstance(value, dict):
            return {key: self._each(item, change) for key, item in value.items()}
        return value

    def _check_budget(self) -> None:
        tokens = self._used.input_tokens + self._used.output_tokens
        if self.token_budget and tokens >= self.token_budget:
            raise ModelError(
                f"This session's budget of {self.token_budget:,} tokens is used up ({tokens:,}). "
                "Raise MARKETEER_TOKEN_BUDGET, or start again.",
                code="budget",
            )

    def _count(self, sent: Sequence[BaseMessage], said: AIMessage) -> None:
        usage = said.usage_metadata
        read = usage["input_tokens"] if usage else _estimate(sent)
        written = usage["output_tokens"] if usage else _estimate([said])
        before = self._used
        self._used = Usage(before.calls + 1, before.input_tokens + read, before.output_tokens + written)


def _estimate(messages: Sequence[BaseMessage]) -> int:
    return sum(len(message.text) for message in messages) // _CHARACTERS_PER_TOKEN
