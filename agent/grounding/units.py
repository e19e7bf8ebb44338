"""Which unit the words around a number name, in English and Chinese."""

import re
from dataclasses import dataclass

from marketeer.tools.core.findings import Unit

LATIN = re.IGNORECASE | re.ASCII
"""Latin letters make words; a Chinese character beside them is a boundary."""

_PEOPLE = frozenset({Unit.CUSTOMERS, Unit.CONTACTS, Unit.COUNT})
_CUSTOMERS = frozenset({Unit.CUSTOMERS, Unit.COUNT})
_ORDERS = frozenset({Unit.ORDERS, Unit.COUNT, Unit.RATIO})
_ITEMS = frozenset({Unit.ITEMS, Unit.COUNT, Unit.RATIO})
_PRODUCTS = frozenset({Unit.PRODUCTS, Unit.COUNT, Unit.RATIO})
_CONTACTS = frozenset({Unit.CONTACTS, Unit.COUNT})
_OTHER = frozenset({Unit.COUNT})

_NOUNS: dict[str, frozenset[Unit]] = {
    "customers?|shoppers?|buyers?|clients?|members?|users?|subscribers?": _CUSTOMERS,
    "people|persons?|recipients?": _PEOPLE,
    "orders?|purchases?|transactions?": _ORDERS,
    "items?|units?|pieces?": _ITEMS,
    "products?|articles?": _PRODUCTS,
    "contacts?|messages?|e-?mails?|sends?|mailings?": _CONTACTS,
    "rows?|records?|lines?": frozenset({Unit.ROWS, Unit.COUNT}),
    "segments?|groups?|clusters?": frozenset({Unit.SEGMENTS, Unit.COUNT}),
    "days?": frozenset({Unit.DAYS}),
    "seconds?": frozenset({Unit.SECONDS}),
    "characters?": frozenset({Unit.CHARACTERS}),
    "times": frozenset({Unit.RATIO, Unit.COUNT, Unit.ORDERS}),
    "weeks?|months?|years?|quarters?|hours?|minutes?": _OTHER,
}
_HAN_NOUNS: dict[str, frozenset[Unit]] = {
    "人群|分群|客群|群组|细分|分组|类客户|组客户|个群|个组": frozenset({Unit.SEGMENTS, Unit.COUNT}),
    "客户|顾客|用户|会员|买家": _CUSTOMERS,
    "人次|条短信|封邮件|短信|邮件|触达": _CONTACTS,
    "订单|单|笔|次购买|次下单": _ORDERS,
    "商品|产品|款|种商品": _PRODUCTS,
    "件": _ITEMS,
    "人|位|名": _PEOPLE,
    "天|日(?!元)": frozenset({Unit.DAYS}),
    "秒": frozenset({Unit.SECONDS}),
    "字符|个字": frozenset({Unit.CHARACTERS}),
    "行|条": frozenset({Unit.ROWS, Unit.COUNT, Unit.CONTACTS}),
    "周|个月|年|个季度|小时|分钟": _OTHER,
}
_CURRENCIES: dict[str, frozenset[str]] = {
    r"€|EUR\b|euros?\b|欧元": frozenset({"EUR"}),
    r"£|GBP\b|pounds?\b|英镑": frozenset({"GBP"}),
    r"US\$|USD\b|美元": frozenset({"USD"}),
    r"\$|dollars?\b": frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "TWD"}),
    r"[¥￥]": frozenset({"CNY", "JPY"}),
    r"CNY\b|RMB\b|yuan\b|人民币|元|块": frozenset({"CNY"}),
    r"JPY\b|yen\b|日元": frozenset({"JPY"}),
    r"CHF\b": frozenset({"CHF"}),
    r"A\$|AUD\b": frozenset({"AUD"}),
    r"C\$|CAD\b": frozenset({"CAD"}),
    r"R\$|BRL\b": frozenset({"BRL"}),
    r"₹|INR\b": frozenset({"INR"}),
}
_POINTS = re.compile(
    r"\s?(?:个?百分点|%?[\s-]?(?:percentage|percent|%)[\s-]points?\b|%-?pts?\b|%点|pp\b|ppts?\b|p\.p\.|pts?\b|points?\b)",
    LATIN,
)
_PERCENT = re.compile(r"[\s\u00a0\u202f-]?(?:%|percent\b|per cent\b|pct\b)", LATIN)
_TIMES = re.compile(r"\s?(?:x\b|×|倍)", re.ASCII)
_MONEY = re.compile(rf"[\s\u00a0\u202f]?(?:{'|'.join(_CURRENCIES)})", re.ASCII)
_STOP = "in|for|to|with|from|at|by|on|per|and|or|but|than|is|are|was|were|have|has|had|who|that|which|an?|as"
_NOUN = re.compile(
    rf"[\s\u00a0-]*(?:(?!(?:{_STOP})\b)[A-Za-z'’-]+\s+){{0,3}}?(?:[a-z]+-)?"
    f"(?:{'|'.join(f'(?P<n{i}>{words})' for i, words in enumerate(_NOUNS))})\\b",
    LATIN,
)
_HAN_NOUN = re.compile(
    r"\s?(?:多|余)?\s?(?:[个家]|[位名]|种|类)?\s?(?P<gap>[^\s\d，。；：、,;:（）()\[\]【】|是有占比和与及]{0,8}?)"
    f"(?:{'|'.join(f'(?P<h{i}>{words})' for i, words in enumerate(_HAN_NOUNS))})"
)
_LABEL = re.compile(r"(?:^|[,;，；。|\n\]])(?P<label>[^,;，；。|\n\[\]\d]{1,40})(?:[:：=]|(?<=[)）]))\s*$")
_SIGN_WORDS: dict[str, frozenset[Unit]] = {
    r"%|percent|share\b|占比|比例": frozenset({Unit.PERCENT}),
    r"\bpp\b|points|百分点": frozenset({Unit.POINTS}),
    r"[€$£¥￥]|\b(?:EUR|USD|GBP|CNY|RMB)\b|元": frozenset({Unit.MONEY}),
}


