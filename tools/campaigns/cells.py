"""Fills the columns of a sender's file: spelling, hashing, and nothing a spreadsheet would run."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping

import pandas as pd

from marketeer.tools.campaigns.audience import SEGMENT
from marketeer.tools.campaigns.sender_formats import Field, SenderColumn, SenderFormat, Step
from marketeer.tools.core import columns as col

_CALLING: Mapping[str, tuple[str, str]] = {
    "AT": ("43", "0"), "AU": ("61", "0"), "BE": ("32", "0"), "BR": ("55", "0"), "CA": ("1", ""),
    "CH": ("41", "0"), "CN": ("86", ""), "DE": ("49", "0"), "ES": ("34", ""), "FR": ("33", "0"),
    "GB": ("44", "0"), "HK": ("852", ""), "IE": ("353", "0"), "IN": ("91", "0"), "JP": ("81", "0"),
    "NL": ("31", "0"), "PL": ("48", ""), "SE": ("46", "0"), "SG": ("65", ""), "US": ("1", ""),
}  # fmt: skip
"""Country → its calling code and trunk prefix, for numbers written without one."""
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_RISKY = re.compile(r"[=+\-@\t\r]")


def sender_table(people: pd.DataFrame, sender: SenderFormat, *, arms: bool) -> pd.DataFrame:
    """Lay people out as the sender wants them; rows without a required value are left out.

    Args:
        people: Rows as `Selection.people` has them.
        sender: The sender.
        arms: Whether there are arms to tell apart.
    """
    columns = {one.header: _filled(people, one) for one in sender.columns}
    table = pd.DataFrame(columns, index=people.index, dtype="string")
    for extra in sender.extra:
        if extra != col.ARM or arms:
            table[extra] = _field(people, extra)
    for one in sender.columns:
        if one.required:
            table = table[table[one.header] != ""]
    if sender.most_bytes:
        table = table.map(lambda text: _cut(text, sender.most_bytes))
    return table.map(harmless)


def harmless(text: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would take for a formula; a phone number is none."""
    return f"'{text}" if _RISKY.match(text) and not _E164.fullmatch(text) else text


def e164(phone: str, country: str) -> str:
    """Write a phone number as +<country><number>; empty where the country cannot be told."""
    digits = re.sub(r"\D", "", phone)
    if phone.strip().startswith("+") or digits.startswith("00"):
        full = f"+{digits.removeprefix('00')}"
    elif country.upper() in _CALLING:
        code, trunk = _CALLING[country.upper()]
        full = f"+{code}{digits.removeprefix(trunk)}" if digits else ""
    else:
        return ""
    return full if _E164.fullmatch(full) else ""


def _filled(people: pd.DataFrame, column: SenderColumn) -> pd.Series:
    values = _field(people, column.value)
    if column.words:
        values = values.map(lambda code: column.words.get(code, ""))
    for step in column.steps:
        values = values.map(_STEPS[step])
    return values.astype("string")


def _field(people: pd.DataFrame, field: Field) -> pd.Series:
    if field == "phone":
        pairs = zip(people[col.PHONE], people[col.COUNTRY], strict=True)
        return pd.Series(
            [e164(phone, country) for phone, country in pairs], index=people.index, dtype="string"
        )
    if field == "full_name":
        return (people[col.FIRST_NAME] + " " + people[col.LAST_NAME]).str.strip()
    if field == "tags":
        return people[SEGMENT].astype("string") + "|" + people[col.ARM].astype("string")
    if field == "attributes":
        rows = people[[SEGMENT, col.ARM, col.COUNTRY, col.LANGUAGE]].to_dict("records")
        texts = [json.dumps({k: v for k, v in row.items() if v}, ensure_ascii=False) for row in rows]
        return pd.Series(texts, index=people.index, dtype="string")
    return people[field].astype("string")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def _gmail_dots(email: str) -> str:
    name, at, domain = email.partition("@")
    return f"{name.replace('.', '')}{at}{domain}" if domain in {"gmail.com", "googlemail.com"} else email


_STEPS: Mapping[Step, Callable[[str], str]] = {
    "lower": lambda text: text.strip().lower(),
    "letters": lambda text: "".join(char for char in text if char.isalpha()),
    "digits": lambda text: re.sub(r"\D", "", text),
    "gmail_dots": _gmail_dots,
    "country_code": lambda text: text.upper() if re.fullmatch("[A-Za-z]{2}", text) else "",
    "sha256": _sha256,
}


def _cut(text: str, most_bytes: int) -> str:
    return text.encode()[:most_bytes].decode(errors="ignore")
