"""Answers planted over real findings: honest ones in many wordings, and the same with one lie in each.

Numbers are formatted here on their own, not by the code that words findings.
"""

import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from marketeer.prompts.wording import show_subject
from marketeer.prompts.words import word
from marketeer.tools.core.findings import Fact, Finding, Subject, SubjectKind, Unit

NOUNS = {
    "en": {Unit.CUSTOMERS: "customers", Unit.ORDERS: "orders", Unit.DAYS: "days", Unit.ITEMS: "items"},
    "zh": {Unit.CUSTOMERS: "位客户", Unit.ORDERS: "笔订单", Unit.DAYS: "天", Unit.ITEMS: "件"},
}
USABLE = frozenset({Unit.CUSTOMERS, Unit.ORDERS, Unit.DAYS, Unit.PERCENT, Unit.POINTS, Unit.MONEY})


@dataclass(frozen=True)
class Said:
    """One fact as an answer says it."""

    fact: Fact
    subject: str
    label: str
    number: str
    unit: str
    cited: str
    lang: str

    @property
    def value(self) -> str:
        if self.unit in {"€", "£", "$"}:
            sign = "-" if self.number.startswith("-") else ""
            return f"{sign}{self.unit}{self.number.removeprefix('-')}"
        gap = "" if self.lang == "zh" or self.unit == "%" else " "
        return f"{self.number}{gap}{self.unit}"


def rounded(value: float, decimals: int) -> str:
    quantum = Decimal(1).scaleb(-decimals)
    return f"{Decimal(repr(float(value))).quantize(quantum, ROUND_HALF_UP):,}"


def unit_of(fact: Fact, lang: str) -> str:
    if fact.unit is Unit.MONEY:
        return "€"
    if fact.unit is Unit.PERCENT:
        return "%"
    if fact.unit is Unit.POINTS:
        return "pp" if lang == "en" else "个百分点"
    return NOUNS[lang][fact.unit]


def said(fact: Fact, finding: Finding, lang: str, rng: random.Random) -> Said:
    decimals = (
        0
        if isinstance(fact.value, int)
        else rng.choice([fact.shown_decimals, max(0, fact.shown_decimals - 1)])
    )
    number = rounded(float(fact.value), decimals)  # type: ignore[arg-type]  # only numbers are chosen
    return Said(
        fact,
        show_subject(fact.subject, lang, "segment_customers"),  # type: ignore[arg-type]  # en or zh
        word("fact", fact.name, lang, finding.recipe.tool if finding.recipe else "").lower(),  # type: ignore[arg-type]
        number,
        unit_of(fact, lang),
        rng.choice([fact.id, fact.id, fact.id, finding.id]),
        lang,
    )


WORDINGS = tomllib.loads((Path(__file__).parent / "grounding_wordings.toml").read_text(encoding="utf-8"))
"""Language → how many facts → wordings, in which `a` and `b` are what is said of each fact."""


def worded(wording: str, facts: Sequence[Said]) -> str:
    return wording.format(a=facts[0], b=facts[-1])


def of_segments(findings: Sequence[Finding]) -> list[tuple[Fact, Finding]]:
    """Give the numeric facts about segments that can be said."""
    return [
        (fact, finding)
        for finding in findings
        for fact in finding.facts
        if fact.subject.kind is SubjectKind.SEGMENT
        and fact.subject.within is None
        and fact.unit in USABLE
        and isinstance(fact.value, (int, float))
        and abs(fact.value) >= 1
    ]


def honest(findings: Sequence[Finding], count: int, seed: int) -> Iterator[tuple[str, str, list[Said]]]:
    """Give honest answers with the wording and facts they are made of."""
    rng = random.Random(seed)
    known = of_segments(findings)
    while count:
        lang = rng.choice(["en", "zh"])
        fact, finding = rng.choice(known)
        first = said(fact, finding, lang, rng)
        peers = [
            p for p in known if p[0].name == fact.name and p[0].subject != fact.subject and p[1] is finding
        ]
        if peers and rng.random() < 0.5:
            other, _ = rng.choice(peers)
            wording, facts = rng.choice(WORDINGS[lang]["two"]), [first, said(other, finding, lang, rng)]
        else:
            wording, facts = rng.choice(WORDINGS[lang]["one"]), [first]
        yield worded(wording, facts), wording, facts
        count -= 1


