"""Tool: write campaign copy per segment."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.campaigns.briefs import (
    Picture,
    TypicalProduct,
    picture,
    product_claims,
    purpose_for,
    reachable,
    shared_taste,
    typical_products,
)
from marketeer.tools.campaigns.catalogue import Catalogue
from marketeer.tools.campaigns.checks import checked
from marketeer.tools.campaigns.choosing import choose_segments, find_channels
from marketeer.tools.campaigns.facts import Written, draft_facts, offer_facts, segment_facts
from marketeer.tools.campaigns.offers import Offer, parse_day
from marketeer.tools.campaigns.products import all_names, find_products
from marketeer.tools.campaigns.recommended import RECOMMENDED, recommended_products
from marketeer.tools.campaigns.refusals import refuse_unfair
from marketeer.tools.campaigns.requests import DraftCampaignArgs, completed, earlier_drafts
from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Example, Tool
from marketeer.tools.core.copy import Brief, ChannelSpec, Claim, Draft, Language
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient, Refused, Retry
from marketeer.tools.core.findings import Fact, Finding, Note, Quality, Unit, Verdict, View
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation.names import resolve_segment, segmentation_with
from marketeer.tools.warehouse.features import customer_features

_FALLBACKS: Mapping[str, Mapping[Language, str]] = {
    "last_product": {"en": "your last order", "zh": "上次的商品"},
    "rec": {"en": "our favourites", "zh": "店里的好物"},
}
"""What a reader's merge tags fall back to, where there is nothing to fill in."""

TYPICAL = 7
"""How many typical customers of a segment are looked at."""


@dataclass(frozen=True, slots=True)
class _Job:
    """Everything the drafts of one run share."""

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


def draft_campaign(args: DraftCampaignArgs, workspace: Workspace) -> Finding:
    """Write campaign copy per segment, inside the channel's limits, with only what the offer really says.

    Use for "write an e-mail for the At Risk segment", "draft a win-back SMS", "one draft per segment". Every
    draft rests on what the segment's customers have in common and is checked: length, claims, obligatory
    elements, lawful wording. Pass a discount, code, date or product only when the person named it. For "make
    it shorter", "drop the second paragraph", "turn that into an SMS" use refine and edits. Tone and banned
    words hold for later drafts too. Nothing is sent.
    """
    refuse_unfair((args.message or "", args.offer_text or "", *args.segments, *args.tone))
    job = _job(args, workspace)
    vocabulary = workspace.ports.vocabulary
    named = [name for name in args.segments if vocabulary.code("trait", name) is None]
    segmentation = segmentation_with(workspace, named, args.segmentation)
    pictures = _pictures(segmentation, workspace.dataset)
    chosen = choose_segments(
        pictures,
        args.segments,
        args.purpose,
        lambda name: resolve_segment(segmentation, name, vocabulary),
        vocabulary,
    )
    if job.recommended:
        favourites = recommended_products(workspace)
    else:
        favourites = typical_products(workspace.dataset, {one.code: one.rows for one in pictures})
    written: list[Written] = []
    for done, one in enumerate(chosen):
        workspace.ports.progress.report("drafts", done, len(chosen))
        written += _write(job, one, favourites.get(one.code, []), pictures.index(one))
    return _finding(job, written)


def _job(args: DraftCampaignArgs, workspace: Workspace) -> _Job:
    offer = Offer(
        discount_percent=args.discount_percent,
        code=args.code or "",
        expires=parse_day(args.expires) if args.expires else None,
        free_shipping=args.free_shipping,
        text=args.offer_text or "",
    )
    if (args.purpose == "offer" or offer.code) and not offer.is_given:
        raise Retry(
            "No offer was given, and none is invented. Give discount_percent, free_shipping or offer_text.",
            code="offer_missing",
        )
    dataset = workspace.dataset
    recommended = [name.strip().casefold() for name in args.products] == [RECOMMENDED]
    return _Job(
        args=args,
        workspace=workspace,
        earlier=earlier_drafts(args.refine, workspace).drafts if args.refine else (),
        channels=tuple(find_channels(workspace.ports.channels, args.channel or "email")),
        offer=offer,
        products=() if recommended else find_products(dataset, args.products, workspace.ports.vocabulary),
        recommended=recommended,
        catalogue=Catalogue(all_names(dataset)),
    )


