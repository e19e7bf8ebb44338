import pytest

from marketeer.tools.campaigns.catalogue import Catalogue
from marketeer.tools.campaigns.claims import check_claims
from marketeer.tools.core.copy import Brief, Claim

BRIEF = Brief(
    segment="at_risk",
    channel="email",
    language="en",
    purpose="offer",
    claims=(
        Claim("shop", "Linden 24"),
        Claim("discount", "15%", required=True),
        Claim("code", "COMEBACK15", required=True),
        Claim("expires", "31 May", required=True),
        Claim("product_1", "Jasmine Green Tea 100"),
        Claim("product_2", "Oak Tray"),
        Claim("price_1", "€12.50", about="product_1"),
        Claim("price_2", "€40", about="product_2"),
    ),
)
CATALOGUE = Catalogue(["Jasmine Green Tea 100", "Oak Tray", "Smoked Black Tea", "手工粗陶茶壶", "Mug"])
GOOD = (
    "Take 15% off at Linden 24 with COMEBACK15 until 31 May, for example on Jasmine Green Tea 100 for €12.50."
)


def rules(text: str) -> list[str]:
    return [problem.rule for problem in check_claims({"body": text}, BRIEF, CATALOGUE)]


def test_copy_that_keeps_to_its_brief_passes() -> None:
    assert rules(GOOD) == []
    assert rules(GOOD.replace("31 May", "May 31st")) == []
    assert rules("享85折，优惠码COMEBACK15，5月31日截止") == []


@pytest.mark.parametrize(
    ("written", "instead", "rule"),
    [
        ("15%", "20%", "invented_figure"),
        ("15%", "15% (usually 10%)", "invented_figure"),
        ("€12.50", "€11.50", "invented_price"),
        ("€12.50", "€40", "wrong_price"),
        ("31 May", "31 May or even 5 June", "invented_date"),
        ("COMEBACK15", "COMEBACK15 or COMEBACK20", "invented_code"),
        ("Take", "Free shipping, and take", "invented_offer"),
        ("Take", "Visit www.linden.example and take", "invented_link"),
        ("Take", "Join 3,000 others: take", "invented_figure"),
        ("Jasmine Green Tea 100 for €12.50", "Smoked Black Tea", "wrong_product"),
        ("Jasmine Green Tea 100 for €12.50", "手工粗陶茶壶", "wrong_product"),
    ],
)
def test_a_planted_invention_is_caught(written: str, instead: str, rule: str) -> None:
    assert rule in rules(GOOD.replace(written, instead))


@pytest.mark.parametrize(
    ("part", "claim"), [("15% ", "discount"), ("with COMEBACK15 ", "code"), ("until 31 May", "expires")]
)
def test_a_required_claim_that_is_missing_is_named(part: str, claim: str) -> None:
    found = check_claims({"body": GOOD.replace(part, "")}, BRIEF, CATALOGUE)
    assert [(problem.rule, problem.detail) for problem in found] == [("missing_claim", claim)]


def test_a_one_word_product_is_a_common_word_and_not_looked_for() -> None:
    assert rules(GOOD + " Put the kettle on and take your mug.") == []
