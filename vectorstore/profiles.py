"""One profile per customer: a sentence for people and prompts, and metadata that can be filtered.

Nothing personal goes in: no name, no e-mail, no free text; a customer is a row of the snapshot. Product
names are the shop's text, shortened and kept to one line.
"""

import hashlib
import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.prompts import page
from marketeer.prompts.wording import format_fact
from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.copy import Language
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import Fact, Unit
from marketeer.tools.warehouse import features

TOP_PRODUCTS = 3
_LONGEST_NAME = 60

_TOP = """
WITH spend AS (
    SELECT customer_row, product_row, sum(line_amount)::DOUBLE AS spend
    FROM order_lines
    WHERE line_kind = 'sale' AND customer_row IS NOT NULL
    GROUP BY ALL
), named AS (
    SELECT customer_row, product_row, spend, {name} AS name, {category} AS category
    FROM spend JOIN products USING (product_row)
), top AS (
    SELECT customer_row, list(name ORDER BY spend DESC, product_row) AS favourites
    FROM (FROM named WHERE name IS NOT NULL
          QUALIFY row_number() OVER (PARTITION BY customer_row ORDER BY spend DESC, product_row) <= {top})
    GROUP BY customer_row
), categories AS (
    SELECT customer_row, category
    FROM (SELECT customer_row, category, sum(spend) AS spend
          FROM named WHERE category IS NOT NULL GROUP BY ALL)
    QUALIFY row_number() OVER (PARTITION BY customer_row ORDER BY spend DESC, category) = 1
)
SELECT customer_row, favourites, category FROM top FULL JOIN categories USING (customer_row)
"""
_METADATA = (
    features.RECENCY, features.ORDERS, features.NET,
    col.COUNTRY, col.EMAIL_CONSENT, col.SMS_CONSENT, col.CATEGORY,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Profile:
    """One customer as text.

    Attributes:
        row: The customer's row in the snapshot.
        document: The sentence.
        metadata: What can be filtered: recency, orders, revenue, country, consents, top category.
    """

    row: int
    document: str
    metadata: Mapping[str, str | int | float]

    def digest(self, vector: NDArray[np.float32]) -> str:
        """Give the hash of its content and its vector; equal hashes need no new writing."""
        text = json.dumps([self.document, self.metadata], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode() + vector.tobytes()).hexdigest()[:16]


class Profiles:
    """The profiles of a snapshot's customers, made when first asked for.

    Args:
        dataset: The snapshot.
        language: The language of the sentences.
    """

    def __init__(self, dataset: Dataset, language: Language = "en") -> None:
        self._dataset = dataset
        self._page = page(f"offline/{language}/profile")
        self._language: Language = language

    @cached_property
    def count(self) -> int:
        """How many customers the snapshot has."""
        return self._dataset.rows.get(Table.CUSTOMERS, 0)

    def of(self, rows: Sequence[int] | NDArray[np.int32]) -> list[Profile]:
        """Give the profiles of some customers, in their order."""
        frame = self._table.loc[np.asarray(rows, dtype=np.int64)]
        return [self._profile(record) for record in frame.reset_index().to_dict("records")]

    @cached_property
    def _table(self) -> pd.DataFrame:
        """One row per customer by `customer_row`: features, country, consents, `favourites`, `category`."""
        kept = [c for c in (col.COUNTRY, col.EMAIL_CONSENT, col.SMS_CONSENT) if self._has(Table.CUSTOMERS, c)]
        chosen = ", ".join([col.CUSTOMER_ROW, *kept])
        table = self._dataset.frame(f"SELECT {chosen} FROM customers").set_index(col.CUSTOMER_ROW)
        if self._has(Table.ORDERS):
            table = table.join(features.customer_features(self._dataset).set_index(col.CUSTOMER_ROW))
        if self._has(Table.ORDER_LINES) and self._has(Table.PRODUCTS):
            table = table.join(self._dataset.frame(self._top_sql()).set_index(col.CUSTOMER_ROW))
        return table

    def _top_sql(self) -> str:
        name = col.PRODUCT_NAME if self._has(Table.PRODUCTS, col.PRODUCT_NAME) else col.PRODUCT_ID
        category = col.CATEGORY if self._has(Table.PRODUCTS, col.CATEGORY) else "NULL::VARCHAR"
        return _TOP.format(name=name, category=category, top=TOP_PRODUCTS)

    def _has(self, table: Table, *columns: str) -> bool:
        return self._dataset.has(table, *columns)

    def _profile(self, record: Mapping[Hashable, Any]) -> Profile:
        ordered = _known(record, features.ORDERS)
        favourites = record["favourites"] if _has_list(record, "favourites") else ()
        document = self._page.render(
            orders=int(record[features.ORDERS]) if ordered else None,
            recency=int(record[features.RECENCY]) if ordered else None,
            since=record[features.FIRST_ORDER].strftime("%Y-%m") if ordered else None,
            revenue=self._money(record[features.NET]) if ordered else None,
            category=one_line(record[col.CATEGORY]) if _known(record, col.CATEGORY) else "",
            products=list(dict.fromkeys(one_line(name) for name in favourites)),
            country=one_line(record[col.COUNTRY]) if _known(record, col.COUNTRY) else "",
        )
        metadata = {name: _plain(record[name]) for name in _METADATA if _known(record, name)}
        return Profile(int(record[col.CUSTOMER_ROW]), document, metadata)

    def _money(self, amount: float) -> str:
        fact = Fact("amount", amount, Unit.MONEY)
        return format_fact(fact, self._dataset.currency, self._language)


def _known(record: Mapping[Hashable, Any], name: str) -> bool:
    value = record.get(name)
    return value is not None and bool(pd.notna(value))


def _has_list(record: Mapping[Hashable, Any], name: str) -> bool:
    return isinstance(record.get(name), list | np.ndarray)


def _plain(value: Any) -> str | int | float:
    if isinstance(value, str):
        return one_line(value)
    return int(value) if float(value).is_integer() else float(value)


def one_line(text: str, longest: int = _LONGEST_NAME) -> str:
    """Put a shop's text on one line of printable characters, shortened."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
