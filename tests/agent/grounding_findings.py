"""Findings as a shop's month would leave them, for answers written by hand."""

from datetime import date

from marketeer.tools.core.findings import (
    SHOP,
    Fact,
    FactKind,
    Finding,
    Interval,
    Recipe,
    Subject,
    SubjectKind,
    Unit,
    segment,
)

CHAMPIONS, LOYAL, AT_RISK = segment("champions"), segment("loyal"), segment("at_risk")
LOST, NEW = segment("lost"), segment("new_customers")
SPRING = Subject(SubjectKind.CAMPAIGN, "Spring offer 2025")
AUTUMN = Subject(SubjectKind.CAMPAIGN, "Autumn offer 2025")
KETTLE = Subject(SubjectKind.PRODUCT, "Kettle 1.7 L")
SOCKS = Subject(SubjectKind.PRODUCT, "Wool socks 3-pack")
TEA, CUPS = Subject(SubjectKind.CATEGORY, "Tea"), Subject(SubjectKind.CATEGORY, "Cups")
GERMANY, FRANCE = Subject(SubjectKind.GROUP, "Germany"), Subject(SubjectKind.GROUP, "France")
NOVEMBER, OCTOBER = Subject(SubjectKind.PERIOD, "2025-11"), Subject(SubjectKind.PERIOD, "2025-10")
OFFER = Subject(SubjectKind.OFFER, "offer")
PERSON = Subject(SubjectKind.CUSTOMER, "row 17")


def filed(finding: Finding, number: int, tool: str) -> Finding:
    return finding.filed(f"F{number}", Recipe("s", tool, {}, "1"))


def _segments() -> Finding:
    rows = {
        CHAMPIONS: (412, 8.24, 210_400.5, 38.7, 12.0, 9.4),
        LOYAL: (731, 14.62, 164_020.25, 30.2, 41.0, 5.1),
        AT_RISK: (655, 13.1, 71_233.0, 13.1, 187.0, 3.2),
        LOST: (1_208, 24.16, 22_480.75, 4.1, 402.0, 1.2),
        NEW: (96, 1.92, 5_312.4, 1.0, 9.0, 1.0),
    }
    facts = [Fact("customers", 5_000, Unit.CUSTOMERS), Fact("revenue", 543_210.0, Unit.MONEY)]
    facts += [Fact("segments", 5, Unit.SEGMENTS), Fact("as_of", date(2025, 12, 9), Unit.DATE)]
    for who, (customers, share, revenue, of_revenue, recency, orders) in rows.items():
        facts += [
            Fact("customers", customers, Unit.CUSTOMERS, who),
            Fact("share_of_customers", share, Unit.PERCENT, who),
            Fact("revenue", revenue, Unit.MONEY, who),
            Fact("share_of_revenue", of_revenue, Unit.PERCENT, who),
            Fact("median_recency_days", recency, Unit.DAYS, who),
            Fact("mean_orders", orders, Unit.ORDERS, who, decimals=1),
        ]
    return filed(Finding("segments", tuple(facts), currency="EUR"), 1, "segment_customers")


def _offer() -> Finding:
    facts = (
        Fact("discount_percent", 15.0, Unit.PERCENT, OFFER, kind=FactKind.GIVEN),
        Fact("margin_percent", 40.0, Unit.PERCENT, SHOP, kind=FactKind.GIVEN),
        Fact("contact_cost", 0.05, Unit.MONEY, SHOP, kind=FactKind.ASSUMED),
        Fact("lift", 4.9, Unit.POINTS, AT_RISK, Interval(3.9, 5.9, 0.9), FactKind.ESTIMATED),
        Fact("profit", 1_204.5, Unit.MONEY, AT_RISK, Interval(310.0, 2_099.0, 0.9), FactKind.ESTIMATED),
        Fact("break_even_lift", 1.35, Unit.POINTS, AT_RISK),
        Fact("lift", 0.4, Unit.POINTS, CHAMPIONS, Interval(-0.8, 1.6, 0.9), FactKind.ESTIMATED),
        Fact("profit", -2_310.0, Unit.MONEY, CHAMPIONS, Interval(-3_900.0, -720.0, 0.9), FactKind.ESTIMATED),
        Fact("base_rate", 34.0, Unit.PERCENT, CHAMPIONS),
        Fact("base_rate", 6.2, Unit.PERCENT, AT_RISK),
        Fact("needed_per_arm", 327, Unit.CUSTOMERS, AT_RISK),
    )
    return filed(Finding("offer_targets", facts, currency="EUR"), 2, "rank_offer_targets")


def _metrics() -> Finding:
    facts = (
        Fact("revenue", 61_240.0, Unit.MONEY, NOVEMBER),
        Fact("revenue", 48_905.5, Unit.MONEY, OCTOBER),
        Fact("change", 25.2, Unit.PERCENT, NOVEMBER),
        Fact("customers", 1_911, Unit.CUSTOMERS, GERMANY),
        Fact("customers", 874, Unit.CUSTOMERS, FRANCE),
        Fact("revenue", 233_104.0, Unit.MONEY, TEA),
        Fact("revenue", 90_011.0, Unit.MONEY, CUPS),
    )
    return filed(Finding("metric", facts, currency="EUR"), 3, "query_metric")


def _campaigns() -> Finding:
    facts = (
        Fact("lift", 2.1, Unit.POINTS, SPRING, Interval(0.9, 3.3, 0.95)),
        Fact("lift", 0.3, Unit.POINTS, AUTUMN, Interval(-0.9, 1.5, 0.95)),
        Fact("contacts", 3_000, Unit.CONTACTS, SPRING),
        Fact("contacts", 2_800, Unit.CONTACTS, AUTUMN),
        Fact("orders", 187, Unit.ORDERS, SPRING),
    )
    return filed(Finding("campaigns", facts, currency="EUR"), 4, "measure_campaign")


def _products() -> Finding:
    facts = (
        Fact("buyers", 142, Unit.CUSTOMERS, KETTLE),
        Fact("buyers", 388, Unit.CUSTOMERS, SOCKS),
        Fact("price", 34.9, Unit.MONEY, KETTLE),
        Fact("lift_ratio", 2.3, Unit.RATIO, KETTLE, decimals=1),
        Fact("code", "COMEBACK15", Unit.TEXT, OFFER),
        Fact("orders", 7, Unit.ORDERS, PERSON),
        Fact("spent", 412.8, Unit.MONEY, PERSON),
    )
    return filed(Finding("products", facts, currency="EUR"), 5, "recommend_products")


FINDINGS = (_segments(), _offer(), _metrics(), _campaigns(), _products())
QUESTION = (
    "Which segment should get a 15% spring offer? Our margin is 40% and we have a budget of €2,000. "
    "客户 17 呢？预算五千元以内，送 30 天。"
)
