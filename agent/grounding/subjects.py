"""Which segment, product or campaign a sentence gives a number to.

A name is looked for in the number's own clause, then among the names before it in the sentence, then in what
the sentence stands under: its list item, its heading, the sentence before. Names a sentence only compares
with ("unlike Loyal", "than Loyal") step back where another one is there.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from marketeer.agent.grounding.figures import Figure
from marketeer.agent.grounding.units import LATIN
from marketeer.tools.core.findings import Fact, FactKind, Finding, Subject, SubjectKind

Names = Callable[[Subject], Iterable[str]]
"""Gives every display name of a subject, in all languages."""

Key = tuple[SubjectKind, str]

NEEDS_NAMING = frozenset(
    {SubjectKind.SEGMENT, SubjectKind.PRODUCT, SubjectKind.CATEGORY, SubjectKind.CUSTOMER}
)
_GIVEN = frozenset({FactKind.GIVEN, FactKind.ASSUMED, FactKind.SCENARIO})
TOTALS = frozenset({"customers", "orders", "items", "revenue", "net_revenue", "gross_revenue", "profit"})
"""Facts of the whole shop that are never to be given to a part of it."""

_WHOLE = re.compile(
    r"\b(?:of|out of|among|all|total|overall|shop|store|whole|average|altogether|everyone|in all|entire"
    r"|across|base)\b|全店|全部|总|共|所有|整体|平均|全体|店铺|大盘|其中",
    LATIN,
)
_CLAUSE = re.compile(
    r"[,;:，；：、（(）)\[\]—]|\s[–-]\s|\b(?:and|but|while|whereas|with|or)\b|而|但|和|与|及"
)
_FOIL = re.compile(
    r"(?:\b(?:unlike|than|compared (?:with|to)|versus|vs\.?|against|behind|ahead of|rather than"
    r"|instead of|not|besides|except|excluding|before|after)(?:\s+(?:the|your|our))?"
    r"|而不是|相比|不同于|高于|低于|多于|少于|比|超过|除了?)"
    r"[\s*_`“\"「]*$",
    LATIN,
)
_COORDINATED = re.compile(r"[\s*_`]*(?:,|，|、|/|&|and|or|和|与|及|或|,\s*and)[\s*_`]*(?:the\s+)?", LATIN)
_PRONOUN = re.compile(
    r"\s*(?:[-*]\s+)?(?:they|their|it|its|this|these|that|the segment|the group|他们|它|该|这|其)", LATIN
)
_BACK = re.compile(r"\b(?:they|their|it|its)\b|这个人群|他们|它|该|其", LATIN)
_PLAIN_WORD = re.compile(r"[A-Za-z]+$")
_NOUN_AFTER = re.compile(
    r"[\s*_`]*(?:customers?|segments?|groups?|buyers?|shoppers?|ones?|members?)\b", LATIN
)
_YEAR_BEFORE = re.compile(r"(?:\b(?:in|of|for|during|year)\s+|\*\*)$", LATIN)
_KIND_BEFORE = re.compile(
    r"(?:customer|group|cluster|segment|row|product|item|code|sku|客户|组|第|商品|编号)\s*[#“\"'`]?\s*$|[“\"'`]$",
    LATIN,
)


@dataclass(frozen=True, slots=True)
class Named:
    """One place where a text names subjects (several when they share the name).

    Attributes:
        start: Where the name begins.
        end: Where it ends.
        keys: Kind and code of each subject of that name.
        foil: Whether the sentence only compares with it.
    """

    start: int
    end: int
    keys: frozenset[Key]
    foil: bool = False


def key_of(subject: Subject) -> Key:
    """Give a subject's identity apart from the wider one it is part of."""
    return subject.kind, subject.name


def chain(subject: Subject) -> list[Key]:
    """Give a subject and those it is part of, the shop left out."""
    keys: list[Key] = []
    current: Subject | None = subject
    while current is not None:
        if current.kind is not SubjectKind.SHOP:
            keys.append(key_of(current))
        current = current.within
    return keys


