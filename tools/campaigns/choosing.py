"""Which segments to write for, named as the person named them or chosen by what they are like."""

from collections.abc import Sequence

from marketeer.tools.campaigns.briefs import LAPSING, Picture
from marketeer.tools.core.errors import unknown_name
from marketeer.tools.core.ports import Vocabulary


def choose_segments(
    pictures: Sequence[Picture], names: Sequence[str], purpose: str | None, vocabulary: Vocabulary
) -> list[Picture]:
    """Choose the segments to write for.

    Args:
        pictures: All segments in order.
        names: Segment names or traits as the person wrote them; empty leaves the choice to the purpose.
        purpose: `win_back` takes those that have gone quiet, `welcome` the new ones, all others everyone.
        vocabulary: Knows what people call segments and traits.

    Raises:
        Retry: A name is neither a segment nor a trait; the nearest segments are named.
    """
    if names:
        wanted = {code for name in names for code in _named(pictures, name, vocabulary)}
        return [one for one in pictures if one.code in wanted]
    if purpose == "win_back":
        quiet = [one for one in pictures if LAPSING.intersection(one.traits)]
        return quiet or [max(pictures, key=lambda one: one.recency_days)]
    if purpose == "welcome":
        newest = min(pictures, key=lambda one: (one.orders, one.recency_days))
        return [one for one in pictures if "new" in one.traits] or [newest]
    return list(pictures)


def _named(pictures: Sequence[Picture], name: str, vocabulary: Vocabulary) -> list[str]:
    codes = [one.code for one in pictures]
    for candidate in (vocabulary.code("segment", name), _folded(name)):
        if candidate == "all_customers":
            return codes
        if candidate in codes:
            return [candidate]
    trait = vocabulary.code("trait", name) or _folded(name)
    having = [one.code for one in pictures if trait in one.traits]
    if not having:
        raise unknown_name("segment", name, codes)
    return having


def _folded(name: str) -> str:
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())
