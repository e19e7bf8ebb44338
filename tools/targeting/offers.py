"""The offer a person speaks of, and the money in it: given where they said it, measured where the data say
it, otherwise an assumption that is stated."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import Field

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Args
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import SHOP, Fact, FactKind, Subject, SubjectKind, Unit
from marketeer.tools.targeting.economics import Offer, OfferKind
from marketeer.tools.targeting.terms import margin_percent
from marketeer.tools.targeting.trials import Campaign

ASSUMED_MARGIN = 40.0
ASSUMED_DISCOUNT = 10.0
ASSUMED_PARCEL = 5.0
_COST = "SELECT avg(contact_cost) AS m FROM sends WHERE arm <> 'control'"
_COST_BY_CHANNEL = (
    "SELECT avg(contact_cost) AS m FROM sends JOIN campaigns USING (campaign_id) "
    "WHERE arm <> 'control' AND lower(channel) = $channel"
)
_IN_PERCENT = (OfferKind.PERCENT, OfferKind.POINTS)
_IN_MONEY = (OfferKind.ABSOLUTE, OfferKind.THRESHOLD, OfferKind.GIFT)


class OfferArgs(Args):
    """The arguments that describe an offer."""

    offer: OfferKind | None = Field(
        default=None,
        description="percent or absolute (money) off, threshold (money off above an order value), …, none "
        "(no price). Default: as the other arguments say, else percent.",
    )
    discount_percent: float | None = Field(
        default=None, gt=0, le=100, description="Percent off, or given back as points. 打8折 is 20."
    )
    amount: float | None = Field(
        default=None, ge=0, description="Money off, or cost of a gift or free parcel."
    )
    threshold: float | None = Field(
        default=None, ge=0, description="Order value it holds from: 300 in 满300减50."
    )
    margin_percent: float | None = Field(
        default=None,
        gt=0,
        le=100,
        description="Margin before the discount. Default: from product costs.",
    )
    contact_cost: float | None = Field(
        default=None,
        ge=0,
        description="Per customer. Default: as in past campaigns, else 0.",
    )
    redemption_percent: float | None = Field(
        default=None,
        gt=0,
        le=100,
        description="Percent of treated buyers who redeem it. Default: all.",
    )


@dataclass(frozen=True, slots=True)
class Stated:
    """A figure and where it comes from."""

    value: float
    kind: FactKind


@dataclass(frozen=True, slots=True)
class Terms:
    """An offer with the money figures around it, each with its origin.

    Attributes:
        offer: The offer.
        size: Its percent or amount, with its origin.
        margin: Margin before the discount, percent of the order value.
        contact_cost: Cost of one contact.
        redemption: Percent of treated buyers who redeem.
    """

    offer: Offer
    size: Stated
    margin: Stated
    contact_cost: Stated
    redemption: Stated

    @property
    def assumed(self) -> tuple[str, ...]:
        """The names of the figures that nobody gave and no data show."""
        named = {
            "margin_percent": self.margin,
            "contact_cost": self.contact_cost,
            "redemption_percent": self.redemption,
        }
        if self.offer.kind is not OfferKind.NONE:
            named["discount_percent" if self.offer.kind in _IN_PERCENT else "offer_amount"] = self.size
        return tuple(name for name, stated in named.items() if stated.kind is FactKind.ASSUMED)

    def facts(self, subject: Subject = SHOP) -> Iterator[Fact]:
        """Give all figures as facts."""
        yield from offer_facts(self.offer, self.size, subject)
        yield Fact("margin_percent", self.margin.value, Unit.PERCENT, subject, kind=self.margin.kind)
        yield Fact("contact_cost", self.contact_cost.value, Unit.MONEY, subject, kind=self.contact_cost.kind)
        yield Fact(
            "redemption_percent", self.redemption.value, Unit.PERCENT, subject, kind=self.redemption.kind
        )


def offer_facts(offer: Offer, size: Stated, subject: Subject) -> Iterator[Fact]:
    """Give an offer's own figures as facts."""
    yield Fact("offer", offer.kind.value, Unit.TEXT, subject, kind=size.kind)
    if offer.kind in _IN_PERCENT:
        yield Fact("discount_percent", offer.percent, Unit.PERCENT, subject, kind=size.kind)
    elif offer.kind is not OfferKind.NONE:
        yield Fact("offer_amount", offer.amount, Unit.MONEY, subject, kind=size.kind)
    if offer.threshold:
        yield Fact("offer_threshold", offer.threshold, Unit.MONEY, subject, kind=FactKind.GIVEN)


def offer_subject(offer: Offer) -> Subject:
    """Name an offer as a subject."""
    return Subject(SubjectKind.OFFER, offer.kind.value)


