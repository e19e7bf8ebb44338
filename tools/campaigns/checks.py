"""All checks of a draft in one place: limits, claims and compliance. Writers and tools use the same."""

from collections.abc import Mapping
from dataclasses import replace

from marketeer.tools.campaigns.catalogue import Catalogue
from marketeer.tools.campaigns.claims import NO_CATALOGUE, check_claims
from marketeer.tools.campaigns.compliance import Ground, check_compliance
from marketeer.tools.campaigns.limits import check_limits
from marketeer.tools.core.copy import Brief, ChannelSpec, Draft, Problem


def check_parts(
    parts: Mapping[str, str], brief: Brief, spec: ChannelSpec, catalogue: Catalogue = NO_CATALOGUE
) -> tuple[Problem, ...]:
    """Check a draft's parts against its brief and channel; errors first, each problem once."""
    shop = brief.claim("shop")
    values = {"shop_name": shop.text} if shop else {}
    found = [
        *check_limits(parts, spec, brief.language, max_parts=brief.max_parts, values=values),
        *check_claims(parts, brief, catalogue),
        *check_compliance(parts, spec, ground_of(brief)),
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda problem: problem.severity))


def checked(draft: Draft, brief: Brief, spec: ChannelSpec, catalogue: Catalogue = NO_CATALOGUE) -> Draft:
    """Give a draft with what its checks found."""
    problems = check_parts(draft.parts, brief, spec, catalogue)
    return replace(draft, problems=problems, claims=brief.claims, purpose=brief.purpose)


def ground_of(brief: Brief) -> Ground:
    """Give what the compliance rules may rest on for a brief."""
    return Ground(
        language=brief.language,
        banned=[word.strip() for word in brief.voice.get("banned", "").split(",")],
        allowed=[claim.text for claim in brief.claims],
        has_deadline=brief.claim("expires") is not None,
    )
