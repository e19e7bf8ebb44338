"""Wording the Chinese Advertising Law bars or that needs proof, judged in context. Not legal advice."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field

from marketeer.tools.campaigns.rulebook import rules
from marketeer.tools.core.copy import Severity

_DATE = re.compile(r"\d{1,2}\s*月\s*\d{1,2}\s*[日号]|\d{4}-\d{2}-\d{2}")


class _Term(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    pattern: str
    level: Severity
    instead: str
    unless: str = ""
    needs_date: bool = False


class _Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    term: tuple[_Term, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class AdLawHit:
    """One wording found: where it stands, how grave it is, and what could stand instead."""

    start: int
    text: str
    level: Severity
    instead: str


def ad_law_hits(text: str) -> list[AdLawHit]:
    """Find wording barred by article 9 (3), or in need of proof or a date, in the order it stands.

    Characters belong to the first rule that claims them, so 史上最强 is one hit and not also 最强.
    """
    taken: set[int] = set()
    hits = []
    for term in _rules().term:
        if term.needs_date and _DATE.search(text):
            continue
        for found in _outside(term, text):
            span = range(*found.span())
            if taken.isdisjoint(span):
                taken.update(span)
                hits.append(AdLawHit(found.start(), found[0], term.level, term.instead))
    return sorted(hits, key=lambda hit: hit.start)


def _outside(term: _Term, text: str) -> Iterator[re.Match[str]]:
    harmless = [found.span() for found in re.finditer(term.unless, text)] if term.unless else []
    for found in re.finditer(term.pattern, text):
        if not any(start <= found.start() < end for start, end in harmless):
            yield found


@lru_cache(maxsize=1)
def _rules() -> _Rules:
    return _Rules.model_validate(rules("cn_ad_law"))
