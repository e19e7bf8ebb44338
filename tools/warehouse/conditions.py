"""Conditions on customers as tool arguments, in a person's own words, and their meaning in the data.

Metrics and audiences share them, so that what was counted is what gets selected.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Args
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import Fact, FactKind, Note, Subject, Unit
from marketeer.tools.core.ports import Vocabulary
from marketeer.tools.warehouse.goods import shop_words
from marketeer.tools.warehouse.periods import Span, named_span
from marketeer.tools.warehouse.selection import (
    Selection,
    check_range,
    known_values,
    products_called,
    spelt,
)

BOUNDS = {"orders": Unit.ORDERS, "spend": Unit.MONEY, "recency_days": Unit.DAYS}
"""What has a `min_` and a `max_`, with its unit."""


class CustomerConditions(Args):
    """Which customers; all conditions given must hold."""

    country: str | None = Field(default=None, description="Customers' country.")
    city: str | None = Field(default=None, description="Customers' city.")
    language: str | None = Field(default=None, description="Customers' language.")
    where: Mapping[str, str] = Field(
        default_factory=dict, description="Customer attributes, such as {'tier': 'gold'}."
    )
    min_orders: int | None = Field(default=None, ge=0, description="Customers' orders, at least.")
    max_orders: int | None = Field(
        default=None,
        ge=0,
        description="Customers' orders, at most; 1: bought once, 0: never.",
    )
    min_spend: float | None = Field(default=None, description="Customers' spend in all, at least.")
    max_spend: float | None = Field(default=None, description="Customers' spend in all, at most.")
    min_recency_days: int | None = Field(
        default=None, ge=0, description="Days since the last order, at least."
    )
    max_recency_days: int | None = Field(
        default=None, ge=0, description="Days since the last order, at most."
    )
    first_order: str | None = Field(
        default=None, description="Period of the first order: 2011-03, last_quarter, 2011."
    )
    last_order: str | None = Field(default=None, description="Period of the last order; none since.")
    bought: str | None = Field(default=None, description="Ever bought this product or category.")
    not_bought: str | None = Field(default=None, description="Never bought this.")
    consent: Literal["email", "sms"] | None = Field(
        default=None, description="Agreed to be written to on this channel."
    )
    notes_contain: str | None = Field(
        default=None, min_length=1, description="Their notes contain this text."
    )


def selection_of(
    args: CustomerConditions, dataset: Dataset, vocabulary: Vocabulary, *, among: bool = False
) -> Selection:
    """Give conditions in the data's own names.

    Args:
        args: The conditions as the person said them.
        dataset: The data.
        vocabulary: Knows what people call countries and languages.
        among: Whether only the customers of the table `among` count.

    Raises:
        Retry: A name is not in the data (the nearest are given), or a range is empty.
        Insufficient: A column a condition rests on was not loaded.
    """
    for name in BOUNDS:
        check_range(name, getattr(args, f"min_{name}"), getattr(args, f"max_{name}"))
    spoken = {
        "countries": ("country", args.country, col.COUNTRY),
        "cities": ("city", args.city, col.CITY),
        "languages": ("language", args.language, col.LANGUAGE),
    }
    named = {
        field: (spelt(kind, text, known_values(dataset, Table.CUSTOMERS, column), vocabulary),)
        if text
        else ()
        for field, (kind, text, column) in spoken.items()
    }
    bounds = {f"{side}_{name}": getattr(args, f"{side}_{name}") for name in BOUNDS for side in ("min", "max")}
    return Selection(
        countries=named["countries"],
        cities=named["cities"],
        languages=named["languages"],
        **bounds,
        first_order=_span(dataset, args.first_order),
        last_order=_span(dataset, args.last_order),
        attributes=tuple(_attribute(dataset, n, v, vocabulary) for n, v in sorted(args.where.items())),
        bought=_products(dataset, args.bought, vocabulary),
        not_bought=_products(dataset, args.not_bought, vocabulary),
        consent=args.consent or "",
        notes=args.notes_contain or "",
        rows=among,
    )


def _products(dataset: Dataset, text: str | None, vocabulary: Vocabulary) -> tuple[int, ...]:
    """Find products by the person's words, in the shop's own language where it is another."""
    return products_called(dataset, shop_words(dataset, text, vocabulary)) if text else ()


def _span(dataset: Dataset, text: str | None) -> Span | None:
    return named_span(text, dataset.need_as_of()) if text else None


def _attribute(dataset: Dataset, name: str, value: str, vocabulary: Vocabulary) -> tuple[str, str]:
    column = dataset.attribute(name)
    return column, spelt(name, value, known_values(dataset, Table.CUSTOMERS, column), vocabulary)


def given_facts(args: CustomerConditions, selection: Selection, subject: Subject) -> Iterator[Fact]:
    """Give the figures the person named as facts."""
    for name, unit in BOUNDS.items():
        for side in ("min", "max"):
            value = getattr(args, f"{side}_{name}")
            if value is not None:
                yield Fact(f"{side}_{name}", value, unit, subject, kind=FactKind.GIVEN)
    for name, span in _spans(selection):
        yield Fact(f"{name}_since", span.since, Unit.DATE, subject, kind=FactKind.GIVEN)
        yield Fact(f"{name}_until", span.until, Unit.DATE, subject, kind=FactKind.GIVEN)


def _spans(selection: Selection) -> Iterator[tuple[str, Span]]:
    for name, span in (("first_order", selection.first_order), ("last_order", selection.last_order)):
        if span is not None:
            yield name, span


def condition_notes(args: CustomerConditions, selection: Selection) -> Iterator[Note]:
    """Say which conditions held, one note each."""
    spoken = {"country": selection.countries, "city": selection.cities, "language": selection.languages}
    for name, values in spoken.items():
        if values:
            yield Note(f"only_{name}", {"name": values[0]})
    for name in ("bought", "not_bought"):
        if getattr(args, name):
            yield Note(f"only_{name}", {"name": str(getattr(args, name))})
    if args.notes_contain:
        yield Note("only_notes", {"phrase": args.notes_contain})
    if args.consent:
        yield Note("only_consent", {"channel": args.consent})
    for name, value in selection.attributes:
        yield Note("only_attribute", {"name": name.removeprefix(col.ATTRIBUTE_PREFIX), "value": value})
    yield from (Note(f"only_{name}") for name, _ in _spans(selection))
    for name in (f"{side}_{bound}" for bound in BOUNDS for side in ("min", "max")):
        if getattr(args, name) is not None:
            yield Note(f"only_{name}")
