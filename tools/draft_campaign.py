"""Tool: write campaign copy per segment."""

import pandas as pd

from marketeer.tools.campaigns.briefs import Picture, picture, typical_products
from marketeer.tools.campaigns.catalogue import Catalogue
from marketeer.tools.campaigns.choosing import choose_segments, find_channels
from marketeer.tools.campaigns.drafting import DraftingJob, write_drafts
from marketeer.tools.campaigns.drafts_told import drafts_finding
from marketeer.tools.campaigns.facts import Written
from marketeer.tools.campaigns.offers import Offer, parse_day
from marketeer.tools.campaigns.products import all_names, find_products
from marketeer.tools.campaigns.recommended import RECOMMENDED, recommended_products
from marketeer.tools.campaigns.refusals import refuse_unfair
from marketeer.tools.campaigns.requests import DraftCampaignArgs, completed, earlier_drafts
from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Example, Tool
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import Finding
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation.names import resolve_segment, segmentation_with
from marketeer.tools.warehouse.features import customer_features


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
        written += write_drafts(job, one, favourites.get(one.code, []), pictures.index(one))
    return drafts_finding(job, written)


def _job(args: DraftCampaignArgs, workspace: Workspace) -> DraftingJob:
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
    return DraftingJob(
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
