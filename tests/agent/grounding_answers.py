"""Answers planted over real findings: honest ones in many wordings, and the same with one lie in each.

Numbers are formatted here on their own, not by the code that words findings.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

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


Wording = Callable[[Sequence[Said]], str]

ONE: dict[str, list[Wording]] = {
    "en": [
        lambda s: f"{s[0].subject}: {s[0].label} {s[0].value} [{s[0].cited}].",
        lambda s: f"For {s[0].subject}, the {s[0].label} comes to {s[0].value} [{s[0].cited}].",
        lambda s: f"**{s[0].subject}** – {s[0].value} [{s[0].cited}] ({s[0].label}).",
        lambda s: (
            f"The {s[0].label} of {s[0].subject} is {s[0].value} [{s[0].cited}], which is worth a look."
        ),
        lambda s: f"## {s[0].subject}\n\n- {s[0].label}: {s[0].value} [{s[0].cited}]\n",
        lambda s: f"Look at {s[0].subject} first. Its {s[0].label} is {s[0].value}. [{s[0].cited}]",
        lambda s: f"1. {s[0].subject}\n   - {s[0].label} {s[0].value} [{s[0].cited}]\n2. Everyone else\n",
        lambda s: f"At {s[0].value} [{s[0].cited}] ({s[0].label}), {s[0].subject} stands out.",
        lambda s: (
            f"| Segment | {s[0].label} | Source |\n|---|---:|---|\n| {s[0].subject} | {s[0].value} | [{s[0].cited}] |\n"
        ),
        lambda s: (
            f"Here is what stands out in {s[0].subject}:\n- {s[0].label}: {s[0].value} [{s[0].cited}]\n"
        ),
        lambda s: (
            f"With a 15% offer, mind that {s[0].subject} ({s[0].label} {s[0].value} [{s[0].cited}]) may not need it."
        ),
    ],
    "zh": [
        lambda s: f"{s[0].subject}：{s[0].label} {s[0].value} [{s[0].cited}]。",
        lambda s: f"{s[0].subject}的{s[0].label}为{s[0].value}（{s[0].cited}）。",
        lambda s: f"先看**{s[0].subject}**。这个人群的{s[0].label}是{s[0].value} [{s[0].cited}]。",
        lambda s: f"### {s[0].subject}\n\n- {s[0].label}：{s[0].value} [{s[0].cited}]\n",
        lambda s: (
            f"| 人群 | {s[0].label} | 出处 |\n|---|---|---|\n| {s[0].subject} | {s[0].value} | [{s[0].cited}] |\n"
        ),
        lambda s: f"打八五折时请注意，{s[0].subject}（{s[0].label}{s[0].value} [{s[0].cited}]）未必需要。",
        lambda s: f"其中{s[0].subject}{s[0].label}{s[0].value}【{s[0].cited}】，值得关注。",
    ],
}
TWO: dict[str, list[Wording]] = {
    "en": [
        lambda s: (
            f"{s[0].subject} come to {s[0].value} [{s[0].cited}] and {s[1].subject} to {s[1].value} [{s[1].cited}] ({s[0].label})."
        ),
        lambda s: (
            f"{s[0].label}: {s[0].value} [{s[0].cited}] for {s[0].subject}, {s[1].value} [{s[1].cited}] for {s[1].subject}."
        ),
        lambda s: (
            f"While {s[0].subject} reach {s[0].value} [{s[0].cited}], {s[1].subject} reach {s[1].value} [{s[1].cited}]."
        ),
        lambda s: (
            f"| Segment | {s[0].label} | |\n|---|---|---|\n| {s[0].subject} | {s[0].value} | [{s[0].cited}] |\n| {s[1].subject} | {s[1].value} | [{s[1].cited}] |\n"
        ),
        lambda s: (
            f"- {s[0].subject}: {s[0].value} [{s[0].cited}]\n- {s[1].subject}: {s[1].value} [{s[1].cited}]\n"
        ),
        lambda s: f"{s[0].subject}, unlike {s[1].subject}, have {s[0].value} [{s[0].cited}] ({s[0].label}).",
        lambda s: (
            f"Compared with {s[1].subject} ({s[1].value} [{s[1].cited}]), {s[0].subject} have {s[0].value} [{s[0].cited}]."
        ),
    ],
    "zh": [
        lambda s: (
            f"{s[0].subject}{s[0].label}{s[0].value} [{s[0].cited}]，{s[1].subject}则为{s[1].value} [{s[1].cited}]。"
        ),
        lambda s: (
            f"{s[0].subject}和{s[1].subject}的{s[0].label}分别为{s[0].value}和{s[1].value} [{s[0].cited}、{s[1].cited}]。"
        ),
        lambda s: (
            f"- {s[0].subject}：{s[0].value} [{s[0].cited}]\n- {s[1].subject}：{s[1].value} [{s[1].cited}]\n"
        ),
        lambda s: (
            f"与{s[1].subject}（{s[1].value} [{s[1].cited}]）相比，{s[0].subject}为{s[0].value} [{s[0].cited}]。"
        ),
    ],
}


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


def honest(findings: Sequence[Finding], count: int, seed: int) -> Iterator[tuple[str, Wording, list[Said]]]:
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
            wording, facts = rng.choice(TWO[lang]), [first, said(other, finding, lang, rng)]
        else:
            wording, facts = rng.choice(ONE[lang]), [first]
        yield wording(facts), wording, facts
        count -= 1


def lies(
    findings: Sequence[Finding], wording: Wording, facts: list[Said], rng: random.Random
) -> Iterator[tuple[str, str]]:
    """Give the answer again with one lie in it, once per kind of lie that can be told; with the lie's kind."""
    first, rest = facts[0], facts[1:]
    for kind, lie in (*_numbers(first, rng), *_units(first), *_subjects(first, rest, findings, rng)):
        if not _true_after_all(lie, findings):
            yield kind, wording([lie, *rest])


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
    peers = [
        f for f in finding.facts
        if f.name == first.fact.name and f.subject not in {first.fact.subject, *(r.fact.subject for r in rest)}
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
