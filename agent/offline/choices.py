"""Finds which of an argument's fixed values a question names, by its words in any language."""

import re
from functools import lru_cache

from marketeer.agent.offline.fields import Field, Shape
from marketeer.agent.offline.lexicon import lexicon
from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.tools.core.copy import Language


def chosen(field: Field, folded: str, language: Language) -> str | list[str] | None:
    """Give the choice a folded question names, or all of them where the argument holds several.

    A choice that is ruled out in the question ("not RFM") is not named by it.
    """
    refused = lexicon(language).refused
    hits = [
        (match.start(), order, value)
        for order, (value, pattern) in enumerate(_patterns(field, language))
        for match in pattern.finditer(folded)
        if not refused.search(folded[: match.start()])
    ]
    if not hits:
        return None
    if field.many:
        return list(dict.fromkeys(value for _, _, value in sorted(hits)))
    return min(hits, key=lambda hit: hit[1])[2]


def _patterns(field: Field, language: Language) -> tuple[tuple[str, re.Pattern[str]], ...]:
    known = lexicon(language).choices.get(field.name.removesuffix("s"), {})
    if field.shape is Shape.CHOICE:
        return tuple((value, known.get(value) or _words(field.name, value)) for value in field.choices)
    return tuple(known.items()) if field.shape is Shape.TEXT else ()


@lru_cache(maxsize=1024)
def _words(kind: str, value: str) -> re.Pattern[str]:
    vocabulary = PromptVocabulary()
    said = {value.replace("_", " "), value}
    for table in (kind, kind.removesuffix("s"), "term"):
        said |= {words for words, code in vocabulary.words(table).items() if code == value}
    longest = sorted((words for words in said if len(words) > 1), key=len, reverse=True)
    either = "|".join("[ -]".join(map(re.escape, words.split())) for words in longest)
    return re.compile(rf"(?<![a-z0-9])(?:{either})(?![a-z0-9])" if either else r"(?!)")
