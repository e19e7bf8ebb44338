"""Which customers are meant, in plain conditions, compiled to SQL over the canonical tables.

The same conditions serve metrics and audiences, so that "customers in Germany who bought twice" is counted
and selected by one definition. All conditions must hold.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import pandas as pd

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Retry, unknown_name
from marketeer.tools.core.ports import Vocabulary
from marketeer.tools.warehouse.periods import Span, within_sql
from marketeer.tools.warehouse.sql import listed, literal

CONSENT_COLUMNS = {"email": col.EMAIL_CONSENT, "sms": col.SMS_CONSENT}


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions on customers; what is left out does not count.

    Attributes:
        countries: Their country is one of these.
        cities: Their city is one of these.
        languages: Their language is one of these.
        attributes: Attribute column → the value it must have.
        min_orders: At least so many orders in all.
        max_orders: At most so many orders in all; unless it is 0 or a least number is given, at least one.
        min_spend: Net revenue of at least this in all.
        max_spend: Net revenue of at most this in all.
        min_recency_days: The last order is at least so many days old.
        max_recency_days: The last order is at most so many days old.
        first_order: The first order was in this stretch.
        last_order: The last order was in this stretch.
        bought: They bought one of these product rows.
        not_bought: They never bought any of these product rows.
        consent: They agreed to this channel, `email` or `sms`, and are not suppressed.
        notes: Their notes contain this text.
        rows: They are among these customer rows, registered as the table `among`.
    """

    countries: tuple[str, ...] = ()
    cities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    min_orders: int | None = None
    max_orders: int | None = None
    min_spend: float | None = None
    max_spend: float | None = None
    min_recency_days: int | None = None
    max_recency_days: int | None = None
    first_order: Span | None = None
    last_order: Span | None = None
    bought: tuple[int, ...] = ()
    not_bought: tuple[int, ...] = ()
    consent: str = ""
    notes: str = ""
    rows: bool = False

    def __bool__(self) -> bool:
        """Whether there is any condition."""
        return any(getattr(self, field.name) != field.default for field in fields(self))

    @property
    def by_orders(self) -> bool:
        """Whether a condition is about what customers ordered in all."""
        bounds = (
            self.min_orders, self.max_orders, self.min_spend, self.max_spend,
            self.min_recency_days, self.max_recency_days, self.first_order, self.last_order,
        )  # fmt: skip
        return any(bound is not None for bound in bounds)


def chosen_sql(dataset: Dataset, selection: Selection) -> str:
    """Give a query for the `customer_row` of everybody a selection holds for.

    Raises:
        Insufficient: A condition rests on a table or column that was not loaded.
    """
    dataset.need(Table.CUSTOMERS)
    conditions = [
        *_profile(dataset, selection),
        *_history(dataset, selection),
        *_products(dataset, selection),
    ]
    life = f"LEFT JOIN ({_life()}) AS life USING (customer_row) " if selection.by_orders else ""
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT customer_row FROM customers {life}{where}"


def _life() -> str:
    return (
        "SELECT customer_row, count(*) FILTER (order_kind = 'sale') AS orders, sum(net_amount) AS spend, "
        "min(ordered_at) FILTER (order_kind = 'sale') AS first_at, "
        "max(ordered_at) FILTER (order_kind = 'sale') AS last_at "
        "FROM orders WHERE customer_row IS NOT NULL GROUP BY customer_row"
    )


def _profile(dataset: Dataset, selection: Selection) -> Iterator[str]:
    named = {
        col.COUNTRY: selection.countries,
        col.CITY: selection.cities,
        col.LANGUAGE: selection.languages,
    }
    for name, values in named.items():
        if values:
            dataset.need(Table.CUSTOMERS, name)
            yield f"{name} IN ({listed(values)})"
    for name, value in selection.attributes:
        dataset.need(Table.CUSTOMERS, name)
        yield f'CAST("{name}" AS VARCHAR) = {literal(value)}'
    if selection.notes:
        dataset.need(Table.CUSTOMERS, col.NOTES)
        yield f"contains(lower(notes), lower({literal(selection.notes)}))"
    if selection.consent:
        column = CONSENT_COLUMNS[selection.consent]
        dataset.need(Table.CUSTOMERS, column)
        yield f"{column} = 'granted'"
        if dataset.has(Table.CUSTOMERS, col.SUPPRESSED):
            yield "NOT coalesce(suppressed, false)"
    if selection.rows:
        yield "customer_row IN (SELECT customer_row FROM among)"


