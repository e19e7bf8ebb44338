"""Holds copy to its brief: every figure, price, code, date, offer and product must be one of its claims."""

import re
from collections.abc import Iterator, Mapping

from marketeer.tools.campaigns.catalogue import Catalogue
from marketeer.tools.campaigns.mentions import Mention, Stated, mentions, values
from marketeer.tools.core.copy import Brief, Claim, Problem

NO_CATALOGUE = Catalogue()
PRODUCT = re.compile(r"product_\d+")
"""The names of product claims: `product_1`, `product_2`, …"""

_RULES = {
    Stated.PERCENT: "invented_figure",
    Stated.MONEY: "invented_price",
    Stated.DATE: "invented_date",
    Stated.CODE: "invented_code",
    Stated.OFFER: "invented_offer",
    Stated.LINK: "invented_link",
    Stated.NUMBER: "invented_figure",
}
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*|\n+")


def check_claims(
    parts: Mapping[str, str], brief: Brief, catalogue: Catalogue = NO_CATALOGUE
) -> list[Problem]:
    """Check a draft against what its brief allows and demands.

    Args:
        parts: Part code → text.
        brief: The brief.
        catalogue: All products, so that one outside the brief is seen.

    Returns:
        Problems with the rules `invented_figure`, `invented_price`, `invented_date`, `invented_code`,
        `invented_offer`, `invented_link`, `wrong_product`, `wrong_price`, `missing_claim`.
    """
    allowed = {pair for claim in brief.claims for pair in _stated_by(claim)}
    problems: list[Problem] = []
    for name, text in parts.items():
        bare = _without_names(text, brief)
        problems += [_invented(name, seen) for seen in mentions(bare) if not _is_allowed(seen, allowed)]
        problems += [Problem(name, "wrong_product", "error", other) for other in catalogue.named_in(bare)]
        problems += [Problem(name, "wrong_price", "error", price) for price in _misplaced_prices(text, brief)]
    whole = "\n".join(parts.values())
    missing = [claim for claim in brief.claims if claim.required and not states(whole, claim)]
    return problems + [Problem("", "missing_claim", "error", claim.name, claim.text) for claim in missing]


def states(text: str, claim: Claim) -> bool:
    """Tell whether a text states a claim, in its own words or as the same value in another spelling."""
    if claim.text.casefold() in text.casefold():
        return True
    wanted = set(_stated_by(claim))
    return bool(wanted) and wanted <= set(values(text))


def _stated_by(claim: Claim) -> Iterator[tuple[Stated, str]]:
    yield from values(claim.text)
    if claim.name == "code":
        yield Stated.CODE, claim.text
    if claim.name == "free_shipping":
        yield Stated.OFFER, "ship"


def _is_allowed(seen: Mention, allowed: set[tuple[Stated, str]]) -> bool:
    return (seen.kind, seen.value) in allowed


def _invented(part: str, seen: Mention) -> Problem:
    return Problem(part, _RULES[seen.kind], "error", seen.text)


def _without_names(text: str, brief: Brief) -> str:
    names = [
        c.text for c in brief.claims if PRODUCT.fullmatch(c.name) or c.name in {"shop", "message", "category"}
    ]
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = re.sub(re.escape(name), "\0", text, flags=re.IGNORECASE)
    return text


def _misplaced_prices(text: str, brief: Brief) -> Iterator[str]:
    """Find a price in a sentence about one product that is the claimed price of another."""
    products = [claim for claim in brief.claims if PRODUCT.fullmatch(claim.name)]
    priced = [claim for claim in brief.claims if claim.about]
    for sentence in _SENTENCE.split(text):
        named = {claim.name for claim in products if claim.text.casefold() in sentence.casefold()}
        fitting = {pair for claim in priced if claim.about in named for pair in _stated_by(claim)}
        foreign = {pair for claim in priced if claim.about not in named for pair in _stated_by(claim)}
        for seen in mentions(_without_names(sentence, brief)):
            if len(named) == 1 and (seen.kind, seen.value) in foreign - fitting:
                yield seen.text
