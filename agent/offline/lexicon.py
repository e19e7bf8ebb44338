"""What the planner listens for, read from `prompts/offline/<language>/understands.md`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from marketeer.prompts import page
from marketeer.tools.core.copy import Language


@dataclass(frozen=True, slots=True)
class Label:
    """A kind of number: the words that stand near it, the argument names it can fill, how it is written.

    Attributes:
        written: Kinds of mentions it can be, such as `percent`; empty allows all.
    """

    name: str
    words: re.Pattern[str]
    fields: re.Pattern[str]
    written: frozenset[str] = frozenset()

    def fits(self, kind: str) -> bool:
        """Tell whether a kind of mention can be such a number."""
        return not self.written or kind in self.written


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's words.

    Attributes:
        labels: Kinds of numbers.
        durations: Unit word → days.
        months: Month word → number.
        periods: Words for a period → its code.
        same: Word for a notion → everything else it is called.
        foreign: What of another language, or often misspelt, stands for which words of this one.
        familiar: Names of goods that phrases speak of.
        after_name: What follows a name and is no part of it.
        no_name: What stands where a name could and is none.
        before_name: What a name of goods stands behind, at the end of the text before it.
        spelt_so: Words that are as they should be, though they look like slips of others.
        field: Words of the field, which tell that a question is meant for us.
        places: Countries.
        polite: What asks without saying what for.
        towards: What stands before the choice that is wanted when two are named ("into an SMS").
        bounds: What says that a number is the least or the most of an amount or of a silence.
        choices: Argument name → value → pattern, such as `channel` → `sms` → `短信`.
        accept: What picks the first, second or third thing offered.
        follow_up: `change`, `why` and `refers` patterns.
        refused: What stands before a choice that is not meant, at the end of the text before it.
        denied: What denies what follows, at the end of the text before it.
        common: Words that tell little.
        question: Words that ask; none of them is part of a name.
        segment_place: Where a segment's name stands that nobody knows yet.
        no_segment: Words that are no such name.
        no_segment_there: What sounds like a segment and is none, such as those who came new in some month.
        names_segments: Words that make a segment of it after all, such as those for writing to people.
        split: Where one request ends and the next begins.
        anaphora: A clause that only says more about the one before.
    """

    labels: tuple[Label, ...]
    durations: Mapping[str, int]
    months: Mapping[str, int]
    periods: Mapping[str, str]
    same: tuple[tuple[str, re.Pattern[str]], ...]
    foreign: tuple[tuple[re.Pattern[str], str], ...]
    familiar: tuple[str, ...]
    after_name: re.Pattern[str]
    no_name: re.Pattern[str]
    before_name: re.Pattern[str]
    spelt_so: frozenset[str]
    field: re.Pattern[str]
    places: re.Pattern[str]
    polite: re.Pattern[str]
    towards: re.Pattern[str]
    bounds: Mapping[str, re.Pattern[str]]
    choices: Mapping[str, Mapping[str, re.Pattern[str]]]
    accept: tuple[re.Pattern[str], ...]
    follow_up: Mapping[str, re.Pattern[str]]
    refused: re.Pattern[str]
    denied: re.Pattern[str]
    common: frozenset[str]
    question: frozenset[str]
    segment_place: re.Pattern[str]
    no_segment: frozenset[str]
    no_segment_there: re.Pattern[str]
    names_segments: re.Pattern[str]
    split: re.Pattern[str]
    anaphora: re.Pattern[str]


@lru_cache(maxsize=8)
def lexicon(language: Language) -> Lexicon:
    """Read one language's lexicon."""
    meta = page(f"offline/{language}/understands").meta
    labels = tuple(
        Label(
            name,
            re.compile(entry["words"]),
            re.compile(entry["fields"]),
            frozenset(entry.get("written", "").split()),
        )
        for name, entry in meta["label"].items()
    )
    choices = {
        name: {value: re.compile(words) for value, words in values.items()}
        for name, values in meta["choice"].items()
    }
    return Lexicon(
        labels=labels,
        durations=meta["duration"],
        months=meta["months"],
        periods=meta["periods"],
        same=tuple((word, _whole(words, language)) for word, words in meta["same"].items()),
        foreign=tuple((_foreign(words), word) for word, words in meta["foreign"].items()),
        familiar=tuple(meta["name"]["familiar"]),
        after_name=re.compile(f"(?:{meta['name']['after']})$"),
        no_name=re.compile(meta["name"]["empty"]),
        before_name=re.compile(f"(?:{meta['name']['before']})$"),
        spelt_so=frozenset(meta["step"].get("spelt_so", "").split()),
        field=_whole(meta["field"]["words"], language),
        places=_whole(meta["place"]["names"], language),
        polite=_whole(meta["step"]["polite"], language),
        towards=re.compile(f"(?:{meta['step']['towards']})$"),
        bounds={name: re.compile(words) for name, words in meta["bounds"].items()},
        choices=choices,
        accept=tuple(re.compile(words) for words in meta["accept"].values()),
        follow_up={name: re.compile(words) for name, words in meta["follow_up"].items()},
        refused=re.compile(f"(?:{meta['step']['refused']})$"),
        denied=re.compile(f"(?:{meta['step']['denied']})$"),
        common=frozenset(meta["step"]["common"].split()),
        question=frozenset(meta["step"]["question"].split()),
        segment_place=re.compile(meta["unknown_segment"]["words"]),
        no_segment=frozenset(meta["unknown_segment"]["stop"].split()),
        no_segment_there=re.compile(meta["no_segment_there"]["words"]),
        names_segments=re.compile(meta["no_segment_there"]["unless"]),
        split=re.compile(meta["step"]["split"]),
        anaphora=re.compile(meta["step"]["anaphora"]),
    )


def _whole(words: str, language: Language) -> re.Pattern[str]:
    """Match words as wholes; Chinese has no space between them."""
    return re.compile(words if language == "zh" else rf"(?<![a-z0-9])(?:{words})(?![a-z0-9])")


def _foreign(words: str) -> re.Pattern[str]:
    """Match words of either script; those in Latin letters are wholes."""
    return re.compile(rf"(?<![a-z])(?:{words})(?![a-z])")
