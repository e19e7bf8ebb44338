"""Command-line options made from descriptions instead of written out: for tools' arguments and for `load`."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import typer

_SCALARS = (bool, int, float, str)
_SEQUENCES = (tuple, list, set, frozenset)


@dataclass(frozen=True, slots=True)
class Flag:
    """One option.

    Attributes:
        name: The name its value has.
        type: What typer reads it as; a list is given several times.
        help: What it means.
        option: How it is written; empty takes the name with hyphens.
    """

    name: str
    type: Any
    help: str
    option: str = ""

    @property
    def written(self) -> str:
        """How it is written on the line; a switch can be turned off, too."""
        text = self.option or f"--{self.name.replace('_', '-')}"
        return f"{text}/--no-{text.removeprefix('--')}" if self.type is bool else text


def with_flags(flags: Iterable[Flag]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command's `**values` the options described; an option not given is not in `values`."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        described = {flag.name: Annotated[flag.type | None, _option(flag)] for flag in flags}
        signature = inspect.signature(command)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
            for name, annotation in described.items()
        ]

        def wrapped(**given: Any) -> None:
            command(**{name: value for name, value in given.items() if name not in described or value})

        wrapped.__doc__ = command.__doc__
        wrapped.__name__ = command.__name__
        hints = get_type_hints(command, include_extras=True)
        wrapped.__annotations__ = {p.name: hints[p.name] for p in own} | described
        wrapped.__signature__ = signature.replace(  # type: ignore[attr-defined]  # read by typer
            parameters=[*(p.replace(kind=p.KEYWORD_ONLY, annotation=hints[p.name]) for p in own), *added]
        )
        return wrapped

    return decorate


def readable_type(annotation: Any) -> Any | None:
    """Give what typer can read for an annotation, or None where a value can only be given as JSON."""
    if get_origin(annotation) in (Union, UnionType):
        inner = [a for a in get_args(annotation) if a is not type(None)]
        return readable_type(inner[0]) if len(inner) == 1 else None
    if get_origin(annotation) is Annotated:
        return readable_type(get_args(annotation)[0])
    if get_origin(annotation) in _SEQUENCES:
        return _sequence(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return annotation if all(isinstance(a, str) for a in get_args(annotation)) else None
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return annotation
    return str if annotation is date else annotation if annotation in _SCALARS else None


def _sequence(item: Any) -> Any | None:
    inner = readable_type(item)
    if inner is None or get_origin(inner) is list:
        return None
    return {int: list[int], float: list[float]}.get(inner, list[str])


def _option(flag: Flag) -> Any:
    return typer.Option(flag.written, help=flag.help, show_default=False)
