"""What checking a text gives: each number bound to what it rests on, or marked."""

from dataclasses import dataclass
from enum import IntEnum

from marketeer.agent.grounding.exempt import Basis

MARK = "⚠"
"""Stands behind a number that rests on nothing."""


class Why(IntEnum):
    """Why a number is not verified, from the farthest from a fact to the nearest."""

    UNCITED = 0
    UNKNOWN_ID = 1
    VALUE = 2
    UNIT = 3
    SUBJECT = 4


@dataclass(frozen=True, slots=True)
class Bound:
    """A number that may be shown.

    Attributes:
        text: As it is written.
        start: Where it stands in the text that was checked.
        basis: What it rests on.
        fact: The fact's id, where it rests on one.
    """

    text: str
    start: int
    basis: Basis
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Unverified:
    """A number that rests on nothing.

    Attributes:
        text: As it is written.
        start: Where it stands in the text that was checked.
        end: Where it ends.
        why: What is wrong with it.
        sentence: The sentence or row it stands in.
        near: The cited fact it came nearest to, by id.
    """

    text: str
    start: int
    end: int
    why: Why
    sentence: str
    near: str = ""


@dataclass(frozen=True, slots=True)
class Grounded:
    """A checked text.

    Attributes:
        text: The text, with `MARK` behind every number that is not verified.
        bound: The numbers that rest on something, in order.
        unverified: The numbers that rest on nothing, in order.
    """

    text: str
    bound: tuple[Bound, ...] = ()
    unverified: tuple[Unverified, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every number is verified."""
        return not self.unverified


def marked(text: str, start: int, verdicts: list[Bound | Unverified]) -> Grounded:
    """Put marks into a piece of text whose verdicts count from `start`."""
    bad = tuple(v for v in verdicts if isinstance(v, Unverified))
    for verdict in reversed(bad):
        at = verdict.end - start
        text = f"{text[:at]}{MARK}{text[at:]}"
    return Grounded(text, tuple(v for v in verdicts if isinstance(v, Bound)), bad)
