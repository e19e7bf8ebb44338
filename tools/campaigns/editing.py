"""Changes to a draft that a person asks for in a word: shorter, without the second paragraph."""

import re
from collections.abc import Sequence
from typing import Literal, TypeVar

from marketeer.tools.core.contract import Args

Edit = Literal[
    "shorten", "drop_products", "drop_paragraph_1", "drop_paragraph_2", "drop_paragraph_3", "drop_paragraph_4"
]
A = TypeVar("A", bound=Args)

_GREETING = re.compile(r"[^\n]{1,60}[,，:：]")
_SIGNATURE = re.compile(r"[^\n]{1,40}[,，]\n[^\n]{1,60}(\n[^\n]{1,60})?")


def changed(base: A, new: A) -> A:
    """Lay the arguments a person changed, those that are not at their default, over earlier ones."""
    fields = type(new).model_fields
    given = {name: getattr(new, name) for name in fields}
    return base.model_copy(
        update={name: value for name, value in given.items() if value != fields[name].default}
    )


def drop_paragraphs(text: str, edits: Sequence[str]) -> str:
    """Leave out the paragraphs that edits such as `drop_paragraph_2` name.

    Greeting and signature do not count, as people do not count them; a number that is not there is ignored.
    """
    wanted = {int(edit.rpartition("_")[2]) for edit in edits if edit.startswith("drop_paragraph_")}
    paragraphs = text.split("\n\n")
    first = 1 if len(paragraphs) > 1 and _GREETING.fullmatch(paragraphs[0]) else 0
    last = len(paragraphs) - (1 if len(paragraphs) > 1 and _SIGNATURE.fullmatch(paragraphs[-1]) else 0)
    kept = [
        paragraph
        for position, paragraph in enumerate(paragraphs)
        if not (first <= position < last and position - first + 1 in wanted)
    ]
    return "\n\n".join(kept)
