"""The console's own words in a language; they are in `prompts/offline/<language>/terminal.md`."""

from marketeer.prompts.words import word
from marketeer.tools.core.copy import Language

_PAGE = "terminal"


def say(code: str, language: Language, **values: object) -> str:
    """Give a phrase of the console, filled in."""
    return word("console", code, language, _PAGE).format(**values)


def say_verdict(code: str, language: Language) -> str:
    """Give a verdict's words."""
    return word("verdict", code, language, _PAGE)


def tour(language: Language) -> tuple[str, ...]:
    """Give the questions of the short tour in order."""
    return tuple(word("tour", str(number), language, _PAGE) for number in (1, 2, 3))
