"""Words a finding: numbers in a language's format, each with the fact it comes from.

A tool's page `offline/<language>/<tool>.md` is a Jinja template; what it may call is the public part of
`FindingWords`. The console and the grounding use the same small functions, so that a number looks the same
wherever it stands.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from marketeer.prompts import fill, page
from marketeer.prompts.words import has_page, word, word_tables
from marketeer.tools.core.copy import Language
from marketeer.tools.core.findings import Fact, Finding, Subject, SubjectKind, Unit, Value

_ANY_TOOL = "any_tool"
_CUSTOMER = re.compile(r"row (\d+)")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_BARE_IN_TABLES = frozenset(
    {
        Unit.COUNT, Unit.CUSTOMERS, Unit.ORDERS, Unit.ITEMS, Unit.PRODUCTS, Unit.CONTACTS,
        Unit.ROWS, Unit.SEGMENTS, Unit.DAYS, Unit.CHARACTERS,
    }
)  # fmt: skip
_CALLS = (
    "say", "say_interval", "value", "has", "subjects", "show", "word", "table", "notes", "method",
    "title", "heading", "cite",
)  # fmt: skip
_TABLE_OF = {SubjectKind.SEGMENT: "segment", SubjectKind.FEATURE: "fact"}


def word_finding(finding: Finding, language: Language) -> str:
    """Word a finding as a short answer in Markdown, every number followed by its citation.

    Args:
        finding: A filed finding.
        language: The language to answer in.

    Returns:
        The rendered page of the finding's tool, or of `any_tool` where it has none.

    Raises:
        LookupError: The page speaks of a fact, subject or view the finding does not have.
    """
    tool = _tool(finding)
    stem = tool if has_page(language, tool) else _ANY_TOOL
    text = page(f"offline/{language}/{stem}").render(**FindingWords(finding, language).context())
    return re.sub(r"\n{3,}", "\n\n", text)


def title(finding: Finding, language: Language) -> str:
    """Give a finding's title in words."""
    return FindingWords(finding, language).title()


def cite(thing: Fact | Finding) -> str:
    """Give the citation of a fact or finding, `[F3.2]` or `[F3]`; empty before it is filed."""
    return f"[{thing.id}]" if thing.id else ""


def show_subject(subject: Subject, language: Language, tool: str = "") -> str:
    """Give a subject's display name, with the wider one it is part of in front."""
    own = _show_one(subject, language, tool)
    return f"{show_subject(subject.within, language, tool)} · {own}" if subject.within else own


def _show_one(subject: Subject, language: Language, tool: str) -> str:
    pattern = word_tables(language)["pattern"]
    if subject.kind is SubjectKind.SHOP:
        return word("term", "shop", language, tool)
    if found := _CUSTOMER.fullmatch(subject.name):
        return pattern["customer"].format(number=found[1])
    if subject.kind is SubjectKind.PERIOD and _MONTH.fullmatch(subject.name):
        year, month = subject.name.split("-")
        return pattern["month"].format(year=year, month=word("month", str(int(month)), language))
    if subject.kind is SubjectKind.PERIOD and _DAY.fullmatch(subject.name):
        return format_date(date.fromisoformat(subject.name), language)
    for table in (_TABLE_OF.get(subject.kind, subject.kind.value), "term"):
        if known := word_tables(language, tool).get(table, {}).get(subject.name):
            return known
    kind = "segment" if subject.kind is SubjectKind.SEGMENT else "term"
    return word(kind, subject.name, language, tool)


def format_fact(fact: Fact, currency: str, language: Language) -> str:
    """Format a fact's value with its unit: `1,204 customers`, `12.4 %`, `€1,204.50`, `+4.90 pp`.

    Args:
        fact: The fact; its `shown_decimals` is the declared rounding.
        currency: ISO code of the finding's money.
        language: The language whose unit words are used.
    """
    return format_value(fact.value, fact, currency, language)


def format_value(value: Value, like: Fact, currency: str, language: Language) -> str:
    """Format a value the way a fact's own would be, such as one end of its interval."""
    if like.unit is Unit.DATE:
        return format_date(value if isinstance(value, date) else date.fromisoformat(str(value)), language)
    if not isinstance(value, (int, float)):
        return str(value)
    number = format_number(value, like.shown_decimals)
    if like.unit is Unit.MONEY:
        return _money(number, currency, language)
    if like.unit is Unit.POINTS and not number.startswith("-"):
        number = f"+{number}"
    one, _, many = word_tables(language)["unit"].get(like.unit.value, "{n}").partition("|")
    return (one if number == "1" or not many else many).format(n=number)


def format_number(value: float, decimals: int) -> str:
    """Format a number with thousands separators and fixed decimals; zero has no sign."""
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if not re.search("[1-9]", text) else text


def format_date(day: date, language: Language) -> str:
    """Format a day as people of a language write it."""
    month = word("month", str(day.month), language)
    return word_tables(language)["pattern"]["date"].format(year=day.year, month=month, day=day.day)


def _money(number: str, currency: str, language: Language) -> str:
    pattern = word_tables(language)["currency"].get(currency, f"{{n}} {currency}".strip())
    sign = "-" if number.startswith("-") else ""
    return sign + pattern.format(n=number.removeprefix("-"))


def _tool(finding: Finding) -> str:
    return finding.recipe.tool if finding.recipe else ""


