"""Turns the score of a kept forecast into a finding."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np

from marketeer.tools.core.findings import (
    Fact,
    FactKind,
    Finding,
    Note,
    Quality,
    Subject,
    SubjectKind,
    Unit,
    Verdict,
    View,
)
from marketeer.tools.prediction.calibration import calibration_facts, calibration_view
from marketeer.tools.prediction.intervals import LEVEL
from marketeer.tools.prediction.report import COVERAGE_SLACK, measures_of, ranked, unit_of
from marketeer.tools.prediction.scoring import Score
from marketeer.tools.prediction.targets import KIND, Kind, Target


def score_finding(score: Score, about: Mapping[str, object], currency: str) -> Finding:
    """Say how a kept forecast turned out, beside what its back-test had shown.

    Args:
        score: The score.
        about: The forecast's description; its back-test is said where it has one.
        currency: Of money facts.
    """
    facts = tuple(_facts(score, about))
    return Finding(
        "forecast_scored",
        facts,
        "scored",
        {"target": score.target.value},
        views=_views(score, facts),
        quality=Quality(
            n=score.customers,
            missing_share=score.lost / max(score.customers + score.lost, 1),
            measures={name: value for name, value in score.measures.items() if np.isfinite(value)},
        ),
        verdict=_verdict(score),
        notes=(Note("customers_gone"),) if score.lost else (),
        currency=currency,
    )


def _views(score: Score, facts: Sequence[Fact]) -> tuple[View, ...]:
    if score.bins:
        return (calibration_view(score.bins),)
    fifths = ranked(facts, SubjectKind.GROUP)
    return (View("fifths", fifths, ("forecast_mean", "actual_mean")),) if fifths else ()


def _verdict(score: Score) -> Verdict:
    """A forecast that ranks no better than chance, or whose ranges do not hold, is weak."""
    if score.target is Target.NEXT_ORDER:
        return Verdict.OK if abs(score.coverage - LEVEL) <= 2 * COVERAGE_SLACK else Verdict.WEAK
    ranks, chance = ("auc", 0.5) if KIND[score.target] is Kind.CHANCE else ("spearman", 0.0)
    value = score.measures[ranks]
    return Verdict.OK if np.isfinite(value) and value > chance else Verdict.WEAK


def _facts(score: Score, about: Mapping[str, object]) -> Iterator[Fact]:
    yield Fact("forecast_from", score.made_from, Unit.DATE)
    yield Fact("scored_until", score.until, Unit.DATE)
    yield Fact("customers_scored", score.customers, Unit.CUSTOMERS)
    if score.lost:
        yield Fact("customers_gone", score.lost, Unit.CUSTOMERS)
    if np.isfinite(score.coverage):
        yield Fact("interval_level", 100 * LEVEL, Unit.PERCENT, kind=FactKind.ASSUMED, decimals=0)
        yield Fact("interval_coverage", 100 * score.coverage, Unit.PERCENT)
    if score.target is Target.NEXT_ORDER:
        for name in ("earlier", "later"):
            yield Fact(f"came_{name}", 100 * score.measures[name], Unit.PERCENT)
        return
    chance = KIND[score.target] is Kind.CHANCE
    unit = Unit.CUSTOMERS if chance else unit_of(score.target)
    for name, value in zip(("forecast_total", "actual_total"), score.total, strict=True):
        kind = FactKind.ESTIMATED if name == "forecast_total" else FactKind.MEASURED
        yield Fact(name, value, unit, kind=kind, decimals=0)
    yield from _measured(score, about)
    yield from calibration_facts(score.bins)
    unit = unit_of(score.target)
    for number, (forecast, actual) in enumerate(score.fifths, start=1):
        subject = Subject(SubjectKind.GROUP, f"fifth_{number}")
        yield Fact("forecast_mean", forecast, unit, subject, kind=FactKind.ESTIMATED, decimals=2)
        yield Fact("actual_mean", actual, unit, subject, decimals=2)


def _measured(score: Score, about: Mapping[str, object]) -> Iterator[Fact]:
    """Say each measure, and as `promised_…` what the back-test had shown of it."""
    before: Mapping[str, float | None] = {}
    for one in cast("list[dict[str, Any]]", about.get("standings", ())):
        if one["code"] == about.get("used"):
            before = one["measures"]
    for name, (scale, unit) in measures_of(score.target).items():
        decimals = 3 if unit is Unit.ORDERS else None
        for said, value in ((name, score.measures[name]), (f"promised_{name}", before.get(name))):
            if value is not None and np.isfinite(value):
                yield Fact(said, scale * value, unit, decimals=decimals)
