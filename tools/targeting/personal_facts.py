"""Turns a comparison of ways to predict effects into facts, a view and notes."""

from collections.abc import Iterator

from marketeer.tools.core.findings import Fact, FactKind, Interval, Note, Subject, SubjectKind, Unit, View
from marketeer.tools.targeting.selection import Comparison


def model_subject(name: str) -> Subject:
    """Name a way to score people."""
    return Subject(SubjectKind.MODEL, name)


def comparison_facts(comparison: Comparison) -> Iterator[Fact]:
    """Give how well each way orders people it has not seen, with 90 % intervals from a bootstrap."""
    for name, one in comparison.judgements.items():
        subject = model_subject(name)
        half = 1.645 * one.qini_se
        interval = Interval(one.qini - half, one.qini + half, 0.9)
        yield Fact("qini", one.qini, Unit.RATIO, subject, interval, FactKind.ESTIMATED)
        for fact, lift in (("uplift_first_tenth", one.first_tenth), ("uplift_first_third", one.first_third)):
            yield Fact(fact, 100 * lift, Unit.POINTS, subject, kind=FactKind.ESTIMATED)
    yield Fact("compared_on", comparison.people, Unit.CUSTOMERS)
    if comparison.chosen is not None:
        yield Fact("chosen_model", comparison.chosen.name, Unit.TEXT)


def comparison_view(comparison: Comparison) -> View:
    """Give the table of the ways that were compared, the best first."""
    order = sorted(comparison.judgements, key=lambda name: -comparison.judgements[name].qini)
    columns = ("qini", "uplift_first_tenth", "uplift_first_third")
    return View("models", tuple(model_subject(name) for name in order), columns)


def comparison_notes(comparison: Comparison) -> Iterator[Note]:
    """Give what must be said: which way was chosen, and whether effects beat plain response."""
    if comparison.chosen is None:
        yield Note("no_order_found")
        return
    yield Note("model_chosen", {"model": comparison.chosen.name})
    if not comparison.beats_response:
        yield Note("learners_do_not_beat_response")