@dataclass(frozen=True, slots=True)
class Said:
    """The unit a text names for a number.

    Attributes:
        units: Units of facts it can be; empty when the text names none.
        currencies: ISO codes a money sign can mean; empty when it is no money.
    """

    units: frozenset[Unit] = frozenset()
    currencies: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.units)


UNSAID = Said()
"""A number whose words name no unit."""


def tail_units(text: str, end: int, money: str) -> tuple[Said, int]:
    """Read the unit after a number (or its currency before it); also give where the unit sign ends."""
    if money:
        return Said(frozenset({Unit.MONEY}), _currencies(money)), end
    for pattern, unit in ((_POINTS, Unit.POINTS), (_PERCENT, Unit.PERCENT), (_TIMES, Unit.RATIO)):
        if match := pattern.match(text, end):
            return Said(frozenset({unit})), match.end()
    if match := _MONEY.match(text, end):
        return Said(frozenset({Unit.MONEY}), _currencies(match[0])), match.end()
    return noun_units(text, end), end


def noun_units(text: str, end: int) -> Said:
    """Read the noun a number counts: "412 loyal customers", "412 位客户"."""
    if match := _NOUN.match(text, end):
        return Said(_chosen(match, "n", _NOUNS))
    if match := _HAN_NOUN.match(text, end):
        return Said(_chosen(match, "h", _HAN_NOUNS))
    return UNSAID


def label_units(before: str) -> Said:
    """Read the unit from a label that ends right before a number: "Customers: 412", "占比（%）：31.2"."""
    match = _LABEL.search(before)
    return hinted(match["label"]) if match else UNSAID


def hinted(label: str) -> Said:
    """Read every unit a label or column heading can mean."""
    units: set[Unit] = set()
    for words, meant in (*_SIGN_WORDS.items(), *_HAN_NOUNS.items()):
        if re.search(words, label):
            units |= meant
    for words, meant in _NOUNS.items():
        if re.search(rf"\b(?:{words})\b", label, LATIN):
            units |= meant
    if units and re.search(r"\bper\b|average|mean|median|rate|每|平均|人均|率", label, LATIN):
        units |= {Unit.RATIO, Unit.MONEY, Unit.PERCENT, Unit.DAYS}
    return Said(frozenset(units))


def _chosen(match: re.Match[str], prefix: str, nouns: dict[str, frozenset[Unit]]) -> frozenset[Unit]:
    return next(u for i, u in enumerate(nouns.values()) if match[f"{prefix}{i}"] is not None)


def _currencies(sign: str) -> frozenset[str]:
    return next(
        (codes for pattern, codes in _CURRENCIES.items() if re.fullmatch(pattern, sign.strip())), frozenset()
    )
