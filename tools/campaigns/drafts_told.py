"""What is said of a drafting run: its drafts, whom they reach, and what must be known before sending."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from marketeer.tools.campaigns.briefs import reachable
from marketeer.tools.campaigns.drafting import DraftingJob
from marketeer.tools.campaigns.facts import Written, draft_facts, offer_facts, segment_facts
from marketeer.tools.core.copy import ChannelSpec
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import Fact, Finding, Note, Quality, Unit, Verdict, View


def drafts_finding(job: DraftingJob, written: Sequence[Written]) -> Finding:
    """Give the drafts with their facts and notes."""
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


def _wish_notes(job: DraftingJob) -> Iterator[Note]:
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
    job: DraftingJob, written: Sequence[Written], contactable: Mapping[str, NDArray[np.int32] | None]
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
