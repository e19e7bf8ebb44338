"""Writes copy without a model, from phrases kept in files. The same brief always gives the same draft."""

import hashlib
from collections.abc import Iterator, Mapping

from marketeer.agent.writers.phrases import Phrase, PhraseBook, phrase_book
from marketeer.tools.campaigns.checks import check_parts
from marketeer.tools.campaigns.claims import PRODUCT
from marketeer.tools.campaigns.limits import check_limits
from marketeer.tools.core.copy import Brief, ChannelSpec, Draft, Language, PartLimit, Problem

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
        best: tuple[tuple[int, int], dict[str, str], tuple[Problem, ...]] | None = None
        for attempt in range(ATTEMPTS):
            parts = _compose(brief, channel, book, attempt)
            problems = check_parts(parts, brief, channel)
            errors = sum(problem.severity == "error" for problem in problems)
            score = (errors, len(problems))
            if best is None or score < best[0]:
                best = (score, parts, problems)
            if not problems:
                break
        assert best is not None
        return Draft(
            segment=brief.segment,
            channel=brief.channel,
            language=brief.language,
            parts=best[1],
            writer=self.fingerprint,
            claims=brief.claims,
            problems=best[2],
            purpose=brief.purpose,
        )


def _compose(brief: Brief, channel: ChannelSpec, book: PhraseBook, attempt: int) -> dict[str, str]:
    values = _values(brief)
    ranked = {slot: _ranked(brief, book, slot, values) for slot in book.slots}
    slots = {slot: _nth(phrases, attempt) for slot, phrases in ranked.items()}
    parts = {}
    for part in channel.parts:
        if part.is_list:
            parts[part.name] = "\n".join(_fitting(part, ranked.get(part.name, []), channel, brief))
        elif part.name in ranked:
            parts[part.name] = next(_fitting(part, _turned(ranked[part.name], attempt), channel, brief), "")
        else:
            parts[part.name] = book.lay_out({**_NOTHING, **values, **slots})
    return {name: text for name, text in parts.items() if text}


def _ranked(brief: Brief, book: PhraseBook, slot: str, values: Mapping[str, str]) -> list[Phrase]:
    """Order a slot's phrases by seed; where the slot should, those with more required claims first."""
    phrases = book.phrases(slot, brief.purpose, brief.profile, values)
    turn = brief.seed + _offset(slot)
    required = {claim.name for claim in brief.claims if claim.required}
    if slot not in book.covering or not required:
        return _turned(phrases, turn)
    by_coverage: dict[int, list[Phrase]] = {}
    for phrase in (*phrases, *book.phrases(slot, "offer", brief.profile, values)):
        by_coverage.setdefault(len(_covered(phrase, required)), []).append(phrase)
    return [one for count in sorted(by_coverage, reverse=True) for one in _turned(by_coverage[count], turn)]


def _covered(phrase: Phrase, required: set[str]) -> set[str]:
    everything = "all_products" in phrase.names
    return {name for name in required if name in phrase.names or (everything and PRODUCT.fullmatch(name))}


def _fitting(part: PartLimit, phrases: list[Phrase], channel: ChannelSpec, brief: Brief) -> Iterator[str]:
    """Give the phrases that keep to a part's limits, then those that are only longer than advised."""
    alone = ChannelSpec(channel.name, (part,), channel.encoding)
    found = [
        (phrase.text, check_limits({part.name: phrase.text}, alone, brief.language)) for phrase in phrases
    ]
    if part.is_list:
        yield from [text for text, problems in found if not _too_long(problems)][: part.most]
        return
    yield from (text for text, problems in found if not problems)
    yield from (text for text, problems in found if problems and not _too_long(problems))


def _too_long(problems: list[Problem]) -> bool:
    return any(problem.rule == "too_long" for problem in problems)


def _values(brief: Brief) -> dict[str, str]:
    values = {
        "shop": "{{shop_name}}",
        "first_name": f"{{{{first_name|{_FRIEND[brief.language]}}}}}",
        "link": "{{shop_link}}",
        "short_link": "{{short_link}}",
        "unsubscribe": "{{unsubscribe_link}}",
        "address": "{{company_address}}",
    }
    values |= {claim.name: claim.text.rstrip(".。 ") for claim in brief.claims}
    products = [claim.text for claim in brief.claims if PRODUCT.fullmatch(claim.name)]
    if products:
        values["all_products"] = _listed(products, brief.language)
    if named := [claim.text for claim in brief.claims if PRODUCT.fullmatch(claim.name) and claim.required]:
        values["named_products"] = _listed(named, brief.language)
    return values


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
