"""Finds which of an argument's fixed values a question names, by its words in any language."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from marketeer.agent.offline.fields import Field, Shape, fields_of
from marketeer.agent.offline.lexicon import lexicon
from marketeer.agent.offline.text import fold, normalise
from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.tools.core.contract import Tool
from marketeer.tools.core.copy import Language

_YES = "true"
_MANY = 10
_TOLD = ("column", "order", "level", "target", "task")
_SENTENCES = frozenset({"title", "method", "view", "note"})


Said = tuple[str, str]
"""A value and the words that name it."""


def chosen(field: Field, folded: str, language: Language, muted: Collection[Said] = ()) -> Any:
    """Give the choice a folded question names, or all of them where the argument holds several.

    Args:
        field: The argument.
        folded: The question.
        language: Its language.
        muted: Values with words that mean something else in this tool's questions.

    Returns:
        The value, a list of values, True for a flag, or None where nothing is named. A choice that is ruled
        out in the question ("not RFM") is not named by it.
    """
    hits = sorted(_hits(field, folded, language, muted), key=lambda hit: (hit[0] - hit[1], hit[0]))
    apart: list[tuple[int, int, int, str]] = []
    for hit in hits:
        if all(hit[1] <= other[0] or other[1] <= hit[0] for other in apart):
            apart.append(hit)
    if not apart:
        return None
    if field.shape is Shape.FLAG:
        return True
    if field.many:
        return list(dict.fromkeys(value for *_, value in sorted(apart)))
    wanted = lexicon(language).towards
    return min(apart, key=lambda hit: (not wanted.search(folded[: hit[0]]), hit[2]))[3]


def spans(field: Field, folded: str, language: Language) -> list[tuple[int, int]]:
    """Give where a folded question names choices of an argument."""
    return [(start, end) for start, end, *_ in _hits(field, folded, language, ())]


def _hits(
    field: Field, folded: str, language: Language, muted: Collection[Said]
) -> Iterator[tuple[int, int, int, str]]:
    refused = lexicon(language).refused
    for order, (value, pattern) in enumerate(_patterns(field, language)):
        for match in pattern.finditer(folded):
            if (value, match[0]) not in muted and not refused.search(folded[: match.start()]):
                yield match.start(), match.end(), order, value


def _patterns(field: Field, language: Language) -> tuple[tuple[str, re.Pattern[str]], ...]:
    known = lexicon(language).choices.get(field.name.removesuffix("s"), {})
    if field.shape is Shape.CHOICE:
        return tuple((value, known.get(value) or _words(field.name, value)) for value in field.choices)
    if field.shape is Shape.FLAG:
        return ((_YES, known.get(_YES) or _words(field.name, field.name)),)
    return tuple(known.items()) if field.shape in {Shape.TEXT, Shape.INTEGER} else ()


def notions(tools: Sequence[Tool], language: Language) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Give the arguments whose values have words of their own, such as measures, with all those words."""
    names = {field.name for tool in tools for field in fields_of(tool.args) if field.shape is Shape.CHOICE}
    spoken = {
        name: {words for words, code in _own(name).items() if words != code.replace("_", " ")}
        for name in sorted(names)
    }
    listened = lexicon(language).choices
    found: list[tuple[str, re.Pattern[str]]] = []
    for name, words in spoken.items():
        if len(words) >= _MANY:
            patterns = [pattern.pattern for pattern in listened.get(name.removesuffix("s"), {}).values()]
            found.append((name, re.compile("|".join([*patterns, _either(words).pattern]))))
    told = {name: "|".join(pattern.pattern for pattern in listened.get(name, {}).values()) for name in _TOLD}
    return (*found, *((name, re.compile(words)) for name, words in told.items() if words))


def _own(kind: str) -> dict[str, str]:
    tables = {kind, kind.removesuffix("s")} - _SENTENCES
    return {
        words: code for table in sorted(tables) for words, code in PromptVocabulary().words(table).items()
    }


@lru_cache(maxsize=1024)
def _words(kind: str, value: str) -> re.Pattern[str]:
    """Match a value's code and what it is called."""
    own = _own(kind)
    said = {words for words, code in (own or PromptVocabulary().words("term")).items() if code == value}
    return _either({*said, value, value.replace("_", " ")})


def _either(said: Iterable[str]) -> re.Pattern[str]:
    longest = sorted((words for words in said if len(words) > 1), key=len, reverse=True)
    either = "|".join("[ -]".join(map(re.escape, words.split())) for words in longest)
    return re.compile(rf"(?<![a-z0-9])(?:{either})(?:s|es)?(?![a-z0-9])" if either else r"(?!)")


def misleading(tool: Tool, field: Field) -> frozenset[Said]:
    """Give the words that stand in the tool's examples more often without meaning a choice than with.

    A choice that is meant more often than not keeps all its words: "k-means or DBSCAN?" takes none away.
    """
    if field.shape is not Shape.CHOICE:
        return frozenset()
    votes: Counter[Said] = Counter()
    for example in tool.examples:
        meant = example.args.get(field.name, field.default)
        values = {str(one) for one in meant} if isinstance(meant, (list, tuple)) else {str(meant)}
        folded = fold(normalise(example.text))
        named = [(value, folded[at:end]) for at, end, _, value in _hits(field, folded, example.language, ())]
        right = [said for said in named if said[0] in values]
        votes.update(right)
        votes.subtract([] if right else named)
    whole: Counter[str] = Counter()
    for (value, _), count in votes.items():
        whole[value] += count
    return frozenset(said for said, count in votes.items() if count < 0 and whole[said[0]] < 0)
