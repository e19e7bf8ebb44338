from itertools import product

import pytest

from marketeer.agent.writers.template import TemplateWriter
from marketeer.prompts.channel_files import ChannelFiles
from marketeer.tools.campaigns.briefs import product_claims
from marketeer.tools.campaigns.offers import Day, Offer
from marketeer.tools.core.copy import Brief, Claim, Language

CHANNELS = ChannelFiles()
WRITER = TemplateWriter()
PURPOSES = ("offer", "win_back", "thank_you", "welcome", "recommend", "announce")
OFFERS = (
    Offer(),
    Offer(discount_percent=15, code="COMEBACK15", expires=Day(5, 31)),
    Offer(discount_percent=12.5),
    Offer(free_shipping=True, code="SHIP", expires=Day(9, 30)),
    Offer(discount_percent=20, free_shipping=True, expires=Day(12, 31), code="WINTERSALE20"),
)
TRAITS = (
    (),
    ("missed_regular", "lapsed", "frequent", "high_spend"),
    ("new", "one_order", "recent"),
    ("frequent", "high_spend", "recent"),
)
PRODUCTS = ((), ("Jasmine Green Tea",), ("Hand-thrown Teapot", "Sea Salt Chocolate Bar"))


def brief(channel: str, language: Language, purpose: str, offer: Offer, **rest: object) -> Brief:
    names = rest.pop("products", ())
    claims = (Claim("shop", "Linden & Lotus"), *offer.claims(language), *product_claims(names))  # type: ignore[arg-type]
    return Brief("at_risk", channel, language, purpose, claims, max_parts=1, **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize("channel", CHANNELS.names())
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_brief_gives_a_draft_without_problems(channel: str, language: Language) -> None:
    spec = CHANNELS.get(channel)
    for purpose, offer, products, traits in product(PURPOSES, OFFERS, PRODUCTS, TRAITS):
        if purpose == "offer" and not offer.is_given:
            continue
        told = brief(channel, language, purpose, offer, products=products, profile=traits)
        draft = WRITER.write(told, spec)
        assert draft.problems == (), (told, draft.parts)
        assert set(draft.parts) == {part.name for part in spec.parts if part.required}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_same_brief_gives_the_same_draft_and_another_seed_another(language: Language) -> None:
    told = [brief("email", language, "win_back", OFFERS[1], seed=seed) for seed in (0, 0, 1)]
    first, again, other = (WRITER.write(one, CHANNELS.get("email")) for one in told)
    assert first == again
    assert first.parts["subject"] != other.parts["subject"]
    assert first.parts["body"] != other.parts["body"]


def test_a_product_that_must_be_named_is_named_in_every_channel() -> None:
    for channel, language in product(CHANNELS.names(), ("en", "zh")):
        claims = tuple(product_claims(["Oak Tray"], required=True))
        told = Brief("loyal", channel, language, "recommend", claims)  # type: ignore[arg-type]
        draft = WRITER.write(told, CHANNELS.get(channel))
        assert "Oak Tray" in "\n".join(draft.parts.values())
        assert not draft.problems


def test_a_sentence_that_must_be_said_is_said() -> None:
    for channel in CHANNELS.names():
        claims = (Claim("message", "Our shop on Mill Lane is open again", required=True),)
        draft = WRITER.write(Brief("loyal", channel, "en", "announce", claims), CHANNELS.get(channel))
        assert "Mill Lane is open again" in "\n".join(draft.parts.values())
        assert not draft.problems


def test_what_cannot_fit_is_said_and_not_cut() -> None:
    offer = Offer(
        text="满300元减50元，再送一份价值39元的品鉴装，数量以门店库存为准，详情请咨询客服", code="TEA50"
    )
    told = brief("sms", "zh", "offer", offer)
    draft = WRITER.write(told, CHANNELS.get("sms"))
    assert offer.text in draft.parts["text"]
    assert [problem.rule for problem in draft.problems] == ["too_many_sms_parts"]
