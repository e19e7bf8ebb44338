"""Lengths of copy: characters as inboxes show them, and the parts a text message is billed by.

Everything is counted after merge tags took their longest plausible values.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from marketeer.tools.campaigns.merge_tags import expand
from marketeer.tools.core.copy import ChannelSpec, Language, PartLimit, Problem

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The 7-bit default alphabet of 3GPP TS 23.038 §6.2.1 (without the escape)."""
GSM_EXTENSION = frozenset("\f^{}\\[~]|€")
"""Its extension table (§6.2.1.1): each character is an escape and a septet, so it counts two."""


@dataclass(frozen=True, slots=True)
class SmsSize:
    """How a text message is counted.

    Attributes:
        encoding: `gsm7` where every character is in the GSM alphabet, else `ucs2`.
        units: Septets, or 16-bit units.
        parts: How many message parts are billed.
    """

    encoding: Literal["gsm7", "ucs2"]
    units: int
    parts: int


def sms_size(text: str) -> SmsSize:
    """Count a text message: 160/153 septets or 70/67 UTF-16 units per part (3GPP TS 23.040 §9.2.3.24).

    An escaped character or a surrogate pair is never split between two parts.
    """
    if all(char in GSM_BASIC or char in GSM_EXTENSION for char in text):
        costs = [2 if char in GSM_EXTENSION else 1 for char in text]
        return SmsSize("gsm7", sum(costs), _parts(costs, 160, 153))
    costs = [len(char.encode("utf-16-be")) // 2 for char in text]
    return SmsSize("ucs2", sum(costs), _parts(costs, 70, 67))


def _parts(costs: Sequence[int], alone: int, joined: int) -> int:
    if sum(costs) <= alone:
        return 1
    parts, room = 1, joined
    for cost in costs:
        if cost > room:
            parts, room = parts + 1, joined
        room -= cost
    return parts


def shown_width(text: str, width: Literal["character", "double"] = "character") -> int:
    """Count characters; with `double`, a wide or full-width one (UAX #11) counts two."""
    if width == "character":
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def check_limits(
    parts: Mapping[str, str],
    spec: ChannelSpec,
    language: Language,
    *,
    max_parts: int = 0,
    values: Mapping[str, str] | None = None,
) -> list[Problem]:
    """Check every part of a message against its channel's limits.

    Args:
        parts: Part code → text.
        spec: The channel.
        language: The language, for typical merge-tag values.
        max_parts: Most SMS parts, 0 for no limit.
        values: Merge-tag values that are known.

    Returns:
        Problems with the rules `missing_part`, `unknown_part`, `too_long`, `long`, `short`, `few_lines`,
        `many_lines`, `repeated_line`, `too_many_sms_parts`.
    """
    known = {part.name for part in spec.parts}
    problems = [Problem(name, "unknown_part", "error", name) for name in parts if name not in known]
    for limit in spec.parts:
        text = expand(parts.get(limit.name, ""), language, values).strip()
        problems += _part_problems(limit, text)
        if spec.encoding == "sms" and max_parts and (size := sms_size(text)).parts > max_parts:
            detail = f"{size.parts} > {max_parts} ({size.encoding}, {size.units})"
            problems.append(Problem(limit.name, "too_many_sms_parts", "error", detail))
    return problems


def _part_problems(limit: PartLimit, text: str) -> Iterator[Problem]:
    if not text:
        if limit.required:
            yield Problem(limit.name, "missing_part", "error")
        return
    lines = [line.strip() for line in text.splitlines() if line.strip()] if limit.is_list else [text]
    if len(lines) < limit.fewest:
        yield Problem(limit.name, "few_lines", "error", f"{len(lines)} < {limit.fewest}")
    if limit.is_list and len(lines) > limit.most:
        yield Problem(limit.name, "many_lines", "error", f"{len(lines)} > {limit.most}")
    if len({line.casefold() for line in lines}) < len(lines):
        yield Problem(limit.name, "repeated_line", "error")
    for line in lines:
        yield from _line_problems(limit, line)


def _line_problems(limit: PartLimit, line: str) -> Iterator[Problem]:
    length = shown_width(line, limit.width)
    if limit.hard and length > limit.hard:
        yield Problem(limit.name, "too_long", "error", f"{length} > {limit.hard}")
    elif limit.advised and length > limit.advised:
        yield Problem(limit.name, "long", "review", f"{length} > {limit.advised}")
    elif limit.least and length < limit.least:
        yield Problem(limit.name, "short", "review", f"{length} < {limit.least}")