def _history(dataset: Dataset, selection: Selection) -> Iterator[str]:
    if not selection.by_orders:
        return
    dataset.need(Table.ORDERS)
    as_of = literal(dataset.need_as_of().isoformat())
    days = f"date_diff('day', last_at::DATE, DATE {as_of})"
    fewest = 1 if selection.max_orders and selection.min_orders is None else selection.min_orders
    bounds = (
        ("coalesce(orders, 0)", ">=", fewest),
        ("coalesce(orders, 0)", "<=", selection.max_orders),
        ("coalesce(spend, 0)", ">=", selection.min_spend),
        ("coalesce(spend, 0)", "<=", selection.max_spend),
        (days, ">=", selection.min_recency_days),
        (days, "<=", selection.max_recency_days),
    )
    for expression, sign, bound in bounds:
        if bound is not None:
            yield f"{expression} {sign} {bound}"
    for column, span in (("first_at", selection.first_order), ("last_at", selection.last_order)):
        if span is not None:
            yield within_sql(span, column)


def _products(dataset: Dataset, selection: Selection) -> Iterator[str]:
    for rows, negation in ((selection.bought, ""), (selection.not_bought, "NOT ")):
        if rows:
            dataset.need(Table.ORDER_LINES)
            yield (
                f"customer_row {negation}IN (SELECT customer_row FROM order_lines WHERE line_kind = 'sale' "
                f"AND customer_row IS NOT NULL AND product_row IN ({', '.join(map(str, rows))}))"
            )


def known_values(dataset: Dataset, table: Table, column: str) -> list[str]:
    """Give the values a text column has, the most frequent first."""
    dataset.need(table, column)
    values = dataset.frame(
        f'SELECT CAST("{column}" AS VARCHAR) AS value FROM {table.value} WHERE "{column}" IS NOT NULL '
        "GROUP BY value ORDER BY count(*) DESC, value"
    )
    return [str(value) for value in values["value"]]


def spelt(kind: str, text: str, known: Sequence[str], vocabulary: Vocabulary) -> str:
    """Give a name as the data spells it; raises `Retry` with the nearest ones."""
    wanted = text.strip().casefold()
    meant = vocabulary.code(kind, text)
    for name in known:
        if name.casefold() == wanted or (meant and vocabulary.code(kind, name) == meant):
            return name
    raise unknown_name(kind, text, known)


def products_called(dataset: Dataset, text: str) -> tuple[int, ...]:
    """Give the rows of the products a person named: a category, an id, a name, or words of a name.

    Raises:
        Retry: Nothing is called that; the nearest names are given.
    """
    dataset.need(Table.PRODUCTS)
    named = [n for n in (col.CATEGORY, col.PRODUCT_ID, col.PRODUCT_NAME) if dataset.has(Table.PRODUCTS, n)]
    products = dataset.frame(f"SELECT product_row, {', '.join(named)} FROM products ORDER BY product_row")
    wanted = text.strip().casefold()
    folded = {name: products[name].fillna("").astype(str).str.casefold() for name in named}
    words = [word.removesuffix("s") if len(word) > 3 else word for word in wanted.split()]
    tests = [folded[name] == wanted for name in named]
    tests += [_holds_all(folded[name], words) for name in (col.CATEGORY, col.PRODUCT_NAME) if name in folded]
    for test in tests:
        if test.any():
            return tuple(int(row) for row in products.loc[test, col.PRODUCT_ROW])
    raise unknown_name(
        "product", text, [v for name in named for v in products[name].dropna().astype(str).unique()]
    )


def _holds_all(texts: "pd.Series[str]", words: Sequence[str]) -> "pd.Series[bool]":
    """Tell which texts hold all words, each where a word begins if the script has spaces: no tea in steam."""
    patterns = [rf"\b{re.escape(word)}" if word.isascii() else re.escape(word) for word in words]
    return pd.concat([texts.str.contains(pattern) for pattern in patterns], axis=1).all(axis=1)


def check_range(name: str, low: float | None, high: float | None) -> None:
    """Raise `Retry` when a lower bound is above the upper one."""
    if low is not None and high is not None and low > high:
        raise Retry(
            f"min_{name} is above max_{name}, so nobody can match. Swap them.", code="empty_range", name=name
        )
