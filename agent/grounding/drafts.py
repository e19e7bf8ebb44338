"""Checks the numbers of campaign copy: a draft may state its claims' figures and no others."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from marketeer.agent.grounding.exempt import Basis, exempt_spans, exemption
from marketeer.agent.grounding.figures import Figure, figures
from marketeer.tools.core.copy import Claim, Draft
from marketeer.tools.core.findings import Finding

_PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{[A-Za-z_]\w*\}|%[A-Z_]+%|\*\|.*?\|\*|https?://\S+")
_FREE = frozenset({Basis.COUNTER, Basis.ORDINAL})


@dataclass(frozen=True, slots=True)
class DraftNumber:
    """A number in a draft that is no claim of it.

    Attributes:
        part: The part it stands in, or `claims` where a claim itself does not agree with its fact.
        text: The number as it is written.
    """

    part: str
    text: str


def unclaimed(draft: Draft, finding: Finding) -> list[DraftNumber]:
    """Give the numbers of a draft that rest on no claim, and claims that do not agree with their fact.

    Args:
        draft: The copy with its claims.
        finding: The finding it is part of, whose facts the claims name.
    """
    wrong = [DraftNumber("claims", claim.text) for claim in draft.claims if not agrees(claim, finding)]
    for part, text in draft.parts.items():
        wrong += [DraftNumber(part, figure.text) for figure in _strays(text, draft)]
    return wrong


def agrees(claim: Claim, finding: Finding) -> bool:
    """Tell whether a claim's figures are those of the fact it names; a given text needs no fact."""
    if not claim.fact:
        return True
    values = [fact.value for fact in finding.facts if fact.name == claim.fact]
    numbers = [v for v in values if isinstance(v, (int, float))]
    if not numbers:
        return bool(values)
    return all(any(f.stands_for(v) for v in numbers) for f in figures(claim.text) if not f.glued)


def _strays(text: str, draft: Draft) -> Iterator[Figure]:
    spans = [match.span() for match in _PLACEHOLDER.finditer(text)]
    for claim in draft.claims:
        spans += [m.span() for m in re.finditer(re.escape(claim.text), text, re.IGNORECASE) if claim.text]
    exempt = [span for span in exempt_spans(text, "", spans) if span[2] in _FREE | {Basis.NAME}]
    claimed = [figure for claim in draft.claims for figure in figures(claim.text) if not figure.glued]
    for figure in figures(text):
        if exemption(figure, exempt) is None and not any(_same(figure, other) for other in claimed):
            yield figure


def _same(figure: Figure, claimed: Figure) -> bool:
    alike = figure.said.units == claimed.said.units or bool(figure.said.units & claimed.said.units)
    return alike and not figure.glued and figure.stands_for(claimed.value)