class FindingWords:
    """What a page may say about one finding. Numbers leave it formatted and cited.

    Args:
        finding: The finding.
        language: The language.
    """

    def __init__(self, finding: Finding, language: Language) -> None:
        self._finding = finding
        self._language: Language = language
        self._tool = _tool(finding)

    def context(self, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Give the names a template may use; `params` are those of the note or method being worded."""
        calls = {name: getattr(self, name) for name in _CALLS}
        return {**(params or {}), **calls, "finding": self._finding, "params": params or {}}

    def title(self) -> str:
        """Give the finding's title."""
        return self._phrase("title", self._finding.title, self._finding.method_params)

    def heading(self, view: str) -> str:
        """Give a view's heading."""
        return self._phrase("view", view, {})

    def method(self) -> str:
        """Give the sentence on how it was computed."""
        return self._phrase("method", self._finding.method, self._finding.method_params)

    def notes(self, *only: str) -> str:
        """Give the notes as bullet lines, all of them or those with the codes given."""
        chosen = [note for note in self._finding.notes if not only or note.code in only]
        return "\n".join(f"- {self._phrase('note', note.code, note.params)}" for note in chosen)

    def say(self, name: str, subject: Subject | str | None = None) -> str:
        """Give a fact with its unit and citation."""
        fact = self._fact(name, subject)
        return self._cited(self._shown(fact), fact)

    def say_interval(self, name: str, subject: Subject | str | None = None) -> str:
        """Give a fact with its interval, where it has one, and its citation."""
        fact = self._fact(name, subject)
        return self._cited(self._with_interval(fact), fact)

    def value(self, name: str, subject: Subject | str | None = None) -> Value:
        """Give the raw value, for conditions in a template; never to be printed."""
        return self._fact(name, subject).value

    def has(self, name: str, subject: Subject | str | None = None) -> bool:
        """Tell whether there is such a fact."""
        return self._find(name, subject) is not None

    def subjects(self, kind: str) -> Sequence[Subject]:
        """Give the subjects of a kind in the order of the facts."""
        return tuple(self._finding.subjects(SubjectKind(kind)))

    def show(self, subject: Subject) -> str:
        """Give a subject's display name."""
        return show_subject(subject, self._language, self._tool)

    def word(self, kind: str, code: str) -> str:
        """Give the words for a code."""
        return word(kind, code, self._language, self._tool)

    def cite(self, name: str = "", subject: Subject | str | None = None) -> str:
        """Give the citation of a fact, or of the whole finding."""
        return cite(self._fact(name, subject) if name else self._finding)

    def table(self, code: str, limit: int = 0) -> str:
        """Give a view as a Markdown table, each row ending with the finding's citation.

        Args:
            code: The view's code.
            limit: How many rows at most, 0 for all.
        """
        view = next((view for view in self._finding.views if view.code == code), None)
        if view is None:
            known = ", ".join(view.code for view in self._finding.views) or "none"
            raise LookupError(f"{self._finding.title} has no view '{code}'; it has: {known}.")
        kind = view.rows[0].kind.value if view.rows else "shop"
        labels = [self.word("fact", column) for column in view.columns]
        lines = [[self.word("kind", kind), *labels, self.word("term", "source")], ["---"] * (len(labels) + 2)]
        for row in view.rows[: limit or None]:
            cells = [self._cell(column, row) for column in view.columns]
            lines.append([self.show(row), *cells, cite(self._finding)])
        return "\n".join(f"| {' | '.join(_in_cell(cell) for cell in line)} |" for line in lines)

    def _cell(self, name: str, subject: Subject) -> str:
        fact = self._finding.fact(name, subject)
        if fact is None:
            return ""
        if fact.interval is not None:
            return self._with_interval(fact)
        if fact.unit in _BARE_IN_TABLES and isinstance(fact.value, (int, float)):
            return format_number(fact.value, fact.shown_decimals)
        return self._shown(fact)

    def _shown(self, fact: Fact) -> str:
        if fact.unit is Unit.TEXT:
            tables, code = word_tables(self._language, self._tool), str(fact.value)
            return tables["term"].get(code) or tables["segment"].get(code) or code
        return format_fact(fact, self._finding.currency, self._language)

    def _with_interval(self, fact: Fact) -> str:
        if fact.interval is None:
            return self._shown(fact)
        low, high = (self._end(end, fact) for end in (fact.interval.low, fact.interval.high))
        return word_tables(self._language)["pattern"]["interval"].format(
            value=self._shown(fact), level=f"{fact.interval.level * 100:g}", low=low, high=high
        )

    def _end(self, end: float, fact: Fact) -> str:
        number = format_number(end, fact.shown_decimals)
        return _money(number, self._finding.currency, self._language) if fact.unit is Unit.MONEY else number

    def _cited(self, text: str, fact: Fact) -> str:
        return f"{text} {cite(fact)}".strip()

    def _phrase(self, table: str, code: str, params: Mapping[str, str]) -> str:
        known = word_tables(self._language, self._tool).get(table, {}).get(code)
        return fill(known, **self.context(params)) if known else word(table, code, self._language)

    def _find(self, name: str, subject: Subject | str | None) -> Fact | None:
        if not isinstance(subject, str):
            return self._finding.fact(name, subject)
        named = (fact for fact in self._finding.facts if fact.name == name and fact.subject.name == subject)
        return next(named, None)

    def _fact(self, name: str, subject: Subject | str | None) -> Fact:
        fact = self._find(name, subject)
        if fact is None:
            about = f" about {subject}" if subject else ""
            known = ", ".join(dict.fromkeys(fact.name for fact in self._finding.facts))
            raise LookupError(f"{self._finding.title} has no fact '{name}'{about}; it has: {known}.")
        return fact


def _in_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
