"""Product names as copy uses them, and finding them in a text."""

import re
from collections.abc import Iterable, Iterator

_WORD = re.compile(r"[^\W_\u4e00-\u9fff]+")
_CJK = re.compile(r"[\u4e00-\u9fff]")


class Catalogue:
    """Finds names of a shop's products in a text.

    Names of one word (or of fewer than four Chinese characters) are common words too, and are not looked for.

    Args:
        names: All product names.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._phrases: dict[str, str] = {}
        self._chinese: list[str] = []
        for name in names:
            words = _WORD.findall(name.casefold())
            if len(_CJK.findall(name)) >= 4:
                self._chinese.append(name)
            elif len(words) > 1:
                self._phrases[" ".join(words)] = name
        self._longest = max((len(phrase.split()) for phrase in self._phrases), default=0)

    def named_in(self, text: str) -> Iterator[str]:
        """Give the products a text names, the longest name where several begin at one word."""
        yield from (name for name in self._chinese if name in text)
        words = _WORD.findall(text.casefold())
        position = 0
        while position < len(words):
            length = self._match(words[position : position + self._longest])
            if length:
                yield self._phrases[" ".join(words[position : position + length])]
            position += max(length, 1)

    def _match(self, words: list[str]) -> int:
        lengths = range(len(words), 1, -1)
        return next((length for length in lengths if " ".join(words[:length]) in self._phrases), 0)


def copy_name(name: str) -> str:
    """Spell a product name for running text: one that is all capitals is put in small letters."""
    plain = " ".join(name.split()).strip(" .,")
    return plain.lower() if plain.isupper() and _WORD.search(plain) else plain
