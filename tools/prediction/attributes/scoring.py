"""Sets a prediction of a column that was kept beside what newer data say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import ATTRIBUTE_PREFIX
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.findings import Fact, FactKind, Finding, Note, Quality, Unit, Verdict
from marketeer.tools.prediction.attributes.answering import measured
from marketeer.tools.prediction.attributes.kept import Record
from marketeer.tools.prediction.attributes.question import newest_answers
from marketeer.tools.prediction.attributes.report import MOST_GAP, measures_of
from marketeer.tools.prediction.calibration import Bin, calibration, calibration_facts, calibration_view
from marketeer.tools.prediction.targets import Target

LEAST_SCORED = 30
"""Customers whose outcome has come since, under which nothing is said of how good a prediction was."""
_IDS = f"SELECT {col.CUSTOMER_ROW}, {col.CUSTOMER_ID} FROM customers"


@dataclass(frozen=True, slots=True)
class Score:
    """How a kept prediction turned out.

    Attributes:
        record: The prediction.
        against: The campaign or column whose values it is held against.
        customers: How many of its customers have an outcome by now.
        waiting: How many have none yet.
        lost: How many are no longer in the data.
        measures: As on its test.
        total: Sum of what was predicted, and of what came.
        bins: Chances and what came; for yes-no targets.
    """

    record: Record
    against: str
    customers: int
    waiting: int
    lost: int
    measures: Mapping[str, float]
    total: tuple[float, float]
    bins: tuple[Bin, ...]


def score_record(made: Record, its: Dataset, now: Dataset) -> Score:
    """Score a prediction by the outcomes a newer snapshot holds of customers who had none.

    Args:
        made: The prediction, by the rows of its own snapshot.
        its: That snapshot.
        now: The snapshot that may know more.

    Raises:
        Insufficient: It holds other customers, or (nearly) no outcome that was not known before.
    """
    against, outcomes = _outcomes(made, now)
    if its.snapshot == now.snapshot or (made.everyone_known and against == made.name):
        raise _nothing_new(made, 0)
    named = made.table.merge(its.frame(_IDS), on=col.CUSTOMER_ROW)
    table = named.merge(now.frame(_IDS), on=col.CUSTOMER_ID, suffixes=("_its", ""), validate="many_to_one")
    if table.empty or not _same_people(table, its, now, made):
        raise Insufficient(
            "The customers of that prediction are not in the loaded data, so it cannot be scored. "
            "Load newer data of the same customers, under the same ids.",
            code="other_customers",
        )
    outcome = outcomes.reindex(table[col.CUSTOMER_ROW]).to_numpy(float)
    come = np.isfinite(outcome)
    if come.sum() < LEAST_SCORED:
        raise _nothing_new(made, int(come.sum()))
    predicted = table["predicted"].to_numpy(float)[come]
    outcome = outcome[come]
    return Score(
        made,
        against,
        int(come.sum()),
        int((~come).sum()),
        len(made.table) - len(table),
        measured(made.target, outcome, predicted),
        (float(predicted.sum()), float(outcome.sum())),
        calibration(outcome, predicted) if made.target is Target.ANSWER else (),
    )


def _nothing_new(made: Record, there: int) -> Insufficient:
    what = "answers to a later campaign" if made.campaign else f"values of '{made.name}'"
    return Insufficient(
        f"Only {there} customers of that prediction have an outcome that was not known when it was made, and "
        f"{LEAST_SCORED} are needed. Load newer data with {what} for them, and ask again.",
        code="no_new_outcomes",
        there=there,
        needed=LEAST_SCORED,
        what=made.name,
    )


def _outcomes(made: Record, now: Dataset) -> tuple[str, pd.Series]:
    """Read the outcomes a snapshot knows, by `customer_row`; NaN or absent where it knows none."""
    if made.campaign:
        campaign, _, answers = newest_answers(now)
        return campaign, answers.set_index(col.CUSTOMER_ROW)["answer"]
    column = ATTRIBUTE_PREFIX + made.name
    if column not in now.attributes:
        raise Insufficient(
            f"The loaded data have no column '{made.name}', so the prediction of it cannot be scored. "
            "Load newer data with it.",
            code="column_gone",
            column=made.name,
        )
    frame = now.frame(f'SELECT {col.CUSTOMER_ROW}, "{column}" AS value FROM customers')
    if made.target is Target.NUMBER:
        numbers = pd.to_numeric(frame["value"], errors="coerce").to_numpy(float)
        outcomes = np.where(np.isfinite(numbers), numbers, np.nan)
    else:
        yes = frame["value"].astype(str).to_numpy() == made.yes
        outcomes = np.where(frame["value"].isna(), np.nan, yes.astype(float))
    return made.name, pd.Series(outcomes, index=frame[col.CUSTOMER_ROW])


def _same_people(table: pd.DataFrame, its: Dataset, now: Dataset, made: Record) -> bool:
    """Tell whether customers of one id are the same people: a file without ids numbers its rows.

    Their columns must agree at least half as far again as those of customers taken at random do.
    """
    shared = [one for one in its.attributes if one in now.attributes and one != ATTRIBUTE_PREFIX + made.name]
    if not shared:
        return True
    chosen = ", ".join(f'"{name}"' for name in shared)
    sql = f"SELECT {chosen} FROM customers ORDER BY {col.CUSTOMER_ROW}"
    old = its.frame(sql).iloc[table[f"{col.CUSTOMER_ROW}_its"]].astype(str).to_numpy()
    new = now.frame(sql).iloc[table[col.CUSTOMER_ROW]].astype(str).to_numpy()
    others = np.random.default_rng(0).permutation(len(new))
    by_chance = float((old == new[others]).mean())
    return by_chance == 1 or float((old == new).mean()) - by_chance >= (1 - by_chance) / 2


def score_finding(score: Score) -> Finding:
    """Say how a kept prediction turned out, beside what its test had shown."""
    facts = (*_facts(score), *calibration_facts(score.bins))
    off = score.measures.get("calibration_error", 0.0) > MOST_GAP
    notes = [Note("customers_gone")] if score.lost else []
    if score.waiting:
        notes.append(Note("customers_waiting"))
    return Finding(
        "answer_scored" if score.record.target is Target.ANSWER else "number_scored",
        facts,
        "columns_scored",
        {"model": score.record.used},
        views=(calibration_view(score.bins),) if score.bins else (),
        quality=Quality(
            n=score.customers,
            missing_share=score.lost / max(len(score.record.table), 1),
            measures={name: value for name, value in score.measures.items() if np.isfinite(value)},
        ),
        verdict=Verdict.WEAK if off else Verdict.OK,
        notes=(*notes, *((Note("chances_off_since"),) if off else ())),
    )


def _facts(score: Score) -> Iterator[Fact]:
    yield Fact("target_name", score.record.name, Unit.TEXT)
    yield Fact("scored_against", score.against, Unit.TEXT)
    yield Fact("customers_scored", score.customers, Unit.CUSTOMERS)
    if score.waiting:
        yield Fact("customers_waiting", score.waiting, Unit.CUSTOMERS)
    if score.lost:
        yield Fact("customers_gone", score.lost, Unit.CUSTOMERS)
    answer = score.record.target is Target.ANSWER
    for name, value in zip(("forecast_total", "actual_total"), score.total, strict=True):
        kind = FactKind.ESTIMATED if name == "forecast_total" else FactKind.MEASURED
        if answer:
            yield Fact(name, value, Unit.CUSTOMERS, kind=kind, decimals=0)
        else:
            yield Fact(f"{name.removesuffix('_total')}_mean", value / score.customers, Unit.RATIO, kind=kind)
    promised = score.record.standing.measures
    for name, (scale, unit) in measures_of(score.record.target).items():
        for said, measure in ((name, score.measures[name]), (f"promised_{name}", promised.get(name))):
            if measure is not None and np.isfinite(measure):
                yield Fact(said, scale * measure, unit)
