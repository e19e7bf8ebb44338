"""Which segments and channels to write for, as the person named them or by what segments are like."""

import re
from collections.abc import Callable, Sequence

from marketeer.tools.campaigns.briefs import LAPSING, Picture
from marketeer.tools.core.copy import ChannelSpec
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.ports import Channels, Vocabulary

_JOINTS = re.compile(r"\s*(?:[,，、/&+;；]|\band\b|[和与及跟])\s*", re.IGNORECASE | re.ASCII)
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


def find_channels(channels: Channels, names: str) -> list[ChannelSpec]:
    """Find the channel, or the several joined by commas or "and", that a person named; each once.

    Raises:
        Retry: One of them is no channel; the nearest are named.
    """
    try:
        return [channels.get(names)]
    except Retry:
        listed = [name for name in _JOINTS.split(names) if name]
        if len(listed) < 2:
            raise
        return list({spec.name: spec for spec in map(channels.get, listed)}.values())


def _named(pictures: Sequence[Picture], name: str, find: FindSegment, vocabulary: Vocabulary) -> list[str]:
    if vocabulary.code("segment", name) == "all_customers":
        return [one.code for one in pictures]
    trait = vocabulary.code("trait", name) or _folded(name)
    having = [one.code for one in pictures if trait in one.traits]
    if trait in LAPSING and having:
        return having  # how long people have been silent is measured; a segment's name only suggests it
    try:
        return [find(name)]
    except Retry:
        if not having:
            raise
        return having


def _folded(name: str) -> str:
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())
