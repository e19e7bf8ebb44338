"""Turns ranked products into facts."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

import pandas as pd

from marketeer.tools.core.findings import (
    SHOP,
    Fact,
    FactKind,
    Interval,
    Quality,
    Subject,
    SubjectKind,
    Unit,
    View,
)
from marketeer.tools.recommendation.baskets import LEVEL
from marketeer.tools.recommendation.measured import Measured
from marketeer.tools.recommendation.recommender import Recommender

BLEND = Subject(SubjectKind.MODEL, "blend")


def product(name: str, within: Subject | None = None) -> Subject:
    """Name a product as a subject, within a segment or for a customer where it is ranked there."""
    return Subject(SubjectKind.PRODUCT, name, within)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", table.to_dict("records"))


def measured_facts(measured: Measured | None) -> Iterator[Fact]:
    """Say how good the blend and its baseline were on the last period."""
    if measured is None:
        return
    yield Fact("test_days", measured.period_days, Unit.DAYS)
    yield Fact("customers_judged", measured.blend.customers, Unit.CUSTOMERS)
    baseline = Subject(SubjectKind.MODEL, measured.baseline)
    for subject, accuracy in ((BLEND, measured.blend), (baseline, measured.parts[measured.baseline])):
        yield Fact("ndcg_at_10", accuracy.ndcg, Unit.RATIO, subject, decimals=4)
        yield Fact("recall_at_10", 100 * accuracy.recall, Unit.PERCENT, subject)
        yield Fact("hit_rate", 100 * accuracy.hit_rate, Unit.PERCENT, subject)
        yield Fact("coverage", 100 * accuracy.coverage, Unit.PERCENT, subject)


ACCURACY = ("ndcg_at_10", "recall_at_10", "hit_rate", "coverage")


def accuracy_view(measured: Measured | None) -> tuple[View, ...]:
    """Show the blend beside its baseline."""
    if measured is None:
        return ()
    return (View("accuracy", (BLEND, Subject(SubjectKind.MODEL, measured.baseline)), ACCURACY),)


def quality_of(recommender: Recommender) -> Quality:
    """Give the quality block of a recommender."""
    measured = recommender.measured
    if measured is None:
        return Quality(n=recommender.interactions.users.size)
    measures = {code: part.ndcg for code, part in measured.parts.items()} | {"blend": measured.blend.ndcg}
    return Quality(
        n=recommender.interactions.users.size,
        baseline=measured.baseline,
        beats_baseline=measured.beats_baseline,
        measures=measures,
    )


def customer_facts(recommender: Recommender, table: pd.DataFrame, customer: Subject) -> Iterator[Fact]:
    """Say what to offer one customer, how likely it is, and because of which purchases."""
    names = recommender.assortment.products["product_name"]
    for rank, row in enumerate(_records(table), start=1):
        subject = product(str(names[row["column"]]), customer)
        yield Fact("rank", rank, Unit.COUNT, subject)
        if pd.notna(row["chance"]):
            yield Fact("chance", 100 * row["chance"], Unit.PERCENT, subject, kind=FactKind.ESTIMATED)
        if pd.notna(row["expected_margin"]):
            yield Fact(
                "expected_margin", row["expected_margin"], Unit.MONEY, subject, kind=FactKind.ESTIMATED
            )
        if row["because"]:
            yield Fact("because", "; ".join(names[column] for column in row["because"]), Unit.TEXT, subject)


def segment_facts(recommender: Recommender, table: pd.DataFrame, segment: Subject) -> Iterator[Fact]:
    """Say what to offer one segment, whom it reaches, who owns it already, and how it stands out there."""
    names = recommender.assortment.products["product_name"]
    for rank, row in enumerate(_records(table), start=1):
        subject = product(str(names[row["column"]]), segment)
        yield Fact("rank", rank, Unit.COUNT, subject)
        yield Fact("reach", 100 * row["reach"], Unit.PERCENT, subject)
        yield Fact("owned", 100 * row["owned"], Unit.PERCENT, subject)
        yield Fact("over_index", row["over_index"], Unit.RATIO, subject, decimals=2)


def rule_facts(table: pd.DataFrame, names: pd.Series, *, pairs: bool) -> Iterator[Fact]:
    """Say which products share baskets, with counts and intervals."""
    for row in _records(table):
        other = str(names[row["product_row_with"]])
        subject = product(f"{names[row['product_row']]} + {other}" if pairs else other)
        yield Fact("baskets_together", int(row["together"]), Unit.ORDERS, subject)
        yield Fact("support", 100 * row["support"], Unit.PERCENT, subject, decimals=2)
        confidence = Interval(100 * row["confidence_low"], 100 * row["confidence_high"], LEVEL)
        yield Fact("confidence", 100 * row["confidence"], Unit.PERCENT, subject, confidence)
        yield Fact(
            "lift",
            row["lift"],
            Unit.RATIO,
            subject,
            Interval(row["lift_low"], row["lift_high"], LEVEL),
            decimals=1,
        )


RULES = ("baskets_together", "support", "confidence", "lift")


def people_facts(recommender: Recommender, table: pd.DataFrame) -> Iterator[Fact]:
    """Say which customers were found, how near they are, and because of which purchases."""
    names = recommender.assortment.products["product_name"]
    for row in _records(table):
        subject = Subject(SubjectKind.CUSTOMER, f"row {recommender.interactions.users[row['row']]}")
        if "place" in row:
            yield Fact("place_in_list", int(row["place"]), Unit.COUNT, subject)
        if "similarity" in row:
            yield Fact("similarity", float(row["similarity"]), Unit.RATIO, subject)
        if "shared" in row:
            yield Fact("shared_products", int(row["shared"]), Unit.PRODUCTS, subject)
        if row.get("because"):
            yield Fact("because", "; ".join(names[column] for column in row["because"]), Unit.TEXT, subject)


PEOPLE = ("place_in_list", "similarity", "shared_products", "because")


def text_facts(table: pd.DataFrame, names: pd.Series) -> Iterator[Fact]:
    """Say which products read like one product."""
    for row in _records(table):
        yield Fact("similarity", float(row["similarity"]), Unit.RATIO, product(str(names[row["column"]])))


def told(facts: Iterable[Fact], names: Iterable[str]) -> tuple[str, ...]:
    """Keep the names there are facts of, so that no column of a table stays empty."""
    there = {fact.name for fact in facts}
    return tuple(name for name in names if name in there)


def ranked(facts: Iterable[Fact], kind: SubjectKind) -> tuple[Subject, ...]:
    """Give the subjects of a kind in the order the facts name them."""
    return tuple(dict.fromkeys(fact.subject for fact in facts if fact.subject.kind is kind))


def size_facts(recommender: Recommender) -> Iterator[Fact]:
    """Say how many customers and products the recommender knows."""
    customers, products = recommender.interactions.shape
    yield Fact("customers_with_purchases", customers, Unit.CUSTOMERS, SHOP)
    yield Fact("products_bought", products, Unit.PRODUCTS, SHOP)
