"""The answers that need no tool: `prompts/offline/<language>/answers/*.md`.

A page's front matter says when it is given: `rules` (every expression of one line must match), `unless`,
`examples` (phrases like it), and as which `kind` of answer. Its body is the answer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from marketeer.agent.offline.intents import Phrase
from marketeer.agent.offline.text import fold, normalise
from marketeer.prompts import page, pages
from marketeer.tools.core.copy import Language

PREFIX = "answers/"


@dataclass(frozen=True, slots=True)
class Rule:
    """When an answer page is given: all of the expressions match and none of the exceptions does."""

    name: str
    all_of: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None

    def fits(self, folded: str) -> bool:
        """Tell whether the rule fits a folded question."""
        if self.unless and self.unless.search(folded):
            return False
        return all(pattern.search(folded) for pattern in self.all_of)


@lru_cache(maxsize=8)
def rules(language: Language) -> tuple[Rule, ...]:
    """Give the rules of all answer pages of a language, declined ones first."""
    found: list[tuple[str, Rule]] = []
    for name in pages(f"offline/{language}/answers"):
        meta = page(name).meta
        unless = re.compile(meta["unless"]) if "unless" in meta else None
        for line in meta.get("rules", ()):
            compiled = tuple(re.compile(pattern) for pattern in line)
            found.append((meta.get("kind", "answered"), Rule(_stem(name), compiled, unless)))
    return tuple(rule for _, rule in sorted(found, key=lambda pair: (pair[0] != "declined", pair[1].name)))


def fitting(question: str, language: Language) -> str | None:
    """Give the answer page whose rule fits a question, if any does."""
    folded = fold(normalise(question))
    return next((rule.name for rule in rules(language) if rule.fits(folded)), None)


def phrases(language: Language) -> Sequence[Phrase]:
    """Give the example phrases of the answer pages."""
    return [
        Phrase(f"{PREFIX}{_stem(name)}", text, language)
        for name in pages(f"offline/{language}/answers")
        for text in page(name).meta.get("examples", ())
    ]


def kind_of(name: str, language: Language) -> str:
    """Give the kind of answer a page is."""
    return str(page(_path(name, language)).meta.get("kind", "answered"))


def only_at_start(name: str, language: Language) -> bool:
    """Tell whether a page is only given while nothing was found yet."""
    return bool(page(_path(name, language)).meta.get("only_at_start", False))


def for_code(code: str, language: Language) -> str | None:
    """Give the answer page that words an error code, if any does."""
    names = (
        name for name in pages(f"offline/{language}/answers") if code in page(name).meta.get("codes", ())
    )
    return next((_stem(name) for name in names), None)


def say(name: str, language: Language, /, **values: Any) -> str:
    """Render an answer page."""
    return page(_path(name, language)).render(**values)


def _path(name: str, language: Language) -> str:
    return f"offline/{language}/{PREFIX}{name.removeprefix(PREFIX)}"


def _stem(name: str) -> str:
    return name.rsplit("/", 1)[1]
