"""What makes a tool: typed arguments, a plain function, example phrases; and how one run is filed.

A tool is a function `(args, workspace) -> Finding` or `-> Outcome` when it also leaves a payload.
Its module in `tools/` exports it as `TOOL`. The framework that calls it is an adapter elsewhere.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from marketeer.tools.core.copy import Language
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import Finding
from marketeer.tools.core.payloads import Payload
from marketeer.tools.core.workspace import Workspace


class Args(BaseModel):
    """Base of all tool arguments: frozen, closed, every field described."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finding together with the payload other tools can build on."""

    finding: Finding
    payload: Payload


@dataclass(frozen=True, slots=True)
class Example:
    """A phrase a person might use, the language it is in, and the arguments it stands for.

    The offline planner learns from these, so a new tool is understood the day it appears.
    """

    text: str
    language: Language = "en"
    args: Mapping[str, Any] = field(default_factory=dict)


Port = Literal["index", "writer"]


@dataclass(frozen=True, slots=True)
class Tool:
    """One thing the agent can compute.

    Attributes:
        function: The plain typed function; its docstring is addressed to the model.
        args: Its arguments model.
        examples: Phrases that ask for it, in English and Chinese.
        produces: The payload it leaves, if any.
        uses: Ports whose fingerprint belongs into the recipe.
        needs_data: Whether it cannot work without a loaded snapshot.
        reads_data: Whether it works without one but reads it where there is one.
        writes: Whether it leaves files outside the workspace, so that an earlier finding is never enough.
        keyed: Completes the arguments before anything is filed: a person's name becomes a key such as
            `row 17`, "the last one" becomes a finding id.
        version: Raised whenever the same arguments would give other numbers.
    """

    function: Callable[[Any, Workspace], Finding | Outcome]
    args: type[Args]
    examples: tuple[Example, ...]
    produces: type[Payload] | None = None
    uses: tuple[Port, ...] = ()
    needs_data: bool = True
    reads_data: bool = False
    writes: bool = False
    keyed: Callable[[Any, Workspace], Args] | None = None
    version: int = 1

    @property
    def name(self) -> str:
        """The tool's name: that of its function and its file."""
        return self.function.__name__

    @property
    def description(self) -> str:
        """What it does and when to use it, as the model reads it."""
        return inspect.getdoc(self.function) or ""

    def parse(self, raw: Mapping[str, Any]) -> Args:
        """Validate raw arguments; raises `Retry` naming the first field that is wrong."""
        try:
            return self.args.model_validate(dict(raw))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "arguments"
            known = ", ".join(self.args.model_fields)
            raise Retry(
                f"{self.name}: {where}: {first['msg']}. Its arguments are: {known}.",
                code="bad_argument",
                argument=where,
                reason=first["msg"],
            ) from error
