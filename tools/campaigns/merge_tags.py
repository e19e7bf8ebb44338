"""Neutral merge tags such as `{{first_name|there}}`: which there are, and how long they may become."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from marketeer.tools.core.copy import Language


@dataclass(frozen=True, slots=True)
class MergeTag:
    """One neutral tag.

    Attributes:
        name: Its name between the braces.
        longest: The longest plausible value per language; limits are counted with it.
        personal: Whether it is filled per person, and so needs a fallback for those without a value.
    """

    name: str
    longest: Mapping[Language, str]
    personal: bool = False


_LINK = "https://shop.example/a1b2c3"
_ADDRESS = "Linden & Lotus Trading Ltd, 173 Linden Way, Leeds LS1 4AP, United Kingdom"
_PRODUCT: Mapping[Language, str] = {"en": "Hand-thrown Stoneware Teapot, 1.2 l", "zh": "手工粗陶茶壶礼盒装"}
_TAGS = (
    MergeTag("first_name", {"en": "Christopher-James", "zh": "欧阳娜娜"}, personal=True),
    MergeTag("last_product", _PRODUCT, personal=True),
    *(MergeTag(f"rec_{rank}", _PRODUCT, personal=True) for rank in (1, 2, 3)),
    MergeTag("shop_name", {"en": "The Linden & Lotus Co", "zh": "菩提与莲生活馆"}),
    MergeTag("shop_link", {"en": _LINK, "zh": _LINK}),
    MergeTag("short_link", {"en": "l.shop/a1b2c3", "zh": "l.shop/a1b2c3"}),
    MergeTag("unsubscribe_link", {"en": _LINK, "zh": _LINK}),
    MergeTag("company_address", {"en": _ADDRESS, "zh": _ADDRESS}),
)
TAGS: Mapping[str, MergeTag] = {tag.name: tag for tag in _TAGS}
"""Every neutral tag by name. Sender formats turn them into the sender's own."""

_TAG = re.compile(r"\{\{\s*([^{}|]*?)\s*(?:\|\s*([^{}|:'\"]*?)\s*)?\}\}")
_BRACES = re.compile(r"\{\{|\}\}")


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a tag in a text: its name, its fallback, and the text as it stands."""

    name: str
    fallback: str
    text: str


def uses(text: str) -> Iterator[Use]:
    """Give every tag a text uses, known or not, in order."""
    for found in _TAG.finditer(text):
        yield Use(found[1], found[2] or "", found[0])


def is_broken(text: str) -> bool:
    """Tell whether a text has braces that do not form a tag."""
    return _BRACES.search(_TAG.sub("", text)) is not None


def expand(text: str, language: Language, values: Mapping[str, str] | None = None) -> str:
    """Replace every known tag by its longest plausible value (or its longer fallback).

    Args:
        text: The text.
        language: Whose typical values are taken.
        values: Values that are known, such as the shop's real name.
    """

    def value(found: re.Match[str]) -> str:
        tag = TAGS.get(found[1])
        if tag is None:
            return found[0]
        longest = (values or {}).get(found[1]) or tag.longest[language]
        return max(longest, found[2] or "", key=len)

    return _TAG.sub(value, text)


def blank(text: str) -> str:
    """Put spaces where tags are, so that only what is written for all readers is left, in its place."""
    return _TAG.sub(lambda found: " " * len(found[0]), text)
