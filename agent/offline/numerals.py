"""Numbers as people write them: digits with separators, and numerals in Chinese or English words."""

import re

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_GROUPS = {"万": 10_000, "亿": 100_000_000}
_WORDS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
    )
} | {"a": 1, "an": 1, "once": 1, "twice": 2, "dozen": 12}

CHINESE = r"[零〇一二两三四五六七八九十百千万亿]+"
PLAIN = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
WORD = r"\b(?:" + "|".join(word for word in _WORDS if len(word) > 2) + r")\b"
NUMBER = rf"(?:(?:{PLAIN})(?:\s*[kKwW万千](?![a-zA-Z]))?|{CHINESE}|{WORD})"
_SCALES = {"k": 1_000, "w": 10_000, "万": 10_000, "千": 1_000}


def parse(text: str) -> float | None:
    """Read a number: `2,000`, `3k`, `2万`, `三百二十`, `twelve`; None when it is none."""
    plain = text.strip().lower()
    if re.fullmatch(PLAIN, plain):
        return float(plain.replace(",", ""))
    if plain[-1:] in _SCALES and re.fullmatch(PLAIN, plain[:-1].strip()):
        return float(plain[:-1].strip().replace(",", "")) * _SCALES[plain[-1]]
    if plain in _WORDS:
        return float(_WORDS[plain])
    return _chinese(plain) if re.fullmatch(CHINESE, plain) else None


def _chinese(text: str) -> float:
    if not any(char in text for char in "十百千万亿"):
        return float("".join(str(_DIGITS[char]) for char in text))
    total = section = 0
    digit: int | None = None
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in _UNITS:
            section += (1 if digit is None else digit) * _UNITS[char]
            digit = None
        else:
            total = (total + section + (digit or 0)) * _GROUPS[char]
            section, digit = 0, None
    return float(total + section + (digit or 0))


def discount_of_zhe(text: str) -> float | None:
    """Turn what stands before 折 into a discount in percent: 8 → 20, 85 → 15, 八五 → 15, 7.5 → 25."""
    paid = parse(text)
    if paid is None:
        return None
    tenths = paid if paid <= 10 else paid / 10
    return round(100 - tenths * 10, 6) if 0 < tenths < 10 else None