def read_offer(
    args: OfferArgs, dataset: Dataset, past: Campaign | None = None, kind: OfferKind | None = None
) -> tuple[Offer, Stated]:
    """Work out the offer that is meant and where its size comes from.

    Args:
        args: What the person said.
        dataset: The snapshot, for the cost of a parcel.
        past: A past campaign whose discount is meant when none was given.
        kind: The kind of offer, where it is not the one of the arguments.

    Raises:
        Retry: An offer in money lacks its amount.
    """
    chosen = kind or args.offer or _implied(args)
    if chosen is OfferKind.NONE:
        return Offer(chosen), Stated(0.0, FactKind.GIVEN)
    threshold = args.threshold or 0.0
    if chosen in _IN_PERCENT:
        size = _percent(args, past)
        return Offer(chosen, percent=size.value, threshold=threshold), size
    size = _amount(args, chosen, dataset, threshold)
    return Offer(chosen, amount=size.value, threshold=threshold), size


def _implied(args: OfferArgs) -> OfferKind:
    if args.amount is not None and args.discount_percent is None:
        return OfferKind.THRESHOLD if args.threshold else OfferKind.ABSOLUTE
    return OfferKind.PERCENT


def _percent(args: OfferArgs, past: Campaign | None) -> Stated:
    if args.discount_percent is not None:
        return Stated(args.discount_percent, FactKind.GIVEN)
    if past is not None and past.percent:
        return Stated(past.percent, FactKind.MEASURED)
    return Stated(ASSUMED_DISCOUNT, FactKind.ASSUMED)


def _amount(args: OfferArgs, kind: OfferKind, dataset: Dataset, threshold: float) -> Stated:
    if args.amount is not None:
        return Stated(args.amount, FactKind.GIVEN)
    if kind in _IN_MONEY:
        raise Retry(
            f"An offer of kind {kind.value} needs its amount: what is taken off, or what it costs the shop.",
            code="no_amount",
            offer=kind.value,
        )
    return _parcel(dataset, threshold)


def _parcel(dataset: Dataset, threshold: float) -> Stated:
    """Give what free shipping costs an order from a value on: nothing where it ships free anyway."""
    if dataset.has(Table.ORDERS, col.SHIPPING_AMOUNT):
        mean = dataset.frame(
            "SELECT avg(coalesce(shipping_amount, 0))::DOUBLE AS m FROM orders "
            "WHERE order_kind = 'sale' AND gross_amount >= $threshold HAVING sum(shipping_amount) > 0",
            {"threshold": threshold},
        )
        if len(mean):
            return Stated(float(mean["m"].iloc[0]), FactKind.MEASURED)
    return Stated(ASSUMED_PARCEL, FactKind.ASSUMED)


def read_terms(
    args: OfferArgs, dataset: Dataset, past: Campaign | None = None, channel: str | None = None
) -> Terms:
    """Gather an offer's terms from what was said, what the data show, and stated assumptions.

    Args:
        args: What the person said.
        dataset: The snapshot.
        past: A past campaign whose discount is meant when none was given.
        channel: How it is sent; the contact cost is that of past campaigns by it, where there are any.
    """
    offer, size = read_offer(args, dataset, past)
    cost = _contact_cost(args, dataset, channel)
    return Terms(offer, size, _margin(args, dataset), cost, _redemption(args))


def _margin(args: OfferArgs, dataset: Dataset) -> Stated:
    if args.margin_percent is not None:
        return Stated(args.margin_percent, FactKind.GIVEN)
    known = margin_percent(dataset)
    return Stated(known[0], FactKind.MEASURED) if known else Stated(ASSUMED_MARGIN, FactKind.ASSUMED)


def _contact_cost(args: OfferArgs, dataset: Dataset, channel: str | None) -> Stated:
    if args.contact_cost is not None:
        return Stated(args.contact_cost, FactKind.GIVEN)
    if dataset.has(Table.SENDS, col.CONTACT_COST):
        by_channel = channel is not None and dataset.has(Table.CAMPAIGNS, col.CHANNEL)
        for sql in (_COST_BY_CHANNEL, _COST)[not by_channel :]:
            mean = dataset.frame(sql, {"channel": channel} if sql is _COST_BY_CHANNEL else {})["m"]
            if mean.notna().all():
                return Stated(round(float(mean.iloc[0]), 6), FactKind.MEASURED)
    return Stated(0.0, FactKind.ASSUMED)


def _redemption(args: OfferArgs) -> Stated:
    if args.redemption_percent is not None:
        return Stated(args.redemption_percent, FactKind.GIVEN)
    return Stated(100.0, FactKind.ASSUMED)
