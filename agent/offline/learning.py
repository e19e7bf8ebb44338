"""What is learnt of the tools before a question is asked, each part when it is first needed."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from marketeer.agent.offline import pages
from marketeer.agent.offline.arguments import Arguments
from marketeer.agent.offline.choices import notions
from marketeer.agent.offline.examples import text_around
from marketeer.agent.offline.hearing import Hearing
from marketeer.agent.offline.intents import Intents, Phrase
from marketeer.agent.offline.names import Names
from marketeer.agent.offline.templates import Template, templates
from marketeer.agent.offline.text import language_of
from marketeer.prompts import page
from marketeer.prompts.words import languages
from marketeer.tools.core.contract import Example, Tool
from marketeer.tools.core.copy import Language

_QUOTED = re.compile(r'"([^"]+ [^"]+)"')

Key = TypeVar("Key")
Value = TypeVar("Value")


class Learnt(dict[Key, Value]):
    """What is learnt of each language or tool, when it is first asked about."""

    def __init__(self, learn: Callable[[Key], Value]) -> None:
        self._learn = learn

    def __missing__(self, key: Key) -> Value:
        self[key] = self._learn(key)
        return self[key]


class Knowledge:
    """What the planner knows of its tools.

    Attributes:
        tools: The tools by name, with the further examples of the pages.
        arguments: Tool → how its arguments are said.
        phrases: Language → all example phrases.
        intents: Language → what tells them apart.
        templates: Language → phrases with room for names.
        hearing: Language → its words.
        names: Language → what is no name of goods.
    """

    def __init__(self, tools: Sequence[Tool]) -> None:
        self.tools = {tool.name: _taught(tool) for tool in tools}
        self.arguments: Learnt[str, Arguments] = Learnt(lambda name: Arguments(self.tools[name]))
        self.phrases: Learnt[Language, Sequence[Phrase]] = Learnt(self._phrases)
        self.intents: Learnt[Language, Intents] = Learnt(self._intents)
        self.templates: Learnt[Language, tuple[Template, ...]] = Learnt(
            lambda language: templates(self.tools.values(), language)
        )
        self.hearing: Learnt[Language, Hearing] = Learnt(self._hearing)
        self.names: Learnt[Language, Names] = Learnt(
            lambda language: Names(map(text_around, self.phrases[language]), language)
        )

    def _phrases(self, language: Language) -> Sequence[Phrase]:
        own = [
            Phrase(tool.name, example.text, example.language, example.args)
            for tool in self.tools.values()
            for example in tool.examples
        ]
        more = page(f"offline/{language}/phrases").meta["phrases"]
        own += [
            Phrase(name, text, language)
            for name in self.tools
            for text in _unlabelled(self.tools[name], more, language)
        ]
        return [*own, *pages.phrases(language)]

    def _intents(self, language: Language) -> Intents:
        return Intents(self.phrases[language], language, notions(list(self.tools.values()), language))

    def _hearing(self, language: Language) -> Hearing:
        texts = map(text_around, self.phrases[language])
        return Hearing(texts, page("offline/zh/goods").meta["goods"], language)


def _taught(tool: Tool) -> Tool:
    """Give a tool with the further examples of the pages, which also say what is meant."""
    more = [
        Example(text, language, args)
        for language in languages()
        for text, args in page(f"offline/{language}/phrases").meta["meant"].get(tool.name, {}).items()
    ]
    return replace(tool, examples=(*tool.examples, *more))


def _unlabelled(tool: Tool, more: Mapping[str, Sequence[str]], language: Language) -> list[str]:
    """Give what else people say to mean a tool: quotes in its docstring and the page of further phrases."""
    quoted = [" ".join(text.split()) for text in _QUOTED.findall(tool.description)]
    return [*(text for text in quoted if language_of(text) == language), *more.get(tool.name, ())]
