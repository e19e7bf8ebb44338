"""Which segments to write for, named as the person named them or chosen by what they are like."""

from collections.abc import Callable, Sequence

from marketeer.tools.campaigns.briefs import LAPSING, Picture
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.ports import Vocabulary

FindSegment = Callable[[str], str]
"""Gives the code of a segment by the name a person wrote, or raises `Retry`."""


def choose_segments(
    pictures: Sequence[Picture],
    names: Sequence[str],
    purpose: str | None,
    find: FindSegment,
    vocabulary: Vocabulary,
) -> list[Picture]:
    """Choose the segments to write for.

    Args:
        pictures: All segments in order.
        names: Segment names or traits as the person wrote them; empty leaves the choice to the purpose.
        purpose: `win_back` takes those that have gone quiet, `welcome` the new ones, all others everyone.
        find: Finds a segment by name.
        vocabulary: Knows what people call traits.

    Raises:
        Retry: A name is neither a segment nor a trait; the nearest segments are named.
    """
    if names:
        wanted = {code for name in names for code in _named(pictures, name, find, vocabulary)}
        return [one for one in pictures if one.code in wanted]
    if purpose == "win_back":
        quiet = [one for one in pictures if LAPSING.intersection(one.traits)]
        return quiet or [max(pictures, key=lambda one: one.recency_days)]
    if purpose == "welcome":
        newest = min(pictures, key=lambda one: (one.orders, one.recency_days))
        return [one for one in pictures if "new" in one.traits] or [newest]
    return list(pictures)


def _named(pictures: Sequence[Picture], name: str, find: FindSegment, vocabulary: Vocabulary) -> list[str]:
    if vocabulary.code("segment", name) == "all_customers":
        return [one.code for one in pictures]
    try:
        return [find(name)]
    except Retry:
        trait = vocabulary.code("trait", name) or _folded(name)
        having = [one.code for one in pictures if trait in one.traits]
        if not having:
            raise
        return having


def _folded(name: str) -> str:
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())
