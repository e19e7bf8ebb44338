"""Rules for any marketing message: obligatory elements, honest urgency, readable text, lawful wording.

The rules are engineering checks, not legal advice. Each is a function from one part to its problems.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from marketeer.tools.campaigns import merge_tags
from marketeer.tools.campaigns.ad_law import ad_law_hits
from marketeer.tools.campaigns.rulebook import wording
from marketeer.tools.core.copy import ChannelSpec, Language, Obligation, Problem, Severity

_CAPITALS = re.compile(r"\b[A-Z]{3,}(?:[ ,'&-]+[A-Z]{2,})+\b|\b[A-Z]{5,}\b")
_SHOUTS = re.compile(r"[!！]{2,}|[?？]{2,}|[!！][?？]|[?？][!！]")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a check may rest on besides the text itself.

    Attributes:
        language: The language of the text; the advertising law of China is applied to Chinese.
        banned: Words the person never wants to see.
        allowed: Texts that may stand in capitals or look like codes: claims of the brief, the shop's name.
        has_deadline: Whether the offer has an end date.
    """

    language: Language
    banned: Sequence[str] = ()
    allowed: Sequence[str] = ()
    has_deadline: bool = False


def check_compliance(parts: Mapping[str, str], spec: ChannelSpec | None, ground: Ground) -> list[Problem]:
    """Check a message against every rule.

    Args:
        parts: Part code → text.
        spec: The channel, for its obligatory elements; None checks wording only.
        ground: What the checks may rest on.

    Returns:
        Problems with the rules `missing_*` (obligatory elements), `cn_ad_law`, `capitals`, `shouting`,
        `false_reply`, `markdown`, `placeholder`, `scarcity`, `urgency`, `unknown_merge_tag`,
        `broken_merge_tag`, `merge_tag_without_fallback`, `banned_word`.
    """
    problems = list(_obligations(parts, spec, ground.language)) if spec else []
    for name, text in parts.items():
        for rule in _RULES:
            problems.extend(rule(name, text, ground))
    return problems


def scarcity_in(text: str) -> str:
    """Give the first words that claim a shortage, which nothing in the data can back; empty when none."""
    found = wording("scarcity").search(text)
    return found[0] if found else ""


def _obligations(parts: Mapping[str, str], spec: ChannelSpec, language: Language) -> Iterator[Problem]:
    text = "\n".join(parts.get(part.name, "") for part in spec.parts).strip()
    for obligation in spec.must_contain:
        if language in obligation.languages and not _is_met(obligation, text):
            yield Problem("", obligation.rule, "error", suggestion=obligation.any_of[0])


def _is_met(obligation: Obligation, text: str) -> bool:
    for wanted in obligation.any_of:
        pattern = re.escape(wanted).replace("…", r"[^\n]{1,20}?")
        anchored = {"start": rf"\A{pattern}", "end": rf"{pattern}[。.!]?\Z", "anywhere": pattern}
        if re.search(anchored[obligation.where], text, re.IGNORECASE):
            return True
    return False


def _ad_law(name: str, text: str, ground: Ground) -> Iterator[Problem]:
    if ground.language == "zh":
        for hit in ad_law_hits(text):
            yield Problem(name, "cn_ad_law", hit.level, hit.text, hit.instead)


def _capitals(name: str, text: str, ground: Ground) -> Iterator[Problem]:
    bare = merge_tags.blank(text)
    for allowed in ground.allowed:
        bare = bare.replace(allowed, " ")
    for found in _CAPITALS.finditer(bare):
        yield Problem(name, "capitals", "review", found[0], found[0].capitalize())


def _shouting(name: str, text: str, ground: Ground) -> Iterator[Problem]:
    for found in _SHOUTS.finditer(text):
        yield Problem(name, "shouting", "error", found[0], found[0][0])
    if text.count("!") + text.count("！") > 2 and not _SHOUTS.search(text):
        yield Problem(name, "shouting", "review", "!", ".")


def _false_reply(name: str, text: str, ground: Ground) -> Iterator[Problem]:
    if name != "footer" and (found := wording("false_reply").search(text)):
        yield Problem(name, "false_reply", "error", found[0].strip())


def _markdown(name: str, text: str, ground: Ground) -> Iterator[Problem]:
    if found := wording("markdown").search(text):
        yield Problem(name, "markdown", "error", found[0].strip())


def _placeholder(name: str, text: str, ground: Ground) -> Iterator[Problem]:
    if found := wording("placeholder").search(text):
        yield Problem(name, "placeholder", "error", found[0])


def _scarcity(name: str, text: str, ground: Ground) -> Iterator[Problem]:
    for found in wording("scarcity").finditer(text):
        yield Problem(name, "scarcity", "error", found[0])


def _urgency(name: str, text: str, ground: Ground) -> Iterator[Problem]:
    severity: Severity = "review" if ground.has_deadline else "error"
    for found in wording("urgency").finditer(text):
        yield Problem(name, "urgency", severity, found[0])


def _tags(name: str, text: str, ground: Ground) -> Iterator[Problem]:
    if merge_tags.is_broken(text):
        yield Problem(name, "broken_merge_tag", "error")
    for use in merge_tags.uses(text):
        tag = merge_tags.TAGS.get(use.name)
        if tag is None:
            yield Problem(name, "unknown_merge_tag", "error", use.text, ", ".join(merge_tags.TAGS))
        elif tag.personal and not use.fallback:
            yield Problem(name, "merge_tag_without_fallback", "error", use.text, f"{{{{{use.name}|…}}}}")


def _banned(name: str, text: str, ground: Ground) -> Iterator[Problem]:
    for word in filter(None, ground.banned):
        pattern = rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word)
        if found := re.search(pattern, text, re.IGNORECASE):
            yield Problem(name, "banned_word", "error", found[0])


_RULES: tuple[Callable[[str, str, Ground], Iterator[Problem]], ...] = (
    _ad_law, _capitals, _shouting, _false_reply, _markdown, _placeholder, _scarcity, _urgency, _tags, _banned,
)  # fmt: skip
