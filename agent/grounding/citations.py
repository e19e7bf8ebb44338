"""Finds which findings and facts a sentence or table row cites: `[F7.3]`, `[F7]`, `（F1.2、F1.4）`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from marketeer.tools.core.findings import Fact, Finding

_ID = r"F\d+(?:\.\d+)?"
_GROUP = rf"[\[［【(（]\s*{_ID}(?:\s*[,;，、；–-]\s*{_ID})*\s*[\]］】)）]"
CITATIONS = re.compile(rf"{_GROUP}(?:\s*{_GROUP})*")
_ONE = re.compile(r"F(\d+)(?:\.(\d+))?(?:\s*[–-]\s*F(\d+)\.(\d+))?")
_LOOSE = re.compile(rf"(?<![\w.]){_ID}(?![\w])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Citation:
    """Citations that stand together.

    Attributes:
        start: Where the first begins.
        end: Where the last ends.
        ids: The finding and fact ids cited.
    """

    start: int
    end: int
    ids: tuple[str, ...]

    @property
    def precise(self) -> bool:
        """Whether only facts are cited, no whole finding."""
        return all("." in cited for cited in self.ids)


def citations(text: str) -> list[Citation]:
    """Give the groups of citations of a text in order."""
    return [Citation(*match.span(), _ids(match[0])) for match in CITATIONS.finditer(text)]


def mentioned(text: str) -> list[Citation]:
    """Give the ids that stand in a sentence without brackets: "as F3 shows"."""
    return [Citation(*match.span(), (match[0],)) for match in _LOOSE.finditer(text)]


def cited_facts(ids: tuple[str, ...], findings: Mapping[str, Finding]) -> list[Fact]:
    """Give the facts that ids name; a finding's id names all of its facts, an unknown one none."""
    facts: list[Fact] = []
    for cited in ids:
        finding = findings.get(cited.split(".")[0])
        if finding is not None:
            facts += [fact for fact in finding.facts if cited in {finding.id, fact.id}]
    return facts


def _ids(text: str) -> tuple[str, ...]:
    found: list[str] = []
    for finding, fact, last_finding, last in _ONE.findall(text):
        if last and last_finding == finding and int(fact or 0) <= int(last) <= int(fact or 0) + 50:
            found += [f"F{finding}.{number}" for number in range(int(fact), int(last) + 1)]
        else:
            found.append(f"F{finding}.{fact}" if fact else f"F{finding}")
    return tuple(found)