@dataclass(frozen=True)
class NameBook:
    """Finds the names of all subjects that the findings speak of."""

    keys: Mapping[str, frozenset[Key]]

    @classmethod
    def of(cls, findings: Iterable[Finding], names: Names) -> "NameBook":
        """Gather every name of every subject of the findings."""
        gathered: dict[str, set[Key]] = {}
        seen: set[Key] = set()
        for subject in _all_subjects(findings):
            key = key_of(subject)
            if key not in seen:
                seen.add(key)
                own = replace(subject, within=None)
                for name in {subject.name, subject.name.replace("_", " "), *names(own)}:
                    gathered.setdefault(_folded(name), set()).add(key)
        return cls({name: frozenset(keys) for name, keys in gathered.items() if name})

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        ordered = sorted(self.keys, key=len, reverse=True)
        return re.compile("|".join(_spelling(name) for name in ordered), re.IGNORECASE) if ordered else None

    def find(self, text: str) -> list[Named]:
        """Give the names in a text in order, the longest where several fit."""
        found = self._pattern.finditer(text) if self._pattern else ()
        return [
            Named(*match.span(), self._keys(match[0]), bool(_FOIL.search(text, 0, match.start())))
            for match in found
            if _is_name(text, match) or self._is_year(text, match)
        ]

    def _is_year(self, text: str, match: re.Match[str]) -> bool:
        """Tell whether a bare year names a stretch of time: in bold, after "in", before 年."""
        found = _YEAR_BEFORE.search(text, 0, match.start()) or text.startswith(("年", "**"), match.end())
        return bool(found) and any(kind is SubjectKind.PERIOD for kind, _ in self._keys(match[0]))

    def _keys(self, written: str) -> frozenset[Key]:
        folded = _folded(written)
        return self.keys.get(folded) or self.keys.get(folded.removesuffix("s")) or frozenset()


def _all_subjects(findings: Iterable[Finding]) -> Iterable[Subject]:
    for finding in findings:
        for fact in finding.facts:
            current: Subject | None = fact.subject
            while current is not None:
                if current.name:
                    yield current
                current = current.within


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name.casefold()).strip()


def _spelling(folded: str) -> str:
    body = r"[\s_-]+".join(re.escape(part) for part in folded.split(" "))
    if not folded[-1:].isascii():
        return body
    plural = "s?" if folded[-1:].isalpha() else ""
    front = r"(?<![A-Za-z0-9])" if folded[0].isascii() else ""
    return rf"{front}{body}{plural}(?![A-Za-z0-9])"


def _is_name(text: str, match: re.Match[str]) -> bool:
    """Tell a name from the everyday word: "lost" is no segment in "we lost 30"; "17" is one after "row"."""
    word = match[0]
    if word.isdecimal():
        return bool(_KIND_BEFORE.search(text, 0, match.start())) or _labels_row(text, match)
    if _PLAIN_WORD.match(word) and word.islower():
        around = text[match.start() - 1 : match.start()] + text[match.end() : match.end() + 1]
        return bool(_NOUN_AFTER.match(text, match.end())) or bool(set(around) & set("`*'\"“”"))
    return True


