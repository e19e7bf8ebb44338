"""One file per way of turning text into vectors; a file that exports `WAY` is found without being listed.

An embedder knows texts and vectors, nothing of customers. Importing a way loads no weights and no framework.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from marketeer.tools.core.errors import SettingsError

Vectors = NDArray[np.float32]
AUTO = "auto"


class Embedder(Protocol):
    """Turns texts into vectors of unit length, the same ones in every process."""

    @property
    def name(self) -> str:
        """Its name as written in the settings."""
        ...

    @property
    def fingerprint(self) -> str:
        """Name the method and its weights; known without loading them."""
        ...

    @property
    def portable(self) -> bool:
        """Whether a text's vector depends on the text alone, not on the shop the embedder was fitted on."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts: float32, shape (len(texts), dimensions).

        Rows are of unit length; a text of which nothing is understood gets a row of zeros.
        """
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What an embedder may be built from.

    Attributes:
        corpus: Gives the shop's distinct product texts; called only when something is fitted on them.
        option: What follows the colon in a name such as `openai:text-embedding-3-small`.
        client: Opens an OpenAI-compatible client, where the person allowed one.
    """

    corpus: Callable[[], Sequence[str]]
    option: str = ""
    client: Callable[[], Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to embed.

    Attributes:
        name: Its name in the settings.
        make: Builds the embedder; loads nothing yet.
        preference: `auto` takes the usable way with the highest; 0 is never taken unasked.
        usable: Tells whether it can work here, for these texts.
    """

    name: str
    make: Callable[[Context], Embedder]
    preference: int
    usable: Callable[[Context], bool]


def ways() -> Iterator[Way]:
    """Give every way found in this folder, by file name."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        yield importlib.import_module(f"{__name__}.{module.name}").WAY


def choose(name: str, context: Context) -> Embedder:
    """Build the embedder of a name, or with `auto` the best one usable here.

    Args:
        name: `auto`, or a way's name, with an option after a colon where it takes one.
        context: What it may be built from; its option is replaced by that of the name.

    Raises:
        SettingsError: There is no such way.
    """
    wanted, _, option = name.partition(":")
    context = Context(context.corpus, option, context.client)
    found = {way.name: way for way in ways()}
    if wanted == AUTO:
        offered = [way for way in found.values() if way.preference and way.usable(context)]
        return max(offered, key=lambda way: way.preference).make(context)
    if wanted not in found:
        raise SettingsError(
            f"There is no embedder called '{wanted}'. There are: {AUTO}, {', '.join(found)}.",
            code="unknown_embedder",
            name=wanted,
        )
    return found[wanted].make(context)


def unit_rows(vectors: NDArray[np.floating[Any]]) -> Vectors:
    """Scale rows to unit length, shape kept, float32; rows of zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 1e-12)
    return scaled.astype(np.float32, copy=False)
