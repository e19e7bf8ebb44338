"""Turns a prediction of a column into a finding."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from marketeer.tools.core.errors import Insufficient
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
from marketeer.tools.prediction.attributes.correcting import Way
from marketeer.tools.prediction.attributes.kept import Record
from marketeer.tools.prediction.attributes.leakage import by_reason
from marketeer.tools.prediction.calibration import calibration_facts, calibration_view
from marketeer.tools.prediction.targets import Target

_CHANCE = {
    "auc": (1.0, Unit.RATIO),
    "average_precision": (1.0, Unit.RATIO),
    "brier": (1.0, Unit.RATIO),
    "calibration_error": (100.0, Unit.POINTS),
}
_NUMBER = {"mae": (1.0, Unit.RATIO), "r2": (1.0, Unit.RATIO), "spearman": (1.0, Unit.RATIO)}
_OPTIMISTIC = 0.02
"""How much better shuffled folds must look before the finding calls them optimistic."""
MOST_GAP = 0.1
"""Mean gap between chances and what came, above which only the ranking is to be used."""


def measures_of(target: Target) -> Mapping[str, tuple[float, Unit]]:
    """Give the measures of a target, each with its scale and unit."""
    return _CHANCE if target is Target.ANSWER else _NUMBER


def answer_finding(made: Record, *, limit: int, row: int | None = None) -> Finding:
    """Give the finding of a prediction.

    Args:
        made: The prediction.
        limit: How many single customers to list.
        row: Only this customer.

    Raises:
        Insufficient: The customer's outcome is known already, and the models learnt from it.
    """
    answer = made.target is Target.ANSWER
    facts = (
        *_setting_facts(made),
        *_model_facts(made),
        *_chance_facts(made),
        *_column_facts(made),
        *calibration_facts(made.bins),
        *_customer_facts(made, _listed(made, limit, row)),
    )
    return Finding(
        "predicted_answer" if answer else "predicted_number",
        facts,
        "attributes_in_time" if made.ordered_by else "attributes_at_random",
        {"model": made.used, "by": made.ordered_by},
        views=tuple(_views(made, facts)),
        quality=_quality(made),
        verdict=Verdict.OK if made.beats_baseline and not _chances_off(made) else Verdict.WEAK,
        notes=tuple(_notes(made)),
    )


def _listed(made: Record, limit: int, row: int | None) -> pd.DataFrame:
    table = made.table.sort_values(["predicted", "customer_row"], ascending=[False, True])
    if row is None:
        return table.head(limit)
    own = table[table["customer_row"] == row]
    if own.empty:
        raise Insufficient(
            "This customer's answer is known already and the models learnt from it, so it is not predicted. "
            "Ask for a customer whose answer is not known, or for the list.",
            code="answer_known",
        )
    return own


def _setting_facts(made: Record) -> Iterator[Fact]:
    yield Fact("target_name", made.name, Unit.TEXT, kind=FactKind.GIVEN)
    yield Fact("customers_known", made.known, Unit.CUSTOMERS)
    yield Fact("customers_tested", made.tested, Unit.CUSTOMERS)
    yield Fact("customers_predicted", len(made.table), Unit.CUSTOMERS)
    predicted = made.table["predicted"]
    if made.target is Target.ANSWER:
        yield Fact("customers_yes", int(made.known_sum), Unit.CUSTOMERS)
        yield Fact("yes_share", 100 * made.known_sum / made.known, Unit.PERCENT)
        yield Fact("mean_chance", 100 * float(predicted.mean()), Unit.PERCENT, kind=FactKind.ESTIMATED)
    else:
        yield Fact("mean_value", made.known_sum / made.known, Unit.RATIO)
        yield Fact("mean_predicted", float(predicted.mean()), Unit.RATIO, kind=FactKind.ESTIMATED)
    yield Fact("columns_used", made.columns_used, Unit.COUNT)
    yield Fact("most_settings", made.most_settings, Unit.COUNT)
    seconds = made.seconds
    yield Fact("estimated_seconds", seconds, Unit.SECONDS, kind=FactKind.ESTIMATED, decimals=0)


def _model_facts(made: Record) -> Iterator[Fact]:
    """Say how good every model was, the one used first; inside the training rows, and on the test rows."""
    answer = made.target is Target.ANSWER
    contenders = sorted(made.standings, key=lambda one: one.code != made.used)
    for one in contenders:
        subject = Subject(SubjectKind.MODEL, one.code)
        for name, (scale, unit) in measures_of(made.target).items():
            value = one.measures[name]
            if value is not None:
                yield Fact(name, scale * value, unit, subject)
        inside = "training_auc" if answer else "training_r2"
        yield Fact(inside, 1 - one.loss, Unit.RATIO, subject)
        if made.ordered_by:
            yield Fact("shuffled_auc" if answer else "shuffled_r2", 1 - one.shuffled, Unit.RATIO, subject)
        yield Fact("settings_tried", one.tried, Unit.COUNT, subject)
        if one.setting:
            yield Fact("setting", one.setting, Unit.TEXT, subject)


def _chance_facts(made: Record) -> Iterator[Fact]:
    """Set mean chances beside the share that came on the test rows, before and after their correction."""
    if made.target is not Target.ANSWER:
        return
    rows = [("as_modelled", made.uncorrected, made.uncorrected_mean)]
    if made.way is not Way.AS_IS:
        rows.append(("corrected", made.standing.measures, made.corrected_mean))
    for code, measured, mean in rows:
        subject = Subject(SubjectKind.SCENARIO, code)
        for name in ("brier", "calibration_error"):
            scale, unit = _CHANCE[name]
            if (value := measured[name]) is not None:
                yield Fact(name, scale * value, unit, subject)
        yield Fact("predicted_share", 100 * mean, Unit.PERCENT, subject, kind=FactKind.ESTIMATED)
        yield Fact("observed_share", 100 * made.tested_mean, Unit.PERCENT, subject)


def _column_facts(made: Record) -> Iterator[Fact]:
    for name, share in made.factors.items():
        yield Fact("share_of_loss", 100 * share, Unit.PERCENT, Subject(SubjectKind.FEATURE, name))
    for one in made.left_out:
        subject = Subject(SubjectKind.RULE, one.column)
        yield Fact("left_out_because", one.reason.value, Unit.TEXT, subject)
        if np.isfinite(one.alone):
            yield Fact("alone", one.alone, Unit.RATIO, subject)


def _customer_facts(made: Record, rows: pd.DataFrame) -> Iterator[Fact]:
    answer = made.target is Target.ANSWER
    for row, value in zip(rows["customer_row"], rows["predicted"], strict=True):
        subject = Subject(SubjectKind.CUSTOMER, f"row {int(row)}")
        if answer:
            yield Fact("chance", 100 * float(value), Unit.PERCENT, subject, kind=FactKind.ESTIMATED)
        else:
            yield Fact("predicted", float(value), Unit.RATIO, subject, kind=FactKind.ESTIMATED, decimals=2)


def _views(made: Record, facts: tuple[Fact, ...]) -> Iterator[View]:
    answer = made.target is Target.ANSWER
    shuffled = "shuffled_auc" if answer else "shuffled_r2"
    inside = "training_auc" if answer else "training_r2"
    columns = (*measures_of(made.target), inside)
    columns += (shuffled, "settings_tried", "setting") if made.ordered_by else ("settings_tried", "setting")
    yield View("customers", _subjects(facts, SubjectKind.CUSTOMER), ("chance" if answer else "predicted",))
    yield View("compared", _subjects(facts, SubjectKind.MODEL), columns)
    if made.factors:
        yield View("factors", _subjects(facts, SubjectKind.FEATURE), ("share_of_loss",))
    if made.bins:
        yield calibration_view(made.bins)
    if corrections := _subjects(facts, SubjectKind.SCENARIO):
        yield View(
            "chances", corrections, ("brier", "calibration_error", "predicted_share", "observed_share")
        )
    if made.left_out:
        yield View("left_out", _subjects(facts, SubjectKind.RULE), ("left_out_because", "alone"))


def _subjects(facts: tuple[Fact, ...], kind: SubjectKind) -> tuple[Subject, ...]:
    return tuple(dict.fromkeys(fact.subject for fact in facts if fact.subject.kind is kind))


def _notes(made: Record) -> Iterator[Note]:
    yield from _column_notes(made)
    yield from _trust_notes(made)
    if made.everyone_known:
        yield Note("everyone_answered")
    if made.skipped:
        yield Note("models_left_out", {"models": ", ".join(made.skipped)})
    yield Note("associated_not_causes")
    if made.target is Target.ANSWER:
        yield Note("answer_is_not_effect")


def _column_notes(made: Record) -> Iterator[Note]:
    for reason, names in by_reason(made.left_out).items():
        yield Note(f"left_out_{reason}", {"columns": ", ".join(names)})
    if made.sentinels:
        yield Note("sentinels", {"columns": ", ".join(_sentinels(made))})
    if made.infinite:
        yield Note("infinite_as_missing")


def _trust_notes(made: Record) -> Iterator[Note]:
    if not made.ordered_by:
        yield Note("no_order_of_time")
    elif _best_shuffled(made) > _tested(made) + _OPTIMISTIC:
        yield Note("shuffled_is_optimistic", {"by": made.ordered_by})
    if not made.beats_baseline:
        yield Note("baseline_used", {"model": made.used})
    if made.way_predicted is not Way.AS_IS:
        yield Note(f"chances_by_{made.way_predicted.value}")
    if _chances_off(made):
        yield Note("chances_off")


def _best_shuffled(made: Record) -> float:
    return max(1 - one.shuffled for one in made.standings)


def _tested(made: Record) -> float:
    value = made.standing.measures["auc" if made.target is Target.ANSWER else "r2"]
    return float("nan") if value is None else value


def _sentinels(made: Record) -> Iterator[str]:
    for name, value in made.sentinels.items():
        yield f"{name} = {value:g}"


def _chances_off(made: Record) -> bool:
    return (made.standing.measures.get("calibration_error") or 0.0) > MOST_GAP


def _quality(made: Record) -> Quality:
    measured = made.standing.measures
    return Quality(
        n=made.known,
        missing_share=made.missing_share,
        baseline=made.baseline,
        beats_baseline=made.beats_baseline,
        measures={name: value for name, value in measured.items() if value is not None},
    )
