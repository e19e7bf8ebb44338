"""What codes are called in each language: the front-matter tables of `prompts/offline/<language>/`.

A table (`segment`, `fact`, `view`, `term`, …) maps a code to words. A tool's own page wins over the words
all tools share (`shared.md`, and `errors.md` for what is said when one fails).
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, get_args

from marketeer.prompts import page, pages
from marketeer.tools.core.copy import Language

_SHARED = ("shared", "errors")
_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

Tables = Mapping[str, Mapping[str, str]]
"""Table name → code → words."""


@lru_cache(maxsize=1)
def languages() -> tuple[Language, ...]:
    """Give the languages that have wording, by their folders."""
    folders = {name.split("/")[1] for name in pages("offline")}
    return tuple(language for language in get_args(Language) if language in folders)


@lru_cache(maxsize=128)
def word_tables(language: Language, tool: str = "") -> Tables:
    """Give all words of a language, with those of one tool's page laid over the shared ones."""
    merged: dict[str, Mapping[str, str]] = {}
    for stem in (*_SHARED, tool):
        if stem and has_page(language, stem):
            for table, words in _string_tables(page(f"offline/{language}/{stem}").meta).items():
                merged[table] = {**merged.get(table, {}), **words}
    return MappingProxyType(merged)


@lru_cache(maxsize=256)
def has_page(language: Language, stem: str) -> bool:
    """Tell whether a language has a page of this name."""
    return f"offline/{language}/{stem}" in pages(f"offline/{language}")


def _string_tables(meta: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    return {
        table: {str(code): text for code, text in words.items() if isinstance(text, str)}
        for table, words in meta.items()
        if isinstance(words, Mapping)
    }


def word(kind: str, code: str, language: Language, tool: str = "") -> str:
    """Give the words for a code of a kind; an unknown code is only made readable.

    Args:
        kind: The table, such as `segment`, `fact`, `view` or `term`.
        code: The code.
        language: The language to say it in.
        tool: The tool whose page is asked first.
    """
    known = word_tables(language, tool).get(kind, {}).get(code)
    return known or (composed(code, language) if kind == "segment" else "") or readable(code)


def composed(code: str, language: Language) -> str:
    """Word the code of a cluster from its traits: `recent_high_spend` → “Recent, high spend”.

    The longest trait that fits is taken at each step; what follows a trait and is none itself, such as a
    column or a number, is said with it. Empty where the code does not begin with a trait.
    """
    traits = word_tables(language).get("trait", {})
    parts, pieces = code.split("_"), list[str]()
    while parts:
        size = next((n for n in range(len(parts), 0, -1) if "_".join(parts[:n]) in traits), 0)
        if size:
            pieces.append(traits["_".join(parts[:size])])
        elif pieces:
            pieces[-1] += f" {parts[0]}"
        else:
            return ""
        parts = parts[size or 1 :]
    text = word_tables(language)["pattern"]["join"].join(pieces)
    return text[:1].upper() + text[1:]


def readable(code: str) -> str:
    """Turn a snake_case code into words; anything else is a name and stays as it is."""
    return code.replace("_", " ").capitalize() if _CODE.fullmatch(code) else code
