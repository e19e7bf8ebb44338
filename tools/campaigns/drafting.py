"""One drafting run: what all its drafts share, and how each is briefed, written and checked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marketeer.tools.campaigns.briefs import (
    Picture,
    TypicalProduct,
    product_claims,
    purpose_for,
    shared_taste,
)
from marketeer.tools.campaigns.catalogue import Catalogue
from marketeer.tools.campaigns.checks import checked
from marketeer.tools.campaigns.facts import Written
from marketeer.tools.campaigns.offers import Offer
from marketeer.tools.campaigns.requests import DraftCampaignArgs
from marketeer.tools.core.copy import Brief, ChannelSpec, Claim, Draft, Language
from marketeer.tools.core.errors import Insufficient, Refused
from marketeer.tools.core.workspace import Workspace

_FALLBACKS: Mapping[str, Mapping[Language, str]] = {
    "last_product": {"en": "your last order", "zh": "上次的商品"},
    "rec": {"en": "our favourites", "zh": "店里的好物"},
}
"""What a reader's merge tags fall back to, where there is nothing to fill in."""

TYPICAL = 7
"""How many typical customers of a segment are looked at."""


@dataclass(frozen=True, slots=True)
class DraftingJob:
    """Everything the drafts of one run share.

    Attributes:
        args: What was asked.
        workspace: Where the tool runs.
        earlier: The drafts to change; none where new ones are written.
        channels: The channels to write for.
        offer: What may be promised.
        products: Products the person named.
        recommended: Whether the products recommended to each segment are to be named.
        catalogue: The names of all products, so that copy names none that does not exist.
    """

    args: DraftCampaignArgs
    workspace: Workspace
    earlier: tuple[Draft, ...]
    channels: tuple[ChannelSpec, ...]
    offer: Offer
    products: tuple[str, ...]
    recommended: bool
    catalogue: Catalogue

    @property
    def language(self) -> Language:
        """The language to write in."""
        return self.args.language or "en"

    @property
    def shop(self) -> str:
        """The name to sign with; empty leaves a merge tag."""
        return self.args.shop_name or _shop_name(self.workspace.dataset.name)


def write_drafts(
    job: DraftingJob, one: Picture, favourites: Sequence[TypicalProduct], position: int
) -> Iterator[Written]:
    """Write one segment's drafts, one per channel.

    Args:
        job: What the run's drafts share.
        one: The segment.
        favourites: Products its customers lean to, or that are recommended to them, the first first.
        position: The segment's place among all, so that neighbours are worded differently.
    """
    typical = _typical_rows(job.workspace, one.rows)
    products = _named(job, favourites, typical)
    names = job.products or [product.name for product in products]
    for channel in job.channels:
        brief = _brief(job, one, channel, names, position)
        draft = checked(job.workspace.ports.writer.write(brief, channel), brief, channel, job.catalogue)
        yield Written(one, channel, draft, len(job.channels) == 1, products, len(typical))


def _named(
    job: DraftingJob, favourites: Sequence[TypicalProduct], typical: Sequence[int]
) -> tuple[TypicalProduct, ...]:
    """Choose what to name: nothing where the person did, else recommendations by rank or shared tastes."""
    if job.products:
        return ()
    if job.recommended:
        return tuple(favourites[:2])
    return tuple(shared_taste(job.workspace.dataset, typical, favourites)[:2])


def _brief(
    job: DraftingJob, one: Picture, channel: ChannelSpec, names: Sequence[str], position: int
) -> Brief:
    args = job.args
    return Brief(
        segment=one.code,
        channel=channel.name,
        language=job.language,
        purpose=args.purpose or purpose_for(one.traits, has_offer=job.offer.is_given),
        claims=tuple(_claims(job, channel, names)),
        profile=one.traits,
        voice={"tone": ", ".join(args.tone), "banned": ", ".join(args.banned)},
        seed=position + args.variant,
        max_parts=args.max_parts,
        edits=args.edits,
        previous=_previous(job.earlier, one.code, channel.name),
    )


def _previous(earlier: Sequence[Draft], segment: str, channel: str) -> Mapping[str, str]:
    """Find the earlier draft of a segment, that for the same channel if there is one."""
    own = sorted((one for one in earlier if one.segment == segment), key=lambda one: one.channel != channel)
    return own[0].parts if own else {}


def _claims(job: DraftingJob, channel: ChannelSpec, names: Sequence[str]) -> Iterator[Claim]:
    if job.shop:
        yield Claim("shop", job.shop)
    yield from job.offer.claims(job.language)
    yield from product_claims(names, required=bool(job.products))
    for tag in job.args.personalise if channel.consent == "email" else ():
        fallback = _FALLBACKS["last_product" if tag == "last_product" else "rec"][job.language]
        yield Claim(tag, f"{{{{{tag}|{fallback}}}}}", required=True)
    if job.args.message:
        yield Claim("message", job.args.message, required=True)


def _typical_rows(workspace: Workspace, rows: NDArray[np.int32]) -> list[int]:
    try:
        return [hit.row for hit in workspace.ports.index.typical(rows, TYPICAL)]
    except (Refused, Insufficient):
        return []


def _shop_name(name: str) -> str:
    """Take the shop's name without what stands in brackets; a file's name is none."""
    plain = name.partition("(")[0].strip()
    return "" if "." in plain or "_" in plain else plain
