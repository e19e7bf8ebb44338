"""What a person may ask of drafts, and how a change to earlier drafts becomes a full request again."""

from typing import Literal

from pydantic import Field

from marketeer.tools.campaigns.editing import Edit, changed
from marketeer.tools.core.contract import Args
from marketeer.tools.core.copy import Language
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import Finding
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.workspace import Workspace

TOOL_NAME = "draft_campaign"
"""The tool whose findings have drafts."""

Purpose = Literal["offer", "win_back", "thank_you", "welcome", "recommend", "announce"]


class DraftCampaignArgs(Args):
    """What to write, for whom, and what may be promised; everything has a default."""

    segments: tuple[str, ...] = Field(
        default=(), description="As the person named them. Default: every segment."
    )
    segmentation: str | None = Field(default=None, description="Finding id. Default: current.")
    channel: str | None = Field(
        default=None,
        description="email (default), sms or another; or several: email, sms.",
    )
    language: Language | None = Field(default=None, description="Language to write in. Default: en.")
    purpose: Purpose | None = Field(
        default=None,
        description="Default: what suits each segment: win_back for the quiet, offer if given, welcome "
        "for the new, thank_you for regulars, else recommend.",
    )
    discount_percent: float | None = Field(
        default=None, gt=0, lt=100, description="Only if the person named one."
    )
    code: str | None = Field(default=None, description="Discount code, exactly as written.")
    expires: str | None = Field(
        default=None, description="Last day of the offer as written: 31 May, 5月31日."
    )
    free_shipping: bool = Field(default=False, description="Whether it is offered.")
    offer_text: str | None = Field(
        default=None, max_length=120, description="Another offer, in the person's words."
    )
    message: str | None = Field(
        default=None,
        max_length=400,
        description="A sentence it must contain, as worded.",
    )
    products: tuple[str, ...] = Field(
        default=(),
        max_length=4,
        description="Products to name; recommended: those recommended to each segment. Default: those it "
        "typically buys.",
    )
    shop_name: str | None = Field(default=None, description="Name to sign with. Default: the shop's.")
    personalise: tuple[Literal["last_product", "rec_1", "rec_2", "rec_3"], ...] = Field(
        default=(),
        description="Filled in per reader by merge tag, e-mail only: last_product, or recommendations "
        "rec_1 to rec_3.",
    )
    tone: tuple[str, ...] = Field(default=(), description="Such as friendly or dry humour.")
    banned: tuple[str, ...] = Field(default=(), description="Words that must not appear.")
    max_parts: int = Field(default=1, ge=0, le=10, description="Most SMS parts; 0: no limit.")
    refine: str | None = Field(
        default=None,
        description="Finding id of earlier drafts to change, or latest; only what is given changes, also "
        "the channel.",
    )
    edits: tuple[Edit, ...] = Field(default=(), description="Changes to earlier drafts.")
    forget_voice: bool = Field(default=False, description="Drop tone and banned words of earlier drafts.")
    variant: int = Field(default=0, ge=0, le=99, description="Another number: another version.")


def completed(args: DraftCampaignArgs, workspace: Workspace) -> DraftCampaignArgs:
    """Make a full request of one that says only what is to change.

    "The last drafts" become a finding id, everything not said is taken from the drafts to be changed,
    and tone and banned words hold from one request to the next.

    Raises:
        Retry: There are no drafts that could be changed.
    """
    last = workspace.ledger.last_of(TOOL_NAME)
    if args.refine or args.edits:
        return _merged(args, earlier_drafts(args.refine or "latest", workspace))
    if last is None or last.recipe is None or args.forget_voice:
        return args
    voice = {name: tuple(last.recipe.args.get(name, ())) for name in ("tone", "banned")}
    return args.model_copy(
        update={name: words for name, words in voice.items() if words and not getattr(args, name)}
    )


def earlier_drafts(finding_id: str, workspace: Workspace) -> Finding:
    """Give the finding whose drafts are to be changed; raises `Retry` when it has none."""
    latest = finding_id.casefold() == "latest"
    finding = workspace.ledger.last_of(TOOL_NAME) if latest else workspace.ledger.get(finding_id)
    if finding is None or not finding.drafts:
        raise Retry("There are no drafts yet that could be changed. Draft first.", code="no_drafts")
    return finding


def _merged(args: DraftCampaignArgs, earlier: Finding) -> DraftCampaignArgs:
    """Lay what was said over the request of earlier drafts; edits add up, segments and segmentation stay."""
    if earlier.recipe is None:
        return args
    base = DraftCampaignArgs.model_validate(earlier.recipe.args)
    return changed(base, args).model_copy(
        update={
            "refine": earlier.id,
            "edits": tuple(dict.fromkeys((*base.edits, *args.edits))),
            "segments": args.segments or tuple(dict.fromkeys(draft.segment for draft in earlier.drafts)),
            "segmentation": args.segmentation or earlier.recipe.parents.get(Segmentation.kind),
        }
    )
