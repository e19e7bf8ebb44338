"""Reads a question as an example phrase with another name in it: "who would want jumbo bag pink polkadot?"

A name nobody has heard makes a question unlike all phrases. Where everything around the name is said word for
word as in a phrase, it asks for what that phrase asks for.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marketeer.agent.offline.fields import Shape, fields_of
from marketeer.agent.offline.lexicon import lexicon
from marketeer.agent.offline.mentions import find_mentions
from marketeer.agent.offline.text import count_words, fold, normalise
from marketeer.tools.core.contract import Example, Tool
from marketeer.tools.core.copy import Language

_LEAST = {"en": 3, "zh": 4}
_NAME = {"en": r"(?:the |an? |our |some )?(.{2,60}?)", "zh": r"(.{2,30}?)"}


@dataclass(frozen=True, slots=True)
class Template:
    """A phrase with room for names.

    Attributes:
        tool: The tool it asks for.
        args: Its arguments.
        fields: The arguments that are named, in the order of the names.
        pattern: Matches a folded question of the same words.
        words: How many words, or Chinese characters, stand around the names.
    """

    tool: str
    args: Mapping[str, Any]
    fields: tuple[str, ...]
    pattern: re.Pattern[str]
    words: int


def templates(tools: Iterable[Tool], language: Language) -> tuple[Template, ...]:
    """Make templates of all examples that name something in words of their own, the fullest first."""
    made = [
        template for tool in tools for example in tool.examples for template in _of(tool, example, language)
    ]
    return tuple(sorted(made, key=lambda one: -one.words))


def _of(tool: Tool, example: Example, language: Language) -> Iterator[Template]:
    text = fold(normalise(example.text)).strip(" .?!。")
    places = sorted(_places(tool, example, text))
    if example.language != language or not places:
        return
    parts, end = [], 0
    for at, _, length in places:
        parts.append(text[end:at].removesuffix("the "))
        end = at + length
    parts.append(text[end:])
    words = count_words("".join(parts), language)
    if words >= _LEAST[language]:
        pattern = _NAME[language].join(re.escape(part) for part in parts)
        fields = tuple(name for _, name, _ in places)
        yield Template(tool.name, example.args, fields, re.compile(pattern + r"[\s.?!。]*"), words)


def _places(tool: Tool, example: Example, text: str) -> Iterator[tuple[int, str, int]]:
    """Give start, field and length of names in an example: what is no choice, period, place or segment."""
    free = {field.name for field in fields_of(tool.args) if field.shape is Shape.TEXT and not field.many}
    free -= lexicon(example.language).choices.keys()
    known = find_mentions(normalise(example.text), example.language)
    for name, value in example.args.items():
        at = text.find(fold(normalise(value))) if name in free and isinstance(value, str) else -1
        if at >= 0 and not any(one.start < at + len(value) and at < one.end for one in known):
            yield at, name, len(value)


def fitting(made: Iterable[Template], text: str) -> tuple[str, dict[str, Any]] | None:
    """Give the tool and arguments of the first template a question fits, names as they were written."""
    plain = normalise(text).strip()
    for template in made:
        if found := template.pattern.fullmatch(fold(plain)):
            named = {
                name: plain[found.start(n) : found.end(n)] for n, name in enumerate(template.fields, start=1)
            }
            return template.tool, {**template.args, **named}
    return None