def _pictures(segmentation: Segmentation, dataset: Dataset) -> list[Picture]:
    features = customer_features(dataset) if dataset.has(Table.ORDERS) else pd.DataFrame()
    return [picture(code, segmentation.rows_of(code), features) for code in segmentation.segments]


def _write(job: _Job, one: Picture, favourites: Sequence[TypicalProduct], position: int) -> Iterator[Written]:
    typical = _typical_rows(job.workspace, one.rows)
    products = _named(job, favourites, typical)
    names = job.products or [product.name for product in products]
    for channel in job.channels:
        brief = _brief(job, one, channel, names, position)
        draft = checked(job.workspace.ports.writer.write(brief, channel), brief, channel, job.catalogue)
        yield Written(one, channel, draft, len(job.channels) == 1, products, len(typical))


def _named(
    job: _Job, favourites: Sequence[TypicalProduct], typical: Sequence[int]
) -> tuple[TypicalProduct, ...]:
    """Choose what to name: nothing where the person did, else recommendations by rank or shared tastes."""
    if job.products:
        return ()
    if job.recommended:
        return tuple(favourites[:2])
    return tuple(shared_taste(job.workspace.dataset, typical, favourites)[:2])


def _brief(job: _Job, one: Picture, channel: ChannelSpec, names: Sequence[str], position: int) -> Brief:
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


def _claims(job: _Job, channel: ChannelSpec, names: Sequence[str]) -> Iterator[Claim]:
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


def _finding(job: _Job, written: Sequence[Written]) -> Finding:
    contactable = {one.name: _contactable(job.workspace.dataset, one) for one in job.channels}
    facts = [Fact("drafts", len(written), Unit.COUNT), *offer_facts(job.offer, job.products)]
    for one in written:
        if one.channel is job.channels[0]:
            facts += segment_facts(one)
        facts += draft_facts(one, contactable[one.channel.name], job.shop)
    failed = any(one.count("error") for one in written)
    about_segments = ("purpose", "customers") if len(job.channels) == 1 else ()
    columns = (
        *about_segments,
        "reachable",
        *(("product_1",) if about_segments else ()),
        "errors",
        "to_review",
    )
    return Finding(
        title="drafts",
        facts=tuple(facts),
        method="drafted_from_typical_customers" if any(one.typical for one in written) else "drafted",
        method_params={"channel": ", ".join(contactable), "writer": job.workspace.ports.writer.fingerprint},
        views=(View("drafts", tuple(one.subject for one in written), columns),),
        quality=Quality(n=sum(one.picture.rows.size for one in written)),
        verdict=Verdict.WEAK if failed else Verdict.OK,
        notes=tuple(_notes(job, written, contactable)),
        drafts=tuple(one.draft for one in written),
    )


def _contactable(dataset: Dataset, channel: ChannelSpec) -> NDArray[np.int32] | None:
    return None if channel.consent == "none" else reachable(dataset, channel.consent)


def _wish_notes(job: _Job) -> Iterator[Note]:
    args = job.args
    if args.personalise:
        by_email = all(channel.consent == "email" for channel in job.channels)
        yield Note("personal_tag" if by_email else "personal_only_by_email")
    if args.tone or args.banned:
        yield Note("voice_holds", {"tone": ", ".join(args.tone), "banned": ", ".join(args.banned)})
    if args.tone and job.workspace.ports.writer.fingerprint.startswith("template"):
        yield Note("tone_not_applied", {"tone": ", ".join(args.tone)})


def _channel_notes(channel: ChannelSpec, *, consent_known: bool) -> Iterator[Note]:
    params = {"channel": channel.name}
    if channel.consent != "none":
        yield Note("consent_only" if consent_known else "consent_unknown", params)
    if channel.encoding == "text" and not any(part.advised or part.hard for part in channel.parts):
        yield Note("no_known_limits", params)


def _notes(
    job: _Job, written: Sequence[Written], contactable: Mapping[str, NDArray[np.int32] | None]
) -> Iterator[Note]:
    yield Note("nothing_sent")
    for channel in job.channels:
        yield from _channel_notes(channel, consent_known=contactable[channel.name] is not None)
    if not any(one.typical for one in written):
        yield Note("no_index")
    if job.recommended:
        yield Note("products_recommended")
    if not job.offer.is_given:
        yield Note("no_offer")
    yield from _wish_notes(job)
    if any("fell_back" in one.draft.notes for one in written):
        yield Note("fell_back")
    if any(one.count("error") for one in written):
        yield Note("has_errors")
    if job.language == "zh":
        yield Note("not_legal_advice")


