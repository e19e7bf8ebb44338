"""Writes copy without a model, from phrases kept in files. The same brief always gives the same draft."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from marketeer.agent.writers.phrases import Phrase, PhraseBook, phrase_book
from marketeer.tools.campaigns.checks import check_parts
from marketeer.tools.campaigns.claims import PRODUCT
from marketeer.tools.campaigns.editing import drop_paragraphs
from marketeer.tools.campaigns.limits import check_limits
from marketeer.tools.core.copy import Brief, ChannelSpec, Claim, Draft, Language, PartLimit

ATTEMPTS = 12
_FRIEND: Mapping[Language, str] = {"en": "there", "zh": "朋友"}
_LIST: Mapping[Language, tuple[str, str]] = {"en": (", ", " and "), "zh": ("、", "和")}


_NOTHING = {"message": "", "named_products": ""}


class TemplateWriter:
    """A `Writer` that needs no model: it picks phrases the brief can fill in, until all checks pass."""

    fingerprint = "template/1"

    def write(self, brief: Brief, channel: ChannelSpec) -> Draft:
        """Write one draft; where no choice of phrases passes every check, the best one with its problems."""
        book = phrase_book(brief.language, channel.words or channel.name)
        values = _values(brief)
        ranked = {slot: _ranked(brief, book, slot, values) for slot in book.slots}
        composition = _Composition(channel, book, brief, values, ranked)
        tried = []
        for attempt in range(ATTEMPTS):
            parts = composition.parts(attempt)
            draft = Draft.of(brief, parts, self.fingerprint, check_parts(parts, brief, channel))
            tried.append(draft)
            if not draft.problems:
                break
        return min(tried, key=_flaws)


@dataclass(frozen=True, slots=True)
class _Composition:
    """All the phrases a draft may be made of, the preferred ones first."""

    channel: ChannelSpec
    book: PhraseBook
    brief: Brief
    values: Mapping[str, str]
    ranked: Mapping[str, list[Phrase]]

    def parts(self, attempt: int) -> dict[str, str]:
        """Make the parts of the n-th attempt; each attempt moves every slot one phrase on."""
        slots = {slot: _nth(phrases, attempt) for slot, phrases in self.ranked.items()}
        texts = {part.name: self._part(part, attempt, slots) for part in self.channel.parts}
        return {name: text for name, text in texts.items() if text}

    def _part(self, part: PartLimit, attempt: int, slots: Mapping[str, str]) -> str:
        if part.name in self.ranked:
            fitting = self._fitting(part, _turned(self.ranked[part.name], attempt))
            return "\n".join(fitting[: part.most])
        if not part.required:
            return ""
        return drop_paragraphs(self.book.lay_out({**_NOTHING, **self.values, **slots}), self.brief.edits)

    def _fitting(self, part: PartLimit, phrases: list[Phrase]) -> list[str]:
        """Give the phrases that keep to a part's limits, then those that are only longer than advised."""
        line = replace(part, fewest=1)
        alone = ChannelSpec(self.channel.name, (line,), self.channel.encoding)
        found = [
            (one.text, check_limits({part.name: one.text}, alone, self.brief.language)) for one in phrases
        ]
        good = [text for text, problems in found if not problems]
        return good + [
            text for text, problems in found if problems and all(p.severity == "review" for p in problems)
        ]


def _flaws(draft: Draft) -> tuple[int, int]:
    return sum(problem.severity == "error" for problem in draft.problems), len(draft.problems)


def _ranked(brief: Brief, book: PhraseBook, slot: str, values: Mapping[str, str]) -> list[Phrase]:
    """Order a slot's phrases by seed; where the slot should, those with more required claims first."""
    if slot == "products" and "shorten" in brief.edits and "named_products" not in values:
        return []
    phrases = book.phrases(slot, brief.purpose, brief.profile, values)
    required = {claim.name for claim in brief.claims if claim.required}
    if slot in book.covering and required:
        phrases += book.phrases(slot, "offer", brief.profile, values)
    groups: dict[int, list[Phrase]] = {}
    for phrase in dict.fromkeys(phrases):
        covered = len(_covered(phrase, required)) if slot in book.covering else 0
        groups.setdefault(covered, []).append(phrase)
    best_first = [groups[count] for count in sorted(groups, reverse=True)]
    return [phrase for group in best_first for phrase in _preferred(group, slot, brief)]


def _preferred(phrases: list[Phrase], slot: str, brief: Brief) -> list[Phrase]:
    if "shorten" in brief.edits:
        return sorted(phrases, key=lambda phrase: len(phrase.text))
    return _turned(phrases, brief.seed + _offset(slot))


def _covered(phrase: Phrase, required: set[str]) -> set[str]:
    everything = "all_products" in phrase.names
    return {name for name in required if name in phrase.names or (everything and PRODUCT.fullmatch(name))}


def _values(brief: Brief) -> dict[str, str]:
    values = {
        "shop": "{{shop_name}}",
        "first_name": f"{{{{first_name|{_FRIEND[brief.language]}}}}}",
        "link": "{{shop_link}}",
        "short_link": "{{short_link}}",
        "unsubscribe": "{{unsubscribe_link}}",
        "address": "{{company_address}}",
    }
    claims = [claim for claim in brief.claims if claim.required or not _is_dropped(claim, brief)]
    values |= {claim.name: claim.text.rstrip(".。 ") for claim in claims}
    products = [claim.text for claim in claims if PRODUCT.fullmatch(claim.name)]
    if products:
        values["all_products"] = _listed(products, brief.language)
    if named := [claim.text for claim in claims if PRODUCT.fullmatch(claim.name) and claim.required]:
        values["named_products"] = _listed(named, brief.language)
    return values


def _is_dropped(claim: Claim, brief: Brief) -> bool:
    return "drop_products" in brief.edits and PRODUCT.fullmatch(claim.name) is not None


def _listed(items: list[str], language: Language) -> str:
    comma, last = _LIST[language]
    return last.join([comma.join(items[:-1]), items[-1]]) if len(items) > 1 else items[0]


def _turned(phrases: list[Phrase], by: int) -> list[Phrase]:
    start = by % len(phrases) if phrases else 0
    return phrases[start:] + phrases[:start]


def _nth(phrases: list[Phrase], attempt: int) -> str:
    return phrases[attempt % len(phrases)].text if phrases else ""


def _offset(slot: str) -> int:
    """Spread the choices, so that the slots do not all turn to their first phrases together."""
    return int.from_bytes(hashlib.sha256(slot.encode()).digest()[:4], "big")
