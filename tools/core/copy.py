"""Campaign copy as data: what a draft must say and may claim, its channel's limits, and its parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Language = Literal["en", "zh"]
"""The languages Marketeer speaks and writes."""


@dataclass(frozen=True, slots=True)
class PartLimit:
    """The limits of one part of a message, such as a subject line.

    Attributes:
        name: The part's code.
        advised: Longest advised length in characters, 0 for none.
        hard: Longest allowed length in characters, 0 for none.
        required: Whether a draft must have it.
    """

    name: str
    advised: int = 0
    hard: int = 0
    required: bool = True


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """One channel's parts, limits and obligatory elements, read from `prompts/channels/<name>.md`."""

    name: str
    parts: tuple[PartLimit, ...]
    encoding: Literal["text", "sms"] = "text"
    must_contain: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    consent: Literal["email", "sms", "none"] = "none"
    guidance: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure, product, price or code a draft may state, with the fact it rests on.

    Attributes:
        name: What it is, such as `offer_percent` or `top_product_1`.
        text: How it may be written.
        fact: The name of the fact in the same finding; empty for given text such as a code.
    """

    name: str
    text: str
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """What a segment's copy must say and may claim.

    Attributes:
        segment: The segment's code.
        channel: The channel's code.
        language: The language to write in.
        purpose: What the message is for: `offer`, `win_back`, `thank_you`, `announce`.
        claims: All it may state as fact.
        profile: Short traits of the segment, as codes.
        voice: Tone words and banned words given by the person.
        seed: Chooses among equally good openings, so that a second version can be asked for.
    """

    segment: str
    channel: str
    language: Language
    purpose: str
    claims: tuple[Claim, ...] = ()
    profile: tuple[str, ...] = ()
    voice: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing a check found in a draft."""

    part: str
    rule: str
    severity: Literal["error", "review"]
    detail: str = ""


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