TOOL = Tool(
    draft_campaign,
    DraftCampaignArgs,
    examples=(
        Example(
            "Write an email for the At Risk segment with the 15% off code COMEBACK15, valid until 31 May.",
            args={
                "segments": ["At Risk"],
                "discount_percent": 15,
                "code": "COMEBACK15",
                "expires": "31 May",
            },
        ),
        Example(
            "draft the win-back email for customers about to lapse",
            args={"purpose": "win_back", "segments": ["about to lapse"]},
        ),
        Example("draft an email for each segment"),
        Example("write campaign copy for every segment"),
        Example(
            "write a thank-you mail for our champions",
            args={"segments": ["champions"], "purpose": "thank_you"},
        ),
        Example(
            "SMS for lapsed customers, free shipping",
            args={"channel": "sms", "free_shipping": True, "purpose": "win_back"},
        ),
        Example(
            "a text message with 10% off for loyal customers",
            args={"channel": "sms", "discount_percent": 10, "segments": ["loyal"]},
        ),
        Example("write a welcome email for new customers", args={"purpose": "welcome"}),
        Example("give me another version of the e-mail", args={"variant": 1}),
        Example(
            "Make it sound like us: friendly, dry humour, never say 'cheap'.",
            args={"tone": ["friendly", "dry humour"], "banned": ["cheap"]},
        ),
        Example(
            "Make it shorter and drop the second paragraph.",
            args={"edits": ["shorten", "drop_paragraph_2"]},
        ),
        Example(
            "Turn that email into an SMS that fits one segment.",
            args={"refine": "latest", "channel": "sms", "max_parts": 1},
        ),
        Example(
            "Mention what they bought last so it feels personal.",
            args={"refine": "latest", "personalise": ["last_product"]},
        ),
        Example(
            "e-mail and SMS for our champions", args={"channel": "email, sms", "segments": ["champions"]}
        ),
        Example(
            "Facebook ad copy for a lookalike of Champions.",
            args={"channel": "meta_ad", "segments": ["Champions"]},
        ),
        Example(
            "draft an e-mail per segment with the products you recommend", args={"products": ["recommended"]}
        ),
        Example("leave the products out of the draft", args={"edits": ["drop_products"]}),
        Example(
            "企微朋友圈和公众号各来一版，面向新客。",
            "zh",
            {"language": "zh", "channel": "wecom_moments, wechat_article", "segments": ["新客"]},
        ),
        Example(
            "给每个人群写封邮件，推荐他们适合的商品", "zh", {"language": "zh", "products": ["recommended"]}
        ),
        Example("把文案改短一点", "zh", {"edits": ["shorten"]}),
        Example("把第二段删掉", "zh", {"edits": ["drop_paragraph_2"]}),
        Example("把这封邮件改成短信", "zh", {"refine": "latest", "channel": "sms"}),
        Example("给每个人群写一封邮件", "zh", {"language": "zh"}),
        Example(
            "给流失风险客户写一封召回邮件，85折，优惠码BACK15，5月31日截止",
            "zh",
            {
                "language": "zh",
                "segments": ["流失风险客户"],
                "purpose": "win_back",
                "discount_percent": 15,
                "code": "BACK15",
                "expires": "5月31日",
            },
        ),
        Example("写一条召回短信", "zh", {"language": "zh", "channel": "sms", "purpose": "win_back"}),
        Example("给新客户写封欢迎邮件", "zh", {"language": "zh", "purpose": "welcome"}),
        Example(
            "给忠诚客户写条短信，打8折",
            "zh",
            {"language": "zh", "channel": "sms", "segments": ["忠诚客户"], "discount_percent": 20},
        ),
        Example("帮我写春季优惠的文案", "zh", {"language": "zh"}),
        Example("写一封感谢信给老客户", "zh", {"language": "zh", "purpose": "thank_you"}),
        Example("提一下他们上次买的东西", "zh", {"refine": "latest", "personalise": ["last_product"]}),
        Example("换一版文案", "zh", {"language": "zh", "variant": 1}),
    ),
    uses=("writer", "index"),
    keyed=completed,
)
