"""Whether a column of a shop's own can name a person, told by what is in it.

The canonical columns declare this in the schema; attributes (`attr_…`) come under any name, so their values
decide.
"""

import re
from collections.abc import Sequence

from marketeer.tools.core.columns import ATTRIBUTE_PREFIX, Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.warehouse.sql import quoted

_CONTACT = re.compile(
    r"[^@\s]+@[^@\s]+\.\w+"  # e-mail
    r"|(\+|00)\d[\d\s()/.-]{6,18}"  # telephone with a country code
    r"|1[3-9]\d{9}"  # Chinese mobile
    r"|0\d{2,4}[\s/-]\d[\d\s/-]{4,14}"  # telephone with an area code
    r"|\(\d{3}\)\s?\d{3}-\d{4}"  # the same in North America
    r"|\d{17}[\dXx]"  # Chinese identity number
)
_TELLING_SHARE = 0.3
_MOST_VALUES = 50
_SHARED_BY = 2
_SMALLEST_NUMBER = 1_000_000
_MOSTLY_UNIQUE = 0.5


def holds_contacts(values: Sequence[str]) -> bool:
    """Tell whether a good part of some values are e-mail addresses, telephone or identity numbers."""
    filled = [value.strip().lstrip("'") for value in values if value.strip()]
    found = sum(bool(_CONTACT.fullmatch(value)) for value in filled)
    return bool(filled) and found >= _TELLING_SHARE * len(filled)


def open_attributes(dataset: Dataset) -> frozenset[str]:
    """Give the attributes of customers that cannot name one: numbers, times, and words many share.

    Text is open where it has at most 50 values, shared by two customers on average, and none is a contact;
    a whole number is closed where it is large and mostly unique, as telephone and card numbers are.
    """
    if not dataset.has(Table.CUSTOMERS):
        return frozenset()
    named = [c for c in dataset.columns[Table.CUSTOMERS] if c.startswith(ATTRIBUTE_PREFIX)]
    if not named:
        return frozenset()
    described = dataset.frame("DESCRIBE customers")
    types = dict(zip(described["column_name"], described["column_type"], strict=True))
    return frozenset(name for name in named if _is_open(dataset, name, str(types[name])))


def _is_open(dataset: Dataset, name: str, kind: str) -> bool:
    if kind == "VARCHAR":
        return _shared_words(dataset, quoted(name))
    if kind in {"BIGINT", "HUGEINT", "DOUBLE"}:
        return not _identifies(dataset, quoted(name))
    return True


def _shared_words(dataset: Dataset, column: str) -> bool:
    sql = f"SELECT count({column}) AS filled, count(DISTINCT {column}) AS different FROM customers"
    filled, different = dataset.frame(sql).iloc[0]
    if different > _MOST_VALUES or _SHARED_BY * different > filled:
        return False
    values = dataset.frame(f"SELECT DISTINCT {column} AS v FROM customers WHERE {column} IS NOT NULL")["v"]
    return not any(holds_contacts([str(value)]) for value in values)


def _identifies(dataset: Dataset, column: str) -> bool:
    """Tell whether numbers are whole, large and mostly unique."""
    row = dataset.frame(
        f"SELECT count({column}) AS filled, count(DISTINCT {column}) AS different, "
        f"coalesce(quantile_cont({column}, 0.1), 0) AS small, "
        f"count(*) FILTER ({column} <> floor({column})) AS broken FROM customers"
    ).iloc[0]
    unique = row["different"] > _MOSTLY_UNIQUE * row["filled"]
    return bool(unique and row["small"] >= _SMALLEST_NUMBER and not row["broken"])
