"""Tells what a question mentions that a call to a tool would pass over in silence.

Who asks about 20 customers and is answered about ten, or about the wicker basket and is answered about
everything, is misled. Such a call is no answer. What only tells of the circumstances ("we mailed in March")
counts where the tool has an argument for it.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from marketeer.agent.offline.choices import spans
from marketeer.agent.offline.examples import last_days, leaves, stands_for
from marketeer.agent.offline.fields import Field
from marketeer.agent.offline.fitting import BY_NAME
from marketeer.agent.offline.lexicon import lexicon
from marketeer.agent.offline.mentions import NUMERIC, Kind, Mention
from marketeer.agent.offline.text import fold
from marketeer.tools.core.copy import Language

_IDLE = frozenset({Kind.QUOTE, Kind.HANDLE, Kind.SPLIT, Kind.PATH})
_SEEN = frozenset({"limit", "size"})
"""Numbers of things shown and of people there are: another one than was said is seen at once."""
_NEARLY = 0.02

Run = tuple[int, int]


def passed_over(
    plain: str,
    mentions: Sequence[Mention],
    names: Collection[Run],
    args: Mapping[str, Any],
    fields: Sequence[Field],
    language: Language,
) -> list[str]:
    """Give the words of a normalised question that name something no argument holds.

    Args:
        plain: The question.
        mentions: What it mentions.
        names: Where names of goods stand in it.
        args: The arguments.
        fields: What arguments the tool has.
        language: The question's language.
    """
    values = list(leaves(args))
    chosen = [span for field in fields for span in spans(field, fold(plain), language)]
    free = [field.name for field in fields if field.name not in args]
    lost = [
        one.text
        for one in mentions
        if one.kind not in _IDLE
        and not _one(one)
        and _counts(one, free, language)
        and not _within((one.start, one.end), chosen)
        and not any(_holds(value, one) for value in values)
    ]
    outside = [run for run in names if not _within(run, chosen)]
    return [*lost, *_unnamed(plain, outside, values)]


def _counts(mention: Mention, free: Sequence[str], language: Language) -> bool:
    """Tell whether a mention narrows a question: a place does, all else where an argument waits for it."""
    if mention.kind is Kind.PLACE:
        return True
    if mention.kind in NUMERIC - {Kind.DURATION}:
        background = not mention.side and mention.label in _SEEN
        likeliest = [one.fields for one in lexicon(language).labels if one.name == mention.label]
        return not background and any(fields.search(name) for fields in likeliest for name in free)
    return any(kind is mention.kind and re.search(names, name) for kind, names in BY_NAME for name in free)


def _unnamed(plain: str, names: Collection[Run], values: Sequence[Any]) -> Iterator[str]:
    texts = [fold(value) for value in values if isinstance(value, str)]
    for start, end in names:
        name = fold(plain[start:end])
        if not any(name in text or text in name for text in texts):
            yield plain[start:end]


def _one(mention: Mention) -> bool:
    """Tell whether a mention is just a "one", which seldom counts anything."""
    return mention.kind is Kind.NUMBER and mention.value == 1


def _within(place: Run, wholes: Sequence[Run]) -> bool:
    return any(start <= place[0] and place[1] <= end for start, end in wholes)


def _holds(value: Any, mention: Mention) -> bool:
    if stands_for(mention, value) is not None:
        return True
    if isinstance(value, str):
        text, said = fold(value), fold(mention.text).strip()
        return said in text or text in said or (mention.kind is Kind.DURATION and value == last_days(mention))
    amount = isinstance(value, (int, float)) and isinstance(mention.value, float)
    return amount and abs(value - float(mention.value)) <= max(1.0, _NEARLY * float(mention.value))