def _labels_row(text: str, match: re.Match[str]) -> bool:
    return bool(re.fullmatch(r"\s*\|[\s*`]*", text[: match.start()])) and text[match.end() :].lstrip(
        " *`"
    ).startswith("|")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a passage stands under, nearest first: groups of names that may be meant.

    Attributes:
        groups: Names of the sentence before, the parent item, the lead-in, the headings.
        owner: Names of the list item or heading it stands under: what follows is about them.
    """

    groups: tuple[frozenset[Key], ...] = ()
    owner: frozenset[Key] = frozenset()

    def of_kind(self, kind: SubjectKind) -> frozenset[Key]:
        """Give the nearest subjects of one kind."""
        for group in self.groups:
            if chosen := frozenset(key for key in group if key[0] is kind):
                return chosen
        return frozenset()


@dataclass(frozen=True)
class Attribution:
    """Answers, for one sentence, whom each of its figures is about.

    Attributes:
        text: The sentence.
        named: The names in it.
        figures: Its figures that make claims, in order.
        around: What it stands under.
        divided: Names of facts that parts of the shop have, so that the whole's could be mistaken.
    """

    text: str
    named: Sequence[Named]
    figures: Sequence[Figure]
    around: Surroundings
    divided: frozenset[str] = TOTALS
    _before: dict[tuple[int, SubjectKind], frozenset[Key]] = field(default_factory=dict)

    def accepts(self, fact: Fact, figure: Figure) -> bool:
        """Tell whether the sentence gives this figure to the fact's subject."""
        keys = chain(fact.subject)
        if not keys:
            return fact.kind in _GIVEN or fact.name not in self.divided or not self._claimed(figure)
        return all(self._fits(key, figure) for key in keys)

    def _fits(self, key: Key, figure: Figure) -> bool:
        said = self.subjects(figure, key[0])
        return key in said if said else key[0] not in NEEDS_NAMING

    def _claimed(self, figure: Figure) -> bool:
        """Tell whether the sentence gives a figure of the whole shop to one of its parts."""
        start = max((f.end for f in self.figures if f.end <= figure.start), default=0)
        after = _CLAUSE.split(self.text[figure.end : figure.end + 40])[0]
        if _WHOLE.search(f"{self.text[start : figure.start]}{after}"):
            return False
        if any(self._in_sentence(figure, kind) for kind in NEEDS_NAMING):
            return True
        groups = (*self.around.owner, *(self.around.groups[0] if self._refers_back else ()))
        return any(key[0] in NEEDS_NAMING for key in groups)

    @property
    def _refers_back(self) -> bool:
        return bool(self.around.groups and _PRONOUN.match(self.text))

    def subjects(self, figure: Figure, kind: SubjectKind) -> frozenset[Key]:
        """Give the subjects of a kind that a figure may be about; empty when none is named anywhere near."""
        return self._in_sentence(figure, kind) or self.around.of_kind(kind)

    def _in_sentence(self, figure: Figure, kind: SubjectKind) -> frozenset[Key]:
        memo = self._before.get((figure.start, kind))
        if memo is None:
            memo = self._resolve(figure, kind)
            self._before[(figure.start, kind)] = memo
        return memo

    def _resolve(self, figure: Figure, kind: SubjectKind) -> frozenset[Key]:
        named = [n for n in self.named if any(key[0] is kind for key in n.keys)]
        if not named:
            return frozenset()
        earlier = [f for f in self.figures if f.end <= figure.start]
        since = earlier[-1].end if earlier else 0
        region = [n for n in named if since <= n.start and n.end <= figure.start]
        own = self._own_clause(figure, named, since)
        if not own and kind not in NEEDS_NAMING:
            return _keys(named, kind)  # a change over months, say, is about both that are named
        chosen = own or region
        if chosen:
            return _keys(self._matched_in_order(figure, chosen) or _leading(chosen), kind)
        if earlier:
            before = self._in_sentence(earlier[-1], kind)
            return self._listed(figure, earlier, named, kind) or before or _keys(named, kind)
        refers_back = _BACK.search(self.text, 0, figure.start) and self.around.of_kind(kind)
        return self.around.of_kind(kind) if refers_back else _keys(named[:1], kind)

    def _own_clause(self, figure: Figure, named: Sequence[Named], since: int) -> list[Named]:
        until = min((f.start for f in self.figures if f.start >= figure.end), default=len(self.text))
        breaks = [m.end() for m in _CLAUSE.finditer(self.text, since, figure.start) if not _inside(m, named)]
        left = max(breaks, default=since)
        before = [n for n in named if left <= n.start and n.end <= figure.start]
        if before:
            return self._with_coordinated(_leading(before), named)
        cut = next(
            (
                m.start()
                for m in _CLAUSE.finditer(self.text, figure.end, until)
                if m[0] not in "[](（）)" and not _inside(m, named)
            ),
            until,
        )
        return [n for n in named if figure.end <= n.start and n.end <= cut and not n.foil][:1]

    def _with_coordinated(self, chosen: list[Named], named: Sequence[Named]) -> list[Named]:
        first = chosen[0]
        for other in reversed([n for n in named if n.end <= first.start]):
            if not _COORDINATED.fullmatch(self.text[other.end : first.start]):
                break
            chosen = [other, *chosen]
            first = other
        return chosen

    def _matched_in_order(self, figure: Figure, region: Sequence[Named]) -> list[Named]:
        """Read "Champions and Loyal have 412 and 380 customers": first number, first name."""
        following = [f for f in self.figures if f.start >= figure.start and f.said == figure.said]
        for group in (region, [n for n in region if not n.foil]):
            if len(group) > 1 and len(group) == len(following):
                return [group[0]]
        return []

    def _listed(
        self, figure: Figure, earlier: Sequence[Figure], named: Sequence[Named], kind: SubjectKind
    ) -> frozenset[Key]:
        first = next((f for f in earlier if f.said == figure.said), None)
        if first is None:
            return frozenset()
        region = [n for n in named if n.end <= first.start]
        run = [f for f in self.figures if f.start >= first.start and f.said == figure.said]
        place = run.index(figure)
        if len(region) != len(run):
            return frozenset()
        return _keys(region if any(n.foil for n in region) else [region[place]], kind)


def _leading(named: Sequence[Named]) -> list[Named]:
    return [n for n in named if not n.foil] or list(named)


def _keys(named: Iterable[Named], kind: SubjectKind) -> frozenset[Key]:
    return frozenset(key for n in named for key in n.keys if key[0] is kind)


def _inside(match: re.Match[str], named: Iterable[Named]) -> bool:
    return any(n.start <= match.start() < n.end for n in named)
