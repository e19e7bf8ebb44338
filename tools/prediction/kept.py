"""Forecasts are kept as payloads: enough to say all of it again, and to score it once the time has come."""

from dataclasses import asdict
from datetime import date
from importlib import metadata
from typing import Any

import numpy as np

from marketeer.tools.core.payloads import Forecast
from marketeer.tools.prediction.calibration import Bin
from marketeer.tools.prediction.forecasting import Outlook, Standing
from marketeer.tools.prediction.gate import Need
from marketeer.tools.prediction.panel import TimePlan
from marketeer.tools.prediction.preflight import Preflight
from marketeer.tools.prediction.targets import Target
from marketeer.tools.prediction.totals import TotalError

VERSION = 3
"""Raised whenever the same arguments would give another forecast."""


def version() -> str:
    """Name the version of package and method a forecast was made with."""
    return f"{metadata.version('marketeer')}/{VERSION}"


def kept(outlook: Outlook) -> Forecast:
    """Turn a forecast into its payload."""
    plan = outlook.plan
    return Forecast(
        outlook.table,
        {
            "target": outlook.target.value,
            "days": outlook.days,
            "from": plan.now.isoformat(),
            "version": version(),
            "test": plan.test.isoformat(),
            "training": [day.isoformat() for day in plan.training],
            "training_days": plan.training_days,
            "earlier": plan.earlier and plan.earlier.isoformat(),
            "standings": [_plain(asdict(one)) for one in outlook.standings],
            "chosen": outlook.chosen,
            "baseline": outlook.baseline,
            "used": outlook.used,
            "skipped": list(outlook.skipped),
            "coverage": _number(outlook.coverage),
            "ranged_coverage": _number(outlook.ranged_coverage),
            "bins": [asdict(one) for one in outlook.bins],
            "ratios": [_number(ratio) for ratio in outlook.totals.ratios],
            "factors": dict(outlook.factors),
            "have": [asdict(need) for need in outlook.have],
            "history_days": outlook.history_days,
            "preflight": asdict(outlook.preflight),
        },
    )


def restored(forecast: Forecast) -> Outlook:
    """Read a forecast back from its payload."""
    about = forecast.about
    test, now = (date.fromisoformat(about[name]) for name in ("test", "from"))
    earlier = about["earlier"] and date.fromisoformat(about["earlier"])
    training = tuple(date.fromisoformat(day) for day in about["training"])
    return Outlook(
        target=Target(about["target"]),
        plan=TimePlan(training, about["training_days"], test, now, earlier),
        standings=tuple(Standing(**_full(one)) for one in about["standings"]),
        chosen=about["chosen"],
        baseline=about["baseline"],
        used=about["used"],
        skipped=tuple(about["skipped"]),
        coverage=_value(about["coverage"]),
        ranged_coverage=_value(about["ranged_coverage"]),
        bins=tuple(Bin(**one) for one in about["bins"]),
        table=forecast.frame,
        totals=TotalError(tuple(_value(ratio) for ratio in about["ratios"])),
        factors=about["factors"],
        have=tuple(Need(**need) for need in about["have"]),
        history_days=about["history_days"],
        preflight=_ahead(about["preflight"]),
    )


def _ahead(preflight: dict[str, Any]) -> Preflight:
    return Preflight(**preflight | {"left_out": tuple(preflight["left_out"])})


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _value(kept_value: float | None) -> float:
    return float("nan") if kept_value is None else kept_value


def _plain(standing: dict[str, Any]) -> dict[str, Any]:
    return standing | {"measures": {name: _number(value) for name, value in standing["measures"].items()}}


def _full(standing: dict[str, Any]) -> dict[str, Any]:
    return standing | {"measures": {name: _value(value) for name, value in standing["measures"].items()}}
