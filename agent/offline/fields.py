"""What a tool's arguments can hold, read from its pydantic model."""

import types
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum, auto
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Le
from pydantic import BaseModel

from marketeer.tools.core.contract import Args


class Shape(StrEnum):
    """The shape of one value."""

    CHOICE = auto()
    FLAG = auto()
    NUMBER = auto()
    INTEGER = auto()
    TEXT = auto()
    DAY = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Field:
    """One argument.

    Attributes:
        name: Its name.
        shape: The shape of its value, or of each of its values.
        many: Whether it holds several values.
        choices: The values it can have, where they are fixed.
        required: Whether a call without it is refused.
        default: What it is when nothing is said.
        most: The largest number it can be.
    """

    name: str
    shape: Shape
    many: bool = False
    choices: tuple[str, ...] = ()
    required: bool = False
    default: Any = None
    most: float | None = None


@lru_cache(maxsize=256)
def fields_of(args: type[Args]) -> tuple[Field, ...]:
    """Give the arguments of a model in its order."""
    found = []
    for name, info in args.model_fields.items():
        shape, many, choices = _read(info.annotation)
        most = next((one.le for one in info.metadata if isinstance(one, Le)), None)
        bound = float(most) if isinstance(most, (int, float)) else None
        found.append(Field(name, shape, many, choices, info.is_required(), info.default, bound))
    return tuple(found)


def _read(annotation: Any) -> tuple[Shape, bool, tuple[str, ...]]:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _read(inner[0])
    if origin in {Union, types.UnionType}:
        real = [one for one in inner if one is not type(None)]
        read = [_read(one) for one in real]
        return next((one for one in read if one[0] is not Shape.OTHER), read[0])
    if origin is Literal:
        return Shape.CHOICE, False, tuple(str(one) for one in inner)
    if isinstance(origin, type) and issubclass(origin, Collection) and not issubclass(origin, dict):
        shape, _, choices = _read(inner[0]) if inner else (Shape.TEXT, False, ())
        return shape, True, choices
    return _plain(annotation), False, _members(annotation)


def _plain(annotation: Any) -> Shape:
    if not isinstance(annotation, type) or issubclass(annotation, BaseModel):
        return Shape.OTHER
    shapes: tuple[tuple[type, Shape], ...] = (
        (Enum, Shape.CHOICE),
        (bool, Shape.FLAG),
        (int, Shape.INTEGER),
        (float, Shape.NUMBER),
        (str, Shape.TEXT),
        (date, Shape.DAY),
    )
    return next((shape for kind, shape in shapes if issubclass(annotation, kind)), Shape.OTHER)


def _members(annotation: Any) -> tuple[str, ...]:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(str(member.value) for member in annotation)
    return ()
