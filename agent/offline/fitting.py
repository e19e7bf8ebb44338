"""Tells how well what a question mentions fits an argument of a tool, and which value it gives it."""

import re
from typing import Any

from marketeer.agent.offline.examples import Frame, Usage, last_days, likeness
from marketeer.agent.offline.fields import Field, Shape
from marketeer.agent.offline.lexicon import lexicon
from marketeer.agent.offline.mentions import NUMERIC, Kind, Mention
from marketeer.tools.core.copy import Language

ENDS = {"since": "min", "until": "max"}
BY_NAME: tuple[tuple[Kind, str], ...] = (
    (Kind.SEGMENT, r"segment(?!ation)|^compare$|^groups?$"),
    (Kind.CODE, r"code"),
    (Kind.HANDLE, r"segmentation|audience|forecast|finding|handle|recommendations|uplift|ranking"),
    (Kind.DAY, r"until|expir|valid|deadline|date|as_of|^since$|^from|^to$|start|end"),
    (Kind.DURATION, r"days|horizon|within|window|weeks|months|^period$"),
    (Kind.PERIOD, r"period|month|year"),
    (Kind.QUOTE, r"^(?:text|copy|message|notes?)$"),
    (Kind.ADDRESS, r"customer|similar|person"),
    (Kind.SPLIT, r"split|holdout"),
    (Kind.PLACE, r"country|place|region"),
    (Kind.PATH, r"folder|path|directory|^file$"),
)
_HOW_MANY = "limit"
_AMOUNTS = NUMERIC - {Kind.DURATION}
_NOT_MONEY = re.compile(r"^(?!.*(?:percent|points|days|orders|limit|share))")
_TIME = re.compile(r"days|horizon|within|window|weeks|months")


def fit(field: Field, mention: Mention, frame: Frame, usage: Usage) -> float:
    """Score how well a mention fits an argument: by kind, label, bounds and the words around it."""
    if not _can_hold(field, mention, usage):
        return 0.0
    labels = {label for kind, label in usage.kinds if kind is mention.kind}
    score = (0.6 if labels else 0.0) + _by_name(field, mention, frame.language)
    if mention.label and mention.label in labels:
        score += 1.5
    elif mention.label and labels and "" not in labels:
        score -= 1.5
    score += _bounds(field, mention, usual=bool(labels))
    return score + 0.5 * max((likeness(frame, other) for other in usage.frames), default=0)


def value_of(field: Field, mention: Mention, usage: Usage) -> Any:
    """Give the value an argument has from a mention."""
    if field.shape in {Shape.TEXT, Shape.DAY} or not isinstance(mention.value, float):
        return _text(mention, usage)
    factors = [factor for (kind, _), factor in usage.kinds.items() if kind is mention.kind]
    if mention.kind in usage.units and mention.count is not None:
        return round(mention.count)
    value = mention.value * (factors[0] if factors else 1.0)
    if mention.kind is Kind.DURATION and not factors:
        value /= {"weeks": 7, "months": 30}.get(field.name.rsplit("_", 1)[-1], 1)
    if field.name == _HOW_MANY and field.most is not None:
        value = min(value, field.most)
    return round(value) if field.shape is Shape.INTEGER else value


def _text(mention: Mention, usage: Usage) -> str:
    if mention.kind is Kind.DURATION:
        return last_days(mention)
    if isinstance(mention.value, float) or mention.kind in usage.as_written:
        return mention.text
    return mention.value


def _can_hold(field: Field, mention: Mention, usage: Usage) -> bool:
    if field.shape in {Shape.NUMBER, Shape.INTEGER}:
        time = None if mention.kind in usage.units else _TIME
        fits = {Kind.DURATION: time, Kind.MONEY: _NOT_MONEY}.get(mention.kind)
        return mention.kind in NUMERIC and (fits is None or bool(fits.search(field.name)))
    if field.shape is Shape.DAY:
        return mention.kind is Kind.DAY
    told = mention.kind not in _AMOUNTS or any(kind is mention.kind for kind, _ in usage.kinds)
    return field.shape is Shape.TEXT and told


def _bounds(field: Field, mention: Mention, *, usual: bool) -> float:
    """Favour `min_…` for "over 500" and `max_…` for "under 500", and rule the other out.

    "The last 30 days" bounds a recency only in a tool whose examples say so; elsewhere it may be a period.
    """
    side = ENDS.get(field.name, field.name.partition("_")[0])
    if mention.kind is Kind.DAY:
        return -3.0 if {side, mention.side} == {"min", "max"} else 0.0
    if side == mention.side == "max" and mention.kind is Kind.DURATION and not usual:
        return -0.5
    if side not in {"min", "max"} or mention.kind not in NUMERIC:
        return 0.0
    return {side: 1.0, "": -0.5}.get(mention.side, -3.0)


def _by_name(field: Field, mention: Mention, language: Language) -> float:
    if any(kind is mention.kind and re.search(names, field.name) for kind, names in BY_NAME):
        return 2.0
    for label in lexicon(language).labels:
        if label.fields.search(field.name):
            if mention.label == label.name:
                return 2.0
            if label.name == "discount" and mention.kind is Kind.PERCENT and not mention.label:
                return 1.2
            return -1.0 if mention.label and field.shape is not Shape.TEXT else 0.0
    return 0.0
