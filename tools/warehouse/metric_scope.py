"""What a metric question is about: its subject, the figures that were given, the conditions to be said."""

from collections.abc import Iterator

from marketeer.tools.core.findings import SHOP, Fact, FactKind, Note, Subject, SubjectKind, Unit
from marketeer.tools.warehouse.conditions import CustomerConditions, condition_notes, given_facts
from marketeer.tools.warehouse.metrics import MetricQuery

_CONDITIONS = (
    "country", "city", "language", "category", "product", "channel", "segment", "where", "min_orders",
    "max_orders", "min_spend", "max_spend", "min_recency_days", "max_recency_days", "bought", "not_bought",
    "first_order", "last_order", "consent", "notes_contain", "order_number",
)  # fmt: skip


def total_subject(args: CustomerConditions, query: MetricQuery) -> Subject:
    """Name what the total is about: the shop, a period, one named group, or the selection."""
    given = [name for name in _CONDITIONS if getattr(args, name, None)]
    if not given:
        return Subject(SubjectKind.PERIOD, query.span.name) if query.span and query.span.name else SHOP
    if given == ["max_orders"] and args.max_orders == 1:
        return Subject(SubjectKind.GROUP, "one_time_buyers")
    named = {
        "country": (SubjectKind.GROUP, query.countries or query.selection.countries),
        "category": (SubjectKind.CATEGORY, query.categories),
        "channel": (SubjectKind.CHANNEL, query.channels),
    }
    if len(given) == 1 and given[0] in named:
        kind, names = named[given[0]]
        return Subject(kind, names[0])
    return Subject(SubjectKind.GROUP, "selection")


def scope_facts(args: CustomerConditions, query: MetricQuery, subject: Subject) -> Iterator[Fact]:
    """Give the figures the person named."""
    yield from given_facts(args, query.selection, subject)
    if query.order_number is not None:
        yield Fact("order_number", query.order_number, Unit.COUNT, subject, kind=FactKind.GIVEN)


def scope_notes(args: CustomerConditions, query: MetricQuery) -> Iterator[Note]:
    """Say what was counted only."""
    yield from condition_notes(args, query.selection)
    of_orders = {"category": query.categories, "channel": query.channels, "country": query.countries}
    for name, values in of_orders.items():
        if values:
            yield Note(f"only_{name}", {"name": values[0]})
    for name in ("product", "segment"):
        if getattr(args, name, None):
            yield Note(f"only_{name}", {"name": str(getattr(args, name))})
    if query.order_number is not None:
        yield Note("only_order_number")
