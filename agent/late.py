"""Parts of a session that are opened when something first needs them: the writer and the way out."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from marketeer.agent.writers.template import TemplateWriter
from marketeer.tools import catalog
from marketeer.tools.core.contract import Tool
from marketeer.tools.core.copy import Brief, ChannelSpec, Draft
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.ports import Writer

if TYPE_CHECKING:  # naming the gateway must not import LangChain
    from marketeer.agent.gateway.gate import Gate


class LateWriter:
    """The `Writer` port of a session: with a model's help where there is one, opened with the first brief."""

    def __init__(self) -> None:
        self.choose: Callable[[], Writer] = TemplateWriter

    @property
    def fingerprint(self) -> str:
        """Name the writer that would write now."""
        return self.choose().fingerprint

    def write(self, brief: Brief, channel: ChannelSpec) -> Draft:
        """Write one draft."""
        return self.choose().write(brief, channel)


class LateGate:
    """The way out of a session: one gateway, opened when something first has to leave.

    Args:
        folder: The workspace folder.
        dataset: The data whose people are hidden.
        tools: Gives the tools there are.
    """

    def __init__(self, folder: Path, dataset: Dataset, tools: Callable[[], Sequence[Tool]] = catalog) -> None:
        self._parts = folder, dataset, tools
        self._opened: Gate | None = None

    def __call__(self) -> "Gate":
        """Give the gateway."""
        if self._opened is None:
            # the gateway rests on LangChain's messages, and most commands never need it
            from marketeer.agent.assembly import open_gate

            folder, dataset, tools = self._parts
            self._opened = open_gate(folder, dataset, tools())
        return self._opened

    def close(self) -> None:
        """Break off what is under way; it opens again by itself."""
        if self._opened is not None:
            self._opened.close()
