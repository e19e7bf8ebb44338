"""Campaign copy as data: what a draft must say and may claim, its channel's limits, and its parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Language = Literal["en", "zh"]
"""The languages Marketeer speaks and writes."""

Severity = Literal["error", "review"]
"""An error must be changed before sending; a review needs a person's eye."""


@dataclass(frozen=True, slots=True)
class PartLimit:
    """The limits of one part of a message, such as a subject line.

    Attributes:
        name: The part's code.
        least: Shortest advised length, 0 for none.
        advised: Longest advised length, 0 for none.
        hard: Longest allowed length, 0 for none.
        required: Whether a draft must have it.
        fewest: Fewest lines, where the part is a list of alternatives such as ad headlines.
        most: Most lines.
        width: Whether an East Asian character counts as one or as two.
    """

    name: str
    least: int = 0
    advised: int = 0
    hard: int = 0
    required: bool = True
    fewest: int = 1
    most: int = 1
    width: Literal["character", "double"] = "character"

    @property
    def is_list(self) -> bool:
        """Whether the part holds several lines, each with the limits of its own."""
        return self.most > 1


@dataclass(frozen=True, slots=True)
class Obligation:
    """Something a channel's message must contain, such as a way to unsubscribe.

    Attributes:
        rule: The code of the problem when it is missing.
        any_of: Texts or merge tags of which one must be there; `…` stands for anything.
        where: At the start of the first part, at the end of the last, or anywhere.
        languages: The languages it is asked of.
    """

    rule: str
    any_of: tuple[str, ...]
    where: Literal["start", "end", "anywhere"] = "anywhere"
    languages: tuple[Language, ...] = ("en", "zh")


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """One channel's parts, limits and obligatory elements, read from `prompts/channels/<name>.md`.

    Attributes:
        name: The channel's code.
        parts: Its parts in the order they are read.
        encoding: `sms` counts GSM-7 and UCS-2 message parts.
        must_contain: Its obligatory elements.
        consent: The consent a person must have given to be written to on it.
        words: The phrases the offline writer takes, where they are those of another channel.
        guidance: How to write for it, for a model.
    """

    name: str
    parts: tuple[PartLimit, ...]
    encoding: Literal["text", "sms"] = "text"
    must_contain: tuple[Obligation, ...] = ()
    consent: Literal["email", "sms", "none"] = "none"
    words: str = ""
    guidance: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure, product, price or code a draft may state, with the fact it rests on.

    Attributes:
        name: What it is, such as `discount_percent` or `product_1`.
        text: How it may be written.
        fact: The name of the fact in the same finding that holds it.
        about: The name of another claim this one belongs to, such as the product a price is of.
        required: Whether the copy must state it.
    """

    name: str
    text: str
    fact: str = ""
    about: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Brief:
    """What a segment's copy must say and may claim.

    Attributes:
        segment: The segment's code.
        channel: The channel's code.
        language: The language to write in.
        purpose: What the message is for, such as `offer`, `win_back` or `thank_you`.
        claims: All it may state as fact.
        profile: Traits of the segment as codes, the most telling first.
        voice: `tone` and `banned` words given by the person, comma-separated.
        seed: Chooses among equally good phrases, so that a second version can be asked for.
        max_parts: Most SMS parts, 0 for no limit.
        edits: Changes the person asked for, such as `shorten` or `drop_paragraph_2`.
        previous: The parts of the draft they are asked of.
    """

    segment: str
    channel: str
    language: Language
    purpose: str
    claims: tuple[Claim, ...] = ()
    profile: tuple[str, ...] = ()
    voice: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    max_parts: int = 0
    edits: tuple[str, ...] = ()
    previous: Mapping[str, str] = field(default_factory=dict)

    def claim(self, name: str) -> Claim | None:
        """Look up a claim by name."""
        return next((claim for claim in self.claims if claim.name == name), None)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing a check found in a draft.

    Attributes:
        part: The part it is in; empty for the message as a whole.
        rule: The rule's code.
        severity: `error` must be changed before sending; `review` needs a person's eye.
        detail: The words at fault, or what is missing.
        suggestion: Words that could stand instead.
    """

    part: str
    rule: str
    severity: Severity
    detail: str = ""
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A piece of copy for one segment, channel and language, with what its checks found."""

    segment: str
    channel: str
    language: Language
    parts: Mapping[str, str]
    writer: str
    claims: tuple[Claim, ...] = ()
    problems: tuple[Problem, ...] = ()
    purpose: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, brief: Brief, parts: Mapping[str, str], writer: str, problems: tuple[Problem, ...]
    ) -> "Draft":
        """Give what a writer made of a brief."""
        return cls(
            segment=brief.segment,
            channel=brief.channel,
            language=brief.language,
            parts=parts,
            writer=writer,
            claims=brief.claims,
            problems=problems,
            purpose=brief.purpose,
        )
