"""Finds what a question mentions: percentages, money, numbers, spans of time, segments, quotes, codes."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, auto
from functools import lru_cache

from marketeer.agent.offline import numerals
from marketeer.agent.offline.lexicon import Label, lexicon
from marketeer.agent.offline.text import fold
from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.tools.core.copy import Language


class Kind(StrEnum):
    """What can be mentioned."""

    QUOTE = auto()
    ADDRESS = auto()
    HANDLE = auto()
    PATH = auto()
    CODE = auto()
    PERCENT = auto()
    SPLIT = auto()
    DAY = auto()
    PERIOD = auto()
    DURATION = auto()
    MONEY = auto()
    SEGMENT = auto()
    PLACE = auto()
    NUMBER = auto()


@dataclass(frozen=True, slots=True)
class Mention:
    """One thing a question mentions.

    Attributes:
        kind: What sort of thing.
        value: Its value: a number, a code, or the words as they were written.
        text: The words as they were written.
        start: Where it starts in the normalised question.
        end: Where it ends.
        label: Which kind of number, told by the words near it.
        labels: All kinds it may be, the likeliest first.
        side: `min` or `max` where the words say that it bounds something, or begins or ends it.
        count: How many units of time a duration has.
    """

    kind: Kind
    value: float | str
    text: str
    start: int
    end: int
    label: str = ""
    side: str = ""
    count: float | None = None
    labels: tuple[str, ...] = ()


_NUM = numerals.NUMBER
_MASKS = {kind: chr(0xE000 + position) for position, kind in enumerate(Kind)}
_SYMBOLS = r"[€$£¥]"
_PERCENT = r"%|percent\b|per cent\b|pct\b|个百分点|个点"
_EVERY = r"(?<!mails )(?<!texts )(?<!messages )(?<!sms )(?<!mail )(?<!text )(?<!once )(?<!twice )(?<!times )"
_CURRENCY = r"(?:euros?|eur|dollars?|usd|pounds?|gbp|cents?|元|块钱?|欧元|美元|rmb|人民币)"
_PREDICATES = frozenset({"about to lapse", "at risk"})
_COPULAS = frozenset({"is", "are", "be", "being", "seem", "who's"})
_EVERYBODY = "all_customers"
_NOUNS = r"(?:customers?|segments?|buyers?|shoppers?|people|group|ones|clients?|guys)"
NUMERIC = frozenset({Kind.PERCENT, Kind.MONEY, Kind.NUMBER, Kind.DURATION})
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_WINDOW_BEFORE, _WINDOW_AFTER = 26, 16


def find_mentions(text: str, language: Language, names: Mapping[str, str] | None = None) -> list[Mention]:
    """Find all mentions in a normalised question, in the order they stand.

    Args:
        text: The normalised question.
        language: Its language.
        names: Further segment names (folded → as tools know them), from the conversation so far.
    """
    return list(_found(text, language, tuple(sorted((names or {}).items()))))


@lru_cache(maxsize=2048)
def _found(text: str, language: Language, names: tuple[tuple[str, str], ...]) -> tuple[Mention, ...]:
    taken = [False] * len(text)
    found: list[Mention] = []
    for finder in _FINDERS:
        for mention in finder(text, language):
            _take(mention, taken, found)
    for mention in _segments(text, language, dict(names)):
        _take(mention, taken, found)
    for finder in (_unknown_segments, _places, _numbers):
        for mention in finder(text, language):
            _take(mention, taken, found)
    found.sort(key=lambda mention: mention.start)
    return tuple(_labelled(mention, found, text, language) for mention in found)


def _take(mention: Mention, taken: list[bool], found: list[Mention]) -> None:
    if not any(taken[mention.start : mention.end]):
        taken[mention.start : mention.end] = [True] * (mention.end - mention.start)
        found.append(mention)


def mask(text: str, mentions: list[Mention]) -> str:
    """Replace mentions by one private-use character each, so that only what is around them counts."""
    parts, at = [], 0
    for mention in mentions:
        parts += [text[at : mention.start], f" {_MASKS[mention.kind]} "]
        at = mention.end
    return "".join([*parts, text[at:]])


def _matches(
    pattern: str, kind: Kind, value: Callable[[re.Match[str], Language], float | str | None]
) -> Callable[[str, Language], Iterator[Mention]]:
    compiled = re.compile(pattern, re.IGNORECASE)

    def find(text: str, language: Language) -> Iterator[Mention]:
        for match in compiled.finditer(text):
            known = value(match, language)
            if known is not None:
                yield Mention(kind, known, match[0], match.start(), match.end())

    return find


def _first(match: re.Match[str], _: Language) -> float | None:
    return numerals.parse(next(group for group in match.groups() if group))


def _tenths(match: re.Match[str], _: Language) -> float | None:
    tenths = numerals.parse(match[1])
    return None if tenths is None else 10 * tenths


def _as_written(match: re.Match[str], _: Language) -> str:
    return next((group for group in match.groups() if group is not None), match[0])


def _paths(text: str, _: Language) -> Iterator[Mention]:
    pattern = (
        r"(?<![\w/])((?:\.{1,2}|~)?/[\w./~-]*\w|[A-Za-z]:\\[\w.\\-]+)"
        r"|\b(?:folder|directory)\s+([\w.-]+)"
        r"|(?:文件夹|目录)\s*([A-Za-z][A-Za-z0-9_./-]*)|([A-Za-z][A-Za-z0-9_./-]*)\s*(?:文件夹|目录)"
    )
    for match in re.finditer(pattern, text):
        group = next(number for number, name in enumerate(match.groups(), start=1) if name)
        yield Mention(Kind.PATH, match[group], match[group], match.start(group), match.end(group))


def _codes(text: str, _: Language) -> Iterator[Mention]:
    word = r"(?<![A-Za-z0-9-])(?=[A-Z0-9-]*\d)[A-Z](?=[A-Z0-9-]{3,})[A-Z0-9-]+(?![A-Za-z0-9-])"
    for match in re.finditer(word, text):
        yield Mention(Kind.CODE, match[0], match[0], match.start(), match.end())


def _zhe(text: str, _: Language) -> Iterator[Mention]:
    for match in re.finditer(rf"打?({_NUM})\s*折|半价|对折|half[- ]price|half off", text, re.IGNORECASE):
        percent = numerals.discount_of_zhe(match[1]) if match[1] else 50.0
        if percent is not None:
            yield Mention(Kind.PERCENT, percent, match[0], match.start(), match.end(), "discount")


def _durations(text: str, language: Language) -> Iterator[Mention]:
    units = lexicon(language).durations
    words = "|".join(sorted(map(re.escape, units), key=len, reverse=True))
    ahead = r"(?:next|coming)\s+" if language == "en" else r"(?:未来|接下来)的?|下一?"
    end = r"\b" if language == "en" else ""
    said = rf"(半|\bhalf an? |\bhalf[ -])({words})|({_NUM}|{_EVERY}\ba)[\s-]*({words})|({ahead})({words})"
    for match in re.finditer(rf"(?:{said}){end}", text, re.IGNORECASE):
        unit = match[2] or match[4] or match[6]
        times = 0.5 if match[1] else numerals.parse(match[3]) if match[3] else 1.0
        if times is not None and not (language == "zh" and unit in "年日" and times > 31):
            days = units[unit.lower()] * times
            yield Mention(Kind.DURATION, days, match[0], match.start(), match.end(), count=times)


def _days(text: str, language: Language) -> Iterator[Mention]:
    months = "|".join(sorted(lexicon("en").months, key=len, reverse=True))
    pattern = (
        r"(?P<iso>\d{4}-\d{1,2}-\d{1,2})"
        rf"|(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<m1>{months})\b(?:,?\s+(?P<y1>\d{{4}}))?"
        rf"|\b(?P<m2>{months})\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<y2>\d{{4}}))?"
        r"|(?:(?P<y3>\d{4})年)?(?P<m3>\d{1,2})月(?P<d3>\d{1,2})[日号]"
    )
    for match in re.finditer(pattern, text, re.IGNORECASE):
        yield Mention(Kind.DAY, _iso_day(match), match[0], match.start(), match.end())


def _iso_day(match: re.Match[str]) -> str:
    if match["iso"]:
        year, month, day = match["iso"].split("-")
        return f"{year}-{int(month):02}-{int(day):02}"
    year = match["y1"] or match["y2"] or match["y3"]
    name = match["m1"] or match["m2"]
    month = lexicon("en").months[name.lower()] if name else int(match["m3"])
    day = int(match["d1"] or match["d2"] or match["d3"])
    return f"{year}-{month:02}-{day:02}" if year else match[0]


def _periods(text: str, language: Language) -> Iterator[Mention]:
    folded = fold(text)
    known = lexicon(language).periods
    for words in sorted(known, key=len, reverse=True):
        for match in re.finditer(re.escape(words), folded):
            yield Mention(Kind.PERIOD, known[words], match[0], match.start(), match.end())
    yield from _quarters(text)
    months = "|".join(name for name in lexicon("en").months if len(name) > 3 or name == "may")
    pattern = (
        rf"(?P<y1>(?:19|20)\d\d)[-/](?P<m1>\d{{1,2}})\b(?!-)|(?P<y2>(?:19|20)\d\d)年(?P<m2>\d{{1,2}})月"
        rf"|\b(?P<name>{months})(?:\s+(?:of\s+)?(?P<y3>(?:19|20)\d\d))?\b"
        r"|(?P<y4>(?:19|20)\d\d)(?:年|\b(?![-%./,]?\d))|(?P<m3>\d{1,2}|十[一二]?|[一二三四五六七八九])月份?"
    )
    for match in re.finditer(pattern, text, re.IGNORECASE):
        if match["name"] and match["name"].islower():
            continue
        yield Mention(Kind.PERIOD, _iso_period(match), match[0], match.start(), match.end())


def _quarters(text: str) -> Iterator[Mention]:
    pattern = (
        r"\bq(?P<q1>[1-4])\b(?:\s*(?:of\s+)?(?P<y1>(?:19|20)\d\d)\b)?|\b(?P<y2>(?:19|20)\d\d)[-\s]?q(?P<q2>[1-4])\b"
        r"|\b(?P<q3>first|second|third|fourth) quarter(?:\s+(?:of\s+)?(?P<y3>(?:19|20)\d\d)\b)?"
        r"|(?:(?P<y4>(?:19|20)\d\d)年?)?第?(?P<q4>[一二三四1-4])季度"
    )
    for match in re.finditer(pattern, text, re.IGNORECASE):
        said = next(match[name] for name in ("q1", "q2", "q3", "q4") if match[name])
        year = next((match[name] for name in ("y1", "y2", "y3", "y4") if match[name]), None)
        number = _ORDINALS.get(said.lower()) or round(numerals.parse(said) or 0)
        name = f"{year}-Q{number}" if year else f"Q{number}"
        yield Mention(Kind.PERIOD, name, match[0], match.start(), match.end())


def _iso_period(match: re.Match[str]) -> str:
    year = match["y1"] or match["y2"] or match["y3"] or match["y4"]
    month: float | str | None = match["m1"] or match["m2"]
    if match["name"]:
        month = lexicon("en").months[match["name"].lower()]
    if match["m3"]:
        month = numerals.parse(match["m3"])
    if year and month:
        return f"{year}-{int(month):02}"
    return year or match[0]


def _segments(text: str, language: Language, names: Mapping[str, str]) -> Iterator[Mention]:
    folded = fold(text).replace("-", " ").replace("_", " ")
    listens = lexicon(language)
    came = [(found.start(), found.end()) for found in listens.no_segment_there.finditer(folded)]
    came = [] if listens.names_segments.search(folded) else came
    for match in _segment_pattern(tuple(sorted(names))).finditer(folded):
        if match["noun"] is None and (_plain_adjective(text, match, names) or _said_of(text, match)):
            continue
        if any(since < match.end("name") and match.start("name") < until for since, until in came):
            continue
        end = match.end("name")
        written = text[match.start("name") : end]
        yield Mention(Kind.SEGMENT, written, written, match.start("name"), end)


def _unknown_segments(text: str, language: Language) -> Iterator[Mention]:
    listens = lexicon(language)
    for match in listens.segment_place.finditer(text):
        group = next(number for number, name in enumerate(match.groups(), start=1) if name)
        name = fold(match[group])
        words = name.split() if language == "en" else [word for word in listens.no_segment if word in name]
        if not listens.no_segment.intersection(words):
            yield Mention(Kind.SEGMENT, match[group], match[group], match.start(group), match.end(group))


def _places(text: str, language: Language) -> Iterator[Mention]:
    for match in lexicon(language).places.finditer(fold(text)):
        written = text[match.start() : match.end()]
        yield Mention(Kind.PLACE, written, written, match.start(), match.end())


def _plain_adjective(text: str, match: re.Match[str], names: Mapping[str, str]) -> bool:
    phrase = match["name"]
    if " " in phrase or not phrase.isascii() or phrase in names:
        return False
    start = match.start("name")
    return not (phrase.endswith("s") or phrase == "vip" or (start > 0 and text[start].isupper()))


def _said_of(text: str, match: re.Match[str]) -> bool:
    """Tell whether a name is what is said of somebody: "who is about to lapse" names no segment."""
    before = fold(text[: match.start("name")]).split()
    return match["name"] in _PREDICATES and bool(before) and before[-1] in _COPULAS


@lru_cache(maxsize=64)
def _segment_pattern(extra: tuple[str, ...]) -> re.Pattern[str]:
    words = {word for word in [*PromptVocabulary().words("segment"), *extra] if len(word) > 1}
    words -= {word for word, code in PromptVocabulary().words("segment").items() if code == _EVERYBODY}
    by_length = sorted(map(re.escape, words), key=len, reverse=True)
    other = [word for word in by_length if not word.isascii()]
    latin = rf"(?<![a-z0-9])(?:{'|'.join(word for word in by_length if word.isascii())})s?(?![a-z0-9])"
    return re.compile(rf"(?P<name>{'|'.join([*other, latin])})(?P<noun>\s+{_NOUNS}\b)?")


def _numbers(text: str, language: Language) -> Iterator[Mention]:
    pattern = numerals.PLAIN if language == "en" else _NUM
    words = rf"|{numerals.WORD}" if language == "en" else ""
    scale = r"(?:\s*[kKwW万千](?![a-zA-Z]))?"
    whole = rf"(?<![A-Za-z\d])(?:(?:{pattern}){scale}{words})(?![a-zA-Z\d])"
    for match in re.finditer(whole, text, re.IGNORECASE):
        value = numerals.parse(match[0])
        lone = language == "zh" and len(match[0]) == 1 and match[0] in "一千百万亿十零〇"
        if value is not None and not lone:
            yield Mention(Kind.NUMBER, value, match[0], match.start(), match.end())


def _labelled(mention: Mention, found: list[Mention], text: str, language: Language) -> Mention:
    if mention.kind is Kind.DAY:
        return replace(mention, side=_end_of(mention, text, language))
    if mention.kind not in NUMERIC:
        return mention
    numbers = [one for one in found if one.kind in NUMERIC]
    floor = max((one.end for one in numbers if one.end <= mention.start), default=0)
    ceiling = min((one.start for one in numbers if one.start >= mention.end), default=len(text))
    before = fold(text[max(floor, mention.start - _WINDOW_BEFORE) : mention.start])
    after = re.split(r"[,;.。,;!?]", fold(text[mention.end : min(ceiling, mention.end + _WINDOW_AFTER)]))[0]
    near = _nearest(before, after, [one for one in lexicon(language).labels if one.fits(mention.kind)])
    labels = tuple(dict.fromkeys([mention.label, *near] if mention.label else near))
    side = _side(mention, before, after, language)
    return replace(mention, label=labels[0] if labels else "", labels=labels, side=side)


def _end_of(day: Mention, text: str, language: Language) -> str:
    """Tell whether a day is said to begin (`min`) or to end (`max`) something."""
    bounds = lexicon(language).bounds
    before, after = fold(text[max(0, day.start - _WINDOW_BEFORE) : day.start]), fold(text[day.end :])
    around = f"{before.rstrip()}|{after.lstrip()}"
    return next((side for side in ("min", "max") if bounds[f"{side}_day"].search(around)), "")


def _side(mention: Mention, before: str, after: str, language: Language) -> str:
    bounds = lexicon(language).bounds
    kind = "silence" if mention.kind is Kind.DURATION else "amount"
    around = f"{before}{fold(mention.text)}|{after}"
    return next((side for side in ("min", "max") if bounds[f"{side}_{kind}"].search(around)), "")


def _nearest(before: str, after: str, labels: Sequence[Label]) -> list[str]:
    """Give the labels whose words stand near, the nearest first; a tie goes to what follows, the longest."""
    found = [
        (distance, ahead, -len(match[0]), order, label.name)
        for order, label in enumerate(labels)
        for text, ahead in ((f"{after}|", False), (before, True))
        for match in label.words.finditer(text)
        if (distance := len(before) - match.end() + 1 if ahead else match.start() + 1)
    ]
    return [name for *_, name in sorted(found)]


_FINDERS: tuple[Callable[[str, Language], Iterator[Mention]], ...] = (
    _matches(r"[\"“「『]([^\"“”」』]+)[\"”」』]|(?<![\w])'([^']{3,})'(?!\w)", Kind.QUOTE, _as_written),
    _matches(r"[\w.+-]+@[\w-]+\.[\w.]+\w", Kind.ADDRESS, _as_written),
    _matches(r"\bF\d+\b", Kind.HANDLE, _as_written),
    _paths,
    _codes,
    _zhe,
    _matches(rf"({_NUM})\s*(?:{_PERCENT})|百分之({_NUM})", Kind.PERCENT, _first),
    _matches(r"([一二三四五六七八九\d])成(?![交为本功员分])", Kind.PERCENT, _tenths),
    _matches(r"\b(\d{1,2}\s*[/:]\s*\d{1,2})\b", Kind.SPLIT, _as_written),
    _days,
    _periods,
    _durations,
    _matches(
        rf"{_SYMBOLS}\s*({_NUM})|({_NUM})\s*(?:{_SYMBOLS}|{_CURRENCY}(?![a-z]))", Kind.MONEY, _first
    ),
)  # fmt: skip
