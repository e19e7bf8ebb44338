"""Looks at a question as text: which language it is in, how it is folded, and what it is made of."""

import re
from collections import Counter
from itertools import pairwise

from marketeer.tools.core.copy import Language

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_SIGNS = str.maketrans({"’": "'", "‘": "'", "–": "-", "—": "-"})
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]+")
_QUOTED = re.compile(r"[\"“”「『][^\"“”」』]*[\"“”」』]")
_TOKEN = re.compile(r"[a-z0-9']+|[\ue000-\uf8ff]|[\u4e00-\u9fff]+")
_ENDINGS = ("ings", "ing", "ers", "ies", "ied", "ed", "es", "s")


def normalise(text: str) -> str:
    """Turn full-width letters, digits and signs into plain ones; every position stays where it was."""
    return text.translate(_FULL_WIDTH).translate(_SIGNS)


def fold(text: str) -> str:
    """Fold letters for comparison without moving any position."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


def language_of(text: str) -> Language:
    """Tell the language of a question; what stands in quotation marks counts only when it is all there is."""
    bare = _QUOTED.sub("", text)
    plain = bare if _CHINESE.search(bare) or _LATIN_WORD.search(bare) else text
    chinese, latin = len(_CHINESE.findall(plain)), len(_LATIN_WORD.findall(plain))
    return "zh" if chinese and chinese >= 1.5 * latin else "en"


def features(text: str) -> Counter[str]:
    """Count a text's features: word stems and their pairs, and for Chinese runs of one to four characters.

    Private-use characters stand for mentions that were masked; each counts as a word of its own.
    """
    found: Counter[str] = Counter()
    words: list[str] = []
    for token in _TOKEN.findall(fold(text)):
        if _CHINESE.match(token):
            words.append("")
            for size in (1, 2, 3, 4):
                found.update(token[at : at + size] for at in range(len(token) - size + 1))
        else:
            words.append(stem(token))
    found.update(word for word in words if word)
    found.update(f"{one} {two}" for one, two in pairwise(words) if one and two)
    return found


def character_runs(text: str) -> Counter[str]:
    """Count the runs of two to five characters inside each word, with its ends marked."""
    found: Counter[str] = Counter()
    for token in _TOKEN.findall(fold(text)):
        ended = f"_{token}_"
        for size in (2, 3, 4, 5):
            found.update(ended[at : at + size] for at in range(len(ended) - size + 1))
    return found


def count_words(text: str, language: Language) -> int:
    """Count the words of a text, or its Chinese characters."""
    return len(_CHINESE.findall(text)) if language == "zh" else len(_LATIN_WORD.findall(text))


def stem(word: str) -> str:
    """Cut an English ending off, roughly and always the same way."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            root = word.removesuffix(ending)
            return root + "y" if ending in {"ies", "ied"} else root
    return word.removesuffix("e") if len(word) > 4 else word
