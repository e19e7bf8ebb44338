"""The facts of a drafting run: who each draft is for, what it rests on, and how it fared in its checks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marketeer.tools.campaigns.briefs import Picture, TypicalProduct
from marketeer.tools.campaigns.limits import shown_width, sms_size
from marketeer.tools.campaigns.merge_tags import expand
from marketeer.tools.campaigns.offers import Offer
from marketeer.tools.core.copy import ChannelSpec, Draft
from marketeer.tools.core.findings import Fact, FactKind, Subject, SubjectKind, Unit, segment

OFFER = Subject(SubjectKind.OFFER, "given")
"""The offer as the person gave it."""


@dataclass(frozen=True, slots=True)
class Written:
    """One segment's draft for one channel, with what it rests on.

    Attributes:
        picture: The segment.
        channel: The channel.
        draft: The checked draft.
        alone: Whether it is the segment's only draft.
        products: What the segment typically buys, where the person named no products.
        typical: How many typical customers were looked at.
    """

    picture: Picture
    channel: ChannelSpec
    draft: Draft
    alone: bool = True
    products: tuple[TypicalProduct, ...] = ()
    typical: int = 0

    @property
    def subject(self) -> Subject:
        """What this draft's facts are about: the segment, or the channel within it among several."""
        whole = segment(self.picture.code)
        return whole if self.alone else Subject(SubjectKind.CHANNEL, self.channel.name, within=whole)

    def count(self, severity: str) -> int:
        """Count the draft's problems of one severity."""
        return sum(problem.severity == severity for problem in self.draft.problems)


def offer_facts(offer: Offer, products: Sequence[str]) -> Iterator[Fact]:
    """Give what the person said, as given facts."""
    if offer.discount_percent:
        yield Fact("discount_percent", offer.discount_percent, Unit.PERCENT, OFFER, kind=FactKind.GIVEN)
    texts = {
        "free_shipping": "free_shipping" if offer.free_shipping else "",
        "offer_text": offer.text,
        "offer_code": offer.code,
        "offer_expires": offer.expires.code if offer.expires else "",
        **{f"product_{number}": name for number, name in enumerate(products, start=1)},
    }
    for name, text in texts.items():
        if text:
            yield Fact(name, text, Unit.TEXT, OFFER, kind=FactKind.GIVEN)


def segment_facts(written: Written) -> Iterator[Fact]:
    """Give a segment's size, its habits and its typical products."""
    one, subject = written.picture, segment(written.picture.code)
    yield Fact("purpose", written.draft.purpose, Unit.TEXT, subject)
    yield Fact("customers", int(one.rows.size), Unit.CUSTOMERS, subject)
    if np.isfinite(one.recency_days):
        yield Fact("median_recency_days", one.recency_days, Unit.DAYS, subject)
        yield Fact("median_orders", one.orders, Unit.ORDERS, subject)
    if written.typical:
        yield Fact("typical_customers", written.typical, Unit.CUSTOMERS, subject)
    for number, product in enumerate(written.products, start=1):
        yield Fact(f"product_{number}", product.name, Unit.TEXT, subject)
        yield Fact(f"product_{number}_share", product.share, Unit.PERCENT, subject)
        yield Fact(f"product_{number}_index", product.index, Unit.RATIO, subject, decimals=1)


def draft_facts(written: Written, contactable: NDArray[np.int32] | None, shop: str) -> Iterator[Fact]:
    """Give whom a draft may reach, what its checks found, and the length of its limited parts.

    Args:
        written: The draft.
        contactable: Rows of everyone who may be written to on the channel; None where nobody knows.
        shop: The shop's name, which takes the place of its merge tag.
    """
    draft, subject, channel = written.draft, written.subject, written.channel
    if contactable is not None:
        count = int(np.isin(written.picture.rows, contactable).sum())
        yield Fact("reachable", count, Unit.CUSTOMERS, subject)
    yield Fact("errors", written.count("error"), Unit.COUNT, subject)
    yield Fact("to_review", written.count("review"), Unit.COUNT, subject)
    for limit in channel.parts:
        text = expand(draft.parts.get(limit.name, ""), draft.language, {"shop_name": shop})
        if channel.encoding == "sms":
            size = sms_size(text)
            yield Fact("sms_parts", size.parts, Unit.COUNT, subject)
            yield Fact("sms_characters", size.units, Unit.CHARACTERS, subject)
        elif limit.advised and not limit.is_list:
            width = shown_width(text, limit.width)
            yield Fact(f"{limit.name}_characters", width, Unit.CHARACTERS, subject)
