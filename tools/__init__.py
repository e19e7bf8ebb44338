"""What can be computed. Each module directly in this folder is one tool the agent may call.

The stem of the file is the tool's name; the module exports it as `TOOL`.
"""

import importlib
import pkgutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from marketeer.tools.core.errors import unknown_name

if TYPE_CHECKING:  # the contract needs pandas, and whoever only asks for names or errors does not
    from marketeer.tools.core.contract import Tool


def tool_names() -> tuple[str, ...]:
    """Give the names of all tools without importing any of them."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg))


def load_tool(name: str) -> "Tool":
    """Import one tool's module and give its `TOOL`; raises `Retry` with the nearest names."""
    if name not in tool_names():
        raise unknown_name("tool", name, tool_names())
    tool: Tool = importlib.import_module(f"marketeer.tools.{name}").TOOL
    if tool.name != name:
        raise TypeError(f"tools/{name}.py must export TOOL, a Tool whose function is called {name}.")
    return tool


def catalog() -> Sequence["Tool"]:
    """Give every tool in this folder, by name."""
    return tuple(load_tool(name) for name in tool_names())
