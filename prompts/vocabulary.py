"""Knows the codes behind the words people use for segments, facts and terms, in every language there is."""

import re
from functools import lru_cache

from marketeer.prompts import page, pages
from marketeer.prompts.words import languages

_ALIAS = "alias"
_PIECES = re.compile(r"\s*[,，、;；]\s*|\s+and\s+")


class PromptVocabulary:
    """The `Vocabulary` port over the wording pages: display words and the aliases people use.

    A page may have tables `[alias.<kind>]` (words → code) for words nobody would print but many say.
    """

    def code(self, kind: str, text: str) -> str | None:
        """Give the code for a word of a kind (`segment`, `fact`, `term`, …), or None when it knows none."""
        known = _codes(kind)
        folded = _folded(kind, text)
        found = known.get(folded) or known.get(folded.removesuffix("s"))
        return found or (_composed(folded) if kind == "segment" else None)

    def words(self, kind: str) -> dict[str, str]:
        """Give all folded words of a kind with their codes."""
        return dict(_codes(kind))


def fold(text: str) -> str:
    """Fold a name for comparison: case, underscores, hyphens and outer articles do not count."""
    plain = _folded("", text)
    return plain.removeprefix("the ").removesuffix(" segment").removesuffix(" customers")


def _folded(kind: str, text: str) -> str:
    """Fold a word of a kind: only segments are called so with and without "segment" behind."""
    return fold(text) if kind == "segment" else " ".join(re.split(r"[\s_-]+", text.casefold().strip()))


def _composed(folded: str) -> str | None:
    words, _, number = folded.rpartition(" ") if folded[-1:].isdecimal() else (folded, "", "")
    traits = _codes("trait")
    codes = [traits.get(piece) for piece in _PIECES.split(words)]
    known = [code for code in (*codes, number) if code]
    return "_".join(known) if all(codes) and len(known) > 1 else None


@lru_cache(maxsize=32)
def _codes(kind: str) -> dict[str, str]:
    known: dict[str, str] = {}
    for name in _by_shared_first():
        meta = page(name).meta
        for code, words in meta.get(kind, {}).items():
            if isinstance(words, str) and "{{" not in words:
                known.setdefault(_folded(kind, words), code)
            known.setdefault(_folded(kind, code), code)
        for words, code in meta.get(_ALIAS, {}).get(kind, {}).items():
            known.setdefault(_folded(kind, words), code)
    return known


def _by_shared_first() -> list[str]:
    names = [name for language in languages() for name in pages(f"offline/{language}")]
    return sorted(names, key=lambda name: (not name.endswith("/shared"), name))
