"""Finds the names of goods nobody has heard of, and puts familiar ones in their place.

A question about "the wicker basket" is then understood wherever one about "the teapot" is. What a name is
tells where it stands, the words of no phrase it is made of, and the words that goods are called by.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from marketeer.agent.offline.hearing import Heard, replaced
from marketeer.agent.offline.lexicon import lexicon
from marketeer.agent.offline.mentions import Mention, find_mentions
from marketeer.agent.offline.text import features, fold, normalise, stem
from marketeer.prompts import page
from marketeer.tools.core.copy import Language

_TOKEN = re.compile(r"[a-z0-9][a-z0-9'-]*|[^\sa-z0-9]")
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
_LONGEST = {"en": 6, "zh": 10}

Run = tuple[int, int]


class Names:
    """Knows the words of a language that are part of no name.

    Args:
        texts: Folded phrases without the names that stand in them.
        language: The language.
    """

    def __init__(self, texts: Iterable[str], language: Language) -> None:
        listens = lexicon(language)
        self._language = language
        self._known = frozenset(one for text in texts for one in features(text) if " " not in one)
        self._idle = listens.common | listens.question
        self._familiar, self._before = listens.familiar, listens.before_name
        self._goods = goods(language)

    def familiar(self, question: str) -> Heard:
        """Put familiar names where strange ones stand; the text stays as it is where there are none."""
        plain = normalise(question)
        runs = self.runs(plain, find_mentions(plain, self._language))
        if not runs or len(runs) > len(self._familiar):
            return Heard(question)
        changes = [(start, end, name) for (start, end), name in zip(runs, self._familiar, strict=False)]
        return replaced(question, changes)

    def runs(self, plain: str, mentions: Sequence[Mention]) -> list[Run]:
        """Give where strange names stand: those with a word for goods in them, or else where names stand."""
        found = self._strange(plain, mentions)
        sure = [run for run in found if self.has_goods(plain[slice(*run)])]
        return sure or [run for run in found if self._before.search(fold(plain[: run[0]]))]

    def sure(self, plain: str, mentions: Sequence[Mention]) -> list[Run]:
        """Give where names with a word for goods in them stand, strange or not."""
        named = [run for run in self._strange(plain, mentions) if self.has_goods(plain[slice(*run)])]
        if self._language == "zh":
            return named
        words = [
            one for one in _TOKEN.finditer(_without(fold(plain), mentions)) if stem(one[0]) in self._goods
        ]
        known = [one.span() for one in words if stem(one[0]) in self._known]
        return [*named, *(one for one in known if not any(start <= one[0] < end for start, end in named))]

    def _strange(self, plain: str, mentions: Sequence[Mention]) -> list[Run]:
        folded = _without(fold(plain), mentions)
        found = self._words(folded) if self._language == "en" else self._characters(folded)
        return [run for run in found if run[1] - run[0] > 1]

    def has_goods(self, name: str) -> bool:
        """Tell whether a name holds a word that goods are called by."""
        text = fold(name)
        if self._language == "zh":
            return any(word in text for word in self._goods if len(word) > 1)
        return any(stem(word) in self._goods for word in _TOKEN.findall(text))

    def _words(self, folded: str) -> Iterator[Run]:
        run: list[re.Match[str]] = []
        for match in [*_TOKEN.finditer(folded + " ."), None]:
            word = match[0] if match else "."
            known = not word[0].isalpha() or word in self._idle or stem(word) in self._known
            if match and (not known or stem(word) in self._goods):
                run.append(match)
                continue
            if 0 < len(run) <= _LONGEST["en"] and any(stem(one[0]) not in self._known for one in run):
                yield run[0].start(), run[-1].end()
            run = []

    def _characters(self, folded: str) -> Iterator[Run]:
        for stretch in _CHINESE.finditer(folded):
            text, start = stretch[0], stretch.start()
            known = [char in self._idle for char in text]
            for size in (4, 3, 2):
                for at in range(len(text) - size + 1):
                    part = text[at : at + size]
                    if part in self._idle or (part in self._known and not self._idle.intersection(part)):
                        known[at : at + size] = [True] * size
            for found in re.finditer("0+", "".join("01"[one] for one in known)):
                yield start + found.start(), start + found.end()


def _without(folded: str, mentions: Sequence[Mention]) -> str:
    for one in mentions:
        folded = folded[: one.start] + "." * (one.end - one.start) + folded[one.end :]
    return folded


@lru_cache(maxsize=8)
def goods(language: Language) -> frozenset[str]:
    """Give what goods are called in a language."""
    meta = page("offline/zh/goods").meta
    if language == "en":
        return frozenset(stem(word) for words in meta["goods"] for word in words.split())
    return frozenset([*meta["goods"].values(), *meta["alias"]["goods"]])
