"""What is kept of a prediction of a column: enough to say all of it again, and to score it later."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any

import numpy as np
import pandas as pd

from marketeer.tools.core.payloads import Forecast
from marketeer.tools.prediction.attributes.answering import Answered
from marketeer.tools.prediction.attributes.correcting import Way
from marketeer.tools.prediction.attributes.leakage import LeftOut, Reason
from marketeer.tools.prediction.calibration import Bin
from marketeer.tools.prediction.targets import Target

VERSION = 3
"""Raised whenever the same arguments would give another prediction."""


def version() -> str:
    """Name the version of package and method a prediction was made with."""
    return f"{metadata.version('marketeer')}/columns {VERSION}"


@dataclass(frozen=True, slots=True)
class Standing:
    """How one model did.

    Attributes:
        code: Its name.
        complexity: Its family's rank of simplicity; 0 is a baseline.
        loss: Its mean loss inside the training rows.
        shuffled: The same on shuffled rows.
        tried: Settings tried.
        setting: The one taken; empty where there is one only.
        measures: Its measures on the test rows; None where one cannot be said.
    """

    code: str
    complexity: int
    loss: float
    shuffled: float
    tried: int
    setting: str
    measures: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Record:
    """A prediction of a column without its models.

    Attributes:
        target: `ANSWER` or `NUMBER`.
        name: The campaign or column.
        yes: What counts as yes, for a column of words.
        campaign: Whether it is about a campaign's answers, not a column.
        ordered_by: The column that tells the order of time, or nothing.
        known: Rows with a known outcome.
        tested: Test rows among them.
        known_sum: Sum of the known outcomes.
        tested_mean: Mean outcome of the test rows.
        everyone_known: Whether `table` holds the test rows.
        columns_used: How many columns were learnt from.
        missing_share: Share of their values that is missing.
        sentinels: Column → the value taken as "never".
        infinite: Whether infinite values were taken as missing.
        left_out: Columns left out, and why.
        used: The model that predicts.
        baseline: The best of the baselines.
        standings: All models, simplest first.
        skipped: Models left out.
        most_settings: Settings tried of a model, at most.
        seconds: Estimated seconds.
        way: How chances of the test rows were put right.
        way_predicted: How those in `table` were.
        uncorrected: Measures of the model used without that.
        uncorrected_mean: Its mean on the test rows without that.
        corrected_mean: Its mean on the test rows with it.
        bins: Chances and what came on the test rows.
        factors: Column → share of the test loss it carries.
        table: `customer_row`, `predicted`.
    """

    target: Target
    name: str
    yes: str
    campaign: bool
    ordered_by: str
    known: int
    tested: int
    known_sum: float
    tested_mean: float
    everyone_known: bool
    columns_used: int
    missing_share: float
    sentinels: Mapping[str, float]
    infinite: bool
    left_out: tuple[LeftOut, ...]
    used: str
    baseline: str
    standings: tuple[Standing, ...]
    skipped: tuple[str, ...]
    most_settings: int
    seconds: float
    way: Way
    way_predicted: Way
    uncorrected: Mapping[str, float | None]
    uncorrected_mean: float
    corrected_mean: float
    bins: tuple[Bin, ...]
    factors: Mapping[str, float]
    table: pd.DataFrame

    @property
    def standing(self) -> Standing:
        """The standing of the model that predicts."""
        return next(one for one in self.standings if one.code == self.used)

    @property
    def beats_baseline(self) -> bool:
        """Whether a model, not a baseline, predicts."""
        return self.standing.complexity > 0


def record(answered: Answered) -> Record:
    """Take down a prediction."""
    asked, columns, compared = answered.asked, answered.columns, answered.comparison
    values = asked.values[np.isfinite(asked.values)]
    return Record(
        target=asked.target,
        name=asked.name,
        yes=asked.yes,
        campaign=asked.campaign,
        ordered_by=answered.order.by if answered.order else "",
        known=answered.known,
        tested=answered.tested,
        known_sum=float(values.sum()),
        tested_mean=answered.means.came,
        everyone_known=answered.everyone_known,
        columns_used=columns.frame.shape[1],
        missing_share=float(columns.frame.isna().to_numpy().mean()),
        sentinels=dict(columns.sentinels),
        infinite=bool(columns.infinite or asked.infinite),
        left_out=answered.left_out,
        used=answered.used.code,
        baseline=compared.baseline.code,
        standings=tuple(
            Standing(
                one.code,
                one.complexity,
                one.loss,
                one.shuffled,
                one.tried,
                one.setting,
                _sayable(answered.measures[one.code]),
            )
            for one in compared.contenders
        ),
        skipped=compared.skipped,
        most_settings=compared.most_settings,
        seconds=answered.plan.seconds,
        way=answered.correction.way,
        way_predicted=answered.newest.way,
        uncorrected=_sayable(answered.uncorrected),
        uncorrected_mean=answered.means.uncorrected,
        corrected_mean=answered.means.corrected,
        bins=answered.bins,
        factors=dict(answered.factors),
        table=answered.table,
    )


def kept(made: Record, snapshot: str) -> Forecast:
    """Turn a record into its payload.

    Args:
        made: The record.
        snapshot: What it was made from.
    """
    plain = {name: getattr(made, name) for name in Record.__slots__ if name not in {"table", *_NESTED}}
    nested = {name: [asdict(one) for one in getattr(made, name)] for name in _NESTED}
    for one in nested["left_out"]:
        one["alone"] = one["alone"] if np.isfinite(one["alone"]) else None
    about = {"model": made.used, "version": version(), "snapshot": snapshot}
    return Forecast(made.table, {**plain, **nested, **about})


def is_kept(forecast: Forecast) -> bool:
    """Tell whether a kept forecast is of a column."""
    return "known_sum" in forecast.about


def restored(forecast: Forecast) -> Record:
    """Read a record back from its payload."""
    about: Mapping[str, Any] = forecast.about
    plain = {name: about[name] for name in Record.__slots__ if name not in {"table", *_NESTED}}
    left_out = tuple(
        LeftOut(one["column"], Reason(one["reason"]), float("nan") if one["alone"] is None else one["alone"])
        for one in about["left_out"]
    )
    return Record(
        **plain
        | {
            "target": Target(about["target"]),
            "way": Way(about["way"]),
            "way_predicted": Way(about["way_predicted"]),
            "skipped": tuple(about["skipped"]),
            "left_out": left_out,
            "standings": tuple(Standing(**one) for one in about["standings"]),
            "bins": tuple(Bin(**one) for one in about["bins"]),
            "table": forecast.frame,
        }
    )


_NESTED = ("left_out", "standings", "bins")


def _sayable(measures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: float(value) if np.isfinite(value) else None for name, value in measures.items()}
