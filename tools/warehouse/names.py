"""Finds the customer or the product a person named, in the words the person used.

A customer becomes a key, `row 17`, before anything is filed: an e-mail or a name never reaches the ledger.
"""

import re
from collections.abc import Collection, Sequence

from rapidfuzz import fuzz, process, utils

from marketeer.tools.core.columns import (
    CUSTOMER_ID,
    EMAIL,
    FIRST_NAME,
    LAST_NAME,
    PRODUCT_ID,
    PRODUCT_NAME,
    Table,
)
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Retry, unknown_name

_KEY = re.compile(r"row (\d+)")
_SURE = 90.0
_CLEARLY_AHEAD = 4.0


def row_of(key: str) -> int:
    """Give the customer row a key such as `row 17` stands for."""
    match = _KEY.fullmatch(key)
    if match is None:
        raise ValueError(f"not a customer key: {key}")
    return int(match[1])


def customer_key(dataset: Dataset, text: str) -> str:
    """Find one customer by id, e-mail, full name or key, and give the key.

    Args:
        dataset: The snapshot.
        text: What the person wrote.

    Returns:
        The key, `row N`.

    Raises:
        Retry: Nobody or several customers are called that; the message names nobody else.
    """
    dataset.need(Table.CUSTOMERS)
    wanted = text.strip()
    match = _KEY.fullmatch(wanted)
    if match is not None and int(match[1]) < dataset.rows[Table.CUSTOMERS]:
        return wanted
    for expression in _identities(dataset):
        sql = f"SELECT customer_row FROM customers WHERE lower({expression}) = lower(?) LIMIT 21"
        rows = dataset.frame(sql, [wanted])["customer_row"].tolist()
        if len(rows) == 1:
            return f"row {rows[0]}"
        if rows:
            many = f"{len(rows)}" if len(rows) <= 20 else "more than 20"
            raise Retry(
                f"{many} customers are called that. Name one by customer id, e-mail or row: "
                + ", ".join(f"row {row}" for row in rows[:8]),
                code="ambiguous_customer",
                rows=rows[:8],
            )
    raise Retry(
        "No customer has that id, e-mail or name. Write the id as it stands in the loaded file.",
        code="unknown_customer",
    )


def _identities(dataset: Dataset) -> list[str]:
    known = dataset.columns[Table.CUSTOMERS]
    identities = [column for column in (CUSTOMER_ID, EMAIL) if column in known]
    if FIRST_NAME in known and LAST_NAME in known:
        identities += [
            f"concat_ws(' ', {FIRST_NAME}, {LAST_NAME})",
            f"concat({LAST_NAME}, {FIRST_NAME})",
        ]
    return identities


def customer_ids(dataset: Dataset, rows: Collection[int]) -> dict[int, str]:
    """Give the ids customers go by in the files they were loaded from: row → id. For people at home only."""
    if not rows or not dataset.has(Table.CUSTOMERS, CUSTOMER_ID):
        return {}
    wanted = ", ".join(str(int(row)) for row in rows)
    frame = dataset.frame(
        f"SELECT customer_row, {CUSTOMER_ID} AS id FROM customers "
        f"WHERE customer_row IN ({wanted}) AND {CUSTOMER_ID} IS NOT NULL"
    )
    return {int(row): str(name) for row, name in zip(frame["customer_row"], frame["id"], strict=True)}


def product_row(dataset: Dataset, text: str) -> int:
    """Find one product by id or by name, forgiving spelling.

    Args:
        dataset: The snapshot.
        text: What the person wrote, such as "teapot" or "22423".

    Returns:
        The product's row.

    Raises:
        Retry: Several products could be meant (they are named), or none is near.
    """
    dataset.need(Table.PRODUCTS)
    named = PRODUCT_NAME in dataset.columns[Table.PRODUCTS]
    label = f"coalesce({PRODUCT_NAME}, {PRODUCT_ID})" if named else PRODUCT_ID
    products = dataset.frame(f"SELECT product_row, {PRODUCT_ID} AS id, {label} AS name FROM products")
    wanted = text.strip().casefold()
    for column in ("id", "name"):
        exact = products.loc[products[column].str.casefold() == wanted, "product_row"]
        if len(exact) == 1:
            return int(exact.iloc[0])
    return int(products["product_row"].iloc[_nearest(text, products["name"].tolist())])


def _nearest(text: str, names: Sequence[str]) -> int:
    found = process.extract(
        text, names, scorer=fuzz.token_set_ratio, processor=utils.default_process, limit=6, score_cutoff=70
    )
    if not found:
        raise unknown_name("product", text, names)
    if found[0][1] >= _SURE and (len(found) == 1 or found[0][1] - found[1][1] >= _CLEARLY_AHEAD):
        return int(found[0][2])
    raise Retry(
        f"'{text}' could be several products: {'; '.join(name for name, _, _ in found)}. Name one of them.",
        code="ambiguous_product",
        name=text,
        nearest=[name for name, _, _ in found],
    )
