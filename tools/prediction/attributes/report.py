"""Turns a prediction of a column into a finding."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from marketeer.tools.core.contract import Outcome
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
from marketeer.tools.core.payloads import Forecast
from marketeer.tools.prediction.attributes.answering import Answered
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
_MOST_GAP = 0.1
"""Mean gap between chances and what came, above which only the ranking is to be used."""


def answer_finding(answered: Answered, *, limit: int, row: int | None = None) -> Outcome:
    """Give the finding and the payload of a prediction.

    Args:
        answered: The prediction.
        limit: How many single customers to list.
        row: Only this customer.

    Raises:
        Insufficient: The customer's outcome is known already, and the models learnt from it.
    """
    answer = answered.asked.target is Target.ANSWER
    facts = (
        *_setting_facts(answered),
        *_model_facts(answered),
        *_column_facts(answered),
        *calibration_facts(answered.bins),
        *_customer_facts(answered, _listed(answered, limit, row)),
    )
    finding = Finding(
        "predicted_answer" if answer else "predicted_number",
        facts,
        "attributes_in_time" if answered.order else "attributes_at_random",
        {"model": answered.used.code, "by": answered.order.by if answered.order else ""},
        views=tuple(_views(answered, facts)),
        quality=_quality(answered),
        verdict=Verdict.OK if answered.beats_baseline and not _chances_off(answered) else Verdict.WEAK,
        notes=tuple(_notes(answered)),
    )
    about = {"target": answered.asked.target.value, "name": answered.asked.name, "model": answered.used.code}
    return Outcome(finding, Forecast(answered.table, about))


def _listed(answered: Answered, limit: int, row: int | None) -> pd.DataFrame:
    table = answered.table.sort_values(["predicted", "customer_row"], ascending=[False, True])
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


def _setting_facts(answered: Answered) -> Iterator[Fact]:
    values = answered.asked.values[np.isfinite(answered.asked.values)]
    yield Fact("target_name", answered.asked.name, Unit.TEXT, kind=FactKind.GIVEN)
    yield Fact("customers_known", answered.known, Unit.CUSTOMERS)
    yield Fact("customers_tested", answered.tested, Unit.CUSTOMERS)
    yield Fact("customers_predicted", len(answered.table), Unit.CUSTOMERS)
    predicted = answered.table["predicted"]
    if answered.asked.target is Target.ANSWER:
        yield Fact("customers_yes", int(values.sum()), Unit.CUSTOMERS)
        yield Fact("yes_share", 100 * float(values.mean()), Unit.PERCENT)
        yield Fact("mean_chance", 100 * float(predicted.mean()), Unit.PERCENT, kind=FactKind.ESTIMATED)
    else:
        yield Fact("mean_value", float(values.mean()), Unit.RATIO)
        yield Fact("mean_predicted", float(predicted.mean()), Unit.RATIO, kind=FactKind.ESTIMATED)
    yield Fact("columns_used", answered.columns.frame.shape[1], Unit.COUNT)
    yield Fact("most_settings", answered.comparison.most_settings, Unit.COUNT)
    seconds = answered.plan.seconds
    yield Fact("estimated_seconds", seconds, Unit.SECONDS, kind=FactKind.ESTIMATED, decimals=0)


def _model_facts(answered: Answered) -> Iterator[Fact]:
    """Say how good every model was, the one used first; inside the training rows, and on the test rows."""
    answer = answered.asked.target is Target.ANSWER
    contenders = sorted(answered.comparison.contenders, key=lambda one: one.code != answered.used.code)
    for one in contenders:
        subject = Subject(SubjectKind.MODEL, one.code)
        for name, (scale, unit) in (_CHANCE if answer else _NUMBER).items():
            value = answered.measures[one.code][name]
            if np.isfinite(value):
                yield Fact(name, scale * value, unit, subject)
        inside = "training_auc" if answer else "training_r2"
        yield Fact(inside, 1 - one.loss, Unit.RATIO, subject)
        if answered.order is not None:
            yield Fact("shuffled_auc" if answer else "shuffled_r2", 1 - one.shuffled, Unit.RATIO, subject)
        yield Fact("settings_tried", one.tried, Unit.COUNT, subject)


def _column_facts(answered: Answered) -> Iterator[Fact]:
    for name, share in answered.factors.items():
        yield Fact("share_of_loss", 100 * share, Unit.PERCENT, Subject(SubjectKind.FEATURE, name))
    for one in answered.left_out:
        subject = Subject(SubjectKind.RULE, one.column)
        yield Fact("left_out_because", one.reason.value, Unit.TEXT, subject)
        if np.isfinite(one.alone):
            yield Fact("alone", one.alone, Unit.RATIO, subject)


def _customer_facts(answered: Answered, rows: pd.DataFrame) -> Iterator[Fact]:
    answer = answered.asked.target is Target.ANSWER
    for row, value in zip(rows["customer_row"], rows["predicted"], strict=True):
        subject = Subject(SubjectKind.CUSTOMER, f"row {int(row)}")
        if answer:
            yield Fact("chance", 100 * float(value), Unit.PERCENT, subject, kind=FactKind.ESTIMATED)
        else:
            yield Fact("predicted", float(value), Unit.RATIO, subject, kind=FactKind.ESTIMATED, decimals=2)


def _views(answered: Answered, facts: tuple[Fact, ...]) -> Iterator[View]:
    answer = answered.asked.target is Target.ANSWER
    shuffled = "shuffled_auc" if answer else "shuffled_r2"
    inside = "training_auc" if answer else "training_r2"
    columns = (*(_CHANCE if answer else _NUMBER), inside)
    columns += (shuffled, "settings_tried") if answered.order else ("settings_tried",)
    yield View("customers", _subjects(facts, SubjectKind.CUSTOMER), ("chance" if answer else "predicted",))
    yield View("compared", _subjects(facts, SubjectKind.MODEL), columns)
    if answered.factors:
        yield View("factors", _subjects(facts, SubjectKind.FEATURE), ("share_of_loss",))
    if answered.bins:
        yield calibration_view(answered.bins)
    if answered.left_out:
        yield View("left_out", _subjects(facts, SubjectKind.RULE), ("left_out_because", "alone"))


def _subjects(facts: tuple[Fact, ...], kind: SubjectKind) -> tuple[Subject, ...]:
    return tuple(dict.fromkeys(fact.subject for fact in facts if fact.subject.kind is kind))


def _notes(answered: Answered) -> Iterator[Note]:
    yield from _column_notes(answered)
    yield from _trust_notes(answered)
    if answered.everyone_known:
        yield Note("everyone_answered")
    if answered.comparison.skipped:
        yield Note("models_left_out", {"models": ", ".join(answered.comparison.skipped)})
    yield Note("associated_not_causes")
    if answered.asked.target is Target.ANSWER:
        yield Note("answer_is_not_effect")


def _column_notes(answered: Answered) -> Iterator[Note]:
    for reason, names in by_reason(answered.left_out).items():
        yield Note(f"left_out_{reason}", {"columns": ", ".join(names)})
    if answered.columns.sentinels:
        yield Note("sentinels", {"columns": ", ".join(_sentinels(answered))})
    if answered.columns.infinite or answered.asked.infinite:
        yield Note("infinite_as_missing")


def _trust_notes(answered: Answered) -> Iterator[Note]:
    if answered.order is None:
        yield Note("no_order_of_time")
    elif _best_shuffled(answered) > _tested(answered) + _OPTIMISTIC:
        yield Note("shuffled_is_optimistic", {"by": answered.order.by})
    if not answered.beats_baseline:
        yield Note("baseline_used", {"model": answered.used.code})
    if _chances_off(answered):
        yield Note("chances_off")


def _best_shuffled(answered: Answered) -> float:
    return max(1 - one.shuffled for one in answered.comparison.contenders)


def _tested(answered: Answered) -> float:
    return answered.measures[answered.used.code]["auc" if answered.asked.target is Target.ANSWER else "r2"]


def _sentinels(answered: Answered) -> Iterator[str]:
    for name, value in answered.columns.sentinels.items():
        yield f"{name} = {value:g}"


def _chances_off(answered: Answered) -> bool:
    return answered.measures[answered.used.code].get("calibration_error", 0.0) > _MOST_GAP


def _quality(answered: Answered) -> Quality:
    measured = answered.measures[answered.used.code]
    missing = answered.columns.frame.isna().to_numpy().mean() if len(answered.columns.frame) else 0.0
    return Quality(
        n=answered.known,
        missing_share=float(missing),
        baseline=answered.comparison.baseline.code,
        beats_baseline=answered.beats_baseline,
        measures={name: value for name, value in measured.items() if np.isfinite(value)},
    )
