"""Phrase pages of the offline writer: `prompts/offline/<language>/copy/<channel>.md`.

The front matter holds pools of equally good phrases per slot, sorted by purpose and by trait of the segment
(`any` for all others). A phrase names what it needs, such as `{{ discount }}`, and is only taken where the
brief has it (`{# discount #}` asks for it without printing it); what stands in `[[ ]]` is left out where the
brief has not. The body lays the slots out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketeer.prompts import Page, fill, page

_OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_NAMED = re.compile(r"\{[{#]\s*([a-z_0-9]+)")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase filled in, with the names of the values it states."""

    text: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """The phrases of one language and channel."""

    source: Page

    @property
    def slots(self) -> tuple[str, ...]:
        """The slots there are phrases for."""
        return tuple(self.source.meta["phrases"])

    @property
    def covering(self) -> frozenset[str]:
        """The slots that should state as many required claims as they can."""
        return frozenset(self.source.meta.get("cover", ()))

    def phrases(
        self, slot: str, purpose: str, traits: Sequence[str], values: Mapping[str, str]
    ) -> list[Phrase]:
        """Give the phrases of a slot that the values can fill in, in the order of the page."""
        pool = _pool(self.source.meta["phrases"][slot], ((purpose, "any"), (*traits, "any")))
        return list(_filled(pool, values))

    def lay_out(self, slots: Mapping[str, str]) -> str:
        """Render the page's body from its slots."""
        return self.source.render(**slots)


def phrase_book(language: str, words: str) -> PhraseBook:
    """Read the phrases for a channel; raises `LookupError` when the language has none."""
    return PhraseBook(page(f"offline/{language}/copy/{words}"))


def _pool(node: Any, keys: Sequence[Sequence[str]]) -> Sequence[str]:
    if isinstance(node, list):
        return node
    for depth, candidates in enumerate(keys):
        for key in candidates:
            if key in node:
                return _pool(node[key], keys[depth + 1 :])
    return ()


def _filled(pool: Sequence[str], values: Mapping[str, str]) -> Iterator[Phrase]:
    for raw in pool:
        text = _OPTIONAL.sub(lambda clause: clause[1] if _needs(clause[1]) <= values.keys() else "", raw)
        if _needs(text) <= values.keys():
            yield Phrase(_sentence(fill(text, **values), text), frozenset(_needs(text)))


def _sentence(filled: str, text: str) -> str:
    """Begin with a capital where a value comes first, such as a product name in small letters."""
    return filled[:1].upper() + filled[1:] if text.startswith("{{") else filled


def _needs(text: str) -> set[str]:
    return set(_NAMED.findall(text))
