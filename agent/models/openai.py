"""Any OpenAI-compatible endpoint: OpenAI, Azure, Ollama, vLLM, llama.cpp, LM Studio.

Tool calls of a stream are gathered and let go whole: some servers repeat the name in every piece, and half a
JSON text must not be repaired by guessing. Every way an endpoint can fail becomes one `ModelError`.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import openai
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import ToolCallChunk, tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from marketeer.agent.answers import REFUSED
from marketeer.agent.gateway.gate import Gate
from marketeer.agent.settings import Settings
from marketeer.tools.core.contract import Tool
from marketeer.tools.core.errors import ModelError

_NO_KEY = SecretStr("none-needed")
_MALFORMED = "not JSON: "
_BROKE_OFF = "{address} broke off in the middle of its answer. Ask again."
_ENDED = ("finish_reason", "status")


def open_model(settings: Settings, gate: Gate, tools: Sequence[Tool]) -> "EndpointModel":
    """Open a model at the settings' endpoint. Nothing is sent before the first question."""
    return EndpointModel(
        model=settings.model,
        base_url=settings.base_url or None,
        api_key=_key(settings),
        temperature=settings.temperature,
        timeout=settings.timeout,
        max_retries=settings.retries,
        stream_usage=True,
        use_responses_api=False if settings.base_url else None,
        http_client=gate.wire.client(settings.timeout),
    )


def open_embeddings(settings: Settings, gate: Gate) -> openai.OpenAI:
    """Open a client for embeddings at the settings' endpoint, through the gateway."""
    return openai.OpenAI(
        base_url=settings.base_url or None,
        api_key=_key(settings).get_secret_value(),
        timeout=settings.timeout,
        max_retries=settings.retries,
        http_client=gate.wire.client(settings.timeout),
    )


def _key(settings: Settings) -> SecretStr:
    return settings.api_key if settings.api_key.get_secret_value() else _NO_KEY


class EndpointModel(ChatOpenAI):
    """`ChatOpenAI` with whole tool calls and clear errors."""

    @property
    def _address(self) -> str:
        return self.openai_api_base or "the OpenAI API"

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        with _faults(self._address, self.model_name):
            return super()._generate(*args, **kwargs)

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], *args: Any
    ) -> ChatGenerationChunk | None:
        """Let a refusal be the text it is; the library drops it."""
        deltas = [choice.get("delta") or {} for choice in chunk.get("choices") or []]
        refused = [delta for delta in deltas if delta.get("refusal")]
        for delta in refused:
            delta["content"] = delta["refusal"]
        piece: ChatGenerationChunk | None = super()._convert_chunk_to_generation_chunk(chunk, *args)
        if refused and piece is not None:
            piece.message.additional_kwargs[REFUSED] = True
        return piece

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        calls: dict[int, ToolCallChunk] = {}
        began = said = ended = False
        with _faults(self._address, self.model_name) as progress:
            for chunk in super()._stream(*args, **kwargs):
                message, began = chunk.message, True
                said = progress.said = said or bool(message.text)
                info = {**message.response_metadata, **(chunk.generation_info or {})}
                ended = ended or any(info.get(name) for name in _ENDED)
                if isinstance(message, AIMessageChunk) and message.tool_call_chunks:
                    _gather(calls, message.tool_call_chunks)
                    message.tool_call_chunks = []
                    message.tool_calls = []
                    message.invalid_tool_calls = []
                yield chunk
            if not began:
                raise ValueError("no piece of a chat completion in the stream")  # a web page, mostly
            if not ended:
                raise ModelError(_BROKE_OFF.format(address=self._address), code="interrupted", said=said)
        if calls:
            yield ChatGenerationChunk(
                message=AIMessageChunk(content="", tool_call_chunks=[_whole(call) for call in calls.values()])
            )


def _gather(calls: dict[int, ToolCallChunk], pieces: list[ToolCallChunk]) -> None:
    for piece in pieces:
        index = piece["index"] if piece["index"] is not None else len(calls)
        call = calls.setdefault(index, tool_call_chunk(name="", args="", id="", index=index))
        if piece["name"] and piece["name"] != call["name"]:
            call["name"] = f"{call['name']}{piece['name']}"
        call["id"] = call["id"] or piece["id"]
        call["args"] = f"{call['args']}{piece['args'] or ''}"


def _whole(call: ToolCallChunk) -> ToolCallChunk:
    """Mark arguments that are no JSON object, so that nothing downstream guesses what they were to be."""
    args = call["args"] or "{}"
    try:
        good = isinstance(json.loads(args), dict)
    except ValueError:
        good = False
    return tool_call_chunk(
        name=call["name"],
        args=args if good else f"{_MALFORMED}{args}",
        id=call["id"] or f"call_{call['index']}",
        index=call["index"],
    )


class _Progress:
    said = False


@contextmanager
def _faults(address: str, model: str) -> Iterator[_Progress]:
    progress = _Progress()
    try:
        yield progress
    except openai.OpenAIError as error:
        if isinstance(error.__cause__, ModelError):  # the wire stopped the request
            raise error.__cause__ from error
        raise _explained(error, address, model, said=progress.said) from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{address} answered, but not as a chat endpoint does ({type(error).__name__}). "
            "Check OPENAI_BASE_URL: it mostly ends in /v1.",
            code="not_an_endpoint",
        ) from error


_REASONS: tuple[tuple[type[openai.OpenAIError] | tuple[type[openai.OpenAIError], ...], str, str], ...] = (
    (
        (openai.AuthenticationError, openai.PermissionDeniedError),
        "key_refused",
        "{address} refused the key. Set OPENAI_API_KEY to a key it knows.",
    ),
    (
        openai.NotFoundError,
        "no_such_model",
        "{address} has no model '{model}', or no chat there. Check --model and OPENAI_BASE_URL.",
    ),
    (
        openai.RateLimitError,
        "busy",
        "{address} is too busy or its limit is reached. Wait a minute and ask again.",
    ),
    (
        openai.APITimeoutError,
        "silent",
        "{address} said nothing for too long. Ask again, or allow more with MARKETEER_TIMEOUT.",
    ),
    (
        openai.APIConnectionError,
        "unreachable",
        "{address} cannot be reached. Is it running, and is OPENAI_BASE_URL right? "
        "Without a model, the offline planner answers.",
    ),
)
_CODES = {
    "context_length_exceeded": (
        "too_long",
        "The conversation is longer than {model} can read. Start a new one with /new.",
    ),
    "insufficient_quota": (
        "credit",
        "The account at {address} has no credit left. Top it up, or use no model.",
    ),
}


def _explained(error: openai.OpenAIError, address: str, model: str, *, said: bool) -> ModelError:
    code, sentence = _reason(error)
    if said and code in {"silent", "unreachable"}:
        code, sentence = "interrupted", _BROKE_OFF
    return ModelError(sentence.format(address=address, model=model), code=code, said=said)


def _reason(error: openai.OpenAIError) -> tuple[str, str]:
    coded = _CODES.get(str(getattr(error, "code", None)))
    if coded or "context length" in str(error).lower():
        return coded or _CODES["context_length_exceeded"]
    for kinds, code, sentence in _REASONS:
        if isinstance(error, kinds):
            return code, sentence
    detail = str(getattr(error, "message", error)).strip().partition("\n")[0][:200]
    plain = (detail or type(error).__name__).replace("{", "(").replace("}", ")")
    return "endpoint_failed", (
        f"{{address}} failed: {plain}. Ask again, or choose another model with --model; "
        "without one, the offline planner answers."
    )
