"""One file per chat-model provider. The stem of the file is the provider's name.

A provider's module exports `open_model(settings, gate, tools) -> BaseChatModel`. Whatever it sends, it sends
through a client of `gate.wire`, which keeps the record of what left; the offline planner sends nothing.
"""

import importlib
import pkgutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from marketeer.agent.settings import Settings
from marketeer.tools.core.errors import SettingsError

if TYPE_CHECKING:  # naming the providers must not import LangChain
    from langchain_core.language_models.chat_models import BaseChatModel

    from marketeer.agent.gateway.gate import Gate
    from marketeer.tools.core.contract import Tool


def providers() -> tuple[str, ...]:
    """Give the names of all providers without importing any."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def chat_model(settings: Settings, gate: "Gate", tools: Sequence["Tool"]) -> "BaseChatModel":
    """Open the chat model that the settings choose.

    Args:
        settings: All options.
        gate: The gateway, whose wire is the way out.
        tools: All tools there are; the offline planner learns from their examples.

    Raises:
        SettingsError: There is no such provider.
    """
    name = settings.chosen_provider
    if name not in providers():
        raise SettingsError(f"There is no model provider '{name}'; there are: {', '.join(providers())}.")
    provider = importlib.import_module(f"marketeer.agent.models.{name}")
    model: BaseChatModel = provider.open_model(settings, gate, tools)
    return model