def lies(
    findings: Sequence[Finding], wording: str, facts: list[Said], rng: random.Random
) -> Iterator[tuple[str, str]]:
    """Give the answer again with one lie in it, once per kind of lie; with the lie's kind."""
    first, rest = facts[0], facts[1:]
    for kind, lie in (*_numbers(first, rng), *_units(first), *_subjects(first, rest, findings, rng)):
        if not _true_after_all(lie, findings):
            yield kind, worded(wording, [lie, *rest])


def _numbers(first: Said, rng: random.Random) -> Iterator[tuple[str, Said]]:
    plain = first.number.replace(",", "")
    decimals = len(plain.partition(".")[2])
    step = 10.0**-decimals
    wrong = rounded(float(plain) * rng.choice([0.53, 0.81, 1.17, 1.9]) + step, decimals)
    yield "wrong number", replace(first, number=wrong)
    yield "last digit", replace(first, number=rounded(float(plain) + rng.choice([-1, 1]) * step, decimals))
    yield "another scale", replace(first, number=rounded(float(plain) * 10, decimals))


def _units(first: Said) -> Iterator[tuple[str, Said]]:
    others = {
        "customers": "orders", "orders": "customers", "days": "customers", "%": "pp", "pp": "%", "€": "$",
        "位客户": "笔订单", "笔订单": "位客户", "天": "位客户", "个百分点": "%",
    }  # fmt: skip
    yield "wrong unit", replace(first, unit=others[first.unit])


def _subjects(
    first: Said, rest: list[Said], findings: Sequence[Finding], rng: random.Random
) -> Iterator[tuple[str, Said]]:
    finding = next(f for f in findings if f.id == first.fact.id.split(".")[0])
    taken = {first.fact.subject, *(r.fact.subject for r in rest)}
    peers = [
        f for f in finding.facts
        if f.name == first.fact.name and f.subject not in taken
        and f.subject.kind is SubjectKind.SEGMENT and isinstance(f.value, (int, float))
    ]  # fmt: skip
    if not peers:
        return
    peer = rng.choice(peers)
    name = show_subject(peer.subject, first.lang, "segment_customers")  # type: ignore[arg-type]
    yield "wrong segment", replace(first, subject=name)
    yield "fact of another", replace(first, cited=peer.id)
    total = rounded(
        float(first.fact.value) + float(peer.value), 0 if first.unit in {"customers", "位客户"} else 1
    )  # type: ignore[arg-type]
    yield "derived", replace(first, number=total, cited=f"{first.fact.id}, {peer.id}")


def _true_after_all(lie: Said, findings: Sequence[Finding]) -> bool:
    """Tell whether a lie says something true: the same subject has a fact of this unit and value."""
    plain = lie.number.replace(",", "")
    decimals = len(plain.partition(".")[2])
    for finding in findings:
        for fact in finding.facts:
            if isinstance(fact.value, str) or not isinstance(fact.value, (int, float)):
                continue
            values = [fact.value, *((fact.interval.low, fact.interval.high) if fact.interval else ())]
            same = any(abs(v - float(plain)) <= 0.5000001 * 10.0**-decimals for v in values)
            cited = fact.id in lie.cited or finding.id in lie.cited.split(", ")
            if same and cited and _names(fact.subject, lie) and unit_of_any(fact, lie.lang) == lie.unit:
                return True
    return False


def unit_of_any(fact: Fact, lang: str) -> str:
    return unit_of(fact, lang) if fact.unit in USABLE | {Unit.ITEMS} else ""


def _names(subject: Subject, lie: Said) -> bool:
    return show_subject(subject, lie.lang, "segment_customers") == lie.subject  # type: ignore[arg-type]
