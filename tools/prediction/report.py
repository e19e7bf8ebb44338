"""Turns a forecast into facts."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd

from marketeer.tools.core.findings import (
    SHOP,
    Fact,
    FactKind,
    Interval,
    Note,
    Quality,
    Subject,
    SubjectKind,
    Unit,
    View,
    segment,
)
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.prediction.calibration import calibration_facts, calibration_view
from marketeer.tools.prediction.forecasting import SEASON_DAYS, Outlook
from marketeer.tools.prediction.intervals import LEVEL
from marketeer.tools.prediction.targets import KIND, Kind, Target

COVERAGE_SLACK = 0.03
"""How far from 80 % the coverage of 80 % intervals may be before the finding gives the reason."""
AMOUNT_MEASURES = {
    "mae": (1.0, Unit.MONEY),
    "spearman": (1.0, Unit.RATIO),
    "total_ratio": (1.0, Unit.RATIO),
    "captured": (100.0, Unit.PERCENT),
}
CHANCE_MEASURES = {
    "auc": (1.0, Unit.RATIO),
    "average_precision": (1.0, Unit.RATIO),
    "brier": (1.0, Unit.RATIO),
    "calibration_error": (100.0, Unit.POINTS),
}


def model(code: str) -> Subject:
    """Name a model as a subject."""
    return Subject(SubjectKind.MODEL, code)


def asked_facts() -> list[Fact]:
    """Say that one customer was asked about."""
    return [Fact("customers_asked", 1, Unit.CUSTOMERS, kind=FactKind.GIVEN)]


def customer(row: int) -> Subject:
    """Name a customer by row."""
    return Subject(SubjectKind.CUSTOMER, f"row {row}")


def unit_of(target: Target) -> Unit:
    """Give the unit a target is said in."""
    if KIND[target] is Kind.CHANCE:
        return Unit.PERCENT
    return Unit.MONEY if target is Target.SPEND else Unit.ORDERS


def setting_facts(outlook: Outlook) -> Iterator[Fact]:
    """Say over which days was forecast and what the data offers for it."""
    yield Fact("horizon_days", outlook.days, Unit.DAYS, kind=FactKind.GIVEN)
    yield Fact("training_cut_offs", len(outlook.plan.training), Unit.COUNT)
    yield Fact("history_days", outlook.history_days, Unit.DAYS)
    if outlook.season_unknown:
        yield Fact("season_needs_days", SEASON_DAYS, Unit.DAYS, kind=FactKind.ASSUMED)
    if KIND[outlook.target] is Kind.AMOUNT:
        yield Fact("interval_level", 100 * LEVEL, Unit.PERCENT, kind=FactKind.ASSUMED, decimals=0)
    if outlook.plan.earlier:
        yield Fact("earlier_cut_off", outlook.plan.earlier, Unit.DATE)
    yield Fact("test_cut_off", outlook.plan.test, Unit.DATE)
    yield Fact("forecast_from", outlook.plan.now, Unit.DATE)
    ahead = outlook.preflight
    yield Fact("estimated_seconds", ahead.seconds, Unit.SECONDS, kind=FactKind.ESTIMATED, decimals=0)
    yield Fact("estimated_megabytes", ahead.megabytes, Unit.COUNT, kind=FactKind.ESTIMATED)
    if ahead.sampled < ahead.customers:
        yield Fact("sampled_customers", ahead.sampled, Unit.CUSTOMERS)
    if outlook.plan.short:
        yield Fact("compared_over_days", outlook.plan.training_days, Unit.DAYS)
    for need in outlook.have:
        subject = Subject(SubjectKind.RULE, need.code)
        yield Fact("needed", need.needed, Unit.COUNT, subject)
        yield Fact("there", need.there, Unit.COUNT, subject)


def model_facts(outlook: Outlook) -> Iterator[Fact]:
    """Say how good every contender was on the back-test; the chosen one and the best baseline come first."""
    first = (outlook.used, outlook.baseline)
    order = dict.fromkeys((*first, *(one.code for one in outlook.standings)))
    for code in order:
        for name, (scale, unit) in measures_of(outlook.target).items():
            value = outlook.standing(code).measures[name]
            if np.isfinite(value):
                yield Fact(
                    name, scale * value, unit, model(code), decimals=None if unit is not Unit.ORDERS else 3
                )
    if np.isfinite(outlook.coverage):
        yield Fact("interval_coverage", 100 * outlook.coverage, Unit.PERCENT, model(first[0]))
    if np.isfinite(outlook.ranged_coverage):
        yield Fact("ranged_coverage", 100 * outlook.ranged_coverage, Unit.PERCENT, model(first[0]))
    yield from calibration_facts(outlook.bins)
    for feature, share in outlook.factors.items():
        yield Fact("share_of_loss", 100 * share, Unit.PERCENT, Subject(SubjectKind.FEATURE, feature))


def setting_search_facts(outlook: Outlook) -> Iterator[Fact]:
    """Say how many settings were tried of each model, which was taken, and how many the budget left out."""
    searched = [one for one in outlook.standings if one.setting]
    if not searched:
        return
    yield Fact("all_settings_tried", sum(one.tried for one in searched), Unit.COUNT)
    if outlook.preflight.unsearched:
        yield Fact("settings_left_out", sum(outlook.preflight.unsearched.values()), Unit.COUNT)
    for one in searched:
        yield Fact("settings_tried", one.tried, Unit.COUNT, model(one.code))
        yield Fact("setting", one.setting, Unit.TEXT, model(one.code))


def measures_of(target: Target) -> dict[str, tuple[float, Unit]]:
    """Give the measures a target is judged by, each with its scale and unit."""
    if KIND[target] is Kind.CHANCE:
        return CHANCE_MEASURES
    return AMOUNT_MEASURES | {"mae": (1.0, unit_of(target))}


def model_views(outlook: Outlook, facts: Sequence[Fact]) -> tuple[View, ...]:
    """Show all contenders, the factors, and what was needed."""
    columns = tuple(measures_of(outlook.target))
    if any(fact.name == "setting" for fact in facts):
        columns += ("settings_tried", "setting")
    views = [View("models", ranked(facts, SubjectKind.MODEL), columns)]
    if outlook.bins:
        views.append(calibration_view(outlook.bins))
    if outlook.factors:
        views.append(View("factors", ranked(facts, SubjectKind.FEATURE), ("share_of_loss",)))
    views.append(View("needs", ranked(facts, SubjectKind.RULE), ("needed", "there")))
    return tuple(views)


def total_facts(outlook: Outlook, segmentation: Segmentation) -> Iterator[Fact]:
    """Sum the forecast over the shop and over its segments."""
    yield from _sums(outlook, outlook.table, SHOP)
    by_row = outlook.table.set_index("customer_row")
    for code in segmentation.segments:
        yield from _sums(outlook, by_row.loc[by_row.index.isin(segmentation.rows_of(code))], segment(code))


def _sums(outlook: Outlook, rows: pd.DataFrame, subject: Subject) -> Iterator[Fact]:
    if rows.empty:
        return
    total = float(rows["predicted"].sum())
    low, high = outlook.totals.around(total, float(rows["variance"].sum()))
    yield Fact("customers", len(rows), Unit.CUSTOMERS, subject)
    if KIND[outlook.target] is Kind.AMOUNT:
        unit, band = unit_of(outlook.target), Interval(low, high, LEVEL)
        yield Fact("expected_total", total, unit, subject, band, FactKind.ESTIMATED, decimals=0)
        yield Fact("expected_each", total / len(rows), unit, subject, kind=FactKind.ESTIMATED, decimals=2)
        return
    band = Interval(low, min(high, len(rows)), LEVEL)
    yield Fact("mean_chance", 100 * total / len(rows), Unit.PERCENT, subject, kind=FactKind.ESTIMATED)
    yield Fact("expected_customers", total, Unit.CUSTOMERS, subject, band, FactKind.ESTIMATED, decimals=0)


def customer_facts(outlook: Outlook, rows: pd.DataFrame) -> Iterator[Fact]:
    """Say the forecast of single customers, with their interval or chance and the figures it goes with."""
    for row in cast("list[dict[str, Any]]", rows.to_dict("records")):
        subject = customer(int(row["customer_row"]))
        if KIND[outlook.target] is Kind.CHANCE:
            chance = 100 * row["predicted"]
            yield Fact("chance", chance, Unit.PERCENT, subject, kind=FactKind.ESTIMATED)
        else:
            band = Interval(row["low"], row["high"], LEVEL)
            unit = unit_of(outlook.target)
            yield Fact("expected", row["predicted"], unit, subject, band, FactKind.ESTIMATED, decimals=2)
        yield Fact("recency_days", int(row["recency_days"]), Unit.DAYS, subject)
        yield Fact("orders", int(row["orders"]), Unit.ORDERS, subject)
        yield Fact("net_revenue", float(row["net_revenue"]), Unit.MONEY, subject)


def notes_of(outlook: Outlook) -> tuple[Note, ...]:
    """Give what must be said with a forecast."""
    notes = [Note("associated_not_causes")]
    if outlook.target is Target.BUYS_AGAIN:
        notes.append(Note("buying_is_not_being_moved"))
    if outlook.season_unknown:
        notes.append(Note("season_unknown"))
    if not outlook.beats_baseline:
        notes.append(Note("baseline_used", {"model": outlook.used}))
    if outlook.preflight.sampled < outlook.preflight.customers:
        notes.append(Note("sample_taken"))
    if np.isfinite(outlook.ranged_coverage) and abs(outlook.ranged_coverage - LEVEL) > COVERAGE_SLACK:
        notes.append(Note("coverage_missed_season" if outlook.season_unknown else "coverage_missed"))
    if outlook.preflight.unsearched:
        notes.append(Note("settings_left_out", {"models": ", ".join(outlook.preflight.unsearched)}))
    if outlook.skipped:
        notes.append(Note("models_left_out", {"models": ", ".join(outlook.skipped)}))
    return tuple(notes)


def quality_of(outlook: Outlook) -> Quality:
    """Give the quality block of a forecast."""
    used = outlook.standing(outlook.used).measures
    return Quality(
        n=len(outlook.table),
        baseline=outlook.baseline,
        beats_baseline=outlook.beats_baseline,
        measures={name: value for name, value in used.items() if np.isfinite(value)},
    )


def ranked(facts: Sequence[Fact], kind: SubjectKind) -> tuple[Subject, ...]:
    """Give the subjects of a kind in the order the facts name them."""
    return tuple(dict.fromkeys(fact.subject for fact in facts if fact.subject.kind is kind))
